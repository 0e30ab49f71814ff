"""Stress as SCEC Community Stress Model text: two lines a point, the value and its 1-sigma.

Format of 2012, revision 1 (files.scec.org, CSM_formats_final_rev1.txt)::

    LON LAT DEP 1 SHmax_trend SHmax SHmin SV See Sen Seu Snn Snu Suu RATIO DEV ISO
    LON LAT DEP 2 sigma sigma sigma sigma DOT sigma ANG s1 s2 s3 sigma sigma sigma

Degrees of WGS84, depth positive down, tension positive, ``NaN`` where undefined. Ours is a
deviator of unit norm: DEV and ISO are 0, RATIO is 1 where the shape ratio can be read. Names,
times, ranks and counts have no place in the format.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from msgspec.structs import replace

from streamstress.errors import InputFileError
from streamstress.outputs.exchange.stress_point import (
    CONE95_IN_SIGMA,
    HALF_WIDTH95_IN_SIGMA,
    PARTS,
    StressPoint,
    axis180,
    told_by_tensor,
)

WORDS = 17
"""Words of either line."""


def write_csm(path: Path, points: Iterable[StressPoint], author: str = "streamstress") -> None:
    """Write points; depth is 0 where it is not known."""
    with path.open("w", encoding="utf-8") as file:
        _write_header(file, author)
        for point in points:
            place = (point.longitude_deg, point.latitude_deg, point.depth_km or 0.0)
            for number, values in ((1, _values(point)), (2, _sigmas(point))):
                head = f"{place[0]:.6f} {place[1]:.6f} {place[2]:.4f} {number}"
                file.write(f"{head} {' '.join(_text(value) for value in values)}\n")


def read_csm(path: Path) -> list[StressPoint]:
    """Points of a file; SHmax and regime are taken from the tensor where they are not stated.

    Raises
    ------
    InputFileError
        The file cannot be read, or a line is not of the format.
    """
    points: list[StressPoint] = []
    for number, value, sigma in _pairs(path):
        if value[:3] != sigma[:3] or value[3] != 1 or sigma[3] != 2:
            raise InputFileError(
                f"{path}, line {number}: not a value line (1) and its sigma line (2) of one point"
            )
        if any(math.isfinite(part) for part in value[4:14]):
            points.append(_point(len(points), value, sigma))
    if not points:
        raise InputFileError(f"{path}: no point in it; expected two lines of {WORDS} words a point")
    return points


def _write_header(file: TextIO, author: str) -> None:
    file.write(
        f"# author: {author}\n"
        "# model: stress (no rate), inverted from focal mechanisms; unit Frobenius norm\n"
        "# LON LAT DEP 1 SHmax_trend SHmax_mag SHmin_mag SV_mag See Sen Seu Snn Snu Suu "
        "RATIO DEV ISO\n"
        "# LON LAT DEP 2 1-sigma 1-sigma 1-sigma 1-sigma DOT dot-1sig ANG s1-1sig s2-1sig "
        "s3-1sig 1sig 1sig 1sig\n"
    )


def _values(point: StressPoint) -> list[float | None]:
    tensor = [getattr(point, f"s{part}") for part in PARTS]
    flags = [1.0 if point.phi_reliable else 0.0, 0.0, 0.0]
    return [axis180(point.shmax_deg), None, None, None, *tensor, *flags]


def _sigmas(point: StressPoint) -> list[float | None]:
    cones = [getattr(point, f"s{k}_cone95_deg") for k in (1, 2, 3)]
    axes = [None if cone is None else cone / CONE95_IN_SIGMA for cone in cones]
    ratio = None
    if point.phi_low95 is not None and point.phi_high95 is not None:
        ratio = (point.phi_high95 - point.phi_low95) / 2.0 / HALF_WIDTH95_IN_SIGMA
    return [point.shmax_sigma_deg, None, None, None, None, None, None, *axes, ratio, None, None]


def _text(value: float | None) -> str:
    return "NaN" if value is None else f"{value:.8g}"


def _pairs(path: Path) -> Iterator[tuple[int, list[float], list[float]]]:
    """Line number of the value line, its words and those of its sigma line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    held: tuple[int, list[float]] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) != WORDS:
            raise InputFileError(
                f"{path}, line {number}: expected {WORDS} numbers "
                f"(LON LAT DEP 1 ... or LON LAT DEP 2 ...), found {line.strip()[:60]!r}"
            )
        if held is None:
            held = (number, numbers)
        else:
            yield *held, numbers
            held = None
    if held is not None:
        raise InputFileError(f"{path}, line {held[0]}: a value line without its sigma line")


def _point(number: int, value: list[float], sigma: list[float]) -> StressPoint:
    known = [None if math.isnan(part) else part for part in value]
    spread = [None if math.isnan(part) else part for part in sigma]
    cones = [None if part is None else part * CONE95_IN_SIGMA for part in spread[11:14]]
    tensor: dict[str, Any] = {f"s{part}": known[8 + k] for k, part in enumerate(PARTS)}
    axes: dict[str, Any] = {f"s{k + 1}_cone95_deg": cone for k, cone in enumerate(cones)}
    point = StressPoint(
        name=f"{number + 1}",
        longitude_deg=value[0],
        latitude_deg=value[1],
        depth_km=value[2],
        shmax_deg=axis180(known[4]),
        shmax_sigma_deg=spread[4],
        **tensor,
        **axes,
        phi_reliable=known[14] == 1.0,
        method="Community Stress Model",
    )
    told = told_by_tensor(point)
    return _with_ratio_interval(told, spread[14])


def _with_ratio_interval(point: StressPoint, sigma: float | None) -> StressPoint:
    if sigma is None or point.phi is None:
        return point
    half = sigma * HALF_WIDTH95_IN_SIGMA
    low, high = max(point.phi - half, 0.0), min(point.phi + half, 1.0)
    return replace(point, phi_low95=low, phi_high95=high)
