"""The rolling sums are exact: order, revision and withdrawal leave no trace."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamstress.errors import ConfigError, CorruptRecordError
from streamstress.stress import RollingStress, event_contribution, invert

RNG = np.random.default_rng(0)
ANGLES = np.stack(
    [RNG.uniform(0, 360, 60), RNG.uniform(5, 90, 60), RNG.uniform(-180, 180, 60)], axis=-1
)
EVENTS = [event_contribution(*angle, weight=0.25 + (i % 4) / 4) for i, angle in enumerate(ANGLES)]


def fill(rolling: RollingStress, order: Iterable[int]):
    for i in order:
        rolling.update(f"e{i:02d}", 1, EVENTS[i], i * 10)
    return rolling


def same(one: RollingStress, other: RollingStress):
    return all(np.array_equal(a, b) for a, b in zip(one.totals(), other.totals(), strict=True))


@given(st.permutations(range(12)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_arrival_leaves_no_trace(order: Iterable[int]):
    shuffled, ordered = fill(RollingStress(5), order), fill(RollingStress(5), range(12))
    assert same(shuffled, ordered)
    assert shuffled.event_ids() == ordered.event_ids() == [f"e{i:02d}" for i in range(7, 12)]


def test_removal_undoes_an_update_exactly():
    rolling, plain = fill(RollingStress(100), range(40)), fill(RollingStress(100), range(40))
    rolling.update("e50", 1, EVENTS[50], 120)
    assert not same(rolling, plain)
    rolling.remove("e50")
    assert same(rolling, plain)


def test_a_window_that_moved_equals_one_computed_anew():
    moved, fresh = fill(RollingStress(20), range(60)), fill(RollingStress(None), range(40, 60))
    assert same(moved, fresh)
    a, b = moved.totals()
    np.testing.assert_allclose(a, sum(event.a for event in EVENTS[40:]), atol=1e-9)
    np.testing.assert_allclose(b, sum(event.b for event in EVENTS[40:]), atol=1e-9)


def test_a_withdrawn_event_is_replaced_by_the_next_older():
    rolling = fill(RollingStress(5), range(12))
    rolling.remove("e11")
    assert rolling.event_ids() == [f"e{i:02d}" for i in range(6, 11)]
    assert same(rolling, fill(RollingStress(5), range(11)))


def test_a_newer_version_replaces_and_an_older_is_dropped():
    rolling = fill(RollingStress(100), range(5))
    assert rolling.update("e02", 2, EVENTS[30], 20)
    assert not rolling.update("e02", 2, EVENTS[31], 20)
    assert not rolling.update("e02", 1, EVENTS[32], 20)
    fresh = RollingStress(100)
    for i in (0, 1, 30, 3, 4):
        fresh.update(f"x{i}", 1, EVENTS[i], i)
    assert same(rolling, fresh)


def test_a_tombstone_outlives_late_versions():
    rolling = fill(RollingStress(100), range(5))
    assert rolling.remove("e03", version=4)
    assert not rolling.update("e03", 3, EVENTS[3], 30)
    assert rolling.update("e03", 5, EVENTS[3], 30)


def test_a_window_in_time_counts_from_the_newest_event():
    rolling = fill(RollingStress(None, window_ns=50), range(30))
    assert rolling.event_ids() == [f"e{i:02d}" for i in range(25, 30)]


def test_estimate_is_the_inversion_of_the_window():
    rolling = fill(RollingStress(30), range(60))
    np.testing.assert_allclose(rolling.estimate().tensor, invert(EVENTS[30:60]).tensor, atol=1e-12)
    np.testing.assert_allclose(
        rolling.summed_tensor(), invert(EVENTS[30:60], planes="both").tensor, atol=1e-8
    )


def test_a_restored_snapshot_goes_on_as_the_original():
    original = fill(RollingStress(20, window_ns=10_000), range(30))
    original.remove("e29", version=3)
    restored = RollingStress.restore(original.snapshot())
    assert restored.snapshot() == original.snapshot()
    for rolling in (original, restored):
        assert not rolling.update("e29", 2, EVENTS[29], 290)
        fill(rolling, range(30, 50))
    assert same(restored, original)
    assert restored.event_ids() == original.event_ids()


def test_an_empty_window_can_be_snapshot():
    assert len(RollingStress.restore(RollingStress(7).snapshot())) == 0


def test_bad_bytes_and_settings_are_refused():
    with pytest.raises(CorruptRecordError, match="snapshot"):
        RollingStress.restore(b"no snapshot")
    with pytest.raises(ConfigError, match="window"):
        RollingStress(0)


HALF_LIFE = 10**13
TIMES = [1_700_000_000 * 10**9 + i * HALF_LIFE // 3 for i in range(60)]


def faded(order: Iterable[int]) -> RollingStress:
    rolling = RollingStress(None, half_life_ns=HALF_LIFE)
    for i in order:
        rolling.update(f"e{i:02d}", 1, EVENTS[i], TIMES[i])
    return rolling


def test_a_fading_window_halves_an_event_with_each_half_life():
    rolling = faded(range(60))
    first = 60 - len(rolling)
    share = [2.0 ** ((TIMES[i] - TIMES[-1]) / HALF_LIFE) for i in range(first, 60)]
    a, b = rolling.totals()
    np.testing.assert_allclose(
        a, sum(w * e.a for w, e in zip(share, EVENTS[first:], strict=True)), atol=1e-8
    )
    np.testing.assert_allclose(
        b, sum(w * e.b for w, e in zip(share, EVENTS[first:], strict=True)), atol=1e-8
    )
    held = [one.weight for one in rolling.contributions()]
    np.testing.assert_allclose(
        held, [w * e.weight for w, e in zip(share, EVENTS[first:], strict=True)]
    )


@given(st.permutations(range(12)))
@settings(max_examples=20, deadline=None)
def test_a_fading_window_knows_no_order(order: Iterable[int]):
    assert same(faded(order), faded(range(12)))


def test_an_event_leaves_a_fading_window_exactly_even_across_half_lives():
    passed, plain = faded(range(40)), faded(range(40))
    passed.update("late", 1, EVENTS[50], TIMES[39] + 5 * HALF_LIFE)
    assert not same(passed, plain)
    passed.remove("late")
    assert same(passed, plain)
    assert same(RollingStress.restore(passed.snapshot()), plain)
