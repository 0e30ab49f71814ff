"""Which picks belong together: what every search for events is asked, and what it answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from streamstress.location.readings import PhaseReading


@dataclass(frozen=True, slots=True)
class AssociationSettings:
    """Limits of the search; the defaults suit local networks of 10 to 100 stations.

    The first six are of both searches, the others of PyOcto alone.
    """

    method: Literal["stack", "pyocto"] = "stack"
    min_picks: int = 6
    min_p: int = 4
    max_depth_km: float = 30.0
    # Of the search's top: below 0 above sea level.
    top_km: float = 0.0
    # The search reaches this far beyond the outermost stations.
    margin_km: float = 20.0
    max_station_distance_km: float = 120.0
    min_s: int = 1
    min_p_and_s: int = 1
    # Room for picks and lateral structure; the misfit of the half-space to the model comes on top.
    pick_match_tolerance_s: float = 0.8
    velocity_tolerance_s: float = 0.4
    min_interevent_s: float = 2.0
    min_node_size_km: float = 10.0
    min_node_size_location_km: float = 3.0
    # Of the stations nearer than a pick's, the share that must have picks too.
    min_pick_fraction: float = 0.25
    # Depth and distance at which the half-space gets the model's mean velocity.
    typical_depth_km: float = 10.0
    typical_distance_km: float = 35.0


@dataclass(frozen=True, slots=True)
class Association:
    """Picks that fit one origin, which is a first guess only."""

    latitude_deg: float
    longitude_deg: float
    depth_km: float
    origin_time_ns: int
    reading_ids: tuple[str, ...]


class Search(Protocol):
    """One window's readings, asked for one event after the other."""

    def propose(self) -> Association | None:
        """Return the best group of what is left; None: there is none."""
        ...

    def take(self, reading_ids: Iterable[str]) -> None:
        """Take away the readings of an earthquake."""
        ...

    def pass_over(self) -> None:
        """Note that the last group is no earthquake."""
        ...


class Associator(Protocol):
    """Built once for a network, then called as often as wanted."""

    def search(self, readings: Iterable[PhaseReading]) -> Search:
        """Begin with readings, in any order; those at unknown stations are passed over."""
        ...
