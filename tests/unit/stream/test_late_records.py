"""A station that comes back with old data: each record is taken in or named as too late."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from obspy import Trace, UTCDateTime

from streamstress.config.places import Region
from streamstress.earth.stations import Station
from streamstress.errors import LateRecordError
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import DeadLetter, Progress
from streamstress.stream.agents.pick import PickRole
from streamstress.stream.feed_gaps import told_gap
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.wire.topics import WAVEFORMS

START = UTCDateTime(2024, 6, 11, 23, 26, 40)
RECORD_S = 10
SILENT = range(6, 30)
"""Numbers of the records in which the second station is not heard: four minutes."""


class NoPicks:
    name = "none"
    sampling_rate_hz = 100.0
    window_samples = 3001
    blinding_samples = (0, 0)

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(batch), self.window_samples, 2), np.float32)


def pick_role(snapshot: bytes | None = None) -> PickRole:
    stations = {f"XX.{name}": Station("XX", name, 35.0, 127.0) for name in ("AA1", "BB2")}
    region = Region(name="all", south_deg=34, north_deg=36, west_deg=126, east_deg=128)
    places = Places(stations, ("all",), {"all": frozenset(stations)}, (region,))
    stage = PickerStage(NoPicks(), PickerSettings(step_s=10.0, after_s=5.0))
    role = PickRole(stage, places, max_wait_s=20.0, silent_after_s=60.0, away_after_s=30.0)
    role.restore(WAVEFORMS.name, 0, snapshot)
    return role


def record(station: str, number: int, received_s: float, offset: int) -> Incoming:
    samples = np.random.default_rng(1).normal(0, 100, 100 * RECORD_S).astype(np.int32)
    header = {"network": "XX", "station": station, "channel": "HHZ", "sampling_rate": 100.0}
    target = io.BytesIO()
    start = START + number * RECORD_S
    Trace(samples, {**header, "starttime": start}).write(target, format="MSEED", reclen=8192)
    received = {"received_ns": str((START + received_s).ns).encode()}
    key = f"XX.{station}".encode()
    return Incoming(WAVEFORMS.name, 0, offset, key, target.getvalue(), received)


def stream() -> list[Incoming]:
    """Both stations, the second silent for a while; then its old records, and on as before."""
    order: list[tuple[str, int, float]] = []
    for number in range(30):
        heard = ("AA1",) if number in SILENT else ("AA1", "BB2")
        order += [(station, number, (number + 1) * RECORD_S) for station in heard]
    order += [("BB2", number, 30 * RECORD_S + 1.0) for number in SILENT]
    order += [(s, n, (n + 1) * RECORD_S) for n in range(30, 36) for s in ("AA1", "BB2")]
    return [record(*one, offset) for offset, one in enumerate(order)]


def test_every_record_is_taken_in_or_named_and_none_is_half():
    role, done_ns = pick_role(), 0
    late: list[LateRecordError] = []
    taken_from_ns = []
    for message in stream():
        end_ns = role._segment(message, 0).end_ns
        try:
            outgoing = role.process(message, None)
        except LateRecordError as error:
            late.append(error)
            assert end_ns <= done_ns, "its time was not picked yet"
            continue
        assert end_ns > done_ns, "it was taken in after its time was picked"
        taken_from_ns.append(end_ns)
        done_ns = max([done_ns, *(o.record.done_until_ns for o in outgoing if is_progress(o))])
    assert len(late) + len(taken_from_ns) == len(stream())
    assert 15 <= len(late) < len(SILENT)
    assert [error.keep_letter for error in late] == [True] + [False] * (len(late) - 1)
    assert "XX.BB2 came 231 s after its last sample" in str(late[0])


def is_progress(out: object) -> bool:
    return isinstance(getattr(out, "record", None), Progress)


def test_what_is_read_again_after_a_restart_is_not_late():
    role, messages = pick_role(), stream()[:30]
    for message in messages:
        role.process(message, None)
    snapshot, needed = role.snapshot(WAVEFORMS.name, 0), role.needed_from(WAVEFORMS.name, 0)
    assert needed is not None
    again = pick_role(snapshot)
    for message in messages[needed:]:
        again.process(message, None)
    with pytest.raises(LateRecordError):
        again.process(record("BB2", 7, 30 * RECORD_S, 99), None)


def returning(seed: int) -> list[Incoming]:
    """A station ten minutes silent; its old records come out of order among the new ones."""
    order: list[tuple[str, int, float]] = []
    for number in range(72):
        heard = ("AA1",) if 6 <= number < 66 else ("AA1", "BB2")
        order += [(station, number, (number + 1) * RECORD_S) for station in heard]
    old = [("BB2", int(n), 720.0) for n in np.random.default_rng(seed).permutation(range(6, 66))]
    new = [(s, n, (n + 1) * RECORD_S) for n in range(72, 90) for s in ("AA1", "BB2")]
    for place, late in enumerate(old):
        new.insert(place * len(new) // len(old), late)
    new += [(s, n, (n + 1) * RECORD_S) for n in range(90, 100) for s in ("AA1", "BB2")]
    received_s = 0.0
    messages = []
    for offset, (station, number, at_s) in enumerate([*order, *new]):
        received_s = max(received_s, at_s)
        messages.append(record(station, number, received_s, offset))
    return messages


@pytest.mark.parametrize("dies_at", [None, 140])
def test_a_station_s_late_records_are_told_as_one_stretch_with_its_times(
    dies_at: int | None,
):
    role, letters = pick_role(), []
    late_ends_ns: list[int] = []
    for number, message in enumerate(returning(seed=3)):
        if number == dies_at:
            role = pick_role(role.snapshot(WAVEFORMS.name, 0))
        try:
            letters += [o.record for o in role.process(message, None) if is_letter(o)]
        except LateRecordError:
            late_ends_ns.append(role._segment(message, 0).end_ns)
    (letter,) = letters
    assert (letter.reason, letter.key) == ("late-stretch", b"XX.BB2")
    assert letter.missing_ns is not None
    assert letter.missing_ns[1] == max(late_ends_ns)
    assert letter.missing_ns[0] == (START + 6 * RECORD_S).ns
    assert f"{len(late_ends_ns)} records of XX.BB2" in letter.detail
    assert "backfill ARCHIVE --start 2024-06-11T23:27:40" in letter.detail
    assert told_gap(letter) is None, "a person decides"


def is_letter(out: object) -> bool:
    return isinstance(getattr(out, "record", None), DeadLetter)
