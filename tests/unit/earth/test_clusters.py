"""Repeats are linked; what is far, late or of another kind is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.earth.clusters import LinkRule, cluster_labels
from streamstress.geometry.tensors import double_couple

MINUTE = 60_000_000_000
START = 1_700_000_000_000_000_000
PLACE = (37.0, 141.0, 10.0)


def labels(
    minutes: list[float],
    place: list[tuple[float, float, float]] | None = None,
    rake: list[float] | None = None,
    rule: LinkRule | None = None,
) -> NDArray[np.int64]:
    count = len(minutes)
    times = [START + int(minute * MINUTE) for minute in minutes]
    mechanism = double_couple(np.full(count, 20.0), np.full(count, 60.0), rake or [0.0] * count)
    return cluster_labels(times, place or [PLACE] * count, mechanism, rule)


# So that the rate of the catalogue lets nothing be a neighbour by chance.
NEVER_CHANCE = LinkRule(chance=1e9)


def test_repeats_join_and_one_far_in_time_stands_alone():
    assert labels([0, 2, 4, 500], rule=NEVER_CHANCE).tolist() == [0, 0, 0, 1]


def test_links_join_into_one_cluster_whatever_the_order():
    minutes = [100.0, 50.0, 0.0, 1000.0]
    assert labels(minutes, rule=NEVER_CHANCE).tolist() == [0, 0, 0, 1]


def test_another_place_depth_or_mechanism_is_not_linked():
    far = [PLACE, (37.03, 141.0, 10.0), (37.0, 141.0, 14.0), PLACE]
    assert len(set(labels([0, 1, 2, 3], far, [0, 0, 0, 90], NEVER_CHANCE).tolist())) == 4


def test_an_unknown_depth_is_near_and_an_unknown_time_is_never_linked():
    place = [PLACE, (37.0, 141.0, np.nan)]
    assert labels([0, 1], place, rule=NEVER_CHANCE).tolist() == [0, 0]
    mechanism = double_couple([20.0, 20.0], [60.0, 60.0], [0.0, 0.0])
    assert cluster_labels([0, 0], [PLACE] * 2, mechanism).tolist() == [0, 1]


def test_times_that_tell_only_the_day_link_nothing():
    days = np.repeat(np.arange(8), 5) * 24 * 60 * MINUTE + 1_704_067_200_000_000_000
    mechanism = double_couple([20.0] * 40, [60.0] * 40, [0.0] * 40)
    assert np.unique(cluster_labels(days, [PLACE] * 40, mechanism, NEVER_CHANCE)).size == 40
    assert np.unique(labels([5.0] * 40, rule=NEVER_CHANCE)).size == 40


def test_an_event_listed_twice_is_one_cluster():
    assert labels([0.0, 300.0, 300.0, 700.0, 1500.0]).tolist() == [0, 1, 1, 2, 3]


def test_the_date_line_parts_no_burst():
    place = [(0.0, 179.999, 5.0), (0.0, -179.999, 5.0)]
    assert labels([0, 1], place, rule=NEVER_CHANCE).tolist() == [0, 0]


def test_a_dense_catalogue_is_not_one_cluster():
    rng = np.random.default_rng(0)
    steady = np.cumsum(rng.exponential(1.0, 400)).tolist()
    assert np.unique(labels(steady)).size > 300
    assert np.unique(labels(steady, rule=NEVER_CHANCE)).size == 1


def test_a_burst_in_a_quiet_catalogue_is_one_cluster():
    quiet = np.arange(100) * 400.0
    burst = 20_000.0 + 2.0 * np.arange(1, 11)
    found = labels([*quiet, *burst])
    assert np.unique(found[100:]).size == 1
    assert np.unique(found[:100]).size == 100


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffling_the_catalogue_joins_the_same_events(seed: int):
    rng = np.random.default_rng(seed)
    minutes = np.cumsum(rng.exponential(30.0, 80))
    order = rng.permutation(80)
    plain, shuffled = labels(minutes.tolist()), labels(minutes[order].tolist())
    same = plain[:, None] == plain[None]
    np.testing.assert_array_equal(shuffled[:, None] == shuffled[None], same[np.ix_(order, order)])
