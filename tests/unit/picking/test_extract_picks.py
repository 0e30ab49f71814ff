import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.picking.extract import find_peaks


def bump(n: int, centre: float, height: float, width: float = 10.0) -> np.ndarray:
    return height * np.exp(-0.5 * ((np.arange(n) - centre) / width) ** 2)


@given(centre=st.floats(100, 900), height=st.floats(0.35, 1.0))
def test_a_bump_gives_one_pick_at_its_top_to_a_fraction_of_a_sample(centre: float, height: float):
    peaks = find_peaks(bump(1000, centre, height), 0.3, 50)
    assert len(peaks) == 1
    assert peaks[0].position == pytest.approx(centre, abs=0.02)
    assert peaks[0].probability == pytest.approx(height, abs=0.002)


def test_rounded_probabilities_with_a_flat_top_give_its_middle():
    flat = bump(1000, 500, 0.999).round(2)
    (peak,) = find_peaks(flat, 0.3, 50)
    assert peak.position == pytest.approx(500, abs=0.5)


def test_a_dip_that_stays_above_half_the_threshold_makes_no_second_pick():
    two_humps = np.maximum(bump(1000, 470, 0.8), bump(1000, 530, 0.6))
    assert len(find_peaks(np.maximum(two_humps, 0.2), 0.3, 10)) == 1
    assert len(find_peaks(two_humps, 0.3, 10)) == 2


def test_of_two_picks_too_near_the_more_probable_stays():
    peaks = find_peaks(bump(1000, 470, 0.5, 3) + bump(1000, 500, 0.9, 3), 0.3, 50)
    assert [round(peak.position) for peak in peaks] == [500]


def test_what_stays_below_the_threshold_is_no_pick():
    assert find_peaks(bump(1000, 500, 0.29), 0.3, 50) == []
    assert find_peaks(np.zeros(1000), 0.3, 50) == []


@pytest.mark.parametrize("edge", [0, 999])
def test_a_rise_cut_off_by_the_window_is_picked_at_its_edge(edge: int):
    (peak,) = find_peaks(bump(1000, edge, 0.9), 0.3, 50)
    assert peak.position == edge
