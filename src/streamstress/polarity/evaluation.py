"""How good a polarity model is: accuracy, kept fraction, calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.polarity.classify import PolarityModel, decide
from streamstress.polarity.training import LabelledOnsets

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PolarityScore:
    """Figures of one set of onsets of known sign.

    ``accuracy`` calls every onset by p >< .5 (exactly .5 counts half); ``kept`` is the decided
    fraction, ``accuracy_of_kept`` their accuracy (NaN where none); ``calibration_error`` the
    expected calibration error.
    """

    count: int
    accuracy: float
    kept: float
    accuracy_of_kept: float
    calibration_error: float


def evaluate(model: PolarityModel, onsets: LabelledOnsets) -> PolarityScore:
    """Score a model; onsets of sign 0 are left out."""
    signed = onsets.sign != 0
    result = model.classify(onsets.waveform, onsets.sampling_rate_hz, onsets.pick_index)
    return score(result.up_probability[signed], onsets.sign[signed], model.threshold)


def score(probability: Floats, sign: NDArray[np.integer[Any]], threshold: float) -> PolarityScore:
    """Score of probabilities (n,) of onsets of sign +1 or -1."""
    up = sign > 0
    right = np.where(probability == 0.5, 0.5, (probability > 0.5) == up)
    kept = decide(probability, threshold) != "unknown"
    return PolarityScore(
        count=int(sign.size),
        accuracy=float(right.mean()),
        kept=float(kept.mean()),
        accuracy_of_kept=float(right[kept].mean()) if kept.any() else float("nan"),
        calibration_error=calibration_error(probability, up),
    )


def calibration_error(probability: Floats, up: NDArray[np.bool_], bins: int = 10) -> float:
    """Measure the expected calibration error, in equal bins of confidence from .5 to 1.

    Guo et al. (2017, ICML), eq. 3.
    """
    confidence = np.maximum(probability, 1.0 - probability)
    right = np.where(probability == 0.5, 0.5, (probability > 0.5) == up)
    which = np.minimum((2.0 * (confidence - 0.5) * bins).astype(int), bins - 1)
    gap = np.bincount(which, weights=confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / probability.size)
