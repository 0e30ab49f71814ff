"""Stations whose polarity is reversed for a time (HASH v1.2, `CHECK_POL`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.mechanism.readers.lines import text_lines

OPEN_END = 99999999
"""Date that stands for 'until now' in a reversal file (there written 0)."""

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reversal:
    """Days ``yyyymmdd``, both included, on which a station's polarity is reversed."""

    first_day: int
    last_day: int


Reversals = Mapping[str, Iterable[Reversal]]


def read_reversals(path: Path) -> dict[str, tuple[Reversal, ...]]:
    """Read a reversal file: station, first and last day ``yyyymmdd``, 0 for open.

    Raises
    ------
    InputFileError
        The file cannot be read or a line is no reversal.
    """
    reversals: dict[str, tuple[Reversal, ...]] = {}
    for number, line in text_lines(path):
        try:
            station, first, last = line.split()[:3]
            span = Reversal(int(first), int(last) or OPEN_END)
        except ValueError as error:
            raise InputFileError(
                f"{path}:{number}: expected 'station first_day last_day', got {line.strip()!r}"
            ) from error
        reversals[station] = (*reversals.get(station, ()), span)
    return reversals


def is_reversed(reversals: Reversals, station: str, time_ns: int | None) -> bool:
    """Whether a station's polarity is reversed at a time; never where the time is unknown."""
    if station not in reversals or time_ns is None:
        return False
    day = int(f"{datetime.fromtimestamp(time_ns // _NS, UTC):%Y%m%d}")
    return any(span.first_day <= day <= span.last_day for span in reversals[station])
