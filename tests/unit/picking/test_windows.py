import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.errors import ConfigError
from streamstress.picking.windows import WindowGrid

PHASENET = WindowGrid(10.0, 5.0, 3001, 100.0)


@given(time_ns=st.integers(0, 2_000_000_000 * 10**9))
def test_every_time_belongs_to_exactly_one_window_with_data_on_both_sides(time_ns: int):
    k = PHASENET.index(time_ns)
    start_ns, end_ns = PHASENET.own(k)
    assert start_ns <= time_ns < end_ns
    assert PHASENET.own(k + 1)[0] == end_ns
    data_start_ns, data_end_ns = PHASENET.data(k)
    assert data_end_ns == end_ns + 5 * 10**9
    # The model's 30.01 s, and one step more in front.
    assert data_end_ns - data_start_ns == 40_010_000_000


def test_a_window_is_complete_as_soon_as_its_data_are():
    k = 170_000_000
    data_end_ns = PHASENET.data(k)[1]
    assert PHASENET.last_complete(data_end_ns) == k
    assert PHASENET.last_complete(data_end_ns - 1) == k - 1


def test_windows_of_a_model_with_blind_ends_keep_their_part_out_of_them():
    grid = WindowGrid(15.0, 5.0, 6000, 100.0, (500, 500))
    assert grid.after_samples >= 500
    assert grid.before_samples == 4000


@pytest.mark.parametrize(
    ("step_s", "after_s"), [(52.0, 5.0), (10.0, 4.0), (10.005, 10.0), (0.0, 10.0), (50.0, 6.0)]
)
def test_a_step_that_does_not_fit_the_model_is_refused(step_s: float, after_s: float):
    with pytest.raises(ConfigError, match="step"):
        WindowGrid(step_s, after_s, 6000, 100.0, (500, 500))
