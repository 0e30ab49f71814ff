"""The map of stress as a paper prints it: the figure of ``streamstress map``, of the store."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from streamstress.errors import UnusableDataError
from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.exchange.stress_point import StressPoint, point_of_estimate
from streamstress.outputs.stress_map import TITLES, stress_map_svg
from streamstress.outputs.stress_map_slices import wanted_points
from streamstress.web.site import Site, View
from streamstress.web.words import to_second

SHOWS = {"shmax": "SHmax", "a_phi": "A-phi", "r": "R"}
HELD_FIGURES = 8
"""Figures kept: every open page asks for the same one again; one of 10,000 nodes takes seconds."""


@dataclass(frozen=True, slots=True)
class MapView:
    """What the address of the map asks for; empty text asks for nothing."""

    view: View
    depth: str = ""
    """``shallowest,deepest``, km."""
    quality: str = ""
    show: str = ""

    @property
    def depths_km(self) -> tuple[float, float] | None:
        """Both ends, the shallower first."""
        if not self.depth:
            return None
        low, high = sorted(float(part) for part in self.depth.split(","))
        return low, high

    @property
    def shows(self) -> tuple[str, ...]:
        """Panels, each once."""
        return tuple(dict.fromkeys(self.show.split(","))) if self.show else ("shmax",)

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        more = {"depth": self.depth, "quality": self.quality, "show": self.show}
        told = urlencode({name: value for name, value in more.items() if value})
        times = self.view.link("")
        return times + ("&" if times else "?") + told if told else times


def map_page(site: Site, asked: MapView) -> dict[str, Any]:
    """Everything on the page of the map; the figure itself is another address."""
    points = shown_points(site, asked)
    times = [point.time_ns for point in points if point.time_ns is not None]
    depths = [point.depth_km for point in points if point.depth_km is not None]
    return {
        "asked": asked,
        "shows": SHOWS,
        "figure": f"/map.svg{asked.query}",
        # A later figure is another picture to the browser.
        "mark": sha256(msgspec.msgpack.encode(points)).hexdigest()[:12],
        "n_points": len(points),
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
    """
    points = shown_points(site, asked)
    if not points:
        raise UnusableDataError("the store has no stress estimate as asked for")
    return _drawn(points, asked.shows, site.title)


def shown_points(site: Site, asked: MapView) -> tuple[StressPoint, ...]:
    """Newest estimate of each cell up to the end of the times, where it is as asked for."""
    times = asked.view.selection
    wanted = Selection(times.since_ns, times.until_ns, asked.view.frame, region=times.region)
    points = [point_of_estimate(one) for one in site.reader.stress_records(wanted)]
    return tuple(wanted_points(points, wanted, asked.depths_km, asked.quality or None))


@lru_cache(maxsize=HELD_FIGURES)
def _drawn(points: tuple[StressPoint, ...], shows: tuple[str, ...], title: str) -> bytes:
    return stress_map_svg([(title, points)], shows)
