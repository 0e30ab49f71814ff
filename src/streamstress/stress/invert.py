"""The linear stress inversion (Michael 1984) and the choice of the fault plane.

Which of its two nodal planes slipped is unknown for an event. ``both`` counts each half,
``given`` takes the stated one, ``instability`` (the default) takes the plane nearer to failure
and repeats the inversion until the choice stands (Vavryčuk 2014, Geophys. J. Int. 199, 69).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import normalised, shape_ratio_phi, tensor_of
from streamstress.geometry.tractions import DEFAULT_FRICTION, instability, slip_direction
from streamstress.stress.contribution import EventContribution, PlaneSet, SummedPlanes, plane_set
from streamstress.stress.normal_equations import plane_sums, unpack_sums
from streamstress.stress.plane_choice import (
    plane_features,
    second_plane_less_stable,
    settle_planes,
)

Array = NDArray[np.float64]
PlaneMode = Literal["instability", "both", "given"]

FRICTIONS = np.arange(0.40, 1.0001, 0.05)
"""Frictions tried when it is searched (Vavryčuk 2014, sect. 4: 0.4 to 1.0)."""

MAX_CONDITION = 1e8
"""A normal matrix worse than this has directions of stress that no event resolves."""

CHUNK_ELEMENTS = 1_000_000
"""Resamplings x solutions handled at once, so that a large batch stays in cache and memory."""


@dataclass(frozen=True, slots=True)
class StressInversion:
    """The stress that explains a set of mechanisms best.

    Attributes
    ----------
    tensor : (3, 3) float, east-north-up, tension positive, unit norm
    phi : float
        ``(s2 - s3) / (s1 - s3)`` of compressive magnitudes.
    planes : str
        How planes were chosen.
    friction : float or None
        Friction of the plane choice; None where planes were not chosen.
    chosen : (m,) int
        Plane of each solution: 0 the given one, 1 the other, -1 both halves.
    mean_instability : float
        Weighted mean instability of the planes used, 0 to 1.
    misfit_deg : float
        Weighted mean angle between observed slip and resolved shear on the planes used.
    n_events : int
    """

    tensor: Array
    phi: float
    planes: PlaneMode
    friction: float | None
    chosen: NDArray[np.int64]
    mean_instability: float
    misfit_deg: float
    n_events: int


def michael_five(a: ArrayLike, b: ArrayLike) -> Array:
    """Solve ``A m = b`` for stress five-vectors (..., 5), unscaled.

    Parameters
    ----------
    a, b
        (..., 5, 5) and (..., 5). A trace-sized ridge of 1e-12 keeps degenerate resamplings
        solvable without touching the seventh digit of a regular one.
    """
    matrix, right = np.asarray(a, float), np.asarray(b, float)
    ridge = 1e-12 * np.trace(matrix, axis1=-2, axis2=-1)[..., None, None] + 1e-300
    return np.asarray(np.linalg.solve(matrix + ridge * np.eye(5), right[..., None])[..., 0])


def michael_tensor(normal: ArrayLike, slip: ArrayLike, weight: ArrayLike | None = None) -> Array:
    """Stress tensor (3, 3) of unit norm from chosen planes, without an opinion on the planes.

    Parameters
    ----------
    normal, slip
        (m, 3), east-north-up.
    weight
        (m,), ones where not given.
    """
    sums = plane_sums(normal, slip)
    weights = np.ones(sums.shape[0]) if weight is None else np.asarray(weight, float)
    return normalised(tensor_of(michael_five(*unpack_sums(weights @ sums))))


def invert(
    events: Sequence[EventContribution] | PlaneSet,
    *,
    planes: PlaneMode = "instability",
    friction: float | None = DEFAULT_FRICTION,
) -> StressInversion:
    """Stress from the mechanisms of many events.

    Parameters
    ----------
    events
        Contributions, or the same as arrays.
    planes
        ``instability``, ``both`` or ``given``.
    friction
        Friction of the plane choice; None searches `FRICTIONS` for the largest mean
        instability (Vavryčuk 2014).

    Raises
    ------
    UnusableDataError
        The events leave a direction of stress unresolved (too few, or all alike).
    """
    solutions = events if isinstance(events, PlaneSet) else plane_set(events)
    _require_resolved(solutions, planes)
    if planes != "instability" or friction is not None:
        return _inverted(solutions, planes, friction)
    trials = [_inverted(solutions, planes, float(trial)) for trial in FRICTIONS]
    return max(trials, key=lambda trial: trial.mean_instability)


def solve_weighted(solutions: PlaneSet, event_weights: Array, planes: SummedPlanes) -> Array:
    """Unit-norm stress tensors (r, 3, 3), one for each row of event weights (r, n)."""
    sums = _unchosen_sums(solutions, planes)
    rows = max(1, CHUNK_ELEMENTS // solutions.share.size)
    parts = [
        (event_weights[k : k + rows, solutions.event] * solutions.share) @ sums
        for k in range(0, event_weights.shape[0], rows)
    ]
    return normalised(tensor_of(michael_five(*unpack_sums(np.concatenate(parts)))))


def _unchosen_sums(solutions: PlaneSet, planes: PlaneMode) -> Array:
    """Sums (m, 20) of the given planes, or the mean of both where planes are yet to be chosen."""
    return solutions.sums[:, 0] if planes == "given" else solutions.sums.mean(axis=1)


def _inverted(solutions: PlaneSet, planes: PlaneMode, friction: float | None) -> StressInversion:
    row = solutions.weight[solutions.event] * solutions.share
    five = michael_five(*unpack_sums(row @ _unchosen_sums(solutions, planes)))
    second = np.zeros(row.size, dtype=bool)
    if planes == "instability":
        mu = DEFAULT_FRICTION if friction is None else friction
        five, second = settled_planes(solutions, row, five, mu)
    tensor = normalised(tensor_of(five))
    weight_pair = _plane_weights(solutions, planes, second)
    total = weight_pair.sum()
    cosine = np.sum(slip_direction(tensor, solutions.normal) * solutions.slip, axis=-1)
    misfit = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    mu = DEFAULT_FRICTION if friction is None else friction
    stability = instability(tensor, solutions.normal, mu)
    return StressInversion(
        tensor,
        float(shape_ratio_phi(tensor)),
        planes,
        mu if planes == "instability" else None,
        _chosen(planes, second),
        float(np.sum(weight_pair * stability) / total),
        float(np.sum(weight_pair * misfit) / total),
        int(solutions.weight.size),
    )


def _plane_weights(solutions: PlaneSet, planes: PlaneMode, second: NDArray[np.bool_]) -> Array:
    row = solutions.weight[solutions.event] * solutions.share
    if planes == "both":
        return np.asarray(np.stack([row, row], axis=1) / 2.0)
    return np.asarray(np.stack([row * ~second, row * second], axis=1))


def _chosen(planes: PlaneMode, second: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.full(second.shape, -1) if planes == "both" else second.astype(np.int64)


def settled_planes(
    solutions: PlaneSet, row_weight: Array, five: Array, friction: float
) -> tuple[Array, NDArray[np.bool_]]:
    """Stress (5,) on the planes chosen by instability, and whether each is the second one (m,).

    Parameters
    ----------
    row_weight : (m,)
        Of each solution.
    five : (5,)
        Stress to start from.
    """
    features = plane_features(solutions.normal)
    sums = np.ascontiguousarray(np.swapaxes(solutions.sums, 0, 1))
    only = np.zeros(row_weight.size, np.int64)
    second = second_plane_less_stable(five[None], only, features, friction)
    total = row_weight @ np.where(second[:, None], sums[1], sums[0])
    space = np.empty((2, second.size)), np.empty((2, second.size))
    state = (second, total, five.copy(), *space)
    settle_planes(features, sums, row_weight, friction, state)
    return state[2], second


def _require_resolved(solutions: PlaneSet, planes: PlaneMode) -> None:
    row = solutions.weight[solutions.event] * solutions.share
    condition = np.linalg.cond(unpack_sums(row @ _unchosen_sums(solutions, planes))[0])
    if not condition < MAX_CONDITION:
        raise UnusableDataError(
            f"{solutions.weight.size} events do not resolve the stress (condition number "
            f"{condition:.1e}): more, or more varied, mechanisms are needed"
        )
