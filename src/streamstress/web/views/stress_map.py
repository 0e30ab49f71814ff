"""The map of stress as a paper prints it: the figure of ``streamstress map``, of the store."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import msgspec

from streamstress.errors import UnusableDataError
from streamstress.outputs.exchange.selection import EVERYTHING, Selection
from streamstress.outputs.exchange.stress_point import StressPoint, point_of_estimate
from streamstress.outputs.map_layers import MapLines
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.stress_map import TITLES, stress_map_svg
from streamstress.outputs.stress_map_slices import MAX_SLICES, wanted_points
from streamstress.web.site import Site, View
from streamstress.web.words import to_second

SHOWS = {"shmax": "SHmax", "a_phi": "A-phi", "r": "R"}
Slices = tuple[tuple[str, tuple[StressPoint, ...]], ...]
HELD_FIGURES = 8
"""Figures kept: every open page asks for the same one again; one of 10,000 nodes takes seconds."""


@dataclass(frozen=True, slots=True)
class MapView:
    """What the address of the map asks for; empty text asks for nothing."""

    view: View
    depth: str = ""
    """``shallowest,deepest``, km; further edges make a row of panels for each slice."""
    quality: str = ""
    show: str = ""
    moments: str = ""
    """ISO 8601 with commas: a row of panels with the stress of each."""

    @property
    def depths_km(self) -> list[tuple[float, float] | None]:
        """Ends of every slice of depth, the shallowest first; None: any depth."""
        edges = sorted({float(part) for part in self.depth.split(",") if part})
        if len(edges) == 1:
            return [(edges[0], edges[0])]
        return [*pairwise(edges)] or [None]

    @property
    def ends_ns(self) -> list[int | None]:
        """Moments whose stress is shown, the first first; None: the end of the times.

        Raises
        ------
        ValueError
            A moment cannot be read.
        """
        asked = [time_ns_of(part) for part in self.moments.split(",") if part]
        return [*sorted(set(asked))] or [None]

    @property
    def shows(self) -> tuple[str, ...]:
        """Panels, each once."""
        return tuple(dict.fromkeys(self.show.split(","))) if self.show else ("shmax",)

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        more = {
            "depth": self.depth, "quality": self.quality, "show": self.show, "moments": self.moments
        }  # fmt: skip
        told = urlencode({name: value for name, value in more.items() if value})
        times = self.view.link("")
        return times + ("&" if times else "?") + told if told else times


def map_page(site: Site, asked: MapView) -> dict[str, Any]:
    """Everything on the page of the map; the figure itself is another address.

    Raises
    ------
    ValueError
        A time cannot be read, or there are too many slices.
    """
    slices = shown_slices(site, asked)
    points = [point for _, group in slices for point in group]
    times = [point.time_ns for point in points if point.time_ns is not None]
    depths = [point.depth_km for point in points if point.depth_km is not None]
    return {
        "asked": asked,
        "shows": SHOWS,
        "figure": f"/map.svg{asked.query}",
        # A later figure is another picture to the browser.
        "mark": sha256(msgspec.msgpack.encode(slices)).hexdigest()[:12],
        "n_points": len(points),
        "n_slices": len(slices),
        "told": ", ".join(TITLES[name] for name in asked.shows),
        "newest": to_second(max(times)) if times else None,
        "depths": _depth_words(depths),
    }


def _depth_words(depths_km: list[float]) -> str:
    """Depths from the least to the most, one number where they agree to a kilometre."""
    if not depths_km:
        return ""
    return " to ".join(dict.fromkeys(f"{end:.0f}" for end in (min(depths_km), max(depths_km))))


def map_figure(site: Site, asked: MapView) -> bytes:
    """The figure as SVG.

    Raises
    ------
    UnusableDataError
        No estimate is as asked for.
    ValueError
        A time cannot be read, or there are too many slices.
    """
    slices = shown_slices(site, asked)
    if not slices:
        raise UnusableDataError("the store has no stress estimate as asked for")
    return _drawn(slices, asked.shows, site.map_lines)


def shown_slices(site: Site, asked: MapView) -> Slices:
    """Slices of time and depth that have an estimate: the newest of each cell up to its end."""
    ends, depths = asked.ends_ns, asked.depths_km
    if len(ends) * len(depths) > MAX_SLICES:
        raise ValueError(
            f"{len(ends)} moments and {len(depths)} slices of depth; "
            f"at most {MAX_SLICES} panels stand above one another"
        )
    found = []
    for end_ns in ends:
        points = _points_of(site, asked, end_ns)
        for limits in depths:
            inside = wanted_points(points, EVERYTHING, limits, asked.quality or None)
            if inside:
                found.append((_slice_name(site, end_ns, limits, len(depths)), tuple(inside)))
    return tuple(found)


def _points_of(site: Site, asked: MapView, end_ns: int | None) -> list[StressPoint]:
    times = asked.view.selection
    # The end of a time is not part of it, but an estimate of the moment itself is.
    until_ns = times.until_ns if end_ns is None else end_ns + 1
    wanted = Selection(times.since_ns, until_ns, asked.view.frame, region=times.region)
    return [point_of_estimate(one) for one in site.reader.stress_records(wanted)]


def _slice_name(
    site: Site, end_ns: int | None, limits: tuple[float, float] | None, n_depths: int
) -> str:
    when = site.title if end_ns is None else f"{to_second(end_ns)} UTC"
    return when if limits is None or n_depths == 1 else f"{when}, {limits[0]:g} to {limits[1]:g} km"


@lru_cache(maxsize=HELD_FIGURES)
def _drawn(slices: Slices, shows: tuple[str, ...], lines: MapLines) -> bytes:
    points = [point for _, group in slices for point in group]
    return stress_map_svg(slices, shows, lines.layers(points))
