"""Station terms of log10 S/P, learned from what solved mechanisms leave unexplained.

A residual is the observed ratio, not corrected for its station, less that of the mechanism. A
station's term is a robust mean of its residuals, drawn towards the mean of the region by as much
as the scatter of one residual and the spread of the stations say (Efron & Morris 1975, JASA 70,
311). An event is never part of the terms that it is solved with.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

KEPT = 64
"""Residuals kept of a station, the latest: a changed instrument is forgotten, and the error of
their mean is an eighth of the scatter, below what ray errors leave."""

LARGEST_RESIDUAL = 1.2
"""Larger ones, factors of 16, are faults of a reading or of the mechanism and are not kept."""

TRIMMED = 0.25
"""Part of the residuals that is cut off on either side before the mean is taken."""

EFFICIENCY = 0.83
"""Variance of a mean over that of the trimmed mean, of normal residuals (Tukey's midmean)."""

PRIOR_SCATTER, PRIOR_SPREAD = 0.35, 0.25
"""Scatter of a residual and spread of the terms before anything is learned. Observed S/P scatters
by a factor of two and more about good mechanisms (Hardebeck & Shearer 2003), 0.3 and more in
log10, stations and single readings together."""

PRIOR_COUNT = 20.0
"""Residuals that `PRIOR_SCATTER`, and stations that `PRIOR_SPREAD`, count for."""

LEAST_SPREAD = 0.05
"""Spread of the terms that is supposed at least: stations are never all alike."""


@dataclass(frozen=True, slots=True)
class StationTerm:
    """What is known of a station: ``value`` of log10 S/P, its ``sigma``, from ``count`` events."""

    value: float
    sigma: float
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Residuals of one station: robust mean, variance of one about it, number."""

    mean: float
    variance: float
    count: int


@dataclass(slots=True)
class StationTerms:
    """The residuals of a region's stations as events come.

    Two instances that took the same residuals in the same order answer the same, also after
    `snapshot` and `restored`.
    """

    _residuals: dict[str, deque[tuple[str, float]]] = field(default_factory=dict)
    _summaries: dict[str, Summary] = field(default_factory=dict)

    def update(self, event_id: str, residuals: Mapping[str, float]) -> bool:
        """Take an event's residuals by station, in place of those of a former version of it.

        Returns whether anything is different now.
        """
        changed = self.remove(event_id)
        for station in sorted(residuals):
            value = float(residuals[station])
            if abs(value) <= LARGEST_RESIDUAL:
                kept = self._residuals.setdefault(station, deque(maxlen=KEPT))
                kept.append((event_id, value))
                self._summaries[station] = summary_of([value for _, value in kept])
                changed = True
        return changed

    def remove(self, event_id: str) -> bool:
        """Take an event out; whether it was held."""
        holding = [s for s, kept in self._residuals.items() if _holds(kept, event_id)]
        for station in holding:
            left = [pair for pair in self._residuals[station] if pair[0] != event_id]
            if left:
                self._residuals[station] = deque(left, maxlen=KEPT)
                self._summaries[station] = summary_of([value for _, value in left])
            else:
                del self._residuals[station], self._summaries[station]
        return bool(holding)

    def terms(self, stations: Sequence[str], event_id: str = "") -> list[StationTerm]:
        """Terms of stations by all other events; an unknown station has that of the region."""
        others = dict(self._summaries)
        for station, kept in self._residuals.items():
            if _holds(kept, event_id):
                values = [value for name, value in kept if name != event_id]
                others.pop(station)
                if values:
                    others[station] = summary_of(values)
        return terms_of(others, stations)

    def snapshot(self) -> dict[str, list[tuple[str, float]]]:
        """All that is held, in plain types."""
        return {station: list(kept) for station, kept in self._residuals.items()}

    @classmethod
    def restored(cls, snapshot: Mapping[str, Sequence[tuple[str, float]]]) -> "StationTerms":
        """The terms of a snapshot."""
        terms = cls()
        for station, kept in snapshot.items():
            terms._residuals[station] = deque(((n, float(v)) for n, v in kept), maxlen=KEPT)
            terms._summaries[station] = summary_of([value for _, value in kept])
        return terms

    def __len__(self) -> int:
        """Count the stations with a residual."""
        return len(self._residuals)


def summary_of(values: ArrayLike) -> Summary:
    """Summary of residuals (k,), k at least 1; in the variance, a median deviation."""
    found = np.sort(np.asarray(values, float))
    count = len(found)
    deviation = 1.4826 * float(np.median(np.abs(found - np.median(found))))
    freedom = max(count - 1, 1) / count
    cut = int(TRIMMED * count)
    return Summary(float(found[cut : count - cut].mean()), deviation**2 / freedom, count)


def terms_of(summaries: Mapping[str, Summary], stations: Sequence[str]) -> list[StationTerm]:
    """Terms of stations from the summaries of those known; without any 0 and the prior spread.

    Parameters
    ----------
    summaries
        By station, in any order.
    stations
        Whose terms are wanted, known or not.
    """
    known = [summaries[name] for name in sorted(summaries)]
    scatter = residual_scatter(known)
    region, region_sigma, spread = _region(known, scatter)
    terms = []
    for station in stations:
        summary = summaries.get(station, Summary(region, 0.0, 0))
        informed = EFFICIENCY * summary.count
        share = informed / (informed + (scatter / spread) ** 2)
        value = region + share * (summary.mean - region)
        sigma = np.hypot(spread * np.sqrt(1.0 - share), (1.0 - share) * region_sigma)
        terms.append(StationTerm(value, float(sigma), summary.count))
    return terms


def residual_scatter(known: Sequence[Summary]) -> float:
    """Standard deviation of a residual about its station: what S/P of this region scatters by."""
    freedom = sum(summary.count - 1 for summary in known)
    found = sum((summary.count - 1) * summary.variance for summary in known)
    return float(np.sqrt((PRIOR_COUNT * PRIOR_SCATTER**2 + found) / (PRIOR_COUNT + freedom)))


def _region(known: Sequence[Summary], scatter: float) -> tuple[float, float, float]:
    """Mean of all stations, drawn to 0, with its sigma; and the spread of their terms."""
    mean = np.array([summary.mean for summary in known])
    error = scatter**2 / (EFFICIENCY * np.array([summary.count for summary in known], float))
    weight = 1.0 / (PRIOR_SPREAD**2 + error)
    # Before it is seen, a region is as far from 0 as one of its stations.
    total = float(weight.sum()) + PRIOR_SPREAD**-2
    region = float(weight @ mean) / total
    between = float(np.sum((mean - region) ** 2 - error))
    variance = (PRIOR_COUNT * PRIOR_SPREAD**2 + between) / (PRIOR_COUNT + len(known))
    return region, total**-0.5, float(np.sqrt(max(variance, LEAST_SPREAD**2)))


def _holds(kept: Sequence[tuple[str, float]] | deque[tuple[str, float]], event_id: str) -> bool:
    return any(name == event_id for name, _ in kept)
