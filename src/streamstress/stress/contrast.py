"""Whether SHmax differs across a boundary: the events on its two sides, each inverted for itself.

Smoothing would smear a contrast and make its significance that of the smoothing; the two sides
share nothing here, and each brings the scatter of its own events by bootstrap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import PlaneSet, select_events
from streamstress.stress.event_bootstrap import bootstrap
from streamstress.stress.invert import PlaneMode, invert
from streamstress.stress.uncertainty import FITTED, estimate_of, widening

Array = NDArray[np.float64]

RESAMPLINGS = 500


@dataclass(frozen=True, slots=True)
class Contrast:
    """SHmax on the two sides of a boundary.

    Attributes
    ----------
    left_deg, right_deg : float
        SHmax of the sides, left and right of the direction in which the boundary is drawn.
    contrast_deg : float
        From left to right, clockwise positive, -90 to 90.
    interval95_deg : (float, float)
    p_value : float
        Chance of so large a contrast where there is none.
    n_left, n_right : int
        Events.
    """

    left_deg: float
    right_deg: float
    contrast_deg: float
    interval95_deg: tuple[float, float]
    p_value: float
    n_left: int
    n_right: int


def shmax_contrast(
    solutions: PlaneSet,
    side: ArrayLike,
    *,
    planes: PlaneMode = "instability",
    friction: float = DEFAULT_FRICTION,
    resamplings: int = RESAMPLINGS,
    seed: int = 0,
    cluster: ArrayLike | None = None,
) -> Contrast:
    """Contrast between two sets of events.

    Parameters
    ----------
    side : (n,)
        Below 0 left, above 0 right, 0 neither.

    Notes
    -----
    SHmax of a side is that of its corrected shape. The contrast over its bootstrap error is held
    against Student's t with the independent events of both sides less the five components that
    each side fits. How often that errs: docs/accuracy.md.

    Raises
    ------
    UnusableDataError
        A side does not resolve its stress.
    """
    sign = np.sign(np.asarray(side, float))
    label = None if cluster is None else np.asarray(cluster)
    left, right = (
        _sampled_side(
            select_events(solutions, sign == wanted),
            planes,
            friction,
            resamplings,
            np.random.default_rng([seed, number]),
            None if label is None else label[sign == wanted],
        )
        for number, wanted in enumerate((-1.0, 1.0))
    )
    contrast = float(axial_difference(right.shmax_deg, left.shmax_deg))
    error = float(np.sqrt(np.mean((right.offset_deg - left.offset_deg) ** 2)))
    freedom = max(left.effective + right.effective - 2 * FITTED, 1.0)
    reach = float(stats.t.ppf(0.975, freedom)) * error
    return Contrast(
        left.shmax_deg,
        right.shmax_deg,
        contrast,
        (contrast - reach, contrast + reach),
        float(2.0 * stats.t.sf(abs(contrast) / max(error, 1e-9), freedom)),
        left.count,
        right.count,
    )


@dataclass(frozen=True, slots=True)
class _Side:
    shmax_deg: float
    offset_deg: Array
    effective: float
    count: int


def _sampled_side(
    events: PlaneSet,
    planes: PlaneMode,
    friction: float,
    resamplings: int,
    rng: np.random.Generator,
    cluster: NDArray[np.generic] | None,
) -> _Side:
    """SHmax of one side, and what resamplings add to it."""
    count = int(events.weight.size)
    if count <= FITTED:
        raise UnusableDataError(f"{count} events on one side are too few")
    found = invert(events, planes=planes, friction=friction)
    samples = bootstrap(
        events,
        resamplings=resamplings,
        seed=rng,
        planes=planes,
        friction=friction,
        cluster=cluster,
    )
    best = float(shmax_azimuth(estimate_of(samples, found.tensor)))
    offset = axial_difference(shmax_azimuth(samples.tensors), best) * widening(samples)
    return _Side(best, np.asarray(offset), samples.n_effective or float(count), count)


def side_of_line(points: ArrayLike, line: ArrayLike) -> tuple[Array, Array]:
    """Signed side and distance of points (n, 2) from a line of points (k, 2), both as x, y.

    Returns
    -------
    side : (n,) float
        1 right of the direction of the line, -1 left, by the nearest segment.
    distance : (n,) float
    """
    where, corners = np.asarray(points, float), np.asarray(line, float)
    start, along = corners[:-1], np.diff(corners, axis=0)
    length = np.sum(along**2, axis=1)
    offset = where[:, None] - start
    part = np.clip(np.sum(offset * along, axis=-1) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    away = offset - part[..., None] * along
    distance = np.linalg.norm(away, axis=-1)
    nearest = np.argmin(distance, axis=1)
    rows = np.arange(len(where))
    turn = (
        along[nearest, 1] * offset[rows, nearest, 0] - along[nearest, 0] * offset[rows, nearest, 1]
    )
    return np.sign(turn), distance[rows, nearest]
