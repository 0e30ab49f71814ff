"""What a region's stations are late or early by, learned from its earthquakes.

A station on sediment hears every wave late. The residuals of located earthquakes, with the term
that was taken off put back, have this as their mean; each term is drawn towards zero while few
residuals speak for it (an empirical Bayes shrinkage, with the scatter between stations and that of
a reading put equal over `PRIOR_COUNT` readings).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamstress.location.hypocentre import INLIER_WEIGHT, ArrivalGeometry

PRIOR_COUNT = 4.0
FEWEST = 5
"""Readings below which a station has no term."""

MEMORY = 100.0
"""Readings that the mean remembers: a changed station is followed within about as many."""

LARGEST_STEP_S = 0.3
"""A residual counts as so much at most (Huber), beyond what the term says already."""


@dataclass(slots=True)
class StationTerms:
    """Running means of residuals (s) by station and phase."""

    _means: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """Count and mean."""
    _delays: dict[tuple[str, str], float] = field(default_factory=dict)

    def delays(self) -> Mapping[tuple[str, str], float]:
        """Term (s) by station and phase; what is not there is 0."""
        return self._delays

    def learn(self, arrivals: Iterable[ArrivalGeometry]) -> None:
        """Take the readings of one final origin, located with the present terms."""
        for arrival in arrivals:
            if arrival.weight < INLIER_WEIGHT:
                continue
            key = (arrival.station, arrival.phase)
            count, mean = self._means.get(key, (0.0, 0.0))
            raw = arrival.residual_s + self._delays.get(key, 0.0)
            step = max(-LARGEST_STEP_S, min(LARGEST_STEP_S, raw - mean))
            count = min(count + 1.0, MEMORY)
            mean += step / count
            self._means[key] = (count, mean)
            if count >= FEWEST:
                self._delays[key] = mean * count / (count + PRIOR_COUNT)

    def snapshot(self) -> dict[str, list[float]]:
        """Counts and means as plain numbers, by ``NET.STA P``."""
        return {" ".join(key): [count, mean] for key, (count, mean) in self._means.items()}

    @classmethod
    def restored(cls, snapshot: Mapping[str, Iterable[float]]) -> "StationTerms":
        """Take up a snapshot."""
        terms = cls()
        for name, (count, mean) in snapshot.items():
            station, phase = name.rsplit(" ", 1)
            terms._means[station, phase] = (count, mean)
            if count >= FEWEST:
                terms._delays[station, phase] = mean * count / (count + PRIOR_COUNT)
        return terms
