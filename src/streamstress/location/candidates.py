"""A located group of readings on its way to the merger."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre
from streamstress.location.readings import PhaseReading


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one window of one zone takes for an earthquake.

    ``readings`` are the inliers. ``quality`` is the sum of their weights. ``complete`` says that
    the window reached past the last S that the zone can see of it; before, it is provisional.
    """

    candidate_id: str
    zone: str
    hypocentre: Hypocentre
    readings: tuple[PhaseReading, ...]
    quality: float
    complete: bool

    @property
    def origin_time_ns(self) -> int:
        """Origin time, integer nanoseconds UTC."""
        return self.hypocentre.origin_time_ns

    @property
    def reading_ids(self) -> tuple[str, ...]:
        """Ids of the readings, sorted."""
        return tuple(sorted(reading.reading_id for reading in self.readings))


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """Plain lists, dictionaries, numbers and strings."""
    return asdict(candidate)


def candidate_from_dict(content: Mapping[str, Any]) -> Candidate:
    """Turn the output of ``candidate_to_dict`` back, also after a way through JSON."""
    origin = dict(content["hypocentre"])
    origin["arrivals"] = tuple(_arrival(arrival) for arrival in origin["arrivals"])
    origin["covariance"] = tuple(tuple(row) for row in origin["covariance"])
    return Candidate(
        candidate_id=content["candidate_id"],
        zone=content["zone"],
        hypocentre=Hypocentre(**origin),
        readings=tuple(PhaseReading(**reading) for reading in content["readings"]),
        quality=content["quality"],
        complete=content["complete"],
    )


def _arrival(content: Mapping[str, Any]) -> ArrivalGeometry:
    turns = {name: tuple(content[name]) for name in ("azimuth_turn_deg", "takeoff_turn_deg")}
    return ArrivalGeometry(**{**content, **turns})
