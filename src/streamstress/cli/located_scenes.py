"""Located groups of picks with what they really are: what the classifier of events learns from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from streamstress.event_type.model import Kind
from streamstress.location.associate import AssociationSettings
from streamstress.location.finder import FinderSettings, Found
from streamstress.location.gate import GateSettings
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading
from streamstress.location.wood_anderson import FREQUENCIES_HZ
from streamstress.records import Arrival, Magnitude, Origin, Pick
from streamstress.stream.arrival_records import arrival_record
from streamstress.stream.event_magnitude import MagnitudeScale
from streamstress.stream.event_readings import instrument
from streamstress.stream.origins import origin_record


@dataclass(frozen=True, slots=True)
class LocatedScene:
    """A located event, with what it really is; a magnitude where the response is known."""

    kind: Kind
    origin: Origin
    arrivals: tuple[Arrival, ...]
    magnitude: Magnitude | None = None


def finder_settings() -> FinderSettings:
    """The defaults of the configuration."""
    return FinderSettings(
        association=AssociationSettings(min_picks=6, min_p=4, max_depth_km=30.0),
        location=LocationSettings(max_depth_km=40.0),
        gate=GateSettings(max_rms_s=0.7),
    )


def reading_of(pick: Pick) -> PhaseReading:
    """A pick as association takes it."""
    return PhaseReading(
        pick.pick_id, pick.station_code, pick.phase, pick.time_ns, pick.sigma_s, pick.probability
    )


def located_scene(
    kind: Kind, found: Found, picks: Mapping[str, Pick], counts_per_m_s: float | None = None
) -> LocatedScene:
    """A located group of picks with what it is; ``counts_per_m_s`` of all its channels."""
    hypocentre = found.hypocentre
    assert hypocentre is not None  # noqa: S101 - what is not rejected was located
    rays = {ray.reading_id: ray for ray in hypocentre.arrivals}
    arrivals = tuple(
        arrival_record(picks[r.reading_id], rays[r.reading_id], r.sigma_s) for r in found.readings
    )
    origin = origin_record(hypocentre, "known")
    if counts_per_m_s is None:
        return LocatedScene(kind, origin, arrivals)
    return LocatedScene(kind, origin, arrivals, local_magnitude(origin, arrivals, counts_per_m_s))


def local_magnitude(
    origin: Origin, arrivals: tuple[Arrival, ...], counts_per_m_s: float
) -> Magnitude | None:
    """Magnitude where all channels have one sensitivity to velocity, flat."""
    flat = counts_per_m_s * np.ones(len(FREQUENCIES_HZ))
    scale = MagnitudeScale(responses={instrument(arrival): flat for arrival in arrivals})
    return scale.of(origin, arrivals, learn=False)
