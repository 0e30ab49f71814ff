"""What the posterior of an event says, and that it says it whatever the form of the input."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_polarities import Errors, draw_event

from streamstress.geometry.planes import auxiliary_plane, plane_vectors
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism import MechanismResult, MechanismSettings, PolarityData
from streamstress.mechanism.posterior import event_posterior, solve_posterior
from streamstress.mechanism.posterior_cells import TOTAL_MEASURE, coarse_cells
from streamstress.mechanism.posterior_summary import rotations_deg

ANY_GAP = MechanismSettings(max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0)


def event(seed: int, has_sp: bool = False) -> PolarityData:
    return draw_event(np.random.default_rng(seed), has_sp)[0]


def plane(result: MechanismResult) -> tuple[float, float, float]:
    best = result.solutions[0]
    return best.strike_deg, best.dip_deg, best.rake_deg


def tensor(result: MechanismResult) -> np.ndarray:
    return double_couple(*plane(result))


def test_the_cells_hold_every_double_couple_once():
    cells = coarse_cells()
    for finer in (cells, cells.halved()):
        assert finer.measure.sum() * 2.0 == pytest.approx(TOTAL_MEASURE, rel=1e-12)
    normal, slip = cells.take(np.arange(0, len(cells), 3)).normal_and_slip()
    tensors = np.einsum("ik,jk->kij", normal, slip)
    tensors = (tensors + tensors.transpose(0, 2, 1)).reshape(-1, 9)
    likeness = tensors @ tensors.T / 2.0
    np.fill_diagonal(likeness, 0.0)
    assert np.abs(likeness).max() < np.cos(np.radians(2.0))


def test_cells_are_at_most_a_degree_and_a_half_where_the_posterior_lies():
    cells = coarse_cells().halved().halved()
    edges = 2.0 * np.degrees(cells.half)
    edges[:, 1] *= np.sin(cells.centre[:, 0])
    assert edges.max() <= 1.5


@pytest.mark.parametrize("has_sp", [False, True])
def test_swapping_up_and_down_swaps_pressure_and_tension(has_sp: bool):
    for seed in range(4):
        data = event(seed, has_sp)
        swapped = replace(data, up_probability=1.0 - data.up_probability)
        first, second = event_posterior(data).density, event_posterior(swapped).density
        assert np.array_equal(np.sort(first.log_density), np.sort(second.log_density))
        a, b = solve_posterior(data, ANY_GAP), solve_posterior(swapped, ANY_GAP)
        assert np.allclose(tensor(a), -tensor(b), atol=1e-9)
        for name in ("probability", "region68_deg", "region95_deg"):
            assert getattr(a.solutions[0], name) == pytest.approx(
                getattr(b.solutions[0], name), abs=1e-6
            )


def test_the_order_of_the_picks_changes_nothing():
    data = event(11, has_sp=True)
    order = np.random.default_rng(0).permutation(len(data.azimuth_deg))
    shuffled = PolarityData(
        data.azimuth_deg[order],
        data.takeoff_deg[order],
        data.azimuth_sigma_deg[order],
        data.takeoff_sigma_deg[order],
        data.up_probability[order],
        sp_log_ratio=None if data.sp_log_ratio is None else data.sp_log_ratio[order],
    )
    a, b = solve_posterior(data, ANY_GAP, seed=3), solve_posterior(shuffled, ANY_GAP, seed=3)
    assert replace(a, accepted=b.accepted) == b
    assert a.accepted.tobytes() == b.accepted.tobytes()


def test_both_planes_of_a_mechanism_have_one_density():
    posterior = event_posterior(event(2, has_sp=True))
    angles = np.random.default_rng(1).uniform([0, 5, -180], [360, 85, 180], (20, 3))
    other = np.stack(auxiliary_plane(*angles.T), axis=-1)
    assert posterior.log_density(angles) == pytest.approx(posterior.log_density(other), abs=2e-3)


def test_turning_the_network_turns_the_answer():
    data = event(7, has_sp=True)
    turned = replace(data, azimuth_deg=data.azimuth_deg + 73.0)
    a, b = solve_posterior(data, ANY_GAP), solve_posterior(turned, ANY_GAP)
    expected = np.add(plane(a), [73.0, 0.0, 0.0])
    assert kagan_angle_deg(expected, plane(b)) < 1.0
    assert a.solutions[0].region95_deg == pytest.approx(b.solutions[0].region95_deg, abs=1.0)


def test_a_coin_toss_says_nothing():
    data = replace(
        event(3), up_probability=np.where(np.arange(len(event(3).azimuth_deg)) < 9, 1, 0.5)
    )
    without = PolarityData(
        *(getattr(data, n)[:9] for n in ("azimuth_deg", "takeoff_deg", "azimuth_sigma_deg")),
        data.takeoff_sigma_deg[:9],
        data.up_probability[:9],
    )
    assert plane(solve_posterior(data, ANY_GAP)) == plane(solve_posterior(without, ANY_GAP))


def test_surer_polarities_narrow_the_region():
    data = event(5)
    widths = []
    for certainty in (0.3, 0.7, 1.0):
        softened = 0.5 + certainty * (data.up_probability - 0.5)
        best = solve_posterior(replace(data, up_probability=softened), ANY_GAP).solutions[0]
        widths.append(best.region68_deg)
    assert widths[0] > widths[1] > widths[2]


def test_the_region_holds_the_stated_part_of_the_posterior():
    data = event(9)
    density = event_posterior(data).density
    best = solve_posterior(data, ANY_GAP).solutions[0]
    normal, slip = plane_vectors(best.strike_deg, best.dip_deg, best.rake_deg)
    within = rotations_deg(density, normal, slip) <= best.region68_deg + 1e-6
    assert density.mass[within].sum() == pytest.approx(0.68, abs=0.01)


def test_the_rank_runs_from_the_mode_to_the_least_likely():
    posterior = event_posterior(event(9, has_sp=True))
    draws = posterior.draws(200, np.random.default_rng(0))
    order = np.argsort(-posterior.log_density(draws))
    ranks = [posterior.rank_of(mechanism) for mechanism in draws[order]]
    assert ranks == sorted(ranks)
    # The rank of draws from the posterior itself is even between 0 and 1.
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(ranks) < 0.95) == pytest.approx(0.95, abs=0.05)


def test_too_few_polarities_are_refused_as_by_the_grid_search():
    data = event(4)
    few = PolarityData(
        *(getattr(data, n)[:7] for n in ("azimuth_deg", "takeoff_deg")), *[np.ones(7)] * 3
    )
    result = solve_posterior(few)
    assert (result.grade, result.solutions) == ("F", ())


def test_explosions_and_tosses_of_a_coin_are_doubted():
    data = event(6)
    n = len(data.azimuth_deg)
    assert solve_posterior(data, ANY_GAP).not_double_couple == ""
    all_up = solve_posterior(replace(data, up_probability=np.ones(n)), ANY_GAP)
    assert (all_up.grade, bool(all_up.not_double_couple)) == ("D", True)
    many = draw_event(np.random.default_rng(0), False, Errors(n_polarity=(60, 60)))[0]
    tossed = np.random.default_rng(1).integers(0, 2, 60).astype(float)
    result = solve_posterior(replace(many, up_probability=tossed), ANY_GAP)
    assert "Chance explains" in result.solutions[0].grade_reason


def test_the_scatter_of_traced_rays_stands_for_their_sigma():
    data = event(8)
    n = len(data.azimuth_deg)
    nothing = np.zeros(n)
    known = replace(data, takeoff_sigma_deg=nothing, azimuth_sigma_deg=nothing)
    widths = []
    for scatter_deg in (4.0, 15.0):
        shift = scatter_deg * np.where(np.arange(20) % 2, 1.0, -1.0)[:, None]
        traced = replace(
            known,
            trial_takeoff_deg=data.takeoff_deg + shift,
            trial_azimuth_deg=np.tile(data.azimuth_deg, (20, 1)),
        )
        widths.append(solve_posterior(traced, ANY_GAP).solutions[0].region68_deg)
    assert widths[1] > widths[0]
