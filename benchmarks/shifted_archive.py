"""Hours of an archive out of minutes: copies of its records, each so much earlier."""

import math
import struct
from datetime import datetime, timedelta
from pathlib import Path

from streamstress.simulate.archive import RECORD_BYTES, Archive

WINDOW_S = 60
"""Copies are shifted by a multiple of it: the pickers' windows then fall on the same samples."""

_BTIME = struct.Struct(">HHBBB")
"""Year, day of year, hour, minute, second, from byte 20 of a miniSEED 2 record."""
_PLACE = slice(20, 20 + _BTIME.size)


def period_s(archive: Archive) -> int:
    """How much earlier each copy is than the one after it, s."""
    length_s = (archive.end_ns - archive.start_ns) / 1e9
    return WINDOW_S * math.ceil(length_s / WINDOW_S)


def write_copies(archive: Archive, folder: Path, copies: int) -> None:
    """Write the archive ``copies`` times, the last one period before its own time."""
    folder.mkdir(parents=True)
    for number in range(1, copies + 1):
        earlier = timedelta(seconds=number * period_s(archive))
        for file in sorted(archive.waveforms.glob("*.mseed")):
            data = file.read_bytes()
            records = [data[i : i + RECORD_BYTES] for i in range(0, len(data), RECORD_BYTES)]
            target = folder / f"{number:04d}.{file.name}"
            target.write_bytes(b"".join(_shifted(record, earlier) for record in records))


def _shifted(record: bytes, earlier: timedelta) -> bytes:
    year, day, hour, minute, second = _BTIME.unpack(record[_PLACE])
    start = datetime(year, 1, 1, hour, minute, second) + timedelta(days=day - 1) - earlier
    fields = (start.year, start.timetuple().tm_yday, start.hour, start.minute, start.second)
    return record[: _PLACE.start] + _BTIME.pack(*fields) + record[_PLACE.stop :]
