"""When window k of a waveforms partition is due: all its stations have it, or waited long enough.

Everything is judged from the log: data times and the received times that ingest wrote, so reading
the partition again gives the same windows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from streamstress.picking.windows import WindowGrid

RUN_ON_S = 900.0
"""Data time after the last record by which every window has run, longest backlog included."""

LONGEST_BACKLOG_NS = 600_000_000_000
"""A station that did not survive an interruption is waited for at most so long."""


LATE_OVER_NS = 60_000_000_000
"""A station's late records are told of as one stretch, so long after the last of them."""


class LateStretch(msgspec.Struct):
    """Records of one station that came when their time had been picked."""

    start_ns: int
    end_ns: int
    received_ns: int
    """Of the newest."""
    records: int = 1


class ScheduleState(msgspec.Struct):
    """What survives a restart."""

    done: int
    """Newest window that is done."""
    heard: dict[str, int]
    """Received time of each station's newest record, ns."""
    now_ns: int
    catch_up_ns: int
    covered_ns: int = 0
    late: dict[str, LateStretch] = {}


@dataclass(slots=True)
class WindowSchedule:
    """Windows of one partition, in order."""

    grid: WindowGrid
    max_wait_ns: int
    silent_after_ns: int
    away_after_ns: int
    """The feed was away when nothing, not even a heartbeat, came for longer than this."""
    done: int | None = None
    now_ns: int = 0
    """Newest received time in the log."""
    heard: dict[str, int] = field(default_factory=dict)
    catch_up_ns: int = 0
    """Until then stations may still deliver what they recorded while the feed was away."""
    covered_ns: int = 0
    """End of the newest window that had data of any station; 0 before any."""
    late: dict[str, LateStretch] = field(default_factory=dict)
    """By station, until each is told."""
    _asked: int | None = None
    """Window that the pending stations were drawn up for."""
    _pending: list[str] = field(default_factory=list)
    """Stations not yet seen to have that window: each record then costs one look, not one each."""

    def tick(self, received_ns: int) -> None:
        """A message was received by ingest at this data time."""
        away_ns = received_ns - self.now_ns
        if self.now_ns and away_ns > self.away_after_ns:
            self._return(received_ns, away_ns)
        self.now_ns = max(self.now_ns, received_ns)

    def _return(self, received_ns: int, away_ns: int) -> None:
        """The feed is back: its backlog has as long again to come before it counts as missing."""
        backlog_ns = min(away_ns, LONGEST_BACKLOG_NS)
        self.catch_up_ns = received_ns + backlog_ns
        self.heard = {s: heard_ns + away_ns + backlog_ns for s, heard_ns in self.heard.items()}
        self._asked = None

    def hear(self, station: str, received_ns: int, data_start_ns: int) -> None:
        """A record of a station; the first of a partition sets its first window."""
        if not self.heard:
            first = self.grid.index(data_start_ns) - 1
            self.done = first if self.done is None else min(self.done, first)
        if self._is_silent(station):
            self._asked = None
        self.heard[station] = max(received_ns, self.heard.get(station, 0))

    def note_late(self, station: str, start_ns: int, end_ns: int, received_ns: int) -> None:
        """A record of a station came too late."""
        stretch = self.late.setdefault(station, LateStretch(start_ns, end_ns, received_ns, 0))
        stretch.start_ns = min(stretch.start_ns, start_ns)
        stretch.end_ns = max(stretch.end_ns, end_ns)
        stretch.received_ns = max(stretch.received_ns, received_ns)
        stretch.records += 1

    def late_over(self) -> dict[str, LateStretch]:
        """Take out the stretches that have ended."""
        if not self.late:
            return {}
        over = {
            s: one for s, one in self.late.items() if self.now_ns - one.received_ns >= LATE_OVER_NS
        }
        self.late = {s: one for s, one in self.late.items() if s not in over}
        return over

    def begin_quiet(self) -> None:
        """A heartbeat came before any record: an empty partition must not hold up the others."""
        if self.done is None:
            self.done = self.grid.index(self.now_ns - self.max_wait_ns) - 1

    def is_due(self, k: int, data_end_ns: Callable[[str], int | None]) -> bool:
        """Whether window k can be run."""
        need_ns = self.grid.data(k)[1]
        if self.now_ns >= max(need_ns, self.catch_up_ns) + self.max_wait_ns:
            return True
        if self._asked != k:
            self._asked, self._pending = k, list(self.heard)
        while self._pending:
            station = self._pending[-1]
            if not self._is_silent(station) and (data_end_ns(station) or 0) < need_ns:
                return False
            self._pending.pop()
        return any(not self._is_silent(station) for station in self.heard)

    def _is_silent(self, station: str) -> bool:
        """Whether a station was not heard for so long that no window waits for it."""
        heard_ns = self.heard.get(station)
        return heard_ns is None or self.now_ns - heard_ns >= self.silent_after_ns

    def snapshot(self) -> bytes | None:
        """State as bytes; None before the first record."""
        if self.done is None:
            return None
        state = ScheduleState(
            self.done, self.heard, self.now_ns, self.catch_up_ns, self.covered_ns, self.late
        )
        return msgspec.msgpack.encode(state)

    def restore(self, snapshot: bytes) -> None:
        """Take up from a snapshot."""
        state = msgspec.msgpack.decode(snapshot, type=ScheduleState)
        self.done, self.heard = state.done, state.heard
        self.now_ns, self.catch_up_ns = state.now_ns, state.catch_up_ns
        self.covered_ns, self.late = state.covered_ns, state.late
        self._asked = None
