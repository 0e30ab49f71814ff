"""What every page is made from, and which part of the results it was asked for."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from streamstress.clock import Clock, ReplayClock, WallClock
from streamstress.earth.stations import Station
from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.map_layers import MapLines
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Control
from streamstress.web.answers import box_in
from streamstress.web.shared_answers import SharedAnswers

Send = Callable[[Control], Awaitable[None]]
"""Says a control on the topic ``controls``; raises a `BrokerError`."""


@dataclass(frozen=True, slots=True)
class Operating:
    """What a reader with the token may do."""

    token: str
    send: Send


@dataclass(frozen=True, slots=True)
class Site:
    """The store with its surroundings."""

    reader: StoreReader
    stations: Mapping[str, Station] = field(default_factory=dict)
    title: str = "streamstress"
    refresh_s: float = 2.0
    min_events: int = 20
    clock: Clock = field(default_factory=WallClock)
    operating: Operating | None = None
    broker_trouble: Callable[[], str | None] = lambda: None
    """A sentence while the broker does not answer."""
    map_lines: MapLines = field(default_factory=MapLines)
    """Faults and boundaries on the map of stress."""
    shared: SharedAnswers = field(default_factory=SharedAnswers)
    """Pages that were made a moment ago."""
    wall_ns: Callable[[], int] = time.time_ns

    @property
    def speed(self) -> float:
        """Seconds of data a second of wall time; 1 but in a replay."""
        return self.clock.speed if isinstance(self.clock, ReplayClock) else 1.0


@dataclass(frozen=True, slots=True)
class View:
    """The part of the results that an address asks for; a link is a view."""

    region: str | None = None
    cell: str | None = None
    since: str | None = None
    until: str | None = None
    box: str | None = None

    @property
    def selection(self) -> Selection:
        """The same as conditions on the store; a box is only where the map looks.

        Raises
        ------
        ValueError
            A time cannot be read.
        """
        since, until = (time_ns_of(text) if text else None for text in (self.since, self.until))
        if since is not None and until is not None:
            since, until = sorted((since, until))
        return Selection(since, until, region=self.region or None)

    @property
    def frame(self) -> Box | None:
        """Where the map looks, None for all.

        Raises
        ------
        ValueError
            The box cannot be read.
        """
        if not self.box:
            return None
        box = box_in(self.box)
        if box is None:
            raise ValueError(f"box={self.box!r}: give west,south,east,north in degrees")
        has_area = box.west_deg != box.east_deg and box.south_deg < box.north_deg
        return box if has_area else None

    def link(self, path: str, **changed: str | None) -> str:
        """Address of a page with this view, changed in parts."""
        view = replace(self, **changed)
        named = {
            "region": view.region, "cell": view.cell, "from": view.since, "until": view.until,
            "box": view.box,
        }  # fmt: skip
        query = urlencode({name: value for name, value in named.items() if value})
        return f"{path}?{query}" if query else path

    def last(self, path: str, end_ns: int, hours: float) -> str:
        """Address of a page with the last so many hours before a moment."""
        start = iso_time(end_ns - round(hours * 3600e9))[:19] + "Z"
        return self.link(path, since=start, until=None)
