"""Phase and reversal files of HASH.

Here is the format of driver 1 (FPFIT-like: take-off and azimuth in the file). Each other format
is one more function that returns a `PhaseFile`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from streamstress.errors import InputFileError
from streamstress.mechanism.inputs import PolarityData

MAX_DISTANCE_KM = 120.0
"""Farther stations are left out (HASH v1.2, `delmax` of the examples)."""

MAX_QUALITY = 1
"""Onset quality 0 is impulsive, 1 emergent, more is left out (HASH v1.2, driver 1)."""

POLARITY = {"U": 1.0, "u": 1.0, "+": 1.0, "D": 0.0, "d": 0.0, "-": 0.0}
"""Probability of up of the letters in the file; others say nothing."""

OPEN_END = 99999999
"""Date that stands for 'until now' in a reversal file (there written 0)."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Days ``yyyymmdd``, both included, on which a station's polarity is reversed."""

    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class PhaseEvent:
    """One event of a phase file.

    Attributes
    ----------
    event_id
        As in the file.
    origin_time_ns
        Integer nanoseconds UTC.
    latitude_deg, longitude_deg, depth_km, magnitude
        Origin.
    stations
        (n,) station codes, in the order of the readings.
    polarities
        The readings.
    """

    event_id: str
    origin_time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    magnitude: float
    stations: tuple[str, ...]
    polarities: PolarityData


@dataclass(frozen=True, slots=True)
class SetAsideLine:
    """A line that could not be used, and why."""

    line_number: int
    reason: str


@dataclass(frozen=True, slots=True)
class PhaseFile:
    """Events of a file and the lines that were set aside."""

    events: tuple[PhaseEvent, ...]
    set_aside: tuple[SetAsideLine, ...]


@dataclass(frozen=True, slots=True)
class _Origin:
    time: datetime
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    magnitude: float
    event_id: str


@dataclass(frozen=True, slots=True)
class _Pick:
    station: str
    up_probability: float
    quality: int
    distance_km: float
    takeoff_deg: float
    azimuth_deg: float
    takeoff_sigma_deg: float
    azimuth_sigma_deg: float


def read_reversals(path: Path) -> dict[str, tuple[Reversal, ...]]:
    """Read a reversal file: station, first and last day ``yyyymmdd``, 0 for open.

    Raises
    ------
    InputFileError
        The file cannot be read or a line is no reversal.
    """
    reversals: dict[str, tuple[Reversal, ...]] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            station, first, last = line.split()[:3]
            span = Reversal(int(first), int(last) or OPEN_END)
        except ValueError as error:
            raise InputFileError(
                f"{path}:{number}: expected 'station first_day last_day', got {line.strip()!r}"
            ) from error
        reversals[station] = (*reversals.get(station, ()), span)
    return reversals


def read_hash1(
    path: Path,
    reversals: Mapping[str, Iterable[Reversal]] | None = None,
    max_distance_km: float = MAX_DISTANCE_KM,
) -> PhaseFile:
    """Read a phase file of HASH driver 1.

    Parameters
    ----------
    path
        Event line, one line a pick, a line with a blank station after the last pick. Take-off
        in the file counts from straight down, as ours (driver 1 turns it by ``180 - ith``).
    reversals
        From `read_reversals`; polarities of reversed stations are turned.
    max_distance_km
        Farther readings are left out.

    Raises
    ------
    InputFileError
        The file cannot be read or holds no event.
    """
    events: list[PhaseEvent] = []
    set_aside: list[SetAsideLine] = []
    for first, block in _blocks(_lines(path)):
        try:
            origin = _origin(block[0])
        except ValueError as error:
            set_aside.append(SetAsideLine(first, f"event line: {error}"))
            continue
        picks: list[_Pick] = []
        for number, line in enumerate(block[1:], start=first + 1):
            try:
                picks.append(_pick(line))
            except ValueError as error:
                set_aside.append(SetAsideLine(number, f"pick line: {error}"))
        near = [p for p in picks if p.quality <= MAX_QUALITY and p.distance_km <= max_distance_km]
        events.append(_event(origin, near, reversals or {}))
    if not events:
        raise InputFileError(f"{path}: no event of HASH driver 1 format in it")
    return PhaseFile(tuple(events), tuple(set_aside))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Lines of each event with the number of the first, without the closing blank station."""
    blocks: list[tuple[int, list[str]]] = []
    block: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line[:4].strip():
            block.append(line)
        elif block:
            blocks.append((number - len(block), block))
            block = []
    if block:
        blocks.append((len(lines) - len(block) + 1, block))
    return blocks


def _origin(line: str) -> _Origin:
    """Format ``5i2,f4.2,i2,a1,f4.2,i3,a1,f4.2,f5.2,f2.1,...,a16`` of driver 1."""
    year, month, day, hour, minute = (_integer(line[i : i + 2]) for i in range(0, 10, 2))
    century = 2000 if year < 50 else 1900
    second = _implied(line[10:14], 2)
    latitude = _integer(line[14:16]) + _implied(line[17:21], 2) / 60.0
    longitude = _integer(line[21:24]) + _implied(line[25:29], 2) / 60.0
    return _Origin(
        datetime(century + year, month, day, hour, minute, tzinfo=UTC) + timedelta(seconds=second),
        -latitude if line[16:17] == "S" else latitude,
        longitude if line[24:25] == "E" else -longitude,
        _implied(line[29:34], 2),
        _implied(line[34:36], 1),
        line[122:138].strip(),
    )


def _pick(line: str) -> _Pick:
    """Format ``a4,2x,a1,i1,50x,f4.1,i3,10x,i3,1x,i3,1x,i3`` of driver 1."""
    return _Pick(
        line[:4].strip(),
        POLARITY.get(line[6:7], 0.5),
        _integer(line[7:8]),
        _implied(line[58:62], 1),
        float(_integer(line[62:65])),
        float(_integer(line[75:78])),
        float(_integer(line[79:82])),
        float(_integer(line[83:86])),
    )


def _event(
    origin: _Origin, picks: list[_Pick], reversals: Mapping[str, Iterable[Reversal]]
) -> PhaseEvent:
    day = int(origin.time.strftime("%Y%m%d"))
    up = [
        1.0 - pick.up_probability
        if any(r.first_day <= day <= r.last_day for r in reversals.get(pick.station, ()))
        else pick.up_probability
        for pick in picks
    ]
    polarities = PolarityData(
        np.array([pick.azimuth_deg for pick in picks], float),
        np.array([pick.takeoff_deg for pick in picks], float),
        np.array([pick.azimuth_sigma_deg for pick in picks], float),
        np.array([pick.takeoff_sigma_deg for pick in picks], float),
        np.array(up, float),
        impulsive=np.array([pick.quality == 0 for pick in picks], bool),
    )
    since_epoch = origin.time - datetime(1970, 1, 1, tzinfo=UTC)
    return PhaseEvent(
        origin.event_id,
        since_epoch // timedelta(microseconds=1) * 1000,
        origin.latitude_deg,
        origin.longitude_deg,
        origin.depth_km,
        origin.magnitude,
        tuple(pick.station for pick in picks),
        polarities,
    )


def _integer(text: str) -> int:
    """Fortran ``i``: a blank is 0."""
    return int(text) if text.strip() else 0


def _implied(text: str, decimals: int) -> float:
    """Fortran ``f``: without a point the last ``decimals`` digits are behind it; blank is 0."""
    if not text.strip():
        return 0.0
    return float(text) if "." in text else int(text) / 10.0**decimals
