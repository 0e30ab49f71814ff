"""Probabilities that mean what they say: how often the first motions of a network are right.

A calibration maps the logit of a model's up probability; it is odd, so that a waveform turned over
still gets exactly the opposite answer. It is fitted to labels of the network, or without any label
to first motions predicted by the other stations of each event.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from streamstress.errors import UnusableDataError

Floats = NDArray[np.float64]
Loss = Callable[..., float]

LARGEST_LOGIT = 12.0
"""A probability rounded to 0 or 1 has no logit; beyond this no set of labels can tell them."""

MIN_READINGS = 30
"""Fewer cannot tell two parameters from chance."""

# A probability of one beside a single wrong label would cost an infinite loss.
_SMALLEST = 1e-6
_NO_LAPSE = -9.0
_START = ((1.0, 0.02), (2.0, 0.02), (0.5, 0.02))


@dataclass(frozen=True, slots=True)
class Calibration:
    """``p(up) = 1/2 + (1/2 - lapse) tanh(logit / (2 temperature))``.

    ``temperature`` above 1 makes a model less sure (Guo et al. 2017, ICML, sect. 4.2); ``lapse``, 0
    to 0.5, is how often it is wrong however sure (wrong picks, wrong events). ``source`` says what
    it was fitted to, in words.
    """

    temperature: float = 1.0
    lapse: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        if not (0.0 < self.temperature < np.inf and 0.0 <= self.lapse < 0.5):
            raise ValueError(
                f"calibration: temperature {self.temperature} must be above 0 and lapse "
                f"{self.lapse} from 0 to below 0.5"
            )

    def apply(self, logits: ArrayLike) -> Floats:
        """Up probabilities (...) of logits (...)."""
        return 0.5 + self.above_half(logits)

    def above_half(self, logits: ArrayLike) -> Floats:
        """p(up) - 1/2 (...), odd in the logits to the last bit, whatever the platform's tanh."""
        z = np.asarray(logits, float)
        half = (0.5 - self.lapse) * np.tanh(np.abs(z) / (2.0 * self.temperature))
        return np.asarray(np.copysign(half, z))


UNCALIBRATED = Calibration()
"""Changes nothing."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of confidence ``max(p, 1 - p)``: mean confidence, share right, count; NaN where none."""

    confidence: Floats
    accuracy: Floats
    count: NDArray[np.int64]

    @property
    def expected_error(self) -> float:
        """Expected calibration error (Guo et al. 2017, ICML, eq. 3)."""
        gap = np.nan_to_num(np.abs(self.confidence - self.accuracy))
        return float(np.sum(gap * self.count) / max(1, self.count.sum()))


def logits_of(up_probability: ArrayLike, calibration: Calibration = UNCALIBRATED) -> Floats:
    """Logits (...) that a calibration turned into these probabilities.

    They are cut at `LARGEST_LOGIT` times the temperature: a rounded 0 or 1 has no logit.
    """
    above = np.asarray(up_probability, float) - 0.5
    share = np.abs(above) / (0.5 - calibration.lapse)
    size = 2.0 * np.arctanh(np.minimum(share, np.tanh(0.5 * LARGEST_LOGIT)))
    return np.asarray(np.copysign(calibration.temperature * size, above))


def fit_to_labels(logits: ArrayLike, up: ArrayLike, source: str = "labels") -> Calibration:
    """Calibration of least cross-entropy against labels.

    Parameters
    ----------
    logits
        (n,) of the model.
    up
        (n,) bool, the labels.

    Raises
    ------
    UnusableDataError
        Fewer than `MIN_READINGS` labels.
    """
    towards = np.where(np.asarray(up, bool), 1.0, -1.0) * np.asarray(logits, float)
    _check_count(towards.size, "labels")

    def loss(temperature: float, lapse: float) -> float:
        right = Calibration(temperature, lapse).apply(towards)
        return -float(np.mean(np.log(np.maximum(right, _SMALLEST))))

    temperature, lapse = _fitted(loss)[:2]
    return Calibration(temperature, lapse, f"{source}, n = {towards.size}")


def fit_to_predictions(
    logits: ArrayLike, predicted: ArrayLike, source: str = "other stations"
) -> Calibration:
    """Calibration of largest likelihood against first motions that the other stations predict.

    Reading and prediction agree with the probability that both are right or both wrong. How sure
    the predictions are has a temperature of its own: how agreement rises with the one and with the
    other tells the two apart. Where clear readings contradict clear predictions, one
    share cannot say whose fault it was: it is put down to the readings, which errs towards too
    little confidence.

    Parameters
    ----------
    logits
        (n,) of the model.
    predicted
        (n,) probability of up, from mechanisms solved without the station.

    Raises
    ------
    UnusableDataError
        Fewer than `MIN_READINGS` readings with a prediction.
    """
    z, q = np.asarray(logits, float), np.asarray(predicted, float)
    told = (q != 0.5) & (z != 0.0)
    z, q = z[told], q[told]
    _check_count(z.size, "readings with a prediction")

    towards = np.where(z > 0, 1.0, -1.0) * logits_of(q)

    def loss(temperature: float, lapse: float, prediction_temperature: float) -> float:
        p = Calibration(temperature, lapse).apply(np.abs(z))
        expected = Calibration(prediction_temperature).apply(towards)
        # How probable the sign of the reading is, given what the others predict.
        agreement = p * expected + (1.0 - p) * (1.0 - expected)
        return -float(np.mean(np.log(np.maximum(agreement, _SMALLEST))))

    temperature, lapse, _ = _fitted(loss, extra=1)
    return Calibration(temperature, lapse, f"{source}, n = {z.size}")


def reliability(up_probability: ArrayLike, up: ArrayLike, bins: int = 10) -> Reliability:
    """Share right by confidence, in equal bins from .5 to 1; exactly .5 counts half right."""
    p, labels = np.asarray(up_probability, float), np.asarray(up, bool)
    confidence = np.maximum(p, 1.0 - p)
    right = np.where(p == 0.5, 0.5, (p > 0.5) == labels)
    which = np.minimum((2.0 * (confidence - 0.5) * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(which, confidence, bins) / count
        share = np.bincount(which, right, bins) / count
    return Reliability(mean, share, count.astype(np.int64))


def _fitted(loss: Loss, extra: int = 0) -> tuple[float, ...]:
    """Temperature, lapse and ``extra`` further temperatures of least loss, of several starts."""

    def values(free: Floats) -> tuple[float, ...]:
        lapse = 0.5 / (1.0 + float(np.exp(-free[1])))
        # The bound stands for none.
        lapse = 0.0 if free[1] <= _NO_LAPSE else lapse
        return float(np.exp(free[0])), lapse, *(float(np.exp(x)) for x in free[2:])

    def of_free(free: Floats) -> float:
        return loss(*values(free))

    bounds = [(-3.0, 3.0), (_NO_LAPSE, 2.0), *([(-3.0, 3.0)] * extra)]
    starts = [
        np.array([np.log(t), np.log(2 * lapse / (1 - 2 * lapse)), *([0.0] * extra)])
        for t, lapse in _START
    ]
    found = [minimize(of_free, start, method="L-BFGS-B", bounds=bounds) for start in starts]
    return values(min(found, key=lambda result: float(result.fun)).x)


def _check_count(count: int, what: str) -> None:
    if count < MIN_READINGS:
        raise UnusableDataError(
            f"calibration: {count} {what} are too few; it takes at least {MIN_READINGS}"
        )
