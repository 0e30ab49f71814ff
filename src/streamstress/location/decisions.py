"""What the merger says, and what it remembers of an event."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from streamstress.earth.projection import distance_azimuth
from streamstress.location.candidates import Candidate
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.readings import PhaseReading
from streamstress.location.sameness import MergeSettings

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Decision:
    """One version of an event.

    A tombstone has no hypocentre; ``superseded_by`` names the event that it became part of, if
    any. The version rises with the content, and once more when the event becomes final.
    """

    event_id: str
    version: int
    final: bool
    hypocentre: Hypocentre | None
    readings: tuple[PhaseReading, ...]
    superseded_by: str | None

    @property
    def is_tombstone(self) -> bool:
        """Whether the event is withdrawn."""
        return self.hypocentre is None


@dataclass(frozen=True, slots=True)
class Event:
    """A published event.

    ``candidate_id`` is the candidate that was published; ``best_id`` the best one by now, which
    differs too little for a version of its own, and becomes the final one.
    """

    event_id: str
    version: int
    candidate_id: str
    best_id: str
    reading_ids: tuple[str, ...]
    final: bool
    created: int


def event_id_of(candidate: Candidate) -> str:
    """Id from the first candidate: ``ss``, origin time to the second (UTC), six hex digits."""
    moment = datetime.fromtimestamp(candidate.origin_time_ns // NS, tz=UTC)
    digest = hashlib.sha256("\n".join(candidate.reading_ids).encode()).hexdigest()
    return f"ss{moment:%Y%m%d%H%M%S}{digest[:6]}"


def has_moved(before: Hypocentre, after: Hypocentre, settings: MergeSettings) -> bool:
    """Whether an origin differs enough for a new version."""
    distance, _ = distance_azimuth(
        before.latitude_deg, before.longitude_deg, after.latitude_deg, after.longitude_deg
    )
    return (
        float(distance) > settings.moved_km
        or abs(before.depth_km - after.depth_km) > settings.moved_km
        or abs(before.origin_time_ns - after.origin_time_ns) > settings.moved_s * NS
    )
