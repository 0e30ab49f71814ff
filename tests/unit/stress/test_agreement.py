"""How two sets of axes agree, whatever their direction and order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.earth.nearest import matched_places
from streamstress.stress.agreement import (
    agreement,
    difference_p_value,
    differences,
    significant,
)

ANGLES = st.lists(st.tuples(st.floats(0, 179.9), st.floats(0, 179.9)), min_size=3, max_size=30)


@given(ANGLES, st.floats(-360, 360))
def test_turning_both_sets_changes_nothing(pairs, turn):
    one, other = np.array(pairs).T
    sigma = np.full(one.size, 8.0)
    before, spread = differences(one, other, sigma, sigma)
    after, _ = differences((one + turn) % 180, (other + turn) % 180, sigma, sigma)
    assert np.allclose(np.exp(2j * np.radians(before)), np.exp(2j * np.radians(after)))
    told = [agreement(d, spread) for d in (before, before[::-1])]
    assert told[0].mean_absolute_deg == pytest.approx(told[1].mean_absolute_deg)
    assert told[0].n_significant == told[1].n_significant
    back, _ = differences(other, one, sigma, sigma)
    assert np.allclose(np.abs(back), np.abs(before))


def test_p_values_of_equal_axes_are_uniform():
    rng = np.random.default_rng(1)
    for sigma in (5.0, 30.0, 80.0):
        drawn = (rng.normal(0.0, sigma, 20_000) + 90.0) % 180.0 - 90.0
        p = difference_p_value(drawn, np.full(drawn.size, sigma))
        assert np.quantile(p, [0.05, 0.5, 0.95]) == pytest.approx([0.05, 0.5, 0.95], abs=0.012)


def test_a_common_turn_is_found_with_its_interval_as_often_as_it_says():
    rng, inside = np.random.default_rng(2), 0
    for _ in range(300):
        drawn = rng.normal(12.0, 25.0, 60)
        told = agreement((drawn + 90) % 180 - 90, np.full(60, 25.0))
        inside += told.interval95_deg[0] <= 12.0 <= told.interval95_deg[1]
    assert 0.91 <= inside / 300 <= 0.98


def test_unrelated_axes_are_called_so_and_related_ones_not():
    rng = np.random.default_rng(3)
    chance = [
        agreement(rng.uniform(-90, 90, 40), np.full(40, 10.0)).p_unrelated for _ in range(400)
    ]
    assert np.mean(np.array(chance) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert agreement(rng.normal(0, 20, 40), np.full(40, 20.0)).p_unrelated < 1e-6
    assert agreement(np.zeros(10), np.full(10, 5.0)).p_unrelated < 1e-3


def test_only_true_differences_are_called_significant():
    rng, false, told = np.random.default_rng(4), 0, 0
    for _ in range(60):
        turned = np.arange(200) < 40
        drawn = rng.normal(0, 10, 200) + np.where(turned, 45.0, 0.0)
        called = significant(difference_p_value((drawn + 90) % 180 - 90, np.full(200, 10.0)))
        false += int(called[~turned].sum())
        told += int(called.sum())
    assert false / told < 0.07
    assert told / 60 > 35
    assert significant([]).size == 0
    assert not significant([0.9, 0.5]).any()


def test_without_uncertainties_nothing_is_tested():
    told = agreement([3.0, -4.0], [np.nan, np.nan])
    assert (told.n_tested, told.n_significant, told.rms_in_sigma) == (0, 0, None)


def test_places_are_paired_both_ways_nearest_and_within_the_distance():
    dense = np.linspace(35.0, 36.0, 21)
    first, second, distance = matched_places([35.5, 35.51, 60.0], [0.0] * 3, dense, [0.0] * 21, 5.0)
    assert first.tolist() == [0]
    assert dense[second] == pytest.approx([35.5])
    assert distance == pytest.approx([0.0], abs=1e-6)
    across = matched_places([0.0], [179.99], [0.0], [-179.99], 5.0)
    assert across[2] == pytest.approx([2.22], abs=0.01)
    deep = matched_places([0.0], [0.0], [0.0], [0.0], 5.0, [10.0], [30.0])
    assert deep[0].size == 0
    assert matched_places([], [], [1.0], [1.0], 5.0)[0].size == 0
