"""Magnitude of an event record from the S amplitudes of its arrivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.location.magnitude import EventMagnitudes, SAmplitude
from streamstress.records import Arrival, Magnitude, Origin
from streamstress.stream.event_readings import ALL_COMPONENTS, instrument

LEAST_SNR = 3.0


@dataclass(slots=True)
class MagnitudeScale:
    """The scale of a system, with the responses that are known (counts per m/s)."""

    magnitudes: EventMagnitudes = field(default_factory=EventMagnitudes)
    responses: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop what the stations taught: the events are read again."""
        self.magnitudes = EventMagnitudes(self.magnitudes.settings)

    def of(self, origin: Origin, arrivals: Sequence[Arrival], *, learn: bool) -> Magnitude | None:
        """Magnitude of an event; of a final one its stations' terms are learned."""
        amplitudes = [
            SAmplitude(
                instrument(a),
                a.amplitude.value,
                float(np.hypot(a.distance_km, origin.depth_km)),
                self.responses.get(instrument(a)),
                a.amplitude.band_hz,
            )
            for a in arrivals
            if a.phase == "S" and a.amplitude is not None and _is_usable(a)
        ]
        found = self.magnitudes.estimate(amplitudes)
        if learn:
            self.magnitudes.learn(amplitudes)
        if found is None:
            return None
        return Magnitude(
            value=round(found.value, 3),
            kind=found.kind,
            sigma=round(found.sigma, 3),
            n_stations=found.n_stations,
        )


def _is_usable(arrival: Arrival) -> bool:
    amplitude = arrival.amplitude
    return (
        amplitude is not None
        and amplitude.component == ALL_COMPONENTS
        and not amplitude.clipped
        and amplitude.value >= LEAST_SNR * max(amplitude.noise, 1e-12)
    )
