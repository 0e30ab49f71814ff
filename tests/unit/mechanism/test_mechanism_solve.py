"""What an event's readings give: the mechanism, its grade, and the same answer every time."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.errors import UnusableDataError
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism import (
    MechanismResult,
    MechanismSettings,
    PolarityData,
    solve_mechanism,
)
from streamstress.mechanism.kernels import AMPLITUDE_FACTOR

STRIKE_SLIP, NORMAL, REVERSE, OBLIQUE = (30, 90, 0), (120, 40, -90), (20, 35, 90), (200, 60, 40)


def observed(
    mechanism: tuple[float, float, float], n: int, seed: int, sigma_deg: float = 3.0
) -> PolarityData:
    """Noise-free hard polarities along rays spread over the focal sphere, mostly downwards."""
    rng = np.random.default_rng(seed)
    azimuth = (np.arange(n) * 137.508 + rng.uniform(0, 360)) % 360
    takeoff = np.degrees(np.arccos(rng.uniform(-0.4, 1.0, n)))
    p, _, _ = radiation_pattern(double_couple(*mechanism), azimuth, takeoff)
    sigma = np.full(n, sigma_deg)
    return PolarityData(azimuth, takeoff, sigma, sigma, np.where(p > 0, 1.0, 0.0))


def with_amplitudes(data: PolarityData, mechanism: tuple[float, float, float]) -> PolarityData:
    p, sv, sh = radiation_pattern(double_couple(*mechanism), data.azimuth_deg, data.takeoff_deg)
    return replace(data, sp_log_ratio=np.log10(AMPLITUDE_FACTOR * np.hypot(sv, sh) / np.abs(p)))


def first(result: MechanismResult) -> tuple[float, float, float]:
    best = result.solutions[0]
    return best.strike_deg, best.dip_deg, best.rake_deg


def reordered(data: PolarityData, order: np.ndarray) -> PolarityData:
    return PolarityData(
        data.azimuth_deg[order],
        data.takeoff_deg[order],
        data.azimuth_sigma_deg[order],
        data.takeoff_sigma_deg[order],
        data.up_probability[order],
        None if data.impulsive is None else data.impulsive[order],
        None if data.sp_log_ratio is None else data.sp_log_ratio[order],
    )


def same_bytes(a: MechanismResult, b: MechanismResult) -> bool:
    rest = replace(a, accepted=b.accepted) == b
    return rest and a.accepted.tobytes() == b.accepted.tobytes()


@pytest.mark.parametrize("mechanism", [STRIKE_SLIP, NORMAL, REVERSE, OBLIQUE])
def test_25_true_polarities_find_the_mechanism_within_15_degrees(
    mechanism: tuple[float, float, float],
):
    rotations = [
        float(
            kagan_angle_deg(first(solve_mechanism(observed(mechanism, 25, k), seed=k)), mechanism)
        )
        for k in range(3)
    ]
    assert np.median(rotations) < 15.0


def test_amplitudes_sharpen_the_mechanism():
    without = solve_mechanism(observed(OBLIQUE, 14, 5), seed=1)
    with_sp = solve_mechanism(with_amplitudes(observed(OBLIQUE, 14, 5), OBLIQUE), seed=1)
    assert with_sp.n_accepted < without.n_accepted / 2
    assert with_sp.n_sp == 14
    assert with_sp.solutions[0].sp_misfit < 0.2
    assert kagan_angle_deg(first(with_sp), OBLIQUE) < 10.0


def test_an_amplitude_that_no_mechanism_fits_still_gives_an_answer():
    data = observed(OBLIQUE, 20, 2)
    result = solve_mechanism(replace(data, sp_log_ratio=np.full(20, 30.0)), seed=1)
    assert result.solutions[0].sp_misfit > 20


def test_turning_all_rays_turns_the_mechanism():
    data = observed(OBLIQUE, 30, 7)
    turned = replace(data, azimuth_deg=(data.azimuth_deg + 77.0) % 360)
    strike, dip, rake = first(solve_mechanism(data, seed=2))
    assert kagan_angle_deg(first(solve_mechanism(turned, seed=2)), (strike + 77, dip, rake)) < 6.0


def test_reversing_all_polarities_exchanges_p_and_t():
    data = observed(OBLIQUE, 30, 8)
    reversed_data = replace(data, up_probability=1.0 - data.up_probability)
    strike, dip, rake = first(solve_mechanism(data, seed=2))
    opposite = first(solve_mechanism(reversed_data, seed=2))
    assert kagan_angle_deg(opposite, (strike, dip, rake + 180)) < 6.0


@pytest.mark.parametrize("amplitudes", [False, True])
def test_the_order_of_the_readings_changes_nothing(amplitudes: bool):
    data = observed(NORMAL, 24, 9)
    data = replace(data, impulsive=np.arange(24) % 3 > 0)
    data = with_amplitudes(data, NORMAL) if amplitudes else data
    shuffled = reordered(data, np.random.default_rng(0).permutation(24))
    assert same_bytes(solve_mechanism(data, seed=4), solve_mechanism(shuffled, seed=4))


def test_one_seed_one_answer_and_another_seed_another():
    data = observed(NORMAL, 24, 9)
    assert same_bytes(solve_mechanism(data, seed=4), solve_mechanism(data, seed=4))
    assert not same_bytes(solve_mechanism(data, seed=4), solve_mechanism(data, seed=5))


@pytest.mark.parametrize("says_nothing", [0.5, np.nan, 0.52])
def test_readings_of_unknown_polarity_change_nothing(says_nothing: float):
    data, extra = observed(REVERSE, 20, 3), observed(REVERSE, 15, 4)
    joined = PolarityData(
        *(
            np.concatenate([getattr(data, name), getattr(extra, name)])
            for name in ("azimuth_deg", "takeoff_deg", "azimuth_sigma_deg", "takeoff_sigma_deg")
        ),
        np.concatenate([data.up_probability, np.full(15, says_nothing)]),
    )
    assert same_bytes(solve_mechanism(data, seed=6), solve_mechanism(joined, seed=6))


def test_wrong_polarities_of_low_weight_do_less_harm():
    wrong, rotations = np.arange(40) % 5 == 0, []
    for seed in range(5):
        data = observed(OBLIQUE, 40, seed)
        up = np.where(wrong, 1.0 - data.up_probability, data.up_probability)
        unsure = np.where(wrong, 0.4 + 0.2 * up, up)
        answers = (solve_mechanism(replace(data, up_probability=p), seed=1) for p in (unsure, up))
        rotations.append([float(kagan_angle_deg(first(a), OBLIQUE)) for a in answers])
    soft, hard = np.median(rotations, axis=0)
    assert soft < 12.0
    assert soft < hard - 3.0


def test_weight_one_is_a_hard_label_and_all_impulsive_is_no_pair():
    data = observed(OBLIQUE, 25, 12)
    nearly_sure = np.where(data.up_probability > 0.5, 1 - 1e-5, 1e-5)
    told = replace(data, impulsive=np.ones(25, bool))
    hard = solve_mechanism(data, seed=1)
    assert same_bytes(hard, solve_mechanism(replace(data, up_probability=nearly_sure), seed=1))
    assert same_bytes(hard, solve_mechanism(told, seed=1))


def test_too_few_polarities_give_grade_f():
    result = solve_mechanism(observed(STRIKE_SLIP, 7, 1))
    assert (result.grade, result.solutions, result.accepted.shape) == ("F", (), (0, 3))
    assert result.grade_reason == "7 polarities are fewer than 8."


def test_no_reading_at_all_gives_grade_f():
    none = np.empty(0)
    assert solve_mechanism(PolarityData(none, none, none, none, none)).grade == "F"


def test_a_gap_gives_grade_e():
    data = observed(STRIKE_SLIP, 40, 1)
    half = (data.azimuth_deg < 180) & (data.takeoff_deg < 90)
    result = solve_mechanism(reordered(data, np.flatnonzero(half)))
    assert (result.grade, result.solutions) == ("E", ())
    assert "azimuth gap" in result.grade_reason


def test_a_broken_reading_is_set_aside_and_counted():
    data = observed(OBLIQUE, 25, 13)
    azimuth, up = (
        np.append(data.azimuth_deg, [np.nan, 10.0]),
        np.append(data.up_probability, [1, 7]),
    )
    longer = [np.append(a, [50.0, 50.0]) for a in (data.takeoff_deg, data.azimuth_sigma_deg)]
    broken = PolarityData(azimuth, longer[0], longer[1], longer[1], up)
    result, clean = solve_mechanism(broken, seed=3), solve_mechanism(data, seed=3)
    assert result.n_set_aside == 2
    assert same_bytes(replace(result, n_set_aside=0), clean)


def test_given_trials_are_used_instead_of_sigmas():
    data = observed(REVERSE, 60, 14, sigma_deg=30.0)
    azimuth, takeoff = np.tile(data.azimuth_deg, (5, 1)), np.tile(data.takeoff_deg, (5, 1))
    exact = replace(data, trial_azimuth_deg=azimuth, trial_takeoff_deg=takeoff)
    sharp, blurred = solve_mechanism(exact, seed=1), solve_mechanism(data, seed=1)
    assert sharp.n_accepted < blurred.n_accepted / 3
    assert kagan_angle_deg(first(sharp), REVERSE) < 15.0


def test_the_auxiliary_plane_and_the_accepted_set_belong_to_the_answer():
    result = solve_mechanism(observed(OBLIQUE, 25, 15), MechanismSettings(max_returned=50), seed=1)
    best = result.solutions[0]
    normal, slip = plane_vectors(*first(result))
    aux = plane_vectors(best.aux_strike_deg, best.aux_dip_deg, best.aux_rake_deg)
    outer = np.outer(normal, slip) + np.outer(slip, normal)
    np.testing.assert_allclose(np.outer(*aux) + np.outer(*aux[::-1]), outer, atol=1e-3)
    assert result.accepted.shape == (50, 3)
    near = kagan_angle_deg(result.accepted, np.broadcast_to(first(result), (50, 3))) <= 45.0
    assert near.mean() == pytest.approx(best.probability, abs=0.15)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(UnusableDataError, match="takeoff_deg has shape"):
        replace(observed(OBLIQUE, 10, 1), takeoff_deg=np.zeros(9))


@pytest.mark.parametrize(("up", "word"), [(1.0, "up"), (0.0, "down")])
def test_first_motions_that_are_all_alike_are_doubted_and_not_forced(up: float, word: str):
    data = replace(observed(OBLIQUE, 30, 16), up_probability=np.full(30, up))
    result = solve_mechanism(data, seed=1)
    assert result.not_double_couple == f"All 30 polarities are {word}."
    assert {solution.grade for solution in result.solutions} == {"D"}
    assert "Possibly no double couple" in result.grade_reason


def test_polarities_that_no_double_couple_fits_are_doubted():
    data = observed(OBLIQUE, 80, 17)
    at_random = np.random.default_rng(3).integers(0, 2, 80).astype(float)
    assert (
        "polarities wrong" in solve_mechanism(replace(data, up_probability=at_random)).grade_reason
    )


def test_a_double_couple_with_the_stated_share_of_wrong_polarities_is_not_doubted():
    wrong = np.arange(40) % 10 == 3
    for seed in range(5):
        data = observed(OBLIQUE, 40, seed)
        up = np.where(wrong, 1.0 - data.up_probability, data.up_probability)
        assert solve_mechanism(replace(data, up_probability=up)).not_double_couple == ""
