"""Times and take-offs of the tables against TauP (Crotwell, Owens & Ritsema 1999), built here."""

import pytest
from calibrate_travel_times import compared, models, taup_of

DEPTHS_KM = (2.3, 9.7, 18.3)
DISTANCES_KM = (4.0, 25.0, 70.0, 130.0)
# The whole grid is in docs/accuracy.md.


@pytest.mark.parametrize("model", list(models())[:4], ids=lambda model: model.name)
def test_first_arrivals_are_those_of_taup(model, tmp_path):
    """At most 0.01 s and, away from crossovers, 0.5 degrees."""
    taup = taup_of(model, tmp_path)
    found = compared(model, taup, "P", DEPTHS_KM, DISTANCES_KM)
    assert found.n_times >= 10
    assert found.n_takeoffs >= 8
    assert found.time_s < 0.01
    assert found.takeoff_deg < 0.5
