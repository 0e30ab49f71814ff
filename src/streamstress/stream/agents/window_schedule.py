"""When window k of a waveforms partition is due: all its stations have it, or waited long enough.

Everything is judged from the log: data times and the received times that ingest wrote, so reading
the partition again gives the same windows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from streamstress.picking.windows import WindowGrid


class ScheduleState(msgspec.Struct):
    """What survives a restart."""

    done: int
    """Newest window that is done."""
    heard: dict[str, int]
    """Received time of each station's newest record, ns."""


@dataclass(slots=True)
class WindowSchedule:
    """Windows of one partition, in order."""

    grid: WindowGrid
    max_wait_ns: int
    silent_after_ns: int
    done: int | None = None
    now_ns: int = 0
    """Newest received time in the log."""
    heard: dict[str, int] = field(default_factory=dict)

    def tick(self, received_ns: int) -> None:
        """A message was received by ingest at this data time."""
        self.now_ns = max(self.now_ns, received_ns)

    def hear(self, station: str, received_ns: int, data_start_ns: int) -> None:
        """A record of a station; the first of a partition sets its first window."""
        self.heard[station] = max(received_ns, self.heard.get(station, 0))
        if self.done is None:
            self.done = self.grid.index(data_start_ns) - 1

    def is_due(self, k: int, data_end_ns: Callable[[str], int | None]) -> bool:
        """Whether window k can be run."""
        need_ns = self.grid.data(k)[1]
        if self.now_ns >= need_ns + self.max_wait_ns:
            return True
        expected = [s for s, t in self.heard.items() if self.now_ns - t < self.silent_after_ns]
        return bool(expected) and all((data_end_ns(s) or 0) >= need_ns for s in expected)

    def snapshot(self) -> bytes | None:
        """State as bytes; None before the first record."""
        if self.done is None:
            return None
        return msgspec.msgpack.encode(ScheduleState(self.done, self.heard))

    def restore(self, snapshot: bytes) -> None:
        """Take up from a snapshot."""
        state = msgspec.msgpack.decode(snapshot, type=ScheduleState)
        self.done, self.heard = state.done, state.heard
        self.now_ns = max(state.heard.values(), default=0)
