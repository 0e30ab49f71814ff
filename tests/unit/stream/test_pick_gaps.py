"""Hours without any data are passed over in one, and the data after them are picked in full."""

import io

import numpy as np
from numpy.typing import NDArray
from obspy import Trace, UTCDateTime

from streamstress.config.places import Region
from streamstress.earth.stations import Station
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import Progress
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
    ends = []
    for start in (first, second):
        for number in range(12):
            for station in ("AA1", "BB2"):
                for channel in ("HHZ", "HHN", "HHE"):
                    record = message(station, channel, start + number * RECORD_S)
                    for out in role.process(record, None):
                        if isinstance(out.record, Progress):
                            ends.append(out.record.done_until_ns)
    return ends, picker


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
