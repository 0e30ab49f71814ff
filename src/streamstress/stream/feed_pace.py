"""How far a feed may run ahead of the pickers that read it.

Without this an archive is on the broker long before it is picked: of a day of 800 stations 30 GB,
of which Kafka drops what passes ``kafka.waveform_retention_bytes`` before anybody has read it.
"""

import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from streamstress.records import Progress
from streamstress.stream.agents.window_schedule import RUN_ON_S
from streamstress.stream.role import Incoming

AHEAD_NS = round(2 * RUN_ON_S * 1e9)
"""Data time fed and not yet picked. Pickers wait for up to `RUN_ON_S` of data behind a window."""

STUCK_S = 120.0
"""Pickers that tell nothing for so long get more: they may wait for what comes behind a gap."""

MARK_NS = 10_000_000_000


@dataclass(slots=True)
class FeedPace:
    """Data time that was fed, gaps left out, against what the pickers have done.

    Parameters
    ----------
    partitions
        Of the waveforms; progress counts once each has told some.
    """

    partitions: int
    _done_ns: dict[str, int] = field(default_factory=dict)
    _told_s: float = field(default_factory=time.monotonic)
    _marks: deque[tuple[int, int]] = field(default_factory=deque)
    """Data time, and how much had been fed by then."""
    _data_ns: int = 0
    _fed_ns: int = 0
    _picked_ns: int = 0

    def feed(self, data_ns: int) -> None:
        """Note that data until a time are fed."""
        if data_ns <= self._data_ns:
            return
        self._fed_ns += min(data_ns - self._data_ns, MARK_NS)
        self._data_ns = data_ns
        if not self._marks or self._fed_ns >= self._marks[-1][1] + MARK_NS:
            self._marks.append((data_ns, self._fed_ns))

    def hear(self, progress: Progress) -> None:
        """Note how far a picker has come."""
        if progress.done_until_ns <= self._done_ns.get(progress.source, 0):
            return
        self._done_ns[progress.source] = progress.done_until_ns
        self._told_s = time.monotonic()
        if len(self._done_ns) < self.partitions:
            return
        done_ns = min(self._done_ns.values())
        while self._marks and self._marks[0][0] <= done_ns:
            self._picked_ns = self._marks.popleft()[1]

    def is_ahead(self) -> bool:
        """Whether to wait; not for ever where nothing more is told."""
        if self._fed_ns - self._picked_ns <= AHEAD_NS:
            return False
        if time.monotonic() - self._told_s < STUCK_S:
            return True
        self._told_s, self._picked_ns = time.monotonic(), self._fed_ns
        return False

    async def follow(self, messages: AsyncIterator[Incoming]) -> None:
        """Hear all progress among the messages of a picks partition, without end."""
        async for message in messages:
            record = message.record()
            if isinstance(record, Progress):
                self.hear(record)
