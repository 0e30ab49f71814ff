"""What one event adds to the sums of the stress inversion.

The inversion is linear (Michael 1984): an event enters through ``A = G'G`` and ``b = G'u``, so a
window of events is a sum and an event leaves it exactly as it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.planes import auxiliary_plane, plane_vectors
from streamstress.geometry.tensors import double_couple_of, five_of
from streamstress.stress.normal_equations import UPPER, plane_sums, unpack_sums

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
SummedPlanes = Literal["both", "given"]

SCALE = 2.0**36
"""Fixed-point steps of one: a sum holds 2^23 events of weight 16 at 1.5e-11 resolution."""

MAX_WEIGHT = 16.0
"""Largest weight of an event: keeps the fixed-point sums of `rolling` inside 64 bits."""


@dataclass(frozen=True, slots=True)
class EventContribution:
    """One event: its sums, and the planes they came from.

    Attributes
    ----------
    normal, slip : (k, 2, 3) float, east-north-up
        Both nodal planes of the event's k solutions, the given plane first.
    probability : (k,) float, sum 1
        Share of each solution; several solutions are one event.
    weight : float
        Weight of the event, e.g. by mechanism grade.
    a : (5, 5) float, b : (5,) float
        Weighted ``G'G`` and ``G'u`` for the stress ``(ee, en, eu, nn, nu)``.
    five : (5,) float
        Five-vector of the event's double couple, the same for both nodal planes; unweighted.
    """

    normal: Array
    slip: Array
    probability: Array
    weight: float
    a: Array
    b: Array
    five: Array


@dataclass(frozen=True, slots=True)
class PlaneSet:
    """The solutions of many events as arrays, the input of the batched inversion.

    Attributes
    ----------
    normal, slip : (m, 2, 3) float
    sums : (m, 2, 20) float
        Upper triangle of ``G'G`` (15) and ``G'u`` (5) of each plane, unweighted.
    event : (m,) int
        Index of the event of each solution, 0 to n - 1.
    share : (m,) float
        Probability of the solution within its event.
    weight : (n,) float
        Weight of each event.
    """

    normal: Array
    slip: Array
    sums: Array
    event: NDArray[np.int64]
    share: Array
    weight: Array


def event_contribution(
    strike_deg: ArrayLike,
    dip_deg: ArrayLike,
    rake_deg: ArrayLike,
    *,
    probability: ArrayLike | None = None,
    weight: float = 1.0,
    planes: SummedPlanes = "both",
) -> EventContribution:
    """Contribution of one event from its mechanism.

    Parameters
    ----------
    strike_deg, dip_deg, rake_deg
        Scalars, or (k,) for k alternative solutions of the event.
    probability
        (k,) shares of the solutions, scaled to sum 1; equal where not given.
    weight
        Weight of the event, over 0 and at most `MAX_WEIGHT`.
    planes
        ``both``: each nodal plane counts half in ``a`` and ``b``; ``given``: the stated one.

    Raises
    ------
    UnusableDataError
        Angles, probabilities or the weight are not finite or out of range.
    """
    angles = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(angle, float)) for angle in (strike_deg, dip_deg, rake_deg))
    )
    share = _shares(probability, angles[0].shape[0])
    if not all(np.all(np.isfinite(angle)) for angle in angles):
        raise UnusableDataError("strike, dip or rake is not a number; give finite degrees")
    if np.any(angles[1] < 0) or np.any(angles[1] > 90):
        raise UnusableDataError(f"dip {angles[1]} is outside 0 to 90 degrees")
    if not 0 < weight <= MAX_WEIGHT:
        raise UnusableDataError(f"weight {weight} is outside 0 to {MAX_WEIGHT}")
    both = [plane_vectors(*angles), plane_vectors(*auxiliary_plane(*angles))]
    normal = np.stack([both[0][0], both[1][0]], axis=1)
    slip = np.stack([both[0][1], both[1][1]], axis=1)
    return _summed(normal, slip, share, weight, planes)


def _shares(probability: ArrayLike | None, count: int) -> Array:
    share = np.full(count, 1.0) if probability is None else np.atleast_1d(np.asarray(probability))
    if share.shape != (count,) or not np.all(np.isfinite(share)) or np.any(share < 0):
        raise UnusableDataError(f"probabilities {share} do not fit {count} solutions")
    if share.sum() <= 0:
        raise UnusableDataError("the probabilities of the solutions sum to zero")
    return np.asarray(share / share.sum(), float)


def _summed(
    normal: Array, slip: Array, share: Array, weight: float, planes: SummedPlanes
) -> EventContribution:
    sums = plane_sums(normal, slip)
    chosen = sums[:, 0] if planes == "given" else sums.mean(axis=1)
    a, b = unpack_sums(weight * (share @ chosen))
    five = share @ five_of(double_couple_of(normal[:, 0], slip[:, 0]))
    return EventContribution(normal, slip, share, float(weight), a, b, five)


def plane_set(contributions: Sequence[EventContribution]) -> PlaneSet:
    """Arrays of many events, in the order given."""
    if not contributions:
        raise UnusableDataError("no events: a stress needs several mechanisms")
    normal = np.concatenate([one.normal for one in contributions])
    slip = np.concatenate([one.slip for one in contributions])
    counts = [one.probability.shape[0] for one in contributions]
    return PlaneSet(
        normal,
        slip,
        plane_sums(normal, slip),
        np.repeat(np.arange(len(contributions)), counts),
        np.concatenate([one.probability for one in contributions]),
        np.array([one.weight for one in contributions]),
    )


def plane_set_of_angles(
    strike_deg: ArrayLike,
    dip_deg: ArrayLike,
    rake_deg: ArrayLike,
    *,
    event: ArrayLike | None = None,
    probability: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> PlaneSet:
    """Solutions of many events from arrays, as a catalogue of hundreds of thousands needs it.

    Parameters
    ----------
    strike_deg, dip_deg, rake_deg : (m,)
        Finite angles, dip 0 to 90.
    event : (m,) int
        Event of each solution, 0 to n - 1, each with a solution at least; one each where not
        given.
    probability : (m,)
        Shares of the solutions, scaled to sum 1 within an event; equal where not given.
    weight : (n,)
        Weights of the events, over 0; ones where not given.

    Raises
    ------
    UnusableDataError
        Arrays that do not fit, or angles, shares or weights out of range.
    """
    angles = [np.asarray(angle, float) for angle in (strike_deg, dip_deg, rake_deg)]
    count = angles[0].size
    number = np.arange(count) if event is None else np.asarray(event, np.int64)
    share = np.ones(count) if probability is None else np.asarray(probability, float)
    if count == 0:
        raise UnusableDataError("no events: a stress needs several mechanisms")
    if any(one.shape != (count,) for one in (*angles, number, share)):
        raise UnusableDataError("strike, dip, rake, event and probability differ in length")
    if not all(np.all(np.isfinite(one)) for one in (*angles, share)) or np.any(share < 0):
        raise UnusableDataError("an angle or a probability is not a number, or is negative")
    if np.any(angles[1] < 0) or np.any(angles[1] > 90):
        raise UnusableDataError("a dip is outside 0 to 90 degrees")
    total = np.bincount(number, share)
    weights = np.ones(total.size) if weight is None else np.asarray(weight, float)
    if weights.shape != total.shape or np.any(total <= 0) or not np.all(weights > 0):
        raise UnusableDataError("an event has no solution, or a weight that is not over 0")
    first = plane_vectors(*angles)
    second = plane_vectors(*auxiliary_plane(*angles))
    normal, slip = (np.stack(pair, axis=1) for pair in zip(first, second, strict=True))
    sums = plane_sums(normal, slip)
    return PlaneSet(normal, slip, sums, number, share / total[number], weights)


def select_events(solutions: PlaneSet, keep: NDArray[np.bool_]) -> PlaneSet:
    """Solutions of the events (n,) that are kept, numbered anew in the same order."""
    rows = keep[solutions.event]
    number = np.cumsum(keep) - 1
    return PlaneSet(
        solutions.normal[rows],
        solutions.slip[rows],
        solutions.sums[rows],
        number[solutions.event[rows]].astype(np.int64),
        solutions.share[rows],
        solutions.weight[keep],
    )


def fixed_sums(contribution: EventContribution, share: float = 1.0) -> Integers:
    """Sums (20,) of an event that counts ``share``, as integers in steps of 1 / `SCALE`."""
    packed = np.concatenate([contribution.a[UPPER], contribution.b])
    return np.asarray(np.rint(packed * (share * SCALE)), np.int64)
