"""The time against which data are judged: wall time, or the mapped time of a replay.

A replay shows old data at some speed, and may jump gaps. Everything that compares data time with
"now" (records from the future, silence, data age) asks this clock, so a replay behaves as the
live system did.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from streamstress.errors import InputFileError


class Clock(Protocol):
    """Tells the present in data time."""

    def now_ns(self) -> int:
        """Present data time, integer nanoseconds UTC."""
        ...


@dataclass(frozen=True, slots=True)
class WallClock:
    """Live operation: data time is wall time."""

    def now_ns(self) -> int:
        """Present time, integer nanoseconds UTC."""
        return time.time_ns()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of data time that is played without a jump."""

    data_start_ns: int
    data_end_ns: int


@dataclass(frozen=True, slots=True)
class ReplayClock:
    """Maps wall time to data time, one segment after the other, each at ``speed``.

    Before the first segment the clock stands at its start; after the last it runs on, so that
    silence is noticed.
    """

    wall_start_ns: int
    speed: float
    segments: tuple[Segment, ...] = field(default=())

    def now_ns(self) -> int:
        """Present data time, integer nanoseconds UTC."""
        return self.data_time_ns(time.time_ns())

    def data_time_ns(self, wall_ns: int) -> int:
        """Data time at a wall time, integer nanoseconds UTC."""
        played_ns = round(max(0, wall_ns - self.wall_start_ns) * self.speed)
        for segment in self.segments[:-1]:
            length_ns = segment.data_end_ns - segment.data_start_ns
            if played_ns < length_ns:
                return segment.data_start_ns + played_ns
            played_ns -= length_ns
        return self.segments[-1].data_start_ns + played_ns

    def wall_time_ns(self, data_ns: int) -> int:
        """Wall time at which a data time is due; inside a jumped gap, the time of the jump."""
        played_ns = 0
        for segment in self.segments[:-1]:
            if data_ns < segment.data_end_ns:
                return self._wall(played_ns + max(0, data_ns - segment.data_start_ns))
            played_ns += segment.data_end_ns - segment.data_start_ns
        return self._wall(played_ns + max(0, data_ns - self.segments[-1].data_start_ns))

    def _wall(self, played_ns: int) -> int:
        return self.wall_start_ns + round(played_ns / self.speed)

    def save(self, path: Path) -> None:
        """Write the clock for the other processes of a replay (JSON)."""
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(path)


def load_replay_clock(path: Path) -> ReplayClock:
    """Read the clock that a replay server wrote.

    Raises
    ------
    InputFileError
        The file is missing or is no replay clock.
    """
    try:
        content = json.loads(path.read_text())
        segments = tuple(Segment(**segment) for segment in content["segments"])
        if not segments or not float(content["speed"]) > 0:
            raise ValueError("it needs a speed over 0 and a segment at least")
        return ReplayClock(int(content["wall_start_ns"]), float(content["speed"]), segments)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(
            f"{path}: not a replay clock ({error}); 'streamstress replay' writes one"
        ) from error


def segments_of(
    spans: Sequence[tuple[int, int]], *, jump_gaps: bool, max_gap_ns: int
) -> tuple[Segment, ...]:
    """Join spans ``(start_ns, end_ns)`` to played segments, cut at gaps over ``max_gap_ns``."""
    joined: list[tuple[int, int]] = []
    for start_ns, end_ns in sorted(spans):
        if joined and (not jump_gaps or start_ns - joined[-1][1] <= max_gap_ns):
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ns))
        else:
            joined.append((start_ns, end_ns))
    return tuple(Segment(*span) for span in joined)
