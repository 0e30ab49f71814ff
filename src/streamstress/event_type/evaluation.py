"""How right the classifier is: by kind, and what it costs in earthquakes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from streamstress.event_type.model import KINDS, Kind
from streamstress.event_type.observation import Array
from streamstress.event_type.verdict import EARTHQUAKE, chosen_kind

Labels = NDArray[np.int64]

_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class TypeScore:
    """Confusion of a set of labelled events.

    ``counts`` (kinds, kinds): rows what they are, columns what they are taken for.
    ``calibration_error`` is the mean gap between the probability of an earthquake and the share of
    earthquakes, over ten bins, at the mix of the set.
    """

    counts: NDArray[np.int64]
    calibration_error: float

    def recall(self, kind: Kind) -> float:
        """Share of a kind that is taken for it; NaN where there is none."""
        row = self.counts[KINDS.index(kind)]
        return float(row[KINDS.index(kind)] / row.sum()) if row.sum() else np.nan

    def precision(self, kind: Kind, shares: Array | None = None) -> float:
        """Share of what is taken for a kind that is it, at the set's mix or given shares."""
        rows = self.counts.sum(axis=1, keepdims=True)
        mix = self.counts if shares is None else shares[:, None] * self.counts / np.maximum(rows, 1)
        column = mix[:, KINDS.index(kind)]
        return float(column[KINDS.index(kind)] / column.sum()) if column.sum() else np.nan

    @property
    def earthquakes(self) -> int:
        """Earthquakes in the set."""
        return int(self.counts[EARTHQUAKE].sum())

    @property
    def lost(self) -> int:
        """Earthquakes that are taken for something else, and get no mechanism."""
        return self.earthquakes - int(self.counts[EARTHQUAKE, EARTHQUAKE])

    @property
    def lost_at_most(self) -> float:
        """Upper end of the 95 % interval of the share lost (Clopper & Pearson 1934, one-sided)."""
        if self.lost >= self.earthquakes:
            return 1.0
        return float(beta.ppf(0.95, self.lost + 1, self.earthquakes - self.lost))


def score(probability: Array, kind: Labels, least_earthquake: float) -> TypeScore:
    """Score probabilities (n, kinds) against the true kinds (n,)."""
    counts = np.zeros((len(KINDS), len(KINDS)), np.int64)
    for row, true in zip(probability, kind, strict=True):
        counts[true, chosen_kind(row, least_earthquake)] += 1
    return TypeScore(counts, calibration_error(probability[:, EARTHQUAKE], kind == EARTHQUAKE))


def calibration_error(probability: Array, is_so: NDArray[np.bool_]) -> float:
    """Expected calibration error of a probability (n,), over ten bins of equal width."""
    place = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(probability[place == b].mean()) - float(is_so[place == b].mean()))
        * float((place == b).mean())
        for b in range(_BINS)
        if (place == b).any()
    ]
    return float(sum(gaps))


def as_json(told: TypeScore) -> dict[str, Any]:
    """The score as plain values."""
    return {
        "events": int(told.counts.sum()),
        "earthquakes": told.earthquakes,
        "earthquakes_lost": told.lost,
        "lost_at_most": round(told.lost_at_most, 5),
        "calibration_error": round(told.calibration_error, 4),
        "kinds": {
            kind: {
                "recall": _rounded(told.recall(kind)),
                "precision": _rounded(told.precision(kind)),
                "taken_for": dict(zip(KINDS, told.counts[place].tolist(), strict=True)),
            }
            for place, kind in enumerate(KINDS)
        },
    }


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
