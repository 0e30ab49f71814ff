"""Size of a change, clusters of events, and the test for one stress."""

from types import ModuleType

import numpy as np
import pytest

from streamstress.change import (
    ChangeSettings,
    change_effect,
    change_event,
)
from streamstress.change.effect import rotation_vector_deg
from streamstress.change.spots import spots_of
from streamstress.earth.running_clusters import (
    Background,
    cluster_weights,
    label_clusters,
    learn_background,
)
from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axis_vector
from streamstress.geometry.planes import auxiliary_plane
from streamstress.geometry.rotations import rotated, rotation_matrix, stress_rotation_deg
from streamstress.geometry.tensors import stress_tensor

MINUTE_NS = 60 * 10**9
RARE = Background(20 / 1440, 0.1)


def epochs(synthetic: ModuleType, turn: float, seed: int = 0, count: int = 100):
    rng = np.random.default_rng(seed)
    stress = synthetic.strike_slip_stress(170.0)
    return (
        synthetic.mechanisms(stress, 110, rng),
        synthetic.mechanisms(synthetic.turned(stress, turn), count, rng),
    )


@pytest.mark.parametrize("angle", [5.0, 30.0, 80.0])
def test_rotation_vector_is_the_smallest_rotation(angle: float):
    axes = axis_vector([20.0, 0.0, 110.0], [0.0, 90.0, 0.0])
    before = stress_tensor(axes, 0.4)
    axis = np.array([0.3, -0.5, 0.8])
    after = rotated(before, rotation_matrix(axis, np.asarray(angle)))
    vector = rotation_vector_deg(before, after)
    assert np.linalg.norm(vector) == pytest.approx(float(stress_rotation_deg(before, after)))
    turned = rotated(before, rotation_matrix(vector, np.linalg.norm(vector)))
    np.testing.assert_allclose(turned, after, atol=1e-9)


@pytest.mark.parametrize("turn", [20.0, -20.0])
def test_shmax_change_is_signed_and_crosses_north(synthetic: ModuleType, turn: float):
    effect = change_effect(*epochs(synthetic, turn))
    assert effect.shmax_before_deg == pytest.approx(170.0, abs=6.0)
    assert effect.shmax_change_deg == pytest.approx(turn, abs=7.0)
    low, high = effect.shmax_change_interval95_deg
    assert low < effect.shmax_change_deg < high
    assert effect.rotation_p_value < 1e-3


def test_rotation_interval_holds_the_truth_mostly(synthetic: ModuleType):
    held = 0
    for seed in range(30):
        low, high = change_effect(
            *epochs(synthetic, 30.0, seed), resamplings=200
        ).rotation_interval95_deg
        held += low <= 30.0 <= high
    assert held >= 26


def test_no_rotation_has_no_small_p_value(synthetic: ModuleType):
    chances = [
        change_effect(*epochs(synthetic, 0.0, seed), resamplings=200).rotation_p_value
        for seed in range(25)
    ]
    assert np.mean(np.array(chances) < 0.01) <= 0.08


def test_effect_is_free_of_stated_plane_and_seeded(synthetic: ModuleType):
    before, after = epochs(synthetic, 25.0)
    swapped = np.stack(auxiliary_plane(*after.T), axis=-1)
    one, two = change_effect(before, after), change_effect(before, swapped)
    assert two.rotation_deg == pytest.approx(one.rotation_deg, abs=1e-6)
    assert change_effect(before, after).rotation_interval95_deg == one.rotation_interval95_deg


def test_shmax_is_not_stated_where_horizontal_stresses_are_alike():
    rng = np.random.default_rng(1)
    normal = np.stack([rng.uniform(0, 360, 200), np.full(200, 45.0), np.full(200, -90.0)], axis=-1)
    effect = change_effect(normal, normal)
    assert effect.shmax_before_deg is None
    assert effect.shmax_change_deg is None


def test_too_few_events_are_refused():
    with pytest.raises(UnusableDataError, match="3 events"):
        change_effect(np.zeros((3, 3)), np.ones((20, 3)))


def burst(count: int, minutes: float, strike: float = 30.0, **place: float):
    return [
        change_event(f"b{i:02d}", int(i * minutes * MINUTE_NS), strike + i % 3, 80.0, 0.0, **place)
        for i in range(count)
    ]


def test_repeats_within_minutes_count_as_little_more_than_one():
    events = burst(10, 2.0)
    labels = label_clusters(spots_of(events), RARE, ChangeSettings().link_rule)
    assert set(labels) == {0}
    assert cluster_weights(labels, 0.8).sum() == pytest.approx(10 / 8.2)
    assert cluster_weights(labels, 1.0).sum() == pytest.approx(1.0)


def test_far_late_or_different_events_are_not_linked():
    settings = ChangeSettings()
    rule = settings.link_rule
    here, there = {"latitude_deg": 35.0, "longitude_deg": 140.0, "depth_km": 8.0}, {}
    there.update(here, depth_km=12.0)
    late = burst(4, 90.0)
    different = [change_event(f"d{i}", i * MINUTE_NS, 30.0 + 45.0 * i, 80.0, 0.0) for i in range(4)]
    far = [
        change_event(f"f{i}", i * MINUTE_NS, 30.0, 80.0, 0.0, **(here, there)[i % 2])
        for i in range(2)
    ]
    for events in (late, different, far):
        assert len(set(label_clusters(spots_of(events), RARE, rule))) == len(events)


def test_a_busy_region_is_not_taken_for_clusters(synthetic: ModuleType):
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(), 150, np.random.default_rng(0))
    events = [
        change_event(f"e{i:03d}", i * MINUTE_NS, *map(float, angle))
        for i, angle in enumerate(angles)
    ]
    settings = ChangeSettings()
    rule = settings.link_rule
    labels = label_clusters(spots_of(events), learn_background(spots_of(events), rule), rule)
    assert cluster_weights(labels, settings.cluster_correlation).sum() > 120
