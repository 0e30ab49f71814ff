"""Which first motions to use: the threshold on ``|2p - 1|``, by precision or by mechanisms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.errors import UnusableDataError

Floats = NDArray[np.float64]

CLEAR = 0.9
"""``|2p - 1|`` of a reading clear enough to judge predictions by."""

ENOUGH = 0.9
"""Part of the most information that is given up for more mechanisms."""

WRONG = 0.02
"""Share of clear readings that are wrong all the same; bounds the loss of one of them."""


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """One point a threshold, the thresholds ascending, each a value that occurs.

    Attributes
    ----------
    threshold
        (k,) least ``|2p - 1|`` of a decision.
    precision
        (k,) share of the decisions that are right.
    recall
        (k,) share of all labelled onsets that are decided and right.
    kept
        (k,) share of all labelled onsets that are decided.
    count
        (k,) decisions.
    """

    threshold: Floats
    precision: Floats
    recall: Floats
    kept: Floats
    count: NDArray[np.int64]

    @property
    def precision_low(self) -> Floats:
        """Lower end (k,) of the precision's 95 % interval."""
        return wilson_interval(self.precision, self.count)[0]


def precision_recall(up_probability: ArrayLike, up: ArrayLike) -> PrecisionRecall:
    """Precision and recall of the decisions at every threshold.

    Parameters
    ----------
    up_probability
        (n,); exactly one half is never decided.
    up
        (n,) bool labels.

    Raises
    ------
    UnusableDataError
        No reading is decided at any threshold.
    """
    p, labels = np.asarray(up_probability, float), np.asarray(up, bool)
    certainty: Floats = np.round(np.abs(2.0 * p - 1.0), 6).astype(np.float64)
    order = np.argsort(-certainty, kind="stable")
    order = order[certainty[order] > 0.0]
    if order.size == 0:
        raise UnusableDataError("precision and recall: no onset has a probability other than .5")
    sorted_certainty = certainty[order]
    n_right = np.cumsum((p[order] > 0.5) == labels[order])
    # A threshold takes all onsets of equal certainty at once.
    last = np.flatnonzero(np.append(np.diff(sorted_certainty) != 0, True))[::-1]
    count = last + 1
    return PrecisionRecall(
        sorted_certainty[last],
        n_right[last] / count,
        n_right[last] / p.size,
        count / p.size,
        count.astype(np.int64),
    )


def threshold_for_precision(curve: PrecisionRecall, precision: float) -> float:
    """Lowest threshold from which on every threshold reaches the wanted precision.

    Thresholds at which fewer onsets are decided than could show that precision are left out, so
    that a few lucky ones at the far end decide nothing: 3 / (1 - precision), the rule of three.

    Raises
    ------
    UnusableDataError
        No threshold does, or there are too few onsets to show it.
    """
    needed = 3.0 / max(1.0 - precision, 1e-6)
    enough = curve.count >= needed
    if not enough.any():
        raise UnusableDataError(
            f"{int(curve.count.max())} decided onsets cannot show a precision of {precision:g}; it "
            f"takes {needed:.0f} onsets"
        )
    reached = curve.precision >= precision
    below = np.flatnonzero(enough & ~reached)
    first = int(below[-1]) + 1 if below.size else 0
    usable = np.flatnonzero(enough & reached)
    usable = usable[usable >= first]
    if usable.size == 0:
        best = float(curve.precision[enough].max())
        raise UnusableDataError(
            f"no threshold gives a precision of {precision:g}; the best of enough onsets to tell "
            f"is {best:.4f}"
        )
    return float(curve.threshold[usable[0]])


@dataclass(frozen=True, slots=True)
class MechanismQuality:
    """The mechanisms that one threshold gives.

    ``n_usable`` has grades A to C; probability and misfit are means over those, NaN where none.
    ``information_bits`` is what the mechanism of the other stations tells of a clear reading on
    average: 1 for all, 0 for nothing, below 0 where it misleads.
    """

    threshold: float
    n_events: int
    n_polarities: float
    n_usable: int
    probability: float
    misfit: float
    information_bits: float


def best_threshold(qualities: Sequence[MechanismQuality]) -> MechanismQuality:
    """The lowest threshold whose mechanisms tell, within 10 %, the most of readings left out.

    Uchide (2020, GJI 223, 1658) looked at number, probability and misfit of the mechanisms. These
    alone mislead: a low threshold lets wrong first motions in, which narrow the set of acceptable
    mechanisms, so that more of them get a grade (docs/methods.md has an example).

    Raises
    ------
    UnusableDataError
        No threshold gives mechanisms that tell anything.
    """
    most = max((quality.information_bits for quality in qualities), default=0.0)
    if most <= 0.0:
        raise UnusableDataError("no threshold gives mechanisms that tell the other first motions")
    enough = [quality for quality in qualities if quality.information_bits >= ENOUGH * most]
    return min(enough, key=lambda quality: quality.threshold)


def information_bits(up_probability: ArrayLike, predicted: ArrayLike) -> float:
    """Mean of log2(2 P) of the sign of clear readings (`CLEAR`), P as predicted; 0 without any."""
    p, q = np.asarray(up_probability, float), np.asarray(predicted, float)
    clear = np.abs(2.0 * p - 1.0) >= CLEAR
    if not clear.any():
        return 0.0
    of_sign = np.where(p > 0.5, q, 1.0 - q)[clear]
    return float(np.mean(np.log2(2.0 * ((1.0 - WRONG) * of_sign + 0.5 * WRONG))))


def wilson_interval(share: ArrayLike, count: ArrayLike) -> tuple[Floats, Floats]:
    """95 % interval of a share (Wilson 1927); 0 to 1 where nothing was counted."""
    z = 1.959964
    n = np.maximum(np.asarray(count, float), 1e-9)
    s = np.nan_to_num(np.asarray(share, float), nan=0.5)
    centre = (s + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(s * (1 - s) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)
