"""Stress in the columns of the World Stress Map, with its quality ranks.

Columns are those of the release of 2016 (Heidbach et al. 2016, 10.5880/WSM.2016.001); later
releases add some. A formal inversion of focal mechanisms is of type ``FMF``. ``999`` stands for an
azimuth or plunge that is not known. What the columns do not hold (tensor, shape ratio) is lost.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamstress.errors import InputFileError
from streamstress.outputs.exchange.stress_point import StressPoint, axis180
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.mechanisms_csv import RejectedLine, time_ns_of

COLUMNS = (
    "ID", "ISO", "LAT", "LON", "AZI", "TYPE", "DEPTH", "QUALITY", "REGIME", "LOCALITY", "COUNTRY",
    "DATE", "TIME", "NUMBER", "SD", "METHOD", "S1AZ", "S1PL", "S2AZ", "S2PL", "S3AZ", "S3PL",
    "COMMENT",
)  # fmt: skip
NEEDED = ("LAT", "LON", "AZI")
UNKNOWN = 999.0
REGIMES = ("NF", "NS", "SS", "TS", "TF", "U")
QUALITY_SIGMA_DEG = {"A": 15.0, "B": 20.0, "C": 25.0, "D": 40.0}
"""Largest standard deviation of a rank (Heidbach et al. 2016, table 1); taken where SD is blank,
so that a datum is never held to be better than its rank says."""


def write_wsm(path: Path, points: Iterable[StressPoint]) -> None:
    """Write points; one without SHmax has azimuth 999 and quality E."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_cells(point) for point in points)


def read_wsm(path: Path) -> tuple[list[StressPoint], list[RejectedLine]]:
    """Points of a file and rows set aside; columns may come in any order, with others between.

    Raises
    ------
    InputFileError
        The file cannot be read, or LAT, LON or AZI is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    heading = [name.strip().upper() for name in next(reader, [])]
    missing = [name for name in NEEDED if name not in heading]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; expected a World Stress Map heading "
            f"such as {','.join(COLUMNS[:10])}"
        )
    points, rejected = [], []
    for cells in reader:
        row = {name: cell.strip() for name, cell in zip(heading, cells, strict=False)}
        if not any(row.values()):
            continue
        try:
            points.append(_point(row, reader.line_num))
        except ValueError as error:
            rejected.append(RejectedLine(reader.line_num, row.get("ID", ""), str(error)))
    return points, rejected


def _cells(point: StressPoint) -> list[str]:
    moment = "" if point.time_ns is None else iso_time(point.time_ns)
    known = point.shmax_deg is not None
    numbers = {
        "LAT": _text(point.latitude_deg),
        "LON": _text(point.longitude_deg),
        "AZI": _text(axis180(point.shmax_deg)) if known else "999",
        "DEPTH": _text(point.depth_km),
        "SD": _text(point.shmax_sigma_deg),
        **{
            f"S{k}{short}": _text(getattr(point, f"s{k}_{name}_deg")) or "999"
            for k in (1, 2, 3)
            for short, name in (("AZ", "azimuth"), ("PL", "plunge"))
        },
    }
    words = {
        "ID": point.name,
        "TYPE": "FMF",
        "QUALITY": (point.quality or "E") if known else "E",
        "REGIME": point.regime or "",
        "DATE": moment[:10].replace("-", ""),
        "TIME": moment[11:-1],
        "NUMBER": "" if point.n_events is None else str(point.n_events),
        "METHOD": point.method or "",
    }
    return [(numbers | words).get(name, "") for name in COLUMNS]


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def _point(row: Mapping[str, str], line_number: int) -> StressPoint:
    latitude, longitude = _number(row, "LAT", -90.0, 90.0), _number(row, "LON", -360.0, 360.0)
    if latitude is None or longitude is None:
        raise ValueError("no LAT or LON")
    azimuth = _number(row, "AZI", -360.0, 360.0)
    quality = row.get("QUALITY", "").upper() or None
    sigma = _number(row, "SD", 0.0, 180.0)
    regime = row.get("REGIME", "").upper() or None
    number = _number(row, "NUMBER", 0.0, 1e9)
    axes: dict[str, Any] = {
        f"s{k}_{name}_deg": _number(row, f"S{k}{short}", -360.0, 360.0)
        for k in (1, 2, 3)
        for short, name in (("AZ", "azimuth"), ("PL", "plunge"))
    }
    return StressPoint(
        name=row.get("ID") or f"line-{line_number}",
        latitude_deg=latitude,
        longitude_deg=longitude,
        depth_km=_number(row, "DEPTH", -10.0, 1000.0),
        time_ns=_time_ns(row.get("DATE", ""), row.get("TIME", "")),
        shmax_deg=axis180(azimuth),
        shmax_sigma_deg=QUALITY_SIGMA_DEG.get(quality or "") if sigma is None else sigma,
        regime=regime if regime in REGIMES else None,
        quality=quality,
        n_events=None if number is None else int(number),
        **axes,
        method=row.get("METHOD") or None,
    )


def _number(row: Mapping[str, str], name: str, low: float, high: float) -> float | None:
    """Number of a cell; None where it is blank or 999, as the World Stress Map says unknown."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not a number") from error
    if math.isnan(value) or (abs(value) == UNKNOWN and name not in ("NUMBER", "DEPTH")):
        return None
    if not low <= value <= high:
        raise ValueError(f"{name} {text} is not between {low:g} and {high:g}")
    return value


def _time_ns(date: str, time: str) -> int | None:
    """Time of a date YYYYMMDD; of a date without day or month, or of none, None."""
    try:
        day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    try:
        return time_ns_of(f"{day:%Y-%m-%d}T{time}" if time else f"{day:%Y-%m-%d}")
    except ValueError:
        return time_ns_of(f"{day:%Y-%m-%d}")
