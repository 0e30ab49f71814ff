"""Hours without any data are passed over in one, and the data after them are picked in full."""

import io

import numpy as np
from numpy.typing import NDArray
from obspy import Trace, UTCDateTime

from streamstress.config.places import Region
from streamstress.earth.stations import Station
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import DeadLetter, Progress, Record
from streamstress.stream.agents.pick import PickRole
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.wire.topics import WAVEFORMS

START = UTCDateTime(2024, 6, 11, 23, 26, 40)
GAP_S = 20_000.0
RECORD_S = 10.0


class CountingPicker:
    """Picks nothing, and counts the windows with data that it is shown."""

    name = "counting"
    sampling_rate_hz = 100.0
    window_samples = 3001
    blinding_samples = (0, 0)

    def __init__(self) -> None:
        self.windows = 0

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.windows += len(batch)
        return np.zeros((len(batch), self.window_samples, 2), np.float32)


def role_of(picker: CountingPicker) -> PickRole:
    stations = {f"XX.{name}": Station("XX", name, 35.0, 127.0) for name in ("AA1", "BB2")}
    region = Region(name="all", south_deg=34, north_deg=36, west_deg=126, east_deg=128)
    places = Places(stations, ("all",), {"all": frozenset(stations)}, (region,))
    stage = PickerStage(picker, PickerSettings(step_s=10.0, after_s=5.0))
    return PickRole(stage, places, max_wait_s=60.0, silent_after_s=60.0, away_after_s=30.0)


def message(station: str, channel: str, start: UTCDateTime) -> Incoming:
    samples = np.random.default_rng(1).normal(0, 100, round(100 * RECORD_S)).astype(np.int32)
    header = {"network": "XX", "station": station, "channel": channel, "starttime": start}
    target = io.BytesIO()
    Trace(samples, {**header, "sampling_rate": 100.0}).write(target, format="MSEED", reclen=8192)
    received = {"received_ns": str((start + RECORD_S).ns).encode()}
    return Incoming(WAVEFORMS.name, 0, 0, f"XX.{station}".encode(), target.getvalue(), received)


def progress_through(first: UTCDateTime, second: UTCDateTime) -> tuple[list[int], CountingPicker]:
    """End of each window run (ns) over two minutes of data from each of two times."""
    picker = CountingPicker()
    role = role_of(picker)
    role.restore(WAVEFORMS.name, 0, None)
    sent = [out for start in (first, second) for out in two_minutes(role, start)]
    return [out.done_until_ns for out in sent if isinstance(out, Progress)], picker


def two_minutes(
    role: PickRole, start: UTCDateTime, stations: tuple[str, ...] = ("AA1", "BB2")
) -> list[Record]:
    """What a role sends on two minutes of data."""
    return [
        out.record
        for number in range(12)
        for station in stations
        for channel in ("HHZ", "HHN", "HHE")
        for out in role.process(message(station, channel, start + number * RECORD_S), None)
    ]


def letters(records: list[Record]) -> list[DeadLetter]:
    return [record for record in records if isinstance(record, DeadLetter)]


def test_a_jumped_gap_costs_one_window_not_one_for_every_step():
    ends, _ = progress_through(START, START + GAP_S)
    steps_s = np.diff(ends) / 1e9
    assert steps_s.min() == 10.0
    assert sum(steps_s > 10.0) <= 2
    assert len(ends) < 35


def test_the_data_after_a_jumped_gap_are_picked_from_their_first_sample_on():
    ends, picker = progress_through(START, START + GAP_S)
    after_s = np.array([end / 1e9 for end in ends if end > (START + GAP_S).ns])
    since_s = after_s - (START + GAP_S).timestamp
    assert since_s[0] <= 10.0
    assert since_s[-1] >= 12 * RECORD_S - 20.0
    assert set(np.diff(after_s)) == {10.0}
    assert picker.windows >= 2 * len(after_s)


def test_the_last_data_before_a_jumped_gap_are_picked_too():
    ends, _ = progress_through(START, START + GAP_S)
    last_sample_ns = (START + 12 * RECORD_S).ns
    before = [end for end in ends if end < (START + GAP_S - 100).ns]
    assert max(before) >= last_sample_ns
    assert set(np.diff([end / 1e9 for end in before])) == {10.0}


def test_data_that_never_came_are_told_once_with_their_time():
    role = role_of(CountingPicker())
    role.restore(WAVEFORMS.name, 0, None)
    assert letters(two_minutes(role, START)) == []
    (letter,) = letters(two_minutes(role, START + GAP_S))
    assert letter.reason == "feed-gap"
    assert letter.missing_ns is not None
    start_s, end_s = (time_ns / 1e9 - START.timestamp for time_ns in letter.missing_ns)
    assert 120.0 <= start_s <= 120.0 + 30.0
    assert GAP_S - 30.0 <= end_s <= GAP_S
    assert role.tallies["feed-gap"] == 1


def test_a_gap_that_a_restart_falls_into_is_told_by_the_worker_that_comes_after():
    before, after = role_of(CountingPicker()), role_of(CountingPicker())
    before.restore(WAVEFORMS.name, 0, None)
    two_minutes(before, START)
    after.restore(WAVEFORMS.name, 0, before.snapshot(WAVEFORMS.name, 0))
    assert len(letters(two_minutes(after, START + GAP_S))) == 1


def test_one_silent_station_is_no_gap_of_the_feed():
    role = role_of(CountingPicker())
    role.restore(WAVEFORMS.name, 0, None)
    two_minutes(role, START)
    sent = two_minutes(role, START + 120.0, ("AA1",)) + two_minutes(role, START + 240.0)
    assert letters(sent) == []
