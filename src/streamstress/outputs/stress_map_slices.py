"""What a map of stress shows, in which panels, and into which file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamstress.errors import ConfigError
from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.json_view import iso_time

ENDINGS = (".pdf", ".svg", ".png")
MAX_SLICES = 12
Slice = tuple[str, list[StressPoint]]


def wanted_points(
    points: Sequence[StressPoint],
    wanted: Selection,
    depths_km: tuple[float, float] | None = None,
    quality: str | None = None,
) -> list[StressPoint]:
    """Points of a time and place, between two depths (both ends belong), of some ranks.

    A point that tells no depth is left out where depths are asked for.
    """

    def holds(point: StressPoint) -> bool:
        if not wanted.holds(point.time_ns, point.latitude_deg, point.longitude_deg):
            return False
        if depths_km is not None:
            deep = point.depth_km
            if deep is None or not depths_km[0] <= deep <= depths_km[1]:
                return False
        return quality is None or (point.quality or "") in quality.upper()

    return [point for point in points if holds(point)]


def sliced(points: Sequence[StressPoint], slices: str) -> list[Slice]:
    """Groups of points with their names; the points of each lie at one depth or time.

    Parameters
    ----------
    slices
        ``depth``, ``time``, ``none``, or ``auto`` for what differs.

    Raises
    ------
    ConfigError
        There are more than `MAX_SLICES` levels of what is asked for.
    """
    by_depth: dict[Any, list[StressPoint]] = {}
    by_time: dict[Any, list[StressPoint]] = {}
    for point in points:
        by_depth.setdefault(point.depth_km, []).append(point)
        by_time.setdefault(point.time_ns, []).append(point)
    if slices == "auto":
        # Where every point has a depth or time of its own, it is no slice.
        levels = {"depth": len(by_depth), "time": len(by_time)}
        most = min(MAX_SLICES, len(points) - 1)
        slices = next((name for name, n in levels.items() if 1 < n <= most), "none")
    if slices == "none":
        return [("", list(points))]
    groups = by_depth if slices == "depth" else by_time
    if len(groups) > MAX_SLICES:
        raise ConfigError(
            f"--slices {slices}: {len(groups)} levels, at most {MAX_SLICES} fit a figure; "
            "narrow with --depth or --from and --until"
        )
    ordered = sorted(groups, key=lambda level: (level is None, level))
    return [(_slice_name(slices, level), groups[level]) for level in ordered]


def _slice_name(slices: str, level: float | None) -> str:
    if level is None:
        return f"no {slices}"
    return f"{level:g} km" if slices == "depth" else iso_time(int(level))[:10]


def check_ending(path: Path) -> None:
    """Refuse a figure of an unknown format before any work.

    Raises
    ------
    ConfigError
        The ending is not .pdf, .svg or .png, or the folder is missing.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(f"{path}: give a file ending in {', '.join(ENDINGS)}")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")
