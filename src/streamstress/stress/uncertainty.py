"""How sure a stress is: resampling of events, axis regions, intervals.

Resampling is a caller of the inversion. Events are drawn with replacement, whole (all solutions
and both planes of an event together); dependent events can be drawn as whole clusters.
Michael's (1984) bootstrap is the appropriate uncertainty (Hardebeck & Hauksson 2001, Bull.
Seismol. Soc. Am. 91, 250).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.tensors import principal_axes, shape_ratio_phi
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import EventContribution, PlaneSet, plane_set
from streamstress.stress.invert import PlaneMode, solve_weighted

Array = NDArray[np.float64]
Seed = int | np.random.Generator

DEFAULT_RESAMPLINGS = 1000


@dataclass(frozen=True, slots=True)
class StressSamples:
    """Resampled stresses.

    Attributes
    ----------
    tensors : (r, 3, 3) float, tension positive, unit norm
    n_events : int
        Events drawn from.
    """

    tensors: Array
    n_events: int


def bootstrap(
    events: Sequence[EventContribution] | PlaneSet,
    *,
    resamplings: int = DEFAULT_RESAMPLINGS,
    seed: Seed = 0,
    planes: PlaneMode = "instability",
    friction: float = DEFAULT_FRICTION,
    cluster: ArrayLike | None = None,
) -> StressSamples:
    """Stresses of events drawn with replacement; planes are chosen anew in each.

    Parameters
    ----------
    cluster
        (n,) labels; events of one label are drawn together (dependent events). Each event for
        itself where not given.

    Raises
    ------
    UnusableDataError
        Fewer than two events or clusters.
    """
    solutions = events if isinstance(events, PlaneSet) else plane_set(events)
    counts = _draw_counts(solutions.weight.size, resamplings, np.random.default_rng(seed), cluster)
    tensors = solve_weighted(solutions, counts * solutions.weight, planes, friction)
    return StressSamples(tensors, int(solutions.weight.size))


def _draw_counts(
    n_events: int, resamplings: int, rng: np.random.Generator, cluster: ArrayLike | None
) -> Array:
    label = np.arange(n_events) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    groups = int(label.max()) + 1
    if groups < 2:
        raise UnusableDataError("resampling needs at least two independent events")
    drawn = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=resamplings)
    return np.asarray(drawn[:, label], float)


def axial_interval(
    azimuth_deg: ArrayLike, center_deg: float, level: float = 0.95
) -> tuple[float, float]:
    """Interval ``[lo, hi]`` of resampled axes about a centre: 0 <= lo < 180, lo <= hi.

    ``hi`` may exceed 180; a width of 180 says that nothing is known.
    """
    offset = np.asarray(axial_difference(azimuth_deg, center_deg))
    tails = [50.0 * (1.0 - level), 50.0 * (1.0 + level)]
    low, high = (float(value) for value in np.percentile(offset, tails))
    start = (center_deg + low) % 180.0
    return start, start + (high - low)


def shmax_interval(
    samples: StressSamples, tensor: ArrayLike, level: float = 0.95
) -> tuple[float, float]:
    """Axial interval of SHmax, degrees, about that of the best tensor.

    Resampling few events underrates the scatter: the offsets are widened for the five fitted
    components by ``t(n - 5) sqrt(n / (n - 5)) / z`` (1.08 at 50 events, 1.04 at 100).
    """
    freedom = max(samples.n_events - 5, 2)
    tail = (1.0 + level) / 2.0
    widening = stats.t.ppf(tail, freedom) / stats.norm.ppf(tail)
    widening *= np.sqrt(max(samples.n_events, freedom) / freedom)
    best = float(shmax_azimuth(tensor))
    offset = axial_difference(shmax_azimuth(samples.tensors), best) * widening
    return axial_interval(best + np.clip(offset, -90.0, 89.999), best, level)


def phi_interval(samples: StressSamples, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of phi. It holds the scatter, not the bias of wrong planes."""
    tails = [50.0 * (1.0 - level), 50.0 * (1.0 + level)]
    low, high = np.percentile(shape_ratio_phi(samples.tensors), tails)
    return float(low), float(high)


def axis_cones_deg(
    samples: StressSamples, tensor: ArrayLike, level: float = 0.95
) -> tuple[float, float, float]:
    """Half-angles of the cones about s1, s2, s3 that hold ``level`` of the resampled axes."""
    best = principal_axes(tensor)[1]
    axes = principal_axes(samples.tensors)[1]
    cosine = np.abs(np.sum(axes * best, axis=-1))
    angle = np.degrees(np.arccos(np.clip(cosine, 0.0, 1.0)))
    one, two, three = np.percentile(angle, 100.0 * level, axis=0)
    return float(one), float(two), float(three)


def region(samples: StressSamples, tensor: ArrayLike, level: float = 0.95) -> Array:
    """Resampled tensors of the ``level`` nearest to the best one, (q, 3, 3), nearest first.

    Nearness is the normalised tensor product, as Hardebeck & Michael (2006) plot their
    confidence regions.
    """
    best = np.asarray(tensor, float)
    nearness = np.einsum("rij,ij->r", samples.tensors, best / np.linalg.norm(best))
    order = np.argsort(-nearness, kind="stable")
    kept = max(1, round(level * order.size))
    return np.asarray(samples.tensors[order[:kept]])
