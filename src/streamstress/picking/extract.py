"""Probabilities over time to picks."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Phase = Literal["P", "S"]


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a probability trace; ``position`` in samples, may be fractional."""

    position: float
    probability: float


@dataclass(frozen=True, slots=True)
class PickCandidate:
    """A pick of one window. ``ordinal`` counts picks of one phase in the window, in time order."""

    phase: Phase
    time_ns: int
    probability: float
    ordinal: int
    up_probability: float | None = None
    """Of a P, where the picker gives it."""


def find_peaks(
    probability: NDArray[np.floating[Any]], threshold: float, min_separation: int
) -> list[Peak]:
    """Peaks of a probability trace, in time order.

    A trigger opens where the trace exceeds half the threshold and closes where it falls below; one
    that reaches the threshold gives one peak, at its maximum. Of two peaks nearer than
    ``min_separation`` samples the more probable stays (the earlier, if equal).

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Values in 0..1.
    threshold : float
        Least probability of a peak.
    min_separation : int
        Samples.
    """
    above = np.concatenate(([False], probability > threshold / 2, [False]))
    edges = np.flatnonzero(above[1:] != above[:-1])
    peaks = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if probability[start:end].max() >= threshold:
            peaks.append(_summit(probability, int(start), int(end)))
    return _separated(peaks, min_separation)


def _summit(probability: NDArray[np.floating[Any]], start: int, end: int) -> Peak:
    part = probability[start:end]
    highest = float(part.max())
    top = np.flatnonzero(part == highest)
    # Rounded probabilities have flat tops; the first run of them counts.
    run = top[: np.argmax(np.diff(top, append=top[-1] + 2) > 1) + 1]
    centre = start + (int(run[0]) + int(run[-1])) / 2
    if len(run) > 1 or centre < 1 or centre > len(probability) - 2:
        return Peak(centre, highest)
    left, right = (float(probability[int(centre) + side]) for side in (-1, 1))
    return Peak(centre + _vertex(left, highest, right), highest)


def _vertex(left: float, middle: float, right: float) -> float:
    """Offset of a parabola's top from the middle of three samples, within half a sample."""
    curvature = left - 2 * middle + right
    return 0.0 if curvature >= 0 else 0.5 * (left - right) / curvature


def _separated(peaks: list[Peak], min_separation: int) -> list[Peak]:
    kept: list[Peak] = []
    for peak in sorted(peaks, key=lambda peak: (-peak.probability, peak.position)):
        if all(abs(peak.position - other.position) >= min_separation for other in kept):
            kept.append(peak)
    return sorted(kept, key=lambda peak: peak.position)
