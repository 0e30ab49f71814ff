"""How large a change is: the smallest rotation and the change of SHmax, with intervals.

The stress of either epoch is the likeliest one for its slips (`slips.fit_slips`), its uncertainty
that of whole clusters of events. Intervals of derived angles come from draws of that uncertainty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from streamstress.change.slips import PHI_BOUNDS, Slips, SlipStress, fit_slips
from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, horizontal_deviator, shmax_azimuth
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.rotations import rotation_matrix
from streamstress.geometry.tensors import double_couple_of, principal_axes, stress_tensor

Array = NDArray[np.float64]

MIN_HORIZONTAL_DEVIATOR = 0.10
"""Below this share of a unit-norm tensor SHmax is not stated."""

MIN_EVENTS = 5
"""Fewer events of an epoch tell no stress."""


WIDENING, SPENT_EVENTS = 1.2, 12.0
"""The sandwich covariance is too small by ``WIDENING n / (n - SPENT_EVENTS)``: the median of
squared errors against it was 2.4 times too large at 30 events, 1.3 at 50, 1.2 at 100 and 1.1 at
500 (errors of 15 degrees, 150 sets each)."""


@dataclass(frozen=True, slots=True)
class ChangeEffect:
    """Size of a change.

    Attributes
    ----------
    before, after : (3, 3) float, unit norm, tension positive
    rotation_deg
        Smallest rotation between the principal frames (Kagan 1991), less what scatter alone adds
        to its length.
    rotation_interval95_deg
        Of the rotation about its own axis; reaches 0 where none is possible.
    rotation_p_value
        Chance of a rotation this clear, about any axis, without a change (Hotelling).
    shmax_before_deg, shmax_after_deg, shmax_change_deg, shmax_change_interval95_deg
        Axial, the change clockwise positive; None where an epoch's SHmax is undefined.
    cones95_deg
        Radius of the 95 % cones of s1 and s3 before, s1 and s3 after.
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
    cones95_deg: tuple[float, float, float, float]


def change_effect(
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight_before: ArrayLike | None = None,
    weight_after: ArrayLike | None = None,
    cluster_before: ArrayLike | None = None,
    cluster_after: ArrayLike | None = None,
    resamplings: int = 400,
    seed: int = 0,
) -> ChangeEffect:
    """Compare two epochs.

    Parameters
    ----------
    before, after
        (n, 3) and (m, 3) strike, dip, rake.
    weight_before, weight_after, cluster_before, cluster_after
        Weight and cluster label of each event.
    resamplings
        Draws of the two stresses' uncertainty.

    Raises
    ------
    UnusableDataError
        An epoch has fewer than `MIN_EVENTS` events.
    """
    first = epoch_stress(before, weight_before, cluster_before)
    second = epoch_stress(after, weight_after, cluster_after)
    groups = (_groups(before, cluster_before), _groups(after, cluster_after))
    return effect_between(first, second, groups, resamplings, seed)


def epoch_stress(
    angles: ArrayLike,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> SlipStress:
    """Likeliest stress of an epoch.

    The search begins at the mean event tensor, and keeps to it unless a stress far from it is
    clearly likelier: few slips can be explained in two ways, and their mean tells which. Begun at
    the stress before, it ended 50 to 60 degrees off in two of eight simulated chains.

    Raises
    ------
    UnusableDataError
        There are fewer than `MIN_EVENTS` events.
    """
    given = np.asarray(angles, float)
    if len(given) < MIN_EVENTS:
        raise UnusableDataError(f"{len(given)} events in an epoch: a change needs {MIN_EVENTS}")
    weights = np.ones(len(given)) if weight is None else np.asarray(weight, float)
    labels = None if cluster is None else np.asarray(cluster, np.int64)
    slips = Slips.of_angles(given)
    tensors = double_couple_of(*plane_vectors(*given.T))
    mean = principal_axes(np.einsum("n,nij->ij", weights, tensors))[1]
    return fit_slips(slips, mean, weights, labels)


def effect_between(
    before: SlipStress, after: SlipStress, groups: tuple[int, int], resamplings: int, seed: int
) -> ChangeEffect:
    """Size of the change between two stresses, each of so many independent events."""
    covariances = [
        _spread(stress, count) for stress, count in zip((before, after), groups, strict=True)
    ]
    rng = np.random.default_rng(seed)
    first, second = (
        _draws(stress, covariance, resamplings, rng)
        for stress, covariance in zip((before, after), covariances, strict=True)
    )
    vector = rotation_vector_deg(before.tensor, after.tensor)
    scatter = np.degrees(1.0) ** 2 * (covariances[0] + covariances[1])[:3, :3]
    clear, half = _clear_part(vector, scatter)
    size = float(np.linalg.norm(clear))
    return ChangeEffect(
        before.tensor,
        after.tensor,
        size,
        (max(0.0, size - half), min(180.0, size + half)),
        _no_rotation(vector, scatter, min(groups)),
        *_shmax(first, second),
        (_cone(first, 0), _cone(first, 2), _cone(second, 0), _cone(second, 2)),
    )


def rotation_vector_deg(before: Array, after: Array) -> Array:
    """Rotation vectors (..., 3), degrees, that turn one principal frame to another.

    Of the four rotations that differ by half turns about the axes, the smallest.
    """
    one, two = principal_axes(before)[1], principal_axes(after)[1]
    one = one * np.sign(np.linalg.det(one))[..., None, None]
    two = two * np.sign(np.linalg.det(two))[..., None, None]
    vectors = np.stack(
        [_vector(np.swapaxes(two * signs[:, None], -1, -2) @ one) for signs in _HALF_TURNS]
    )
    index = np.argmin(np.linalg.norm(vectors, axis=-1), axis=0)[None, ..., None]
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


def _groups(angles: ArrayLike, cluster: ArrayLike | None) -> int:
    return len(np.asarray(angles)) if cluster is None else int(np.unique(np.asarray(cluster)).size)


def _spread(stress: SlipStress, groups: int) -> Array:
    """Covariance of a fitted stress, widened as measured (`WIDENING`, `SPENT_EVENTS`)."""
    return np.asarray(stress.covariance * WIDENING * groups / max(groups - SPENT_EVENTS, 3.0))


def _draws(stress: SlipStress, covariance: Array, count: int, rng: np.random.Generator) -> Array:
    """Stress tensors (1 + count, 3, 3), the fitted one first."""
    values, vectors = np.linalg.eigh(covariance)
    steps = rng.normal(size=(count, 4)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    angle = np.linalg.norm(steps[:, :3], axis=1)
    turn = rotation_matrix(steps[:, :3] + 1e-15, np.degrees(np.minimum(angle, np.pi)))
    axes = np.concatenate([stress.axes[None], stress.axes @ np.swapaxes(turn, -1, -2)])
    phi = np.clip(np.concatenate([[0.0], steps[:, 3]]) + stress.phi, *PHI_BOUNDS)
    return stress_tensor(axes, phi)


def _clear_part(vector: Array, scatter: Array) -> tuple[Array, float]:
    """Rotation vector less what scatter adds to its length; half width of its 95 % interval.

    The square of each component along the principal directions of the scatter is too large by its
    variance. A direction that hardly matters (about s3, where s1 and s2 are alike) falls away.
    """
    variance, directions = np.linalg.eigh(scatter + 1e-9 * np.eye(3))
    components = vector @ directions
    squares = np.maximum(components**2 - variance, 0.0)
    clear = directions @ (np.sign(components) * np.sqrt(squares))
    size = float(np.linalg.norm(clear))
    axis = clear / size if size > 0 else directions[:, -1]
    return clear, 1.959964 * float(np.sqrt(axis @ scatter @ axis))


def _no_rotation(vector: Array, scatter: Array, groups: int) -> float:
    distance = float(vector @ np.linalg.solve(scatter + 1e-9 * np.eye(3), vector))
    freedom = max(groups - 3, 1)
    return float(stats.f.sf(distance * freedom / (3.0 * (freedom + 2)), 3, freedom))


def _cone(draws: Array, axis: int) -> float:
    """Radius that holds 95 % of an axis's draws, degrees."""
    axes = principal_axes(draws)[1][:, axis]
    return float(np.degrees(np.percentile(np.arccos(np.minimum(1.0, np.abs(axes @ axes[0]))), 95)))


def _shmax(
    first: Array, second: Array
) -> tuple[float | None, float | None, float | None, tuple[float, float] | None]:
    if min(horizontal_deviator(epoch[0]) for epoch in (first, second)) < MIN_HORIZONTAL_DEVIATOR:
        return None, None, None, None
    before, after = shmax_azimuth(first), shmax_azimuth(second)
    change = float(axial_difference(after[0], before[0]))
    error = axial_difference(after[1:] - before[1:], change)
    low, high = np.percentile(error, [2.5, 97.5])
    return float(before[0]), float(after[0]), change, (change + float(low), change + float(high))
