"""What the overview map shows, as columns: land, stations, events, mechanisms, SHmax, a scale."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.earth.stations import Station
from streamstress.outputs.coastline import is_lake, land_near
from streamstress.outputs.exchange.selection import Box
from streamstress.outputs.map_columns import Columns, MapView, map_view
from streamstress.outputs.rows import EventRow
from streamstress.outputs.stress_map_parts import unwrapped
from streamstress.web.health import StationHealth

Array = NDArray[np.float64]

STATION_MARKS = {
    "ok": "triangle",
    "late": "inverted_triangle",
    "silent": "x",
    "muted": "square_x",
    "unknown": "diamond",
}
STATION_COLOURS = {
    "ok": "#009e73",
    "late": "#e69f00",
    "silent": "#d55e00",
    "muted": "#7a7f85",
    "unknown": "#8a9298",
}
"""By health; the mark differs too, so that nothing hangs on colour alone."""

ASPECT = 1.45
BEYOND = 1.0
"""Land is drawn this many views beyond the view, so that one can drag the map."""


def view_of(
    box: Box | None, stations: Mapping[str, Station], events: Sequence[EventRow]
) -> MapView:
    """View of a box, or of all stations, or of all events."""
    if box is not None:
        # A box across 180 degrees goes on beyond them.
        east = box.east_deg + (360.0 if box.east_deg < box.west_deg else 0.0)
        return MapView(box.west_deg, east, box.south_deg, box.north_deg)
    placed: list[Station] | list[EventRow] = list(stations.values())
    placed = placed or list(events)
    around = unwrapped(np.array([one.longitude_deg for one in placed], float))
    return map_view([one.latitude_deg for one in placed], around.tolist(), ASPECT)


def turned_to(view: MapView, columns: Columns) -> Columns:
    """Columns whose longitudes are shifted by whole turns to the middle of the view."""
    middle = (view.west_deg + view.east_deg) / 2.0

    def turns(x: float) -> float:
        return 360.0 * float(np.round((middle - x) / 360.0))

    def moved(x: Any) -> Any:  # noqa: ANN401 - a place, or the corners of a shape
        if isinstance(x, (int, float)):
            return x + turns(x)
        shift = turns(float(np.nanmean(np.array(x, float)))) if len(x) else 0.0
        return x if shift == 0.0 else [part + shift for part in x]

    return {
        name: [moved(x) for x in values] if name in ("x", "xs") else values
        for name, values in columns.items()
    }


def station_health_columns(
    stations: Mapping[str, Station], health: Mapping[str, StationHealth]
) -> Columns:
    """Columns x, y, code, mark, colour, words."""
    shown = [(stations[code], one) for code, one in health.items() if code in stations]
    return {
        "x": [station.longitude_deg for station, _ in shown],
        "y": [station.latitude_deg for station, _ in shown],
        "code": [one.code for _, one in shown],
        "mark": [STATION_MARKS[one.state] for _, one in shown],
        "colour": [STATION_COLOURS[one.state] for _, one in shown],
        "words": [one.sentence for _, one in shown],
    }


def scale_columns(view: MapView) -> tuple[Columns, Columns]:
    """A bar of a round number of kilometres at the lower left, and its words."""
    width_km = (view.east_deg - view.west_deg) * view.shortening * KM_PER_DEGREE
    length_km = _round_below(width_km / 4)
    x = view.west_deg + 0.04 * (view.east_deg - view.west_deg)
    y = view.south_deg + 0.05 * view.height_deg
    end = x + length_km / KM_PER_DEGREE / view.shortening
    bar: Columns = {"x0": [x], "x1": [end], "y0": [y], "y1": [y]}
    words: Columns = {"x": [x], "y": [y + 0.015 * view.height_deg], "text": [f"{length_km:g} km"]}
    return bar, words


def _round_below(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(max(value, 1e-3)))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= value) * power)


@lru_cache(maxsize=16)
def _outlines(west: float, east: float, south: float, north: float) -> tuple[Columns, Columns]:
    land: dict[str, list[object]] = {"xs": [], "ys": []}
    lakes: dict[str, list[object]] = {"xs": [], "ys": []}
    for ring in land_near(west, east, south, north):
        cut = clipped(ring, (west, south, east, north))
        if len(cut) > 2:
            held = lakes if is_lake(ring) else land
            held["xs"].append(np.round(cut[:, 0], 3).tolist())
            held["ys"].append(np.round(cut[:, 1], 3).tolist())
    return land, lakes


def land_columns(view: MapView) -> tuple[Columns, Columns]:
    """Outlines of the land around the view, and of lakes, cut to it: xs, ys of each."""
    width = view.east_deg - view.west_deg
    # Once around the world is enough.
    wide, high = min(BEYOND * width, max(0.0, 180.0 - width / 2.0)), BEYOND * view.height_deg
    return _outlines(
        round(view.west_deg - wide, 3),
        round(view.east_deg + wide, 3),
        round(max(view.south_deg - high, -90.0), 3),
        round(min(view.north_deg + high, 90.0), 3),
    )


def clipped(ring: Array, box: tuple[float, float, float, float]) -> Array:
    """Part of a closed ring (n, 2) in a box west, south, east, north.

    Notes
    -----
    One side after the other (Sutherland & Hodgman 1974, Communications of the ACM 17, 32).
    """
    west, south, east, north = box
    points = ring
    for axis, limit, sign in ((0, west, 1.0), (0, east, -1.0), (1, south, 1.0), (1, north, -1.0)):
        points = _cut(points, axis, limit, sign)
        if len(points) == 0:
            return points
    return points


def _cut(points: Array, axis: int, limit: float, sign: float) -> Array:
    """Keep what lies on one side of a line, with the points where the outline crosses it."""
    inside = sign * (points[:, axis] - limit)
    after = np.roll(points, -1, axis=0)
    inside_after = np.roll(inside, -1)
    crosses = (inside >= 0) != (inside_after >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crosses, inside / (inside - inside_after), 0.0)
    crossing = points + share[:, None] * (after - points)
    both = np.stack([points, crossing], axis=1).reshape(-1, 2)
    kept = np.stack([inside >= 0, crosses], axis=1).reshape(-1)
    return np.asarray(both[kept])
