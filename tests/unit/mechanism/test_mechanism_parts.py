"""The parts of the solver against slow, plain versions of the same rule."""

import numpy as np
import pytest

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rays import ray_vector
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple_of
from streamstress.mechanism.accept import MisfitLimits, accept_polarity, accept_with_amplitudes
from streamstress.mechanism.average import preferred_mechanisms
from streamstress.mechanism.grid import mechanism_grid
from streamstress.mechanism.inputs import PolarityData, usable_readings
from streamstress.mechanism.kernels import (
    AMPLITUDE_FACTOR,
    add_amplitude_misfit,
)
from streamstress.mechanism.polarity_kernel import polarity_misfit_of_nodes, quantised_weight
from streamstress.mechanism.quality import grade_of, polarity_misfit, ray_gaps


def rays(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arccos(rng.uniform(-1, 1, n)))


@pytest.mark.parametrize(("step_deg", "n_nodes"), [(5.0, 31032), (10.0, 4032)])
def test_the_grid_has_the_nodes_of_hash(step_deg: float, n_nodes: int):
    assert mechanism_grid(step_deg).n_nodes == n_nodes


def test_every_mechanism_has_a_node_within_the_step():
    grid = mechanism_grid(10.0)
    nodes = np.stack(strike_dip_rake(grid.normal.T, grid.slip.T), axis=-1)
    rng = np.random.default_rng(3)
    for _ in range(40):
        mechanism = (rng.uniform(0, 360), rng.uniform(0, 90), rng.uniform(-180, 180))
        assert kagan_angle_deg(nodes, np.broadcast_to(mechanism, nodes.shape)).min() < 10.0


def test_polarity_kernel_counts_as_the_radiation_pattern_does():
    grid = mechanism_grid(10.0)
    azimuth, takeoff = rays(23, 1)
    sign = np.where(np.random.default_rng(2).random(23) < 0.5, -1.0, 1.0)
    weight = quantised_weight(np.random.default_rng(3).uniform(0.1, 1, 23))
    vectors = ray_vector(azimuth, takeoff)
    misfit = polarity_misfit_of_nodes(grid.planes, grid.n_slips, vectors, sign, weight).T.ravel()
    tensors = double_couple_of(grid.normal.T, grid.slip.T)[:, None]
    p, _, _ = radiation_pattern(tensors, azimuth[None], takeoff[None])
    on_node = np.abs(p) < 1e-6
    expected = ((p * sign < 0) * weight).sum(axis=1)
    clear = ~on_node.any(axis=1)
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(misfit[clear], expected[clear].astype(np.float32))


def test_amplitude_kernel_agrees_with_the_radiation_pattern():
    grid = mechanism_grid(10.0)
    azimuth, takeoff = rays(9, 4)
    ratio = np.linspace(-0.5, 1.5, 9)
    misfit = np.zeros(grid.n_nodes, np.float32)
    add_amplitude_misfit(
        grid.normal.astype(np.float32),
        grid.slip.astype(np.float32),
        ray_vector(azimuth, takeoff).astype(np.float32),
        ratio.astype(np.float32),
        misfit,
    )
    tensors = double_couple_of(grid.normal.T, grid.slip.T)[:, None]
    p, sv, sh = radiation_pattern(tensors, azimuth[None], takeoff[None])
    with np.errstate(divide="ignore"):
        predicted = np.log10(AMPLITUDE_FACTOR * np.hypot(sv, sh) / np.abs(p))
    expected = np.abs(ratio - np.clip(predicted, -2.0, 4.0)).sum(axis=1)
    clear = (np.abs(p) > 1e-3).all(axis=1) & (np.hypot(sv, sh) > 1e-2).all(axis=1)
    np.testing.assert_allclose(misfit[clear], expected[clear], atol=2e-3)


def test_polarity_rule_with_a_perfect_node():
    limits = MisfitLimits(30.0, 3.0, 2.0, 2.0, 2.0)
    impulsive = np.array([0, 0, 3, 4, 1], np.float32)
    total = np.array([1, 4, 3, 4, 3], np.float32)
    accepted = accept_polarity(impulsive, total, limits)
    assert accepted.tolist() == [True, False, True, False, True]


def test_polarity_rule_without_a_perfect_node_leaves_emergent_ones_free():
    limits = MisfitLimits(30.0, 3.0, 2.0, 2.0, 2.0)
    impulsive = np.array([2, 4, 5, 3], np.float32)
    total = np.array([9, 20, 5, 12], np.float32)
    assert accept_polarity(impulsive, total, limits).tolist() == [True, True, False, True]


def test_amplitude_rule_loosens_where_nothing_passes_both():
    limits = MisfitLimits(30.0, 2.0, 2.0, 2.0, 2.0)
    misfit = np.array([0, 1, 9], np.float32)
    sp_misfit = np.array([8.0, 11.0, 1.0], np.float32)
    assert accept_with_amplitudes(misfit, sp_misfit, limits).tolist() == [True, False, False]


def scattered(mechanism: tuple[float, float, float], n: int, seed: int, deg: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(mechanism) + rng.normal(0, deg, (n, 3))


def test_average_of_two_clusters_gives_two_solutions_with_their_shares():
    cluster, other = scattered((30, 60, 10), 70, 1, 4.0), scattered((100, 40, -100), 30, 2, 4.0)
    normal, slip = plane_vectors(*np.concatenate([cluster, other]).T)
    solutions = preferred_mechanisms(normal.T, slip.T)
    assert [round(s.probability, 2) for s in solutions] == [0.7, 0.3]
    for solution, truth in zip(solutions, [(30, 60, 10), (100, 40, -100)], strict=True):
        found = [float(a) for a in strike_dip_rake(solution.normal, solution.slip)]
        assert kagan_angle_deg(found, truth) < 3.0
        assert abs(solution.normal @ solution.slip) < 2e-4


def test_average_forgets_which_plane_was_named_first():
    normal, slip = plane_vectors(*scattered((30, 60, 10), 50, 3, 5.0).T)
    swapped, signs = np.arange(50) % 2 == 0, np.where(np.arange(50) % 3 == 0, -1.0, 1.0)[:, None]
    n, u = (
        np.where(swapped[:, None], slip, normal) * signs,
        np.where(swapped[:, None], normal, slip),
    )
    (mixed,) = preferred_mechanisms(n.T, (u * signs).T)
    (plain,) = preferred_mechanisms(normal.T, slip.T)
    found, expected = (
        [float(a) for a in strike_dip_rake(s.normal, s.slip)] for s in (mixed, plain)
    )
    assert kagan_angle_deg(found, expected) < 0.1
    assert sorted([mixed.plane_uncertainty_deg, mixed.plane_uncertainty_aux_deg]) == pytest.approx(
        sorted([plain.plane_uncertainty_deg, plain.plane_uncertainty_aux_deg]), abs=0.05
    )


def test_one_mechanism_is_its_own_average():
    normal, slip = plane_vectors(30.0, 60.0, 10.0)
    (only,) = preferred_mechanisms(normal[:, None], slip[:, None])
    assert (only.probability, only.plane_uncertainty_deg) == (1.0, pytest.approx(0.0, abs=1e-5))


def test_gaps_fold_downward_rays_to_the_opposite_upward_ones():
    # Folded: azimuths 180, 90 and 20; from vertical 20, 80 and 60.
    azimuth_gap, takeoff_gap = ray_gaps(np.array([0.0, 90.0, 200.0]), np.array([20.0, 100.0, 60.0]))
    assert azimuth_gap == pytest.approx(200.0)
    assert takeoff_gap == pytest.approx(40.0)


def test_gap_of_takeoff_counts_both_edges():
    assert ray_gaps(np.zeros(2), np.array([130.0, 140.0]))[1] == pytest.approx(40.0)
    assert ray_gaps(np.zeros(2), np.array([100.0, 110.0]))[1] == pytest.approx(70.0)


@pytest.mark.parametrize(
    ("probability", "uncertainty", "misfit", "stdr", "grade", "reason"),
    [
        (0.81, 25.0, 0.15, 0.5, "A", "Every limit of grade A holds."),
        (0.80, 25.0, 0.15, 0.5, "B", "probability 0.80 is not above 0.8"),
        (0.9, 25.0, 0.16, 0.5, "B", "misfit 0.16 is above 0.15"),
        (0.9, 36.0, 0.10, 0.5, "C", "plane uncertainty 36.0 degrees is above 35"),
        (0.9, 20.0, 0.10, 0.2, "D", "station distribution 0.20 is below 0.3"),
    ],
)
def test_grades_and_their_reason(
    probability: float, uncertainty: float, misfit: float, stdr: float, grade: str, reason: str
):
    given, sentence = grade_of(probability, uncertainty, misfit, stdr)
    assert given == grade
    assert reason in sentence


def test_the_probability_of_grade_c_can_be_set():
    assert grade_of(0.55, 40.0, 0.1, 0.5)[0] == "C"
    assert grade_of(0.55, 40.0, 0.1, 0.5, grade_c_probability=0.6)[0] == "D"


def test_a_wrong_emergent_polarity_counts_half():
    azimuth, takeoff = rays(20, 5)
    normal, slip = plane_vectors(40.0, 60.0, 30.0)
    p, _, _ = radiation_pattern(double_couple_of(normal, slip), azimuth, takeoff)
    wrong = np.argmax(np.abs(p))
    up = np.where(p > 0, 1.0, 0.0)
    up[wrong] = 1.0 - up[wrong]
    impulsive = np.ones(20, bool)
    zeros = np.zeros(20)
    shares = []
    for onset in (True, False):
        impulsive[wrong] = onset
        data = PolarityData(azimuth, takeoff, zeros, zeros, up, impulsive.copy())
        misfit, _ = polarity_misfit(usable_readings(data), normal, slip, "radiation")
        shares.append(misfit / (1.0 - misfit))
    assert shares[1] == pytest.approx(shares[0] / 2.0)
