"""A stretch of data time, and which files of an archive can hold a part of it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SDS_NAME = re.compile(
    r"[^.]+\.[^.]+\.[^.]*\.[^.]+\.[A-Z]\.(?P<year>\d{4})\.(?P<day>\d{3})", re.ASCII
)
"""NET.STA.LOC.CHA.TYPE.YEAR.DAY, as SeisComP names the files of an archive."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From ``start_ns`` to ``end_ns``, ns UTC."""

    start_ns: int
    end_ns: int

    @property
    def length_s(self) -> float:
        """Length, s."""
        return (self.end_ns - self.start_ns) / 1e9

    def touches(self, start_ns: int, end_ns: int) -> bool:
        """Whether a record between two times has a part of it."""
        return start_ns <= self.end_ns and end_ns >= self.start_ns

    def widened(self, seconds: float) -> "TimeSpan":
        """The same with so much more on both sides."""
        more_ns = round(seconds * 1e9)
        return TimeSpan(self.start_ns - more_ns, self.end_ns + more_ns)

    def may_lie_in(self, file: Path) -> bool:
        """Whether a file can hold a part of it: by its day if it is named as in SDS, else yes.

        A day's file may hold the end of a record that began the day before, so it counts with a
        day more on both sides.
        """
        named = _SDS_NAME.fullmatch(file.name)
        if named is None or not 1 <= int(named["day"]) <= 366 or int(named["year"]) < 1:
            return True
        day = datetime(int(named["year"]), 1, 1, tzinfo=UTC) + (int(named["day"]) - 1) * _DAY
        return self.touches(_ns(day - _DAY), _ns(day + 2 * _DAY))


def _ns(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000_000
