"""The running score: whether the latest mechanisms look turned.

The learned mechanisms, each spread to its neighbours, are a density of mechanisms (no plane has to
be chosen). An event's score is the slope of that density's logarithm as the density turns about
east, north and up: three numbers that are zero in the mean while nothing turns, and whose sum is
the locally most powerful test of a turn (Rao 1948, Proc. Camb. Phil. Soc. 44, 50). A density that
only widens, as when mechanisms get worse, has no slope. The mean of the latest k scores is held
against the reference: ``k n0 / (k + n0) |mean_k - mean_0|^2``, the largest over run lengths k
(Lai 1995, J. R. Stat. Soc. B 57, 613: window-limited likelihood ratio).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

WINDOW_RATIO = 1.12
"""Step between run lengths that are scanned at every event; the onset is then sought over all
lengths."""

CONCENTRATION = 8.0
"""Of the neighbourhood ``exp(c (x . y - 1))`` of unit tensors x, y: about 20 degrees wide. Of 1, 3,
6, 10, 15, 25 those from 6 to 15 told turns of 15 and 20 degrees best, at errors of 15 to 30."""

RIDGE = 0.02
"""Share of the mean variance added to every direction: keeps nearly identical mechanisms from
being whitened to noise."""

UNIT = 2.0**-32
"""Scores are summed as integers of this size: exact, in any order, so that a detector restored
half way is the same to the last bit."""

_HALF, _THIRD = np.sqrt(0.5), np.sqrt(1.5)
ISOMETRY = np.array(
    [
        [0.0, np.sqrt(2.0), 0.0, 0.0, 0.0],
        [0.0, 0.0, np.sqrt(2.0), 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, np.sqrt(2.0)],
        [_HALF, 0.0, 0.0, -_HALF, 0.0],
        [-_THIRD, 0.0, 0.0, -_THIRD, 0.0],
    ]
)
"""Turns ``(ee, en, eu, nn, nu)`` into five numbers whose length is the tensor's norm."""


@dataclass(frozen=True, slots=True)
class TurnScore:
    """The learned density of mechanisms, and how an event's score is whitened.

    Attributes
    ----------
    learned : (n, 5) float, isometric components
    weight : (n,) float
    mean : (3,) float
    whiten : (3, 3) float
        Inverse Cholesky factor of the scores' covariance.
    n_effective : float
        Independent events that the density is worth.
    """

    learned: Array
    weight: Array
    mean: Array
    whiten: Array
    n_effective: float

    def of(self, x: Array) -> Array:
        """Whitened scores (m, 3) of events (m, 5)."""
        raw = _slopes(x, self.learned, self.weight, _TURNS, False)
        return np.asarray((raw - self.mean) @ self.whiten.T)

    def of_learned(self) -> Array:
        """Whitened scores (n, 3) of the learned events, each left out of its own density."""
        raw = _slopes(self.learned, self.learned, self.weight, _TURNS, True)
        return np.asarray((raw - self.mean) @ self.whiten.T)


def isometric(five: ArrayLike) -> Array:
    """Isometric components (..., 5) of five-vectors (..., 5)."""
    return np.asarray(np.asarray(five, float) @ ISOMETRY.T)


def learn_turns(x: Array, weight: Array) -> TurnScore:
    """Density and whitening of reference events.

    Parameters
    ----------
    x
        (n, 5) isometric components.
    weight
        (n,) how much of an independent event each one counts.
    """
    slopes = _slopes(x, x, weight, _TURNS, True)
    return TurnScore(x, weight, *mean_and_whitening(slopes, weight), float(weight.sum()))


def mean_and_whitening(rows: Array, weight: Array) -> tuple[Array, Array]:
    """Weighted mean (k,) of rows (n, k), and the inverse Cholesky factor of their covariance."""
    total = float(weight.sum())
    mean = weight @ rows / total
    centred = rows - mean
    # a mean estimated from the same events takes one effective event away
    covariance = (weight[:, None] * centred).T @ centred / (total - 1.0)
    size = rows.shape[1]
    covariance += (RIDGE * np.trace(covariance) / size + 1e-12) * np.eye(size)
    return mean, np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def window_lengths(min_window: int, max_window: int) -> tuple[int, ...]:
    """Run lengths that are scanned, growing by `WINDOW_RATIO`."""
    lengths, length = [], float(min_window)
    while length < max_window:
        lengths.append(round(length))
        length = max(length * WINDOW_RATIO, length + 1.0)
    return (*lengths, max_window)


@njit(cache=True, error_model="numpy")
def scan(
    sums: Integers, counts: Integers, lengths: Integers, n_reference: float, min_weight: float
) -> tuple[float, int]:
    """Largest score over run lengths, and the length (events) at which it is reached.

    Parameters
    ----------
    sums, counts
        (m + 1, 3) and (m + 1,) running sums of weight times score and of weight, in `UNIT`;
        the last is the latest event.
    lengths
        Run lengths, ascending.
    n_reference
        Independent events of the reference.
    min_weight
        Runs that count as fewer events are left out.
    """
    end = counts.shape[0] - 1
    best, where = 0.0, 0
    for length in lengths:
        if length > end:
            break
        count = (counts[end] - counts[end - length]) * UNIT
        if count < min_weight - 1e-6:
            continue
        square = 0.0
        for k in range(sums.shape[1]):
            square += ((sums[end, k] - sums[end - length, k]) * UNIT) ** 2
        score = square * n_reference / (count * (count + n_reference))
        if score > best:
            best, where = score, length
    return best, where


def _turns() -> Array:
    """Slope (3, 5, 5) of isometric components as a tensor turns about east, north, up."""
    back = np.linalg.inv(ISOMETRY)
    slopes = np.empty((3, 5, 5))
    for axis in range(3):
        spin = np.zeros((3, 3))
        one, two = (axis + 1) % 3, (axis + 2) % 3
        spin[two, one], spin[one, two] = 1.0, -1.0
        for k in range(5):
            ee, en, eu, nn, nu = back[:, k]
            tensor = np.array([[ee, en, eu], [en, nn, nu], [eu, nu, -ee - nn]])
            moved = spin @ tensor - tensor @ spin
            five = [moved[0, 0], moved[0, 1], moved[0, 2], moved[1, 1], moved[1, 2]]
            slopes[axis, :, k] = ISOMETRY @ np.array(five)
    return slopes


_TURNS = _turns()


@njit(cache=True, error_model="numpy")
def _slopes(x: Array, learned: Array, weight: Array, turns: Array, leave_out: bool) -> Array:
    """Slopes (m, 3) of the log density at events (m, 5) as the density turns."""
    slopes = np.zeros((x.shape[0], 3))
    for i in range(x.shape[0]):
        total = 1e-300
        mean = np.zeros(5)
        for j in range(learned.shape[0]):
            if leave_out and j == i:
                continue
            product = 0.0
            for k in range(5):
                product += x[i, k] * learned[j, k]
            near = weight[j] * np.exp(CONCENTRATION * (product - 1.0))
            total += near
            for k in range(5):
                mean[k] += near * learned[j, k]
        for axis in range(3):
            for k in range(5):
                for m in range(5):
                    slopes[i, axis] += CONCENTRATION * x[i, k] * turns[axis, k, m] * mean[m] / total
    return slopes
