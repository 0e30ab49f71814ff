"""S/P of a region's events freed of path, surface and station; the stations' part is learned."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from streamstress.earth.velocity import VelocityModel
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult
from streamstress.mechanism.sp_path import attenuation_log_ratio, slowness_of, surface_log_ratio
from streamstress.mechanism.sp_residuals import sp_residuals
from streamstress.mechanism.sp_stations import StationTerms
from streamstress.records import Arrival, Event, Origin
from streamstress.stream.event_readings import PathEffect, instrument, used_arrivals


@dataclass(frozen=True, slots=True)
class WavePath:
    """What lies between source and station: one velocity model, one Q a phase.

    Paths of 12 to 18 km beside the San Andreas fault have a Q of 175 to 250 for P and 100 to 150
    for S (Bakun, Bufe & Stewart 1976, BSSA 66, 363), other crust more.
    """

    velocity: VelocityModel
    q_p: float
    q_s: float

    def effect_from(self, origin: Origin) -> PathEffect:
        """What the path from an origin makes of log10 S/P.

        The frequency is the middle, by octaves, of the band that the amplitudes were read in.
        """
        vp_source = float(self.velocity.at("P", origin.depth_km))
        surface = float(self.velocity.at("P", 0.0)), float(self.velocity.at("S", 0.0))

        def effect(p: Arrival, s: Arrival) -> float:
            low, high = p.amplitude.band_hz if p.amplitude else (1.0, 1.0)
            travel_p_s, travel_s_s = ((a.time_ns - origin.time_ns) / 1e9 for a in (p, s))
            lost = attenuation_log_ratio(
                travel_p_s, travel_s_s, self.q_p, self.q_s, np.sqrt(low * high)
            )
            gained = surface_log_ratio(slowness_of(p.takeoff_deg, vp_source), *surface)
            return float(lost + gained)

        return effect


@dataclass(slots=True)
class RegionAmplitudes:
    """The station terms of a region, applied to its events and learned from them."""

    stations: StationTerms = field(default_factory=StationTerms)
    has_news: bool = False
    """Whether something was learned since this was last set to False."""

    def corrected(self, event: Event, data: PolarityData) -> PolarityData:
        """The readings less their stations' terms, which know nothing of the event."""
        names = _names(event)
        if data.sp_log_ratio is None or not names:
            return data
        terms = self.stations.terms(names, event.event_id)
        value = np.array([term.value for term in terms])
        return replace(data, sp_log_ratio=data.sp_log_ratio - value)

    def learn(self, event: Event, data: PolarityData, result: MechanismResult) -> None:
        """Take what an answer leaves of the ratios, which are not corrected for their stations."""
        residuals = sp_residuals(data, result)
        found = {n: float(r) for n, r in zip(_names(event), residuals, strict=True) if r == r}
        self.has_news |= self.stations.update(event.event_id, found)

    def forget(self, event_id: str) -> None:
        """Take a withdrawn event out."""
        self.has_news |= self.stations.remove(event_id)


def _names(event: Event) -> Sequence[str]:
    return [instrument(arrival) for arrival in used_arrivals(event.arrivals)]
