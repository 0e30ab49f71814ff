"""The running score: whether the latest mechanisms look turned.

The learned mechanisms, each spread to its neighbours, are a density of mechanisms (no plane has to
be chosen). An event's score is the slope of that density's logarithm as the density turns about
east, north and up: three numbers that are zero in the mean while nothing turns, and whose sum is
the locally most powerful test of a turn (Rao 1948, Proc. Camb. Phil. Soc. 44, 50). A density that
only widens, as when mechanisms get worse, has no slope. The mean of the latest k scores is held
against the reference: ``k n0 / (k + n0) |mean_k - mean_0|^2``, the largest over run lengths k
(Lai 1995, J. R. Stat. Soc. B 57, 613: window-limited likelihood ratio).

The slopes vanish again where a turn is so large that the mechanisms become the opposite ones; the
density itself (`TurnScore.likeness_of`) then says that they are far from those learned.
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

MOST_LIKENESS = 4.0
"""Bound of an event's likeness, in standard deviations: one bad mechanism is one bad mechanism."""

LEAST_SPREAD = 0.2
"""Standard deviation of log density, where all that was learned is alike: a mechanism 13 degrees
from all others differs by so much."""

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
    log_density : (2,) float
        Mean and standard deviation of the learned events' log density, each left out of it.
    """

    learned: Array
    weight: Array
    mean: Array
    whiten: Array
    n_effective: float
    log_density: Array

    def of(self, x: Array) -> Array:
        """Whitened scores (m, 3) of events (m, 5)."""
        return self._whitened(_slopes(x, self.learned, self.weight, _TURNS, False))

    def of_learned(self) -> Array:
        """Whitened scores (n, 3) of the learned events, each left out of its own density."""
        return self._whitened(_slopes(self.learned, self.learned, self.weight, _TURNS, True))

    def with_likeness(self, x: Array) -> Array:
        """Whitened scores and likeness (m, 4) of events (m, 5).

        The likeness is the log density less the learned events' mean of it, in their standard
        deviations, `MOST_LIKENESS` at most either way.
        """
        raw = _slopes(x, self.learned, self.weight, _TURNS, False)
        likeness = (raw[:, 3] - self.log_density[0]) / self.log_density[1]
        clipped = np.clip(likeness, -MOST_LIKENESS, MOST_LIKENESS)
        return np.concatenate([self._whitened(raw), clipped[:, None]], axis=1)

    def _whitened(self, raw: Array) -> Array:
        return np.asarray((raw[:, :3] - self.mean) @ self.whiten.T)


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
    total = float(weight.sum())
    density = slopes[:, 3]
    mean = float(weight @ density) / total
    spread = np.sqrt(float(weight @ (density - mean) ** 2) / total)
    level = np.array([mean, max(spread, LEAST_SPREAD)])
    return TurnScore(x, weight, *mean_and_whitening(slopes[:, :3], weight), total, level)


def mean_and_whitening(rows: Array, weight: Array, least: float = 1e-12) -> tuple[Array, Array]:
    """Weighted mean (k,) of rows (n, k), and the inverse Cholesky factor of their covariance.

    ``least`` is added to the variance in every direction.
    """
    total = float(weight.sum())
    mean = weight @ rows / total
    centred = rows - mean
    # a mean estimated from the same events takes one effective event away
    covariance = (weight[:, None] * centred).T @ centred / (total - 1.0)
    size = rows.shape[1]
    covariance += (RIDGE * np.trace(covariance) / size + least) * np.eye(size)
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
    """Slopes of the log density at events (m, 5) as the density turns, and itself (m, 4)."""
    slopes = np.zeros((x.shape[0], 4))
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
        slopes[i, 3] = np.log(total)
        for axis in range(3):
            for k in range(5):
                for m in range(5):
                    slopes[i, axis] += CONCENTRATION * x[i, k] * turns[axis, k, m] * mean[m] / total
    return slopes
