"""Magnitudes from S amplitudes: local where the instruments are known, else relative.

``M = log10 A + a log10(r / 100) + b (r - 100) + 3`` with A in millimetres of a Wood-Anderson
seismograph and r in km (Hutton & Boore 1987, BSSA 77, 2074, for Southern California: a 1.11, b
0.00189), a region having a and b of its own. What a station reads too large is learned and taken
off. Without instrument responses A is in counts: such magnitudes tell events of one network apart,
and no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamstress.location.wood_anderson import wood_anderson_mm

Array = NDArray[np.float64]

FEWEST_FOR_TERM = 5
TERM_MEMORY = 100.0
LEAST_SIGMA = 0.1
"""Amplitudes of neighbours share the source's radiation."""

Kind = Literal["ML", "Mrel"]


@dataclass(frozen=True, slots=True)
class MagnitudeSettings:
    """The region's attenuation, and what is used."""

    geometric: float = 1.11
    per_km: float = 0.00189
    min_stations: int = 3

    def path(self, distance_km: float) -> float:
        """What is added for the way."""
        r = max(distance_km, 1.0)
        return self.geometric * float(np.log10(r / 100.0)) + self.per_km * (r - 100.0) + 3.0


@dataclass(frozen=True, slots=True, eq=False)
class SAmplitude:
    """Peak of an S at one instrument.

    ``counts_per_m_s`` (n,) is the instrument's response to velocity at
    `wood_anderson.FREQUENCIES_HZ`, None where it is not known; ``band_hz`` where the peak was read.
    """

    instrument: str
    counts: float
    distance_km: float
    counts_per_m_s: Array | None = None
    band_hz: tuple[float, float] = (1.0, 15.0)


@dataclass(frozen=True, slots=True)
class MagnitudeEstimate:
    """The median of the stations with its standard error."""

    value: float
    kind: Kind
    sigma: float
    n_stations: int


@dataclass(slots=True)
class EventMagnitudes:
    """Magnitudes of a region's events, and the terms of its stations, learned from them."""

    settings: MagnitudeSettings = field(default_factory=MagnitudeSettings)
    _terms: dict[tuple[str, Kind], tuple[float, float]] = field(default_factory=dict)
    """Count and mean of what a station reads too large."""

    def estimate(self, amplitudes: Iterable[SAmplitude]) -> MagnitudeEstimate | None:
        """Magnitude of one event; None with fewer than the least stations."""
        kind, values = self._values(list(amplitudes))
        if len(values) < self.settings.min_stations:
            return None
        told = np.array([value - self._term(name, kind) for name, value in values.items()])
        middle = float(np.median(told))
        scatter = 1.4826 * float(np.median(np.abs(told - middle)))
        sigma = max(LEAST_SIGMA, scatter / np.sqrt(len(told)))
        return MagnitudeEstimate(middle, kind, float(sigma), len(told))

    def learn(self, amplitudes: Iterable[SAmplitude]) -> None:
        """Take the amplitudes of a final event."""
        listed = list(amplitudes)
        found = self.estimate(listed)
        if found is None:
            return
        for name, value in self._values(listed)[1].items():
            count, mean = self._terms.get((name, found.kind), (0.0, 0.0))
            count = min(count + 1.0, TERM_MEMORY)
            self._terms[name, found.kind] = count, mean + (value - found.value - mean) / count

    def _term(self, name: str, kind: Kind) -> float:
        count, mean = self._terms.get((name, kind), (0.0, 0.0))
        return mean if count >= FEWEST_FOR_TERM else 0.0

    def _values(self, amplitudes: Sequence[SAmplitude]) -> tuple[Kind, Mapping[str, float]]:
        """Each station's magnitude: local ones where enough are known, else relative ones."""
        known = [a for a in amplitudes if a.counts_per_m_s is not None]
        is_local = len({a.instrument for a in known}) >= self.settings.min_stations
        used = known if is_local else amplitudes
        kind: Kind = "ML" if is_local else "Mrel"
        return kind, {a.instrument: self._value(a, kind) for a in used if a.counts > 0}

    def _value(self, amplitude: SAmplitude, kind: Kind) -> float:
        size, path = amplitude.counts, self.settings.path(amplitude.distance_km)
        if kind == "ML" and amplitude.counts_per_m_s is not None:
            size = wood_anderson_mm(
                size, amplitude.distance_km, amplitude.band_hz, amplitude.counts_per_m_s, path
            )
        return float(np.log10(size)) + path
