"""How large a change is: the smallest rotation and the change of SHmax, with intervals.

Both epochs are resampled. The tensor of an epoch is the mean of its event tensors unless the
caller passes an estimator (a stress inversion), since stages do not import one another.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, horizontal_deviator, shmax_azimuth
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.tensors import double_couple_of, normalised, principal_axes

Array = NDArray[np.float64]
TensorEstimator = Callable[[Array, Array], Array]
"""(n, 3) strike, dip, rake and (r, n) weights to (r, 3, 3) tensors, tension positive."""

MIN_HORIZONTAL_DEVIATOR = 0.10
"""Below this share of a unit-norm tensor SHmax is not stated."""

CLEAR_SIGMA = 2.0
"""A component of the rotation vector nearer to zero than this many sigmas is not counted."""

MIN_EVENTS = 5
"""Fewer events of an epoch resample to nothing."""


@dataclass(frozen=True, slots=True)
class ChangeEffect:
    """Size of a change.

    Attributes
    ----------
    before, after : (3, 3) float, unit norm, tension positive
    rotation_deg
        Smallest rotation between the principal frames (Kagan 1991), less the components that
        scatter alone explains.
    rotation_interval95_deg
        Of the rotation about its own axis; reaches 0 where none is possible.
    rotation_p_value
        Chance of a rotation this clear, about any axis, without a change (Hotelling).
    shmax_before_deg, shmax_after_deg, shmax_change_deg, shmax_change_interval95_deg
        Axial, the change clockwise positive; None where an epoch's SHmax is undefined.
    """

    before: Array
    after: Array
    rotation_deg: float
    rotation_interval95_deg: tuple[float, float]
    rotation_p_value: float
    shmax_before_deg: float | None
    shmax_after_deg: float | None
    shmax_change_deg: float | None
    shmax_change_interval95_deg: tuple[float, float] | None


def change_effect(
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight_before: ArrayLike | None = None,
    weight_after: ArrayLike | None = None,
    cluster_before: ArrayLike | None = None,
    cluster_after: ArrayLike | None = None,
    estimator: TensorEstimator | None = None,
    resamplings: int = 400,
    seed: int = 0,
) -> ChangeEffect:
    """Compare two epochs.

    Parameters
    ----------
    before, after
        (n, 3) and (m, 3) strike, dip, rake.
    weight_before, weight_after, cluster_before, cluster_after
        Weight and cluster label of each event; clusters are resampled whole.
    estimator
        Tensor of weighted mechanisms; mean of the event tensors where not given.

    Raises
    ------
    UnusableDataError
        An epoch has fewer than `MIN_EVENTS` events.
    """
    rng = np.random.default_rng(seed)
    chosen = estimator or mean_tensors
    first = _epoch(before, weight_before, cluster_before, chosen, resamplings, rng)
    second = _epoch(after, weight_after, cluster_after, chosen, resamplings, rng)
    smaller = min(_groups(before, cluster_before), _groups(after, cluster_after))
    best = rotation_vector_deg(first[0], second[0])
    errors = rotation_vector_deg(first[1:], second[1:], near=best) - best
    clear = _clear_part(best, errors)
    low, high = _along(clear, errors, smaller)
    return ChangeEffect(
        first[0],
        second[0],
        float(np.linalg.norm(clear)),
        (low, high),
        _no_rotation(best, errors, smaller),
        *_shmax(first, second),
    )


def mean_tensors(mechanisms: Array, weights: Array) -> Array:
    """Weighted mean double couples (r, 3, 3) of (n, 3) mechanisms and (r, n) weights."""
    tensors = double_couple_of(*plane_vectors(*mechanisms.T))
    return normalised(np.einsum("rn,nij->rij", weights, tensors))


def rotation_vector_deg(before: Array, after: Array, near: Array | None = None) -> Array:
    """Rotation vectors (..., 3), degrees, that turn one principal frame to another.

    Of the four rotations that differ by half turns about the axes, the smallest, or the one
    nearest to ``near``.
    """
    one, two = principal_axes(before)[1], principal_axes(after)[1]
    one = one * np.sign(np.linalg.det(one))[..., None, None]
    two = two * np.sign(np.linalg.det(two))[..., None, None]
    vectors = np.stack(
        [_vector(np.swapaxes(two * signs[:, None], -1, -2) @ one) for signs in _HALF_TURNS]
    )
    distance = np.linalg.norm(vectors - (0.0 if near is None else near), axis=-1)
    index = np.argmin(distance, axis=0)[None, ..., None]
    return np.asarray(np.take_along_axis(vectors, index, axis=0)[0])


_HALF_TURNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)


def _vector(rotation: Array) -> Array:
    trace = np.trace(rotation, axis1=-2, axis2=-1)
    angle = np.arccos(np.clip((trace - 1.0) / 2.0, -1.0, 1.0))
    skew = np.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        axis=-1,
    )
    length = np.linalg.norm(skew, axis=-1)
    scale = np.where(length > 1e-12, np.degrees(angle) / np.where(length > 0, length, 1.0), 0.0)
    return np.asarray(skew * scale[..., None])


def _epoch(
    mechanisms: ArrayLike,
    weight: ArrayLike | None,
    cluster: ArrayLike | None,
    estimator: TensorEstimator,
    resamplings: int,
    rng: np.random.Generator,
) -> Array:
    """Tensors (1 + resamplings, 3, 3), the estimate first."""
    angles = np.asarray(mechanisms, float)
    count = angles.shape[0]
    if count < MIN_EVENTS:
        raise UnusableDataError(f"{count} events in an epoch: a change needs {MIN_EVENTS}")
    weights = np.ones(count) if weight is None else np.asarray(weight, float)
    label = np.arange(count) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    groups = int(label.max()) + 1
    drawn = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=resamplings)[:, label]
    rows = np.concatenate([np.ones((1, count)), drawn]) * weights
    return estimator(angles, rows)


def _groups(mechanisms: ArrayLike, cluster: ArrayLike | None) -> int:
    return len(np.asarray(mechanisms)) if cluster is None else np.unique(np.asarray(cluster)).size


def _clear_part(vector: Array, errors: Array) -> Array:
    """Rotation vector without the components that scatter alone explains.

    Scatter across the axis would only add to the length. Along the principal directions of the
    scatter, components within `CLEAR_SIGMA` of zero are left out; the clearest always stays.
    """
    variance, directions = np.linalg.eigh(np.cov(errors.T) + 1e-9 * np.eye(3))
    components = vector @ directions
    clearness = np.abs(components) / np.sqrt(variance)
    kept = (clearness > CLEAR_SIGMA) | (clearness == clearness.max())
    return np.asarray(directions @ np.where(kept, components, 0.0))


def _along(best: Array, errors: Array, groups: int) -> tuple[float, float]:
    """95 % interval of the rotation about its own axis, widened for few events."""
    size = float(np.linalg.norm(best))
    axis = best / size if size > 0 else np.array([0.0, 0.0, 1.0])
    low, high = np.percentile(errors @ axis, [2.5, 97.5]) * _widening(groups)
    return max(0.0, size + float(low)), min(180.0, size + float(high))


def _widening(groups: int) -> float:
    freedom = max(groups - 1, 2)
    return float(stats.t.ppf(0.975, freedom) / 1.959964 * np.sqrt((freedom + 1) / freedom))


def _no_rotation(best: Array, errors: Array, groups: int) -> float:
    covariance = np.cov(errors.T) + 1e-9 * np.eye(3)
    distance = float(best @ np.linalg.solve(covariance, best))
    freedom = max(groups - 3, 1)
    return float(stats.f.sf(distance * freedom / (3.0 * (freedom + 2)), 3, freedom))


def _shmax(
    first: Array, second: Array
) -> tuple[float | None, float | None, float | None, tuple[float, float] | None]:
    weakest = min(horizontal_deviator(normalised(epoch[0])) for epoch in (first, second))
    if weakest < MIN_HORIZONTAL_DEVIATOR:
        return None, None, None, None
    before, after = shmax_azimuth(first), shmax_azimuth(second)
    change = float(axial_difference(after[0], before[0]))
    error = axial_difference(after[1:] - before[1:], change)
    low, high = np.percentile(error, [2.5, 97.5])
    return float(before[0]), float(after[0]), change, (change + float(low), change + float(high))
