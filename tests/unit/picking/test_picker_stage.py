from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamstress.picking.evaluation import pick_record, record_windows
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.picking.station_window import ComponentTrace, StationWindow

START_NS = 1_700_000_000_000_000_000
# 1.7e9 s is a multiple of the 10 s step, so boundaries fall on whole tens of the record.
RATE_HZ = 100.0


class SpikePicker:
    """Sees a P at each spike of Z and an S at each spike of N.

    With ``wander`` it errs by up to that many samples, depending on where in its window the spike
    is, as a network does.
    """

    name = "spikes"
    sampling_rate_hz = 100.0
    window_samples = 3001
    blinding_samples = (0, 0)

    def __init__(self, wander: int = 0) -> None:
        self.wander = wander

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.zeros((len(batch), self.window_samples, 2), dtype=np.float32)
        bump = np.exp(-0.5 * (np.arange(-40, 41) / 10) ** 2)
        for i, window in enumerate(batch):
            for column in range(2):
                for spike in np.flatnonzero(np.abs(window[column]) > 50):
                    error = round(self.wander * np.sin(7.0 * spike)) if self.wander else 0
                    trace = np.zeros(self.window_samples + 200)
                    trace[spike + error + 60 : spike + error + 141] = bump
                    part = trace[100 : 100 + self.window_samples]
                    found[i, :, column] = np.maximum(found[i, :, column], part)
        return found


def record(p_at: list[int], s_at: list[int], n: int = 9000) -> NDArray[np.float32]:
    waveform = np.random.default_rng(5).standard_normal((3, n)).astype(np.float32)
    waveform[0, p_at] = 1000.0
    waveform[1, s_at] = 1000.0
    return waveform


def times_s(picks, phase: str) -> list[float]:
    return [(pick.time_ns - START_NS) / 1e9 for pick in picks if pick.phase == phase]


@settings(max_examples=25, deadline=None)
@given(
    p_at=st.lists(st.integers(100, 8800), min_size=1, max_size=6),
    wander=st.integers(0, 20),
)
def test_the_union_of_windows_emits_each_pick_once(p_at: list[int], wander: int):
    spread = [at for i, at in enumerate(sorted(p_at)) if i == 0 or at - sorted(p_at)[i - 1] > 150]
    apart = [spread[0]]
    for at in spread[1:]:
        if at - apart[-1] > 150:
            apart.append(at)
    stage = PickerStage(SpikePicker(wander))
    found = times_s(pick_record(stage, record(apart, []), RATE_HZ, START_NS), "P")
    assert len(found) == len(apart)
    np.testing.assert_allclose(found, np.array(apart) / RATE_HZ, atol=wander / RATE_HZ + 0.005)


@settings(max_examples=15, deadline=None)
@given(beside=st.integers(-25, 25), wander=st.integers(0, 20))
def test_a_pick_on_a_boundary_is_neither_lost_nor_doubled(beside: int, wander: int):
    stage = PickerStage(SpikePicker(wander))
    found = pick_record(stage, record([4000 + beside], [5000 + beside]), RATE_HZ, START_NS)
    assert [pick.phase for pick in found] == ["P", "S"]


def test_a_window_emits_only_its_own_part():
    stage = PickerStage(SpikePicker())
    waveform = record([1500, 2500, 3500, 4500], [])
    for window in record_windows(stage, waveform, RATE_HZ, START_NS):
        (picks,) = stage.pick([window])
        start_ns, end_ns = stage.grid.own(window.k)
        assert all(start_ns <= pick.time_ns < end_ns for pick in picks.picks)


def test_picks_do_not_depend_on_company_or_order():
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([2995, 4200], [4801]), RATE_HZ, START_NS)
    alone = {window.k: repr(stage.pick([window])[0]) for window in windows}
    for order in (windows, windows[::-1]):
        together = stage.pick(order)
        assert [picks.k for picks in together] == [window.k for window in order]
        assert {picks.k: repr(picks) for picks in together} == alone


@pytest.mark.parametrize("shift", [1, 137, 1000, 2501])
def test_a_shifted_record_shifts_its_picks(shift: int):
    stage = PickerStage(SpikePicker())
    waveform = record([3000], [3700])
    shift_ns = shift * 10_000_000
    before = pick_record(stage, waveform, RATE_HZ, START_NS)
    after = pick_record(stage, waveform, RATE_HZ, START_NS + shift_ns)
    assert [pick.time_ns + shift_ns for pick in before] == [pick.time_ns for pick in after]


def test_picks_are_numbered_by_phase_in_time_order():
    stage = PickerStage(SpikePicker())
    picks = pick_record(stage, record([3100, 3500], [3300, 3900]), RATE_HZ, START_NS)
    assert [(pick.phase, pick.ordinal) for pick in picks] == [
        ("P", 0), ("S", 0), ("P", 1), ("S", 1)
    ]  # fmt: skip
    assert [pick.channel for pick in picks] == ["HHZ", "HHN", "HHZ", "HHN"]


@pytest.mark.parametrize("spike", [2980, 3010, 3200, 3390, 3420])
def test_a_gap_and_its_edges_give_no_picks_and_are_counted(spike: int):
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([spike], []), RATE_HZ, START_NS)
    for window in windows:
        for component in window.components:
            time_ns = component.start_ns + np.arange(len(component.samples)) * 10_000_000
            gap = (time_ns >= START_NS + 30 * 10**9) & (time_ns < START_NS + 34 * 10**9)
            component.valid[gap] = False
    results = stage.pick(windows)
    assert not any(result.picks for result in results)
    # What lies inside the gap is never seen; what lies beside it is seen and dropped.
    inside = 3000 <= spike < 3400
    assert sum(result.dropped_at_gaps for result in results) == (0 if inside else 1)


def test_an_offset_and_a_gap_together_make_no_step():
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([], []) + 1e4, RATE_HZ, START_NS)
    for window in windows:
        window.components[0].valid[1700:1800] = False
    assert not any(result.picks or result.dropped_at_gaps for result in stage.pick(windows))


def test_one_component_is_enough():
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([3100], [3500]), RATE_HZ, START_NS)
    only_vertical = [replace(window, components=window.components[:1]) for window in windows]
    picks = [pick for result in stage.pick(only_vertical) for pick in result.picks]
    assert [pick.phase for pick in picks] == ["P"]
    assert picks[0].measurement.amplitude.component == "Z"


@pytest.mark.parametrize("rate_hz", [50.0, 200.0, 80.0])
def test_other_rates_are_resampled_and_keep_their_times(rate_hz: float):
    stage = PickerStage(SpikePicker())
    n = round(90 * rate_hz)
    lapse_s = np.arange(n) / rate_hz - 31.0
    waveform = np.zeros((3, n), dtype=np.float32)
    waveform[0] = 60 * np.exp(-0.5 * (lapse_s / 0.01) ** 2)
    # The pulse lasts but three samples at 100 Hz, the highest of them is picked.
    picks = pick_record(stage, waveform * 2, rate_hz, START_NS)
    assert times_s(picks, "P") == [pytest.approx(31.0, abs=0.011)]
    assert picks[0].measurement.onset.sampling_rate_hz == rate_hz


def test_components_of_one_sensor_may_have_different_rates():
    stage = PickerStage(SpikePicker())
    per_rate = {
        rate_hz: record_windows(stage, pulses(rate_hz), rate_hz, START_NS)
        for rate_hz in (100.0, 50.0, 200.0)
    }
    mixed = [
        replace(window, components=(window.components[0], slow.components[1], fast.components[2]))
        for window, slow, fast in zip(*per_rate.values(), strict=True)
    ]
    picks = [pick for result in stage.pick(mixed) for pick in result.picks]
    assert times_s(picks, "P") == [pytest.approx(31.0, abs=0.011)]
    assert times_s(picks, "S") == [pytest.approx(35.0, abs=0.011)]
    # Amplitudes of three components need one rate: the vertical's own is told.
    assert picks[0].measurement.amplitude.component == "Z"


def pulses(rate_hz: float) -> NDArray[np.float32]:
    """A P on Z after 31 s and an S on N after 35 s, each three samples of 100 Hz long."""
    lapse_s = np.arange(round(90 * rate_hz)) / rate_hz
    waveform = np.zeros((3, len(lapse_s)), dtype=np.float32)
    for row, onset_s in enumerate((31.0, 35.0)):
        waveform[row] = 120 * np.exp(-0.5 * ((lapse_s - onset_s) / 0.01) ** 2)
    return waveform


@pytest.mark.parametrize("length_s", [3.0, 8.0, 20.0])
def test_a_record_shorter_than_the_window_is_picked_but_for_its_ends(length_s: float):
    stage = PickerStage(SpikePicker())
    n = round(length_s * RATE_HZ)
    picks = pick_record(stage, record([20, n // 2, n - 20], [], n), RATE_HZ, START_NS)
    assert times_s(picks, "P") == [pytest.approx(length_s / 2, abs=0.011)]


@pytest.mark.parametrize("instrument", ["HN", "HG", "EL", "DP"])
def test_strong_motion_and_other_sensors_are_picked_as_seismometers_are(instrument: str):
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([3100], [3500]), RATE_HZ, START_NS)
    renamed = [
        replace(
            window,
            components=tuple(
                replace(one, channel=instrument + one.channel[-1]) for one in window.components
            ),
        )
        for window in windows
    ]
    picks = [pick for result in stage.pick(renamed) for pick in result.picks]
    assert [pick.channel for pick in picks] == [f"{instrument}Z", f"{instrument}N"]
    plain = [pick for result in stage.pick(windows) for pick in result.picks]
    assert [pick.time_ns for pick in picks] == [pick.time_ns for pick in plain]


def test_a_window_with_two_verticals_is_set_aside_and_the_others_go_on():
    stage = PickerStage(SpikePicker())
    windows = record_windows(stage, record([3100], []), RATE_HZ, START_NS)
    wrong = replace(windows[0], components=(windows[0].components[0], windows[0].components[0]))
    results = stage.pick([wrong, *windows])
    assert "one each of Z, N, E" in results[0].set_aside
    assert sum(len(result.picks) for result in results) == 1


def test_unoriented_components_take_the_places_of_north_and_east():
    trace = ComponentTrace("HH1", START_NS, 100.0, np.zeros(3), np.ones(3, dtype=bool))
    rows = StationWindow("XX.ABC", "", 0, (trace, replace(trace, channel="HHZ"))).rows()
    assert [row and row.channel for row in rows] == ["HHZ", "HH1", None]


def test_thresholds_are_per_phase():
    strict = PickerStage(SpikePicker(), PickerSettings(p_threshold=1.1))
    picks = pick_record(strict, record([3100], [3500]), RATE_HZ, START_NS)
    assert [pick.phase for pick in picks] == ["S"]
