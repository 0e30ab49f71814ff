"""S/P freed of path, surface and station; what stations learn, they learn from other events."""

import numpy as np
import pytest
from synthetic_amplitudes import Network, learned_from

from streamstress.mechanism.sp_path import attenuation_log_ratio, surface_gains, surface_log_ratio
from streamstress.mechanism.sp_stations import KEPT, StationTerms


def test_a_wave_from_straight_below_is_doubled_at_the_surface():
    gains = [float(gain) for gain in surface_gains(0.0, 6.0, 3.5)]
    assert gains == pytest.approx([2.0, 2.0, 2.0])
    assert float(surface_log_ratio(0.0, 6.0, 3.5)) == pytest.approx(0.0, abs=1e-12)


def test_sv_at_45_degrees_comes_back_as_sv_alone_and_the_surface_moves_up_and_down():
    """No P leaves: incident and reflected SV add up to twice the vertical part, sqrt 2."""
    slowness = np.sin(np.radians(45.0)) / 3.5
    assert float(surface_gains(slowness, 6.0, 3.5)[1]) == pytest.approx(np.sqrt(2.0))


@pytest.mark.parametrize("incidence_deg", [10.0, 30.0, 60.0, 80.0])
def test_reflected_waves_carry_the_energy_that_came_with_p(incidence_deg: float):
    """The surface's motion is that of P and its reflections, whose energy adds up (A&R 5.2)."""
    vp, vs = 6.0, 3.5
    slowness = np.sin(np.radians(incidence_deg)) / vp
    qp, qs = np.sqrt(1 / vp**2 - slowness**2), np.sqrt(1 / vs**2 - slowness**2)
    double = 1 / vs**2 - 2 * slowness**2
    rayleigh = double**2 + 4 * slowness**2 * qp * qs
    pp = (-(double**2) + 4 * slowness**2 * qp * qs) / rayleigh
    ps = 4 * vp / vs * slowness * qp * double / rayleigh
    assert pp**2 + ps**2 * (vs**2 * qs) / (vp**2 * qp) == pytest.approx(1.0)
    radial = vp * slowness * (1 + pp) + vs * qs * ps
    upward = vp * qp * (1 - pp) + vs * slowness * ps
    assert float(surface_gains(slowness, vp, vs)[0]) == pytest.approx(np.hypot(radial, upward))


def test_attenuation_takes_more_of_s_the_longer_it_runs():
    near, far = attenuation_log_ratio([2.0, 10.0], [3.5, 17.3], 300.0, 200.0, 4.0)
    assert far < near < 0.0
    assert float(attenuation_log_ratio(3.0, 2.0, 300.0, 200.0, 4.0)) == pytest.approx(0.0)
    lost = np.pi * 4.0 * (3.5 / 200.0 - 2.0 / 300.0) * np.log10(np.e)
    assert near == pytest.approx(-lost)


def filled(n_events: int = 30, seed: int = 0) -> StationTerms:
    rng = np.random.default_rng(seed)
    terms = StationTerms()
    for event in range(n_events):
        readings = {f"S{i}": 0.1 * i + 0.3 * rng.standard_normal() for i in range(5)}
        terms.update(f"e{event}", readings)
    return terms


def test_an_event_is_not_part_of_the_terms_it_is_solved_with():
    terms = filled()
    before = terms.terms(["S1", "new"], "e7")
    terms.update("e7", {"S1": 1.1, "S2": -1.1})
    assert terms.terms(["S1", "new"], "e7") == before
    assert terms.terms(["S1"])[0] != before[0]


def test_terms_are_the_same_after_a_restart():
    terms = filled()
    again = StationTerms.restored(terms.snapshot())
    for one in (terms, again):
        one.update("late", {"S0": 0.4, "S9": 0.2})
    assert again.terms(["S0", "S1", "S9", "new"], "e3") == terms.terms(
        ["S0", "S1", "S9", "new"], "e3"
    )


def test_a_withdrawn_event_leaves_the_terms_as_if_it_never_came():
    terms, never = filled(), filled()
    terms.update("gone", {"S0": 0.9, "only": 0.5})
    terms.remove("gone")
    assert terms.terms(["S0", "only"]) == never.terms(["S0", "only"])
    assert len(terms) == len(never)


def test_a_new_station_has_the_term_of_its_region_and_a_wide_sigma():
    first, known, new = filled(40).terms(["S0", "S4", "new"])
    assert first.value < new.value < known.value
    assert new.sigma > 2.0 * known.sigma
    assert StationTerms().terms(["new"])[0].value == 0.0


def test_wild_readings_and_readings_of_long_ago_do_not_stay():
    terms = StationTerms()
    for event in range(KEPT):
        terms.update(f"old{event}", {"S": -0.6, "T": 0.1})
    terms.update("wild", {"S": 3.0})
    assert terms.terms(["S"])[0].count == KEPT
    for event in range(KEPT):
        terms.update(f"new{event}", {"S": 0.6, "T": 0.1})
    assert terms.terms(["S"])[0].value == pytest.approx(0.6, abs=0.02)


def test_known_offsets_are_recovered_within_their_sigma_and_mechanisms_get_better():
    """Thirty stations with offsets of 0.35, solved in turn by HASH's method with S/P."""
    found = learned_from(Network.drawn(30, spread=0.35, seed=3), n_events=60, seed=3)
    error = found.value - found.offset
    assert np.sqrt(np.mean(error**2)) < 0.6 * np.sqrt(np.mean(found.offset**2))
    assert np.mean(np.abs(error) <= 2.0 * found.sigma) >= 0.85
    late = slice(30, None)
    assert np.median(found.with_terms_deg[late]) < np.median(found.without_deg[late])
