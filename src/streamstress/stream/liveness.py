"""Whether a worker still does what it is there for, judged by its own steps and by what waits.

A topic of events may be idle for hours, so a worker is not dead because it gets nothing. It is
where messages wait on one of its partitions and it takes none (faust-streaming's issues 175 and 629
tell of consumers that no longer fetch), where one message keeps it longer than any may, or where it
no longer looks at all.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

STALLED_AFTER_S = 40.0
"""Messages wait and none is taken: four looks, and longer than a rebalance after a kill (10 s)."""

BUSY_AFTER_S = 120.0
"""Longer than any message takes, and than a broker that is asked may take to answer."""

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a partition holds: from the first message that the group needs to the end."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    at: int
    count: int
    since_s: float


@dataclass(slots=True)
class Liveness:
    """What a worker was last seen to do."""

    stalled_after_s: float = STALLED_AFTER_S
    busy_after_s: float = BUSY_AFTER_S
    now_s: Callable[[], float] = time.monotonic
    _in_batch: bool = False
    _step_s: float = 0.0
    _taken: dict[Place, int] = field(default_factory=dict)
    """Offset after the last message taken."""
    _waiting: dict[Place, _Waiting] = field(default_factory=dict)
    _asked_s: float | None = None
    _looked_s: float = 0.0

    def took(self, place: Place, offset: int) -> None:
        """Note a message that was taken into the present batch."""
        self._taken[place] = offset + 1

    def begin_batch(self) -> None:
        """Note that messages are at hand."""
        self._step_s = self.now_s()
        self._in_batch = True

    def step(self) -> None:
        """Note that one thing more is done; from any thread."""
        self._step_s = self.now_s()

    def end_batch(self) -> None:
        """Note that nothing is at hand."""
        self._in_batch = False

    def forget(self) -> None:
        """Drop what was known of partitions that may have gone to another worker."""
        self._taken, self._waiting = {}, {}

    def asked(self) -> None:
        """Note that the broker was asked, whether it answers or not."""
        self._asked_s = self.now_s()

    def looked(self, spans: Mapping[Place, Span]) -> bool:
        """Note what waits on the assigned partitions; whether all of it goes on."""
        self._looked_s = self.now_s()
        waiting: dict[Place, _Waiting] = {}
        for place, span in spans.items():
            at = max(self._taken.get(place, 0), span.first)
            if at < span.end:
                waiting[place] = self._still(self._waiting.get(place), at, span.end - at)
        # As a whole: the watchdog's thread may read it at any moment.
        self._waiting = waiting
        return all(one.since_s == self._looked_s for one in waiting.values())

    def _still(self, before: _Waiting | None, at: int, count: int) -> _Waiting:
        # What waits behind a batch that goes on waits its turn.
        moved = before is None or before.at != at or self._in_batch
        return _Waiting(at, count, self._looked_s if before is None or moved else before.since_s)

    def problem(self) -> str | None:
        """What is wrong, or None."""
        now_s = self.now_s()
        if self._in_batch and now_s - self._step_s > self.busy_after_s:
            return f"busy with one message for {now_s - self._step_s:.0f} s"
        if self._asked_s is not None and now_s - self._asked_s > self.busy_after_s:
            return f"has not looked at its partitions for {now_s - self._asked_s:.0f} s"
        for (topic, partition), waiting in sorted(self._waiting.items()):
            # By the last look: while the broker does not answer nothing is known.
            stood_s = self._looked_s - waiting.since_s
            if stood_s > self.stalled_after_s:
                return (
                    f"{waiting.count} messages wait on {topic}/{partition} from offset "
                    f"{waiting.at} on, and none was taken for {stood_s:.0f} s"
                )
        return None
