"""Whether it is the stress, or only other faults under the same stress.

Mechanisms also change when other faults become active. A stress tells the slip direction on given
planes, whatever planes they are. So the slips after the onset are held against the stress of the
reference: the sum of their scores (`slip_score`) is zero in the mean if that stress still
acts, on these faults or on others.

Only nearly: on one family of faults the other nodal plane is wrong in the same way in every event,
and the mean score is not quite zero. Over a diverse population these errors cancel, and do in the
reference, whose stress was fitted to it. They are taken as a random function of the mechanism, one
sigma being `FAMILY_BIAS`, correlated between like mechanisms; its mean over the events after less
that over the reference has the variance of the squared distance of the two populations (Gretton et
al. 2012, J. Mach. Learn. Res. 13, 723: maximum mean discrepancy).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.significance import patient
from streamstress.change.slips import group_sums

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

FAMILY_BIAS = 0.35
"""Mean slip score of one family of faults under the reference's stress, in standard deviations of
one event."""

POPULATION_CONCENTRATION = 4.0
"""Of the likeness ``exp(c (x . y - 1))`` of mechanisms that share a bias: about 30 degrees."""

PRIOR_EVENTS = 20.0
"""Events that a scatter alike in all directions counts as, against that of the events after."""

PRIOR_SIZE_EVENTS, MOST_PRIOR_EVENTS = 3.0, 20.0
"""Events that a size of scatter known before counts as in that of the events after: few where it is
that of the reference alone, more where events just before the onset tell it."""

MOST_COMPARED = 300
"""Events of an epoch, evenly taken, in the distance of populations: more do not change it."""


@dataclass(frozen=True, slots=True)
class PopulationTest:
    """The reference's stress against any other, for the slips after the onset.

    Attributes
    ----------
    statistic : float
        Chi-squared with 3 degrees of freedom if the reference's stress still acts.
    p_value : float
        Chance of the statistic, more of it the longer the trigger has been asked
        (`significance.PATIENCE`).
    moved : float
        Squared distance of the fault populations, 0 (the same) to 1 (one family after another).
    shown : str
        What else shows another stress, in words; empty where nothing does.
    far : bool
        Whether that is a stress so far off that no score tells it.
    """

    statistic: float
    p_value: float
    moved: float
    shown: str = ""
    far: bool = False

    def rejects(self, p_value: float) -> bool:
        """Whether one stress is given up, at a chance."""
        return self.p_value <= p_value or bool(self.shown)


def one_stress_test(
    scores: Array,
    weight: Array,
    labels: Integers,
    reference_error: Array,
    moved: float,
    noise: tuple[float, float] = (1.0, 0.0),
) -> PopulationTest:
    """Test whether the reference's stress explains the slips after the onset.

    Parameters
    ----------
    scores
        (n, 3) whitened slip scores (`Reference.slip_score`).
    weight, labels
        (n,) what each event counts, and its cluster.
    reference_error
        (3, 3) covariance of the later events' mean score by the error of the reference's stress.
    moved
        Squared distance of the populations (`population_distance`).
    noise
        Mean square of the scores just before the onset, and how many events tell it.
    """
    count = float(weight.sum())
    total = weight @ scores
    scatter = own_scatter(scores, weight, labels, total / count, noise)
    # the reference's own error, and the bias of a family of faults, move all later scores alike;
    # both are in standard deviations of the reference, whatever the later events scatter
    shared = reference_error + FAMILY_BIAS**2 * moved * np.eye(3)
    variance = count * scatter + count**2 * shared
    statistic = float(total @ np.linalg.solve(variance, total))
    chance = patient(float(stats.chi2.sf(statistic, 3)), len(scores))
    return PopulationTest(statistic, chance, moved)


def population_distance(after: Array, before: Array, within_before: float | None = None) -> float:
    """Squared distance of two sets of mechanisms, without bias; not under 0.

    Parameters
    ----------
    after, before
        (n, 5) and (m, 5) unit isometric components.
    within_before
        `likeness_within` of ``before``, where it is known.
    """
    one, two = _thinned(after), _thinned(before)
    if len(one) < 2 or len(two) < 2:
        return 0.0
    other = likeness_within(before) if within_before is None else within_before
    return max(0.0, likeness_within(after) + other - 2.0 * _likeness(one, two, False))


def likeness_within(x: Array) -> float:
    """Mean likeness of different events of one set (n, 5); 0 of one event."""
    thinned = _thinned(x)
    return float(_likeness(thinned, thinned, True)) if len(thinned) > 1 else 0.0


def own_scatter(
    scores: Array,
    weight: Array,
    labels: Integers,
    mean: Array,
    noise: tuple[float, float] = (1.0, 0.0),
) -> Array:
    """Covariance (3, 3) of an independent event's score, clusters whole.

    Drawn to a scatter alike in all directions, whose size is drawn to what was known of it before
    (``noise``; the reference's is 1).
    """
    grouped = group_sums(weight[:, None] * (scores - mean), labels)
    free = max(float(weight.sum()) - 1.0, 0.0)
    own = grouped.T @ grouped
    known = float(np.clip(noise[1], PRIOR_SIZE_EVENTS, MOST_PRIOR_EVENTS))
    before = max(1.0, noise[0]) if noise[1] >= MOST_PRIOR_EVENTS else 1.0
    size = (np.trace(own) / 3.0 + known * before) / (free + known)
    return np.asarray((own + PRIOR_EVENTS * size * np.eye(3)) / (free + PRIOR_EVENTS))


def _thinned(x: Array) -> Array:
    if len(x) <= MOST_COMPARED:
        return x
    return np.ascontiguousarray(x[np.linspace(0, len(x) - 1, MOST_COMPARED).astype(np.int64)])


@njit(cache=True, error_model="numpy")
def _likeness(one: Array, two: Array, same: bool) -> float:
    """Mean likeness of pairs of unit tensors; of different events of one set with ``same``."""
    total = 0.0
    pairs = 0
    for i in range(one.shape[0]):
        for j in range(i if same else two.shape[0]):
            product = 0.0
            for k in range(one.shape[1]):
                product += one[i, k] * two[j, k]
            total += np.exp(POPULATION_CONCENTRATION * (product - 1.0))
            pairs += 1
    return total / pairs
