"""The loops of the bootstrap: choose planes and invert, once for each row of event weights.

The same steps as `invert.invert` with planes by instability, compiled. A resampling starts from
the estimate of all events, whose planes are right for most: its sums on those planes are one
matrix product for all rows, and a row then corrects them where a plane changes.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.geometry.tensors import (
    double_couple_of,
    five_of,
    normalised,
    principal_axes,
    tensor_of,
)
from streamstress.stress.contribution import PlaneSet
from streamstress.stress.invert import CHUNK_ELEMENTS, michael_five, settled_planes
from streamstress.stress.normal_equations import unpack_sums
from streamstress.stress.plane_choice import State, plane_features, settle_planes

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

ARCCOS_SERIES = (
    0.0066700901,
    -0.0170881256,
    0.0308918810,
    -0.0501743046,
    0.0889789874,
    -0.2145988016,
    1.5707963050,
)
"""Coefficients of `_arccos`, highest power but one first."""


@dataclass(frozen=True, slots=True)
class ResampledFits:
    """What each row of event weights gives.

    Attributes
    ----------
    tensors : (r, 3, 3) float
        Stress of unit norm, tension positive.
    axes : (r, 3, 3) float
        Rows s1, s2, s3.
    phi : (r,) float
    mean_instability, misfit_deg : (r,) float
        Weighted means over the planes used, as in `invert.StressInversion`.
    homogeneity : (r,) float
        Weighted mean cosine of the misfit.
    moment : (r, 3, 3) float
        Weighted mean of the events' double couples, which no plane choice touches.
    """

    tensors: Array
    axes: Array
    phi: Array
    mean_instability: Array
    misfit_deg: Array
    homogeneity: Array
    moment: Array


@dataclass(frozen=True, slots=True)
class _Planes:
    """Both planes of all solutions, one array a component, and the planes to start from.

    Attributes
    ----------
    features : (2, 6, m) float
        `plane_choice.plane_features`.
    along : (5, m) float
        Shear along the slip is the product with the stress five-vector, on either plane.
    sums : (2, m, 20) float
    second : (m,) bool
    """

    features: Array
    along: Array
    sums: Array
    second: Bools


def resampled_fits(solutions: PlaneSet, event_weights: Array, friction: float) -> ResampledFits:
    """Stress and fit of each row of event weights (r, n), planes chosen by instability."""
    planes = _planes(solutions, friction)
    couples = five_of(double_couple_of(solutions.normal[:, 0], solutions.slip[:, 0]))
    rows = max(1, CHUNK_ELEMENTS // solutions.share.size)
    parts = [
        _chunk(solutions, planes, couples, event_weights[k : k + rows], friction)
        for k in range(0, event_weights.shape[0], rows)
    ]
    five, fit, moment = (np.concatenate(part) for part in zip(*parts, strict=True))
    values, axes = principal_axes(tensor_of(five))
    middle, half = (values[:, 0] + values[:, 2]) / 2.0, (values[:, 2] - values[:, 0]) / 2.0
    unstable = (fit[:, 0] + friction * (half - middle)) / half
    return ResampledFits(
        normalised(tensor_of(five)),
        axes,
        (values[:, 2] - values[:, 1]) / (2.0 * half),
        unstable / (friction + np.sqrt(1.0 + friction**2)),
        np.degrees(fit[:, 1]),
        fit[:, 2],
        tensor_of(moment),
    )


def _planes(solutions: PlaneSet, friction: float) -> _Planes:
    """Planes with the choice that stands in the estimate of all events."""
    share = solutions.weight[solutions.event] * solutions.share
    five = michael_five(*unpack_sums(share @ solutions.sums.mean(axis=1)))
    return _Planes(
        plane_features(solutions.normal),
        np.ascontiguousarray(solutions.sums[:, 0, 15:].T),
        np.ascontiguousarray(np.swapaxes(solutions.sums, 0, 1)),
        settled_planes(solutions, share, five, friction)[1],
    )


def _started(planes: _Planes, weight: Array) -> Array:
    """Sums (r, 20) of weighted solutions (r, m) on the planes to start from."""
    chosen = np.where(planes.second[:, None], planes.sums[1], planes.sums[0])
    return np.asarray(weight @ chosen)


def _chunk(
    solutions: PlaneSet, planes: _Planes, couples: Array, event_weights: Array, friction: float
) -> tuple[Array, Array, Array]:
    weight = event_weights[:, solutions.event] * solutions.share
    five, fit = _fit_rows(
        planes.features,
        planes.along,
        planes.sums,
        weight,
        planes.second,
        _started(planes, weight),
        friction,
    )
    whole = weight.sum(axis=1, keepdims=True)
    return five, fit / whole, (weight @ couples) / whole


@njit(cache=True, nogil=True, error_model="numpy")
def _fit_rows(
    features: Array,
    along: Array,
    sums: Array,
    weight: Array,
    first_choice: Bools,
    total: Array,
    friction: float,
) -> tuple[Array, Array]:
    """Five-vectors (r, 5); summed excess, misfit in radians and its cosine (r, 3)."""
    rows, count = weight.shape
    five, fit = np.empty((rows, 5)), np.empty((rows, 3))
    shear, across = np.empty((2, count)), np.empty((2, count))
    second = np.empty(count, np.bool_)
    for row in range(rows):
        second[:] = first_choice
        state = (second, total[row], five[row], shear, across)
        settle_planes(features, sums, weight[row], friction, state)
        fit[row] = _measured(along, weight[row], friction, state)
    return five, fit


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def _measured(
    along: Array, weight: Array, friction: float, state: State
) -> tuple[float, float, float]:
    """Sums of excess, misfit in radians and its cosine on the chosen planes."""
    second, _, five, shear, across = state
    excess, angle, cosine = 0.0, 0.0, 0.0
    for k in range(second.size):
        of_slip = along[0, k] * five[0] + along[1, k] * five[1] + along[2, k] * five[2]
        of_slip += along[3, k] * five[3] + along[4, k] * five[4]
        length = shear[1, k] if second[k] else shear[0, k]
        normal = across[1, k] if second[k] else across[0, k]
        share = of_slip / (length if length > 1e-300 else 1e-300)
        share = -1.0 if share < -1.0 else (1.0 if share > 1.0 else share)
        excess += weight[k] * (length + friction * normal)
        angle += weight[k] * _arccos(share)
        cosine += weight[k] * share
    return excess, angle, cosine


@njit(cache=True, inline="always")
def _arccos(x: float) -> float:
    """Arc cosine to 2e-8 (Abramowitz & Stegun 1964, eq. 4.4.46); the library's is no vector."""
    size = -x if x < 0.0 else x
    series = -0.0012624911
    for term in ARCCOS_SERIES:
        series = series * size + term
    angle: float = np.sqrt(1.0 - size) * series
    return np.pi - angle if x < 0.0 else angle
