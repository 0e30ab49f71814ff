"""Stress inversions of public sets against results of other programs.

MSATSI example 0-D (Martínez-Garzón et al. 2014, Seismol. Res. Lett. 85, 896; Hardebeck & Michael
2006) and West Bohemia (Vavryčuk 2014, Geophys. J. Int. 199, 69).
"""

from pathlib import Path

import numpy as np
import pytest

from streamstress.geometry.axes import axial_difference, shmax_azimuth, trend_plunge
from streamstress.geometry.tensors import principal_axes
from streamstress.stress import bootstrap, describe, event_contribution, invert
from streamstress.stress.contribution import plane_set
from streamstress.stress.invert import michael_five
from streamstress.stress.normal_equations import unpack_sums

DATA = (Path(__file__).parents[2] / "../shared/data").resolve()


def read(name: str, comments: str = "#"):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"reference data {name} is not beside the checkout")
    return np.loadtxt(path, comments=comments)


def msatsi(turn_deg: float = 0.0):
    """Events of the 0-D example; its columns are x, y, dip direction, dip, rake."""
    rows = read("msatsi_0d/INPUT_example0D.txt")
    return [event_contribution(r[2] - 90.0 + turn_deg, r[3], r[4]) for r in rows]


def test_undamped_tensor_equals_satsi_2d():
    solutions = plane_set(msatsi())
    a, b = unpack_sums(solutions.sums[:, 0].sum(axis=0))
    # ee, en, eu, nn, nu printed by satsi_2D without damping
    printed = [1.013456, -0.506121, -0.153006, -0.088835, -0.279231]
    np.testing.assert_allclose(michael_five(a, b), printed, atol=1e-5)


def test_msatsi_bootstrap_ranges_agree():
    events = msatsi()
    told = describe(
        invert(events, planes="both").tensor, bootstrap(events, planes="both", resamplings=2000)
    )
    assert told.s1.cone95_deg == pytest.approx(10.0, abs=5.0)
    assert told.s3.cone95_deg == pytest.approx(8.0, abs=4.0)
    assert told.regime == "NF"
    # MSATSI's own 95 % range of s3: trend 106 to 121.4
    assert 106.0 <= told.s3.trend_deg % 180 <= 121.4


@pytest.mark.parametrize("turn", [45.0, 90.0, 110.0, 135.0, 180.0])
def test_shmax_of_the_set_turns_with_the_set(turn: float):
    before, after = (shmax_azimuth(invert(msatsi(t)).tensor) for t in (0.0, turn))
    assert abs(axial_difference(after - before, turn)) < 1e-6


@pytest.mark.parametrize(
    ("mode", "trend", "plunge", "r"),
    [("given", 137.5, 39.2, 0.75), ("both", 137.8, 36.7, 0.65), ("instability", 138.7, 34.8, 0.78)],
)
def test_west_bohemia_axes(mode: str, trend: float, plunge: float, r: float):
    rows = read("west_bohemia/West_Bohemia_mechanisms.dat", comments="%")
    found = invert([event_contribution(*row) for row in rows], planes=mode)
    trends, plunges = trend_plunge(principal_axes(found.tensor)[1])
    assert trends[0] == pytest.approx(trend, abs=0.2)
    assert plunges[0] == pytest.approx(plunge, abs=0.2)
    assert 1.0 - found.phi == pytest.approx(r, abs=0.01)
    assert 137.5 < shmax_azimuth(found.tensor) < 140.5
