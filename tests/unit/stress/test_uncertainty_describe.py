"""Intervals hold the truth as often as they say, and words follow their tables."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axis_vector
from streamstress.geometry.tensors import stress_tensor
from streamstress.stress import StressSamples, bootstrap, describe, event_contribution, invert
from streamstress.stress.describe import a_phi, regime, wsm_quality
from streamstress.stress.uncertainty import axial_interval, estimate_of, region, shmax_interval


def contributions(angles: NDArray[np.float64]):
    return [event_contribution(*angle) for angle in angles]


@pytest.mark.parametrize("count", [50, 100])
def test_shmax_interval_holds_the_truth_in_nine_of_ten(synthetic: ModuleType, count: int):
    hits = 0
    for seed in range(25):
        rng = np.random.default_rng([seed, count])
        shmax = rng.uniform(0, 180)
        events = contributions(
            synthetic.mechanisms(synthetic.strike_slip_stress(shmax), count, rng)
        )
        samples = bootstrap(events, resamplings=200, seed=seed)
        low, high = shmax_interval(samples, invert(events).tensor)
        assert 0 <= low < 180
        assert low <= high <= low + 30
        hits += (shmax - low) % 180 <= high - low
    assert hits >= 21  # binomial: 95 % coverage gives 21 or more in 99.3 % of runs


def test_same_seed_same_samples(synthetic: ModuleType):
    events = contributions(
        synthetic.mechanisms(synthetic.strike_slip_stress(), 30, np.random.default_rng(0))
    )
    one, two, other = (bootstrap(events, resamplings=50, seed=s).tensors for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_repeats_of_one_fault_widen_the_interval_when_drawn_as_clusters(synthetic: ModuleType):
    rng = np.random.default_rng(3)
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(), 20, rng)
    events = contributions(np.repeat(angles, 5, axis=0))
    tensor = invert(events).tensor
    label = np.repeat(np.arange(20), 5)
    low, high = shmax_interval(bootstrap(events, resamplings=300), tensor)
    wide_low, wide_high = shmax_interval(bootstrap(events, resamplings=300, cluster=label), tensor)
    assert wide_high - wide_low > 1.5 * (high - low)


def test_one_cluster_cannot_be_resampled():
    with pytest.raises(UnusableDataError, match="two independent"):
        bootstrap([event_contribution(10.0, 50.0, 0.0)] * 5, cluster=np.zeros(5))


def test_axial_interval_crosses_north_upwards():
    low, high = axial_interval(np.array([176.0, 178.0, 179.0, 1.0, 3.0, 5.0]), 0.0, level=1.0)
    assert (low, high) == (pytest.approx(176.0), pytest.approx(185.0))


def test_region_is_nested_and_nearest_first(synthetic: ModuleType):
    events = contributions(
        synthetic.mechanisms(synthetic.strike_slip_stress(), 40, np.random.default_rng(5))
    )
    tensor, samples = invert(events).tensor, bootstrap(events, resamplings=200)
    inner, outer = region(samples, tensor, 0.68), region(samples, tensor, 0.95)
    assert (len(inner), len(outer)) == (136, 190)
    np.testing.assert_array_equal(outer[:136], inner)
    nearness = np.sum(outer * tensor, axis=(1, 2))
    assert np.all(np.diff(nearness) <= 0)


@pytest.mark.parametrize(
    ("plunges", "word", "value"),
    [
        ((90, 0, 0), "NF", 0.7),
        ((0, 90, 0), "SS", 1.3),
        ((0, 0, 90), "TF", 2.7),
        ((45, 40, 10), "NS", 0.7),
        ((10, 40, 45), "TS", 2.7),
        ((30, 50, 38), "U", 1.3),
    ],
)
def test_regime_and_a_phi_by_the_plunges(plunges: tuple[int, int, int], word: str, value: float):
    assert regime(*plunges) == word
    assert a_phi(*plunges, 0.7) == pytest.approx(value)


@pytest.mark.parametrize(
    ("half_width", "events", "misfit", "rank"),
    [
        (5, 40, 8.0, "A"),
        (5, 14, 8.0, "B"),
        (5, 40, 15.0, "B"),
        (18, 40, 8.0, "B"),
        (22, 40, 8.0, "C"),
        (5, 40, 25.0, "C"),
        (30, 5, 8.0, "D"),
        (50, 100, 8.0, "E"),
    ],
)
def test_quality_falls_with_width_events_and_misfit(
    half_width: float, events: int, misfit: float, rank: str
):
    assert wsm_quality((10.0, 10.0 + 2 * half_width), events, misfit) == rank


def test_description_of_a_known_tensor():
    axes = axis_vector([40.0, 0.0, 130.0], [0.0, 90.0, 0.0])
    told = describe(stress_tensor(axes, 0.3))
    assert (told.s1.trend_deg % 180, told.s1.plunge_deg) == (pytest.approx(40), pytest.approx(0))
    assert told.s2.plunge_deg == pytest.approx(90)
    assert (told.phi, told.r) == (pytest.approx(0.3), pytest.approx(0.7))
    assert told.shmax_deg == pytest.approx(40)
    assert told.shmax_defined
    assert told.regime == "SS"
    assert (told.wsm_quality, told.phi_reliable) == ("E", False)


def test_shmax_is_undefined_where_horizontal_stresses_are_alike():
    axes = axis_vector([0.0, 0.0, 90.0], [90.0, 0.0, 0.0])
    samples = StressSamples(np.repeat(stress_tensor(axes, 0.02)[None], 50, axis=0), 50)
    told = describe(stress_tensor(axes, 0.02), samples, misfit_deg=5.0)
    assert not told.shmax_defined
    assert told.wsm_quality == "E"


def test_phi_is_called_reliable_where_its_calibrated_interval_is_narrow(synthetic: ModuleType):
    told = {}
    for accepted, noise, count in ((0.95, 8.0, 100), (0.80, 20.0, 300), (0.80, 30.0, 25)):
        rng = np.random.default_rng(11)
        population = synthetic.Population(accepted, noise)
        events = contributions(
            synthetic.mechanisms(synthetic.strike_slip_stress(), count, rng, population)
        )
        found, samples = invert(events), bootstrap(events, resamplings=200)
        told[count] = describe(
            estimate_of(samples),
            samples,
            misfit_deg=found.misfit_deg,
            mean_instability=found.mean_instability,
        )
    for count in (100, 300):
        assert told[count].phi_reliable
        assert told[count].phi_interval95[0] < 0.5 < told[count].phi_interval95[1]
    assert not told[25].phi_reliable
