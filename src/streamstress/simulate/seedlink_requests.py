"""What a SeedLink client asks for: stations, channels, and from which record on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

StreamId = tuple[str, str, str, str]
"""Network, station, location, channel."""

SEQUENCES_V3 = 1 << 24
_NEVER = np.iinfo(np.int64).max
_EVER = np.iinfo(np.int64).min


@dataclass(slots=True)
class StationRequest:
    """One STATION of a client, with its SELECT and DATA (or FETCH, or TIME) commands.

    ``first`` is the number of the first record (None: the next to be recorded); the window holds
    records that touch it, ns UTC.
    """

    station: str
    selectors: list[str] = field(default_factory=list)
    first: int | None = None
    window_ns: tuple[int, int] = (_EVER, _NEVER)

    def wants(self, stream: StreamId) -> bool:
        """Tell whether a stream is of this station and selected."""
        network, station, location, channel = stream
        if not fnmatchcase(f"{network}_{station}", self.station):
            return False
        kept = [text for text in self.selectors if not text.startswith("!")]
        dropped = [text[1:] for text in self.selectors if text.startswith("!")]
        return (not kept or any(_selects(text, location, channel) for text in kept)) and not any(
            _selects(text, location, channel) for text in dropped
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """For each stream of an index: first record number and time window; arrays (n_streams,)."""

    first: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]

    @property
    def start_number(self) -> int:
        """Number of the first record that any stream wants."""
        return int(self.first.min(initial=_NEVER))


def resolve(
    requests: Sequence[StationRequest], streams: Sequence[StreamId], n_available: int
) -> Wanted:
    """Work out what the requests mean for each stream; a stream takes its first match."""
    first = np.full(len(streams), _NEVER, dtype=np.int64)
    start_ns, end_ns = np.full_like(first, _EVER), np.full_like(first, _NEVER)
    for number, stream in enumerate(streams):
        request = next((request for request in requests if request.wants(stream)), None)
        if request is not None:
            first[number] = n_available if request.first is None else request.first
            start_ns[number], end_ns[number] = request.window_ns
    return Wanted(first, start_ns, end_ns)


def record_number(sequence: int, n_available: int, *, wraps: bool) -> int:
    """Record number of a sequence; version 3 sequences have 24 bits, the newest fit is meant."""
    number = max(0, sequence - 1)
    if wraps and n_available > number:
        number += (n_available - number) // SEQUENCES_V3 * SEQUENCES_V3
    return number


def parse_time(text: str) -> int:
    """Read a SeedLink time, ``YYYY,MM,DD,hh,mm,ss`` or ISO 8601, as ns UTC.

    Raises
    ------
    ValueError
        It is neither.
    """
    if "," in text:
        whole, _, fraction = text.partition(".")
        parts = [int(part) for part in whole.split(",")]
        year, month, day, hour, minute, second = (parts + [1, 1, 0, 0, 0][len(parts) - 1 :])[:6]
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
        return int(moment.timestamp()) * 1_000_000_000 + micros * 1000
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _selects(selector: str, location: str, channel: str) -> bool:
    """Match a version 3 ([LL]CCC[.T]) or version 4 (LOC_B_S_SS[.T]) selector."""
    text, _, kind = selector.partition(":")[0].partition(".")
    if kind and kind not in ("D", "?", "*"):
        return False  # there are only data records here
    if "_" in text:
        return fnmatchcase(stream_code(location, channel), text)
    if len(text) == 5:
        wanted = text[:2].replace("-", "").replace(" ", "")
        location_fits = fnmatchcase(location, wanted) or wanted in ("*", "??")
        return location_fits and fnmatchcase(channel, text[2:])
    return fnmatchcase(channel, text)


def stream_code(location: str, channel: str) -> str:
    """Version 4 name of a channel, LOC_BAND_SOURCE_SUBSOURCE."""
    return f"{location}_{'_'.join(channel) if len(channel) == 3 else channel}"
