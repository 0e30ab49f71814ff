"""The kind of an event record, from its arrivals and origin alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.event_type.model import TypeModel
from streamstress.event_type.observation import OCTAVES_HZ, Array, Observation, PhaseTable
from streamstress.event_type.verdict import Judgement, judge_type
from streamstress.records import Arrival, EventType, Magnitude, Origin
from streamstress.records.events import EventKind
from streamstress.stream.event_readings import ALL_COMPONENTS

_BANDS = len(OCTAVES_HZ) - 1
_CENTRES_HZ = np.sqrt(np.array(OCTAVES_HZ[:-1]) * np.array(OCTAVES_HZ[1:]))

_MEASURED = slice(1, 5)
"""Octaves of the band that amplitudes are read in, 1 to 15 Hz."""

_ACCELEROMETERS = "NG"
"""Instrument codes of SEED: accelerometer, and gravimeter as Japan's strong-motion sensors."""


@dataclass(frozen=True, slots=True)
class EventTypes:
    """The classifier with what is known beforehand; without a model all are earthquakes."""

    model: TypeModel | None = None
    judgement: Judgement = field(default_factory=Judgement)

    def of(
        self, origin: Origin, arrivals: Sequence[Arrival], magnitude: Magnitude | None
    ) -> tuple[EventKind, EventType | None]:
        """Kind and probabilities of an event; nothing else that is known of it changes them."""
        if self.model is None:
            return "earthquake", None
        seen = observation_of(origin, arrivals, magnitude)
        verdict = judge_type(self.model, seen, self.judgement)
        told = EventType(
            probabilities=dict(verdict.probability),
            model=self.model.name,
            reason=verdict.reason,
        )
        return verdict.kind, told


def observation_of(
    origin: Origin, arrivals: Sequence[Arrival], magnitude: Magnitude | None
) -> Observation:
    """An event as the classifier looks at it; of magnitudes a local one counts."""
    codes = sorted({arrival.station for arrival in arrivals})
    number = {code: n for n, code in enumerate(codes)}
    return Observation(
        p=_table(arrivals, "P", origin, number),
        s=_table(arrivals, "S", origin, number),
        depth_km=origin.depth_km,
        depth_error_km=origin.depth_error_km,
        horizontal_error_km=origin.horizontal_error_km,
        rms_s=origin.rms_s,
        gap_deg=origin.gap_deg,
        latitude_deg=origin.latitude_deg,
        longitude_deg=origin.longitude_deg,
        origin_time_ns=origin.time_ns,
        magnitude=magnitude.value if magnitude and magnitude.kind == "ML" else np.nan,
    )


def _table(
    arrivals: Sequence[Arrival], phase: str, origin: Origin, number: dict[str, int]
) -> PhaseTable:
    own = {a.station: a for a in reversed(arrivals) if a.phase == phase}
    used = [own[code] for code in sorted(own)]

    def column(values: Sequence[float | None]) -> Array:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    return PhaseTable(
        station=np.array([number[a.station] for a in used], dtype=np.int64),
        time_s=column([(a.time_ns - origin.time_ns) / 1e9 for a in used]),
        residual_s=column([a.residual_s for a in used]),
        distance_km=column([a.distance_km for a in used]),
        azimuth_deg=column([a.azimuth_deg for a in used]),
        snr=column([a.snr for a in used]),
        probability=column([a.probability for a in used]),
        up_probability=column([a.polarity.up_probability if a.polarity else None for a in used]),
        rise=np.array([_rise(a) for a in used], dtype=np.float64),
        signal=_levels(used, "signal"),
        noise=_levels(used, "noise"),
        whole=np.array([_is_whole(a) for a in used], dtype=np.bool_),
    )


def _rise(arrival: Arrival) -> float:
    """log10 of the peak over the level of the wave; NaN where not known or clipped."""
    if arrival.levels is None or arrival.amplitude is None or arrival.amplitude.clipped:
        return np.nan
    read = [level for level in arrival.levels.signal[_MEASURED] if level is not None]
    power = sum(level**2 for level in read)
    if power <= 0.0 or arrival.amplitude.value <= 0.0:
        return np.nan
    return float(np.log10(arrival.amplitude.value) - 0.5 * np.log10(power))


def _levels(used: Sequence[Arrival], name: str) -> Array:
    """Levels (n, 6) as of ground velocity; NaN where not known or clipped."""
    rows: NDArray[np.float64] = np.full((len(used), _BANDS), np.nan)
    for row, arrival in zip(rows, used, strict=True):
        if arrival.levels is None or (arrival.amplitude and arrival.amplitude.clipped):
            continue
        told = getattr(arrival.levels, name)
        row[:] = [np.nan if level is None else level for level in told]
        if arrival.channel[1:2] in _ACCELEROMETERS and len(arrival.channel) >= 2:
            row /= _CENTRES_HZ
    return rows


def _is_whole(arrival: Arrival) -> bool:
    return arrival.amplitude is not None and arrival.amplitude.component == ALL_COMPONENTS
