"""Whether the later mechanisms are the learned ones, all turned alike.

A diverse population of faults that becomes another one does not look like a turned copy of itself.
So where the later mechanisms, turned back by the rotation that their scores tell, are the learned
ones again, either the stress turned with its faults, or the faults alone changed by chance in just
that way. The slips decide, by their likelihood under the stress turned likewise over that under the
old one. On the same faults, turned, neither needs an allowance for the bias of other faults, and
this ratio tells a turn in a third of the events that `population` asks for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.population import population_distance
from streamstress.change.reference import Reference
from streamstress.change.score import isometric
from streamstress.change.significance import patient
from streamstress.change.slips import (
    MAX_STEP_RAD,
    Slips,
    SlipStress,
    log_likelihoods,
    moved,
    scale_of,
)
from streamstress.geometry.rotations import rotated, rotation_matrix
from streamstress.geometry.tensors import five_of, tensor_of

Array = NDArray[np.float64]

ROUNDS, NEW_SLOPES = 6, 2
"""Steps of the search for the rotation of the later mechanisms, and how many take new slopes."""

SLOPE_RAD, LEAST_STEP_RAD = np.radians(4.0), np.radians(0.3)
"""Rotation over which slopes of the mean score are taken, and step that ends the search."""

MOST_TURNED = 150
"""Events that tell the rotation: to a degree or two, less than their stress is known to."""

MOST_TURN_DEG = 35.0
"""Largest turn that is undone: more may bring one family of faults onto another."""

MOST_LIKE = 0.3
"""Likeness of the learned mechanisms over which none is undone. A diverse population that comes
back turned as a whole (likeness 0.17 to 0.24, off Japan 0.27) is a turned stress; the mechanisms of
one side of a conjugate set are those of the other turned by 30 degrees (0.36 to 0.60, both sides
together 0.42)."""

LEARNED_EVENTS = 100.0
"""Events that the learned ones count as beside those just before an onset, whose errors are the
present ones: of 200 alone the worth of a gain is told to a third."""


@dataclass(frozen=True, slots=True)
class WholeTurn:
    """A rotation of the later mechanisms.

    Attributes
    ----------
    vector : (3,) float
        Rotation about east, north, up, radians.
    left : float
        Squared distance of the populations once it is undone; 1 where it is too large.
    slip_gain : float
        Log-likelihood that the slips gain by the learned stress turned likewise, less what its own
        error and errors of the mechanisms can do.
    """

    vector: Array
    left: float
    slip_gain: float

    @property
    def size_deg(self) -> float:
        """Angle of the rotation."""
        return float(np.degrees(np.linalg.norm(self.vector)))

    def p_value(self, events: int) -> float:
        """Chance of the slips' gain under the old stress (Wilks), so many events after the onset.

        Three degrees of freedom: the mechanisms that chose the rotation hold the slips. Twice the
        chance, for this test is asked beside that of the slips' scores (Bonferroni).
        """
        chance = 2.0 * float(stats.chi2.sf(2.0 * max(self.slip_gain, 0.0), 3))
        return patient(min(1.0, chance), events)


def whole_turn(
    reference: Reference,
    tensors: Array,
    slips: Slips,
    weight: Array,
    steady: tuple[Slips, Array] | None = None,
) -> WholeTurn:
    """Rotation that brings the learned density onto later mechanisms best.

    Parameters
    ----------
    tensors
        (n, 5) isometric components of the later mechanisms.
    slips, weight
        Their planes, and what each counts.
    steady
        Planes and weights of events before them, whose errors are those of the later ones.
    """
    vector = _rotation_of(reference, tensors, weight)
    if np.linalg.norm(vector) > np.radians(MOST_TURN_DEG):
        return WholeTurn(vector, 1.0, 0.0)
    back = _turned(tensors, _rotation(vector).T)
    left = population_distance(back, reference.slip_tensors, reference.slip_likeness)
    gain = _slip_gain(reference, vector, (slips, weight), steady)
    return WholeTurn(vector, left, gain)


def _slip_gain(
    reference: Reference,
    vector: Array,
    later: tuple[Slips, Array],
    steady: tuple[Slips, Array] | None,
) -> float:
    """Log-likelihood that slips gain by the turned stress, both at the scale of the better.

    Less the part that an error of the reference's stress brings, which is told by as many events
    as it was learned from (as in the score, ``k n0 / (k + n0)``), and as much of it as a gain is
    worth (`worth_of`) with the errors of the steady events and of the learned ones.
    """
    old = reference.stress
    turned = moved(old, np.append(vector, 0.0))
    slips, weight = later
    scale = min(scale_of(slips, one, weight) for one in (turned, old))
    known, count = reference.n_slips_effective, float(weight.sum())
    gain = float(weight @ _gains(slips, turned, old, scale)) * known / (known + count)
    gains = _gains(reference.slips, turned, old, scale)
    share = reference.weight[: reference.n_slips] * min(1.0, LEARNED_EVENTS / known)
    if steady is not None:
        gains = np.concatenate([gains, _gains(steady[0], turned, old, scale)])
        share = np.concatenate([share, steady[1]])
    return gain * worth_of(gains, share)


def _gains(slips: Slips, turned: SlipStress, old: SlipStress, scale_rad: float) -> Array:
    new, before = (log_likelihoods(slips, one, scale_rad) for one in (turned, old))
    return new - before


def worth_of(gains: Array, weight: Array) -> float:
    """What a gain in log-likelihood is worth, 1 at most, by those of events under the old stress.

    Of a true likelihood the gains would have a mean of minus half their variance, for ``exp(gain)``
    is one in the mean. The slips' is not quite true: with errors of 15 degrees the mean is 0.77 of
    that, with 30 it is 0.57, and Wilks' chance of 0.025 came in 4.2 % of 600 steady epochs of 30
    events (Kent 1982, Biometrika 69, 19: the ratio is then a multiple of chi-squared).
    """
    total = float(weight.sum())
    mean = float(weight @ gains) / total
    variance = float(weight @ (gains - mean) ** 2) / total
    return min(1.0, max(0.0, -2.0 * mean / max(variance, 1e-12)))


def _rotation_of(reference: Reference, tensors: Array, weight: Array) -> Array:
    """Rotation vector (3,) that, undone, brings the mean score of mechanisms to zero.

    Newton's steps, with slopes taken anew after the first, which goes most of the way. Evenly taken
    events of many tell it as well.
    """
    every = slice(None, None, 1 + len(tensors) // MOST_TURNED)
    x, share = tensors[every], weight[every] / float(weight[every].sum())

    def mean(rotation: Array) -> Array:
        return np.asarray(share @ reference.turns.of(_turned(x, rotation.T)))

    def inverse_slopes(at: Array) -> Array:
        ways = SLOPE_RAD * np.eye(3)
        slopes = [mean(at @ _rotation(way)) - mean(at @ _rotation(-way)) for way in ways]
        return np.asarray(np.linalg.pinv(np.array(slopes).T / (2.0 * SLOPE_RAD), rcond=0.05))

    total, inverse = np.eye(3), np.zeros((3, 3))
    for number in range(ROUNDS):
        inverse = inverse_slopes(total) if number < NEW_SLOPES else inverse
        step = -inverse @ mean(total)
        step *= min(1.0, MAX_STEP_RAD / max(float(np.linalg.norm(step)), 1e-12))
        total = total @ _rotation(step)
        if np.linalg.norm(step) < LEAST_STEP_RAD:
            break
    return _vector(total)


def _turned(tensors: Array, rotation: Array) -> Array:
    moved_to = isometric(five_of(rotated(tensor_of(tensors @ _BACK.T), rotation)))
    return np.asarray(moved_to / np.linalg.norm(moved_to, axis=1, keepdims=True))


def _rotation(vector: Array) -> Array:
    angle = float(np.linalg.norm(vector))
    return rotation_matrix(vector, np.degrees(angle)) if angle > 1e-12 else np.eye(3)


def _vector(rotation: Array) -> Array:
    angle = np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0))
    skew = np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    length = float(np.linalg.norm(skew))
    return np.asarray(skew * (angle / length)) if length > 1e-12 else np.zeros(3)


_BACK = np.linalg.inv(isometric(np.eye(5)).T)
