"""What the map shows, as columns of numbers: epicentres, beachballs, SHmax.

Map coordinates are degrees; a degree of longitude is shortened by the cosine of the latitude of
the view's middle, so circles stay round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.stations import Station
from streamstress.outputs.beachball import Ball, ball_on_map
from streamstress.outputs.rows import EventRow, MechanismRow
from streamstress.records import StressChange, StressEstimate

Columns = dict[str, list[object]]

REGIME_COLOURS = {
    "NF": "#d55e00",
    "NS": "#e69f00",
    "SS": "#009e73",
    "TS": "#56b4e9",
    "TF": "#0072b2",
    "U": "#7a7f85",
}
"""The World Stress Map's red, green and blue (Heidbach et al. 2016), in colours that people who see
red and green alike still tell apart (Okabe & Ito 2008, Color Universal Design)."""

GRADE_COLOURS = {"A": "#12365a", "B": "#3f78a8", "C": "#8fb4cf"}
"""One hue, the surer the darker, so that it also holds in grey."""

QUALITY_LENGTHS = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.25}
"""Share of its full length that a bar of SHmax has, by quality; the World Stress Map's legend."""

REGIME_NAMES = {
    "NF": "normal faulting",
    "NS": "normal with strike-slip",
    "SS": "strike-slip",
    "TS": "thrust with strike-slip",
    "TF": "thrust faulting",
    "U": "undefined regime",
}

BEFORE_COLOUR, AFTER_COLOUR = "#8a99a3", "#c2571a"
"""Epicentres before and after the onset of the last change."""

MAX_BALLS = 14
MAX_EVENTS = 2000


@dataclass(frozen=True, slots=True)
class MapView:
    """The part of the map that is shown, degrees."""

    west_deg: float
    east_deg: float
    south_deg: float
    north_deg: float

    @property
    def shortening(self) -> float:
        """Length of a degree of longitude, in degrees of latitude."""
        return float(np.cos(np.radians((self.south_deg + self.north_deg) / 2)))

    @property
    def height_deg(self) -> float:
        """Degrees of latitude from bottom to top."""
        return self.north_deg - self.south_deg


def map_view(
    latitude_deg: Sequence[float], longitude_deg: Sequence[float], aspect: float
) -> MapView:
    """View that holds all points with a margin; ``aspect`` is its width over its height."""
    if not latitude_deg:
        return MapView(-180.0, 180.0, -90.0, 90.0)
    south, north = min(latitude_deg), max(latitude_deg)
    west, east = min(longitude_deg), max(longitude_deg)
    shortening = float(np.cos(np.radians((south + north) / 2)))
    height = 1.14 * max(north - south, (east - west) * shortening / aspect, 0.05)
    middle_y, middle_x = (south + north) / 2, (west + east) / 2
    width = height * aspect / shortening
    return MapView(
        middle_x - width / 2, middle_x + width / 2, middle_y - height / 2, middle_y + height / 2
    )


def station_columns(stations: Mapping[str, Station]) -> Columns:
    """Columns x, y, code."""
    return {
        "x": [station.longitude_deg for station in stations.values()],
        "y": [station.latitude_deg for station in stations.values()],
        "code": list(stations),
    }


def event_columns(events: Sequence[EventRow], onset_time_ns: int | None) -> Columns:
    """Columns of epicentres: x, y, size, colour and what the pointer shows."""
    shown = events[:MAX_EVENTS]
    return {
        "x": [event.longitude_deg for event in shown],
        "y": [event.latitude_deg for event in shown],
        "size": [4.0 + 2.2 * max(0.7 if e.magnitude is None else e.magnitude, 0.0) for e in shown],
        "colour": [_epoch_colour(event.time_ns, onset_time_ns) for event in shown],
        "event_id": [event.event_id for event in shown],
        "magnitude": ["" if e.magnitude is None else f"{e.magnitude:.1f}" for e in shown],
        "depth": [f"{event.depth_km:.1f}" for event in shown],
        "time": [event.time_ns / 1e6 for event in shown],
    }


def _epoch_colour(time_ns: int, onset_time_ns: int | None) -> str:
    after = onset_time_ns is not None and time_ns >= onset_time_ns
    return AFTER_COLOUR if after else BEFORE_COLOUR


def ball_columns(
    mechanisms: Sequence[MechanismRow], view: MapView, most: int = MAX_BALLS
) -> tuple[Columns, Columns]:
    """Rims and shaded quadrants of the best mechanisms that do not hide one another, by grade.

    Parameters
    ----------
    most
        How many are drawn.

    Returns
    -------
    rims, quadrants
        Columns xs, ys, colour, label.
    """
    rims: Columns = {"xs": [], "ys": [], "colour": [], "label": [], "event_id": []}
    quadrants: Columns = {"xs": [], "ys": [], "colour": []}
    radius = 0.026 * view.height_deg
    for row in _spread(mechanisms, radius, view.shortening, most):
        if row.strike_deg is None or row.dip_deg is None or row.rake_deg is None:
            continue
        plane = (row.strike_deg, row.dip_deg, row.rake_deg)
        ball = ball_on_map(
            row.longitude_deg, row.latitude_deg, radius / view.shortening, radius, plane
        )
        label = f"{row.event_id} grade {row.grade}: {plane[0]:.0f}/{plane[1]:.0f}/{plane[2]:.0f}"
        colour = GRADE_COLOURS.get(row.grade, REGIME_COLOURS["U"])
        _add_ball(rims, quadrants, ball, colour, label)
        rims["event_id"].append(row.event_id)
    return rims, quadrants


def _add_ball(rims: Columns, quadrants: Columns, ball: Ball, colour: str, label: str) -> None:
    rims["xs"].append(_short(ball.rim[:, 0]))
    rims["ys"].append(_short(ball.rim[:, 1]))
    rims["colour"].append(colour)
    rims["label"].append(label)
    for outline in ball.quadrants:
        quadrants["xs"].append(_short(outline[:, 0]))
        quadrants["ys"].append(_short(outline[:, 1]))
        quadrants["colour"].append(colour)


def _short(degrees: NDArray[np.float64]) -> list[float]:
    """To a metre: what a page loads is mostly digits."""
    return [float(value) for value in np.round(degrees, 5)]


def _spread(
    mechanisms: Sequence[MechanismRow], radius: float, shortening: float, most: int
) -> list[MechanismRow]:
    """Best grade first, then newest; one that would overlap a chosen one is left out."""
    chosen: list[MechanismRow] = []
    solved = [row for row in mechanisms if row.strike_deg is not None]
    for row in sorted(solved, key=lambda row: (row.grade, -row.time_ns)):
        distances = [
            np.hypot(
                (row.longitude_deg - other.longitude_deg) * shortening,
                row.latitude_deg - other.latitude_deg,
            )
            for other in chosen
        ]
        if all(distance > 2.1 * radius for distance in distances):
            chosen.append(row)
        if len(chosen) == most:
            break
    return chosen


def shmax_columns(
    estimates: Sequence[StressEstimate], change: StressChange | None, view: MapView
) -> tuple[Columns, Columns, Columns]:
    """Bars of the current SHmax, their 95 % sectors, and the bar before the last change.

    A bar is coloured by regime and as long as its quality allows.

    Returns
    -------
    bars, sectors, former
        Columns xs, ys, colour (and label for bars).
    """
    bars: Columns = {"xs": [], "ys": [], "colour": [], "label": []}
    sectors: Columns = {"xs": [], "ys": [], "colour": []}
    former: Columns = {"xs": [], "ys": []}
    longest = 0.40 * view.height_deg if len(estimates) == 1 else 0.10 * view.height_deg
    for estimate in estimates:
        if not estimate.shmax_defined:
            continue
        centre = (estimate.longitude_deg, estimate.latitude_deg)
        length = longest * QUALITY_LENGTHS.get(estimate.wsm_quality, QUALITY_LENGTHS["E"])
        colour = REGIME_COLOURS.get(estimate.regime, REGIME_COLOURS["U"])
        xs, ys = _bar(centre, estimate.shmax_deg, length, view.shortening)
        bars["xs"].append(xs)
        bars["ys"].append(ys)
        bars["colour"].append(colour)
        bars["label"].append(
            f"{estimate.cell}: SHmax {estimate.shmax_deg:.0f}°, {estimate.regime}, quality "
            f"{estimate.wsm_quality}, {estimate.n_events} events"
        )
        for turn in (0.0, 180.0):
            xs, ys = _sector(centre, estimate.shmax_interval95_deg, turn, length, view.shortening)
            sectors["xs"].append(xs)
            sectors["ys"].append(ys)
            sectors["colour"].append(colour)
        if (
            change is not None
            and change.region == estimate.region
            and change.shmax_before_deg is not None
        ):
            xs, ys = _bar(centre, change.shmax_before_deg, length, view.shortening)
            former["xs"].append(xs)
            former["ys"].append(ys)
    return bars, sectors, former


def _bar(
    centre: tuple[float, float], azimuth_deg: float, length: float, shortening: float
) -> tuple[list[float], list[float]]:
    east = length * float(np.sin(np.radians(azimuth_deg))) / shortening
    north = length * float(np.cos(np.radians(azimuth_deg)))
    return [centre[0] - east, centre[0] + east], [centre[1] - north, centre[1] + north]


def _sector(
    centre: tuple[float, float],
    interval_deg: tuple[float, float],
    turn_deg: float,
    length: float,
    shortening: float,
) -> tuple[list[float], list[float]]:
    azimuth = np.radians(np.linspace(*interval_deg, 24) + turn_deg)
    xs = centre[0] + length * np.sin(azimuth) / shortening
    ys = centre[1] + length * np.cos(azimuth)
    return [centre[0], *xs.tolist()], [centre[1], *ys.tolist()]
