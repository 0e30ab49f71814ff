"""Resampling of the events of one stress, and its shape with them.

Events are drawn with replacement, whole: all solutions and both planes together, dependent events
as whole clusters (`dependence`). What is made of the samples: `uncertainty`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import double_couple_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import (
    EventContribution,
    PlaneSet,
    plane_set,
    select_events,
)
from streamstress.stress.field import FieldInversion
from streamstress.stress.invert import PlaneMode, solve_weighted
from streamstress.stress.resampling import resampled_fits
from streamstress.stress.shape import corrected_phi, correction_error, is_simulated, with_phi
from streamstress.stress.uncertainty import StressSamples

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Seed = int | np.random.Generator

DEFAULT_RESAMPLINGS = 1000


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
    planes
        The shape is corrected where planes are chosen by ``instability``.
    cluster
        (n,) labels; events of one label are drawn together (dependent events). Each event for
        itself where not given.

    Raises
    ------
    UnusableDataError
        Fewer than two events or clusters.
    """
    solutions = events if isinstance(events, PlaneSet) else plane_set(events)
    label = _ranked(solutions, _labels(solutions.weight.size, cluster))
    rng = np.random.default_rng(seed)
    counts = _draw_counts(label, resamplings, rng)
    of_cluster = np.bincount(label, solutions.weight)
    effective = float(of_cluster.sum() ** 2 / np.sum(of_cluster**2))
    if planes == "instability":
        return _corrected(solutions, counts, friction, effective, rng)
    tensors = solve_weighted(solutions, counts * solutions.weight, planes)
    return StressSamples(tensors, int(solutions.weight.size), effective)


def _corrected(
    solutions: PlaneSet,
    counts: Array,
    friction: float,
    effective: float,
    rng: np.random.Generator,
) -> StressSamples:
    """Resample, correct the shapes, and add the error of the correction to their scatter."""
    weights = np.concatenate([np.ones((1, counts.shape[1])), counts]) * solutions.weight
    fits = resampled_fits(solutions, weights, friction)
    phi = corrected_phi(fits, effective)
    # Resampling shifts phi as often as drawing the events did; the samples keep the scatter alone.
    scattered = phi[1:] - np.mean(phi[1:]) + phi[0]
    scattered += rng.normal(scale=correction_error(fits)[0], size=scattered.size)
    return StressSamples(
        with_phi(fits.axes[1:], scattered),
        int(solutions.weight.size),
        effective,
        with_phi(fits.axes[0], phi[0]),
        scattered,
        bool(is_simulated(fits)[0]),
    )


def _labels(n_events: int, cluster: ArrayLike | None) -> Integers:
    label = np.arange(n_events) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    if label.size != n_events or label.max() < 1:
        raise UnusableDataError("resampling needs at least two independent events, each labelled")
    return np.asarray(label, np.int64)


def _ranked(solutions: PlaneSet, label: Integers) -> Integers:
    """Labels in an order that neither turning all mechanisms nor shuffling them changes.

    One seed then draws the same events of a turned or shuffled catalogue: intervals turn with it.
    """
    row = solutions.weight[solutions.event] * solutions.share
    moment = double_couple_of(solutions.normal[:, 0], solutions.slip[:, 0])
    mean = np.einsum("k,kij->ij", row, moment)
    key = np.bincount(label[solutions.event], row * np.einsum("kij,ij->k", moment, mean))
    return np.asarray(np.argsort(np.argsort(key, kind="stable"), kind="stable")[label], np.int64)


def _draw_counts(label: Integers, resamplings: int, rng: np.random.Generator) -> Array:
    """How often each event is drawn (r, n); draws number as many as there are clusters."""
    groups = int(label.max()) + 1
    drawn = rng.integers(groups, size=(resamplings, groups))
    drawn += groups * np.arange(resamplings)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamplings * groups)
    return np.asarray(counts.reshape(resamplings, groups)[:, label], float)


def node_samples(
    field: FieldInversion, resamplings: int, seed: int, cluster: NDArray[np.generic] | None
) -> list[StressSamples | None]:
    """Bootstrap of nodes without neighbours, each for itself; None of one with one event."""
    found: list[StressSamples | None] = []
    for node in range(field.grid.size):
        here = field.grid.node_of_event == node
        labels = None if cluster is None else cluster[here]
        if (here.sum() if labels is None else np.unique(labels).size) < 2:
            found.append(None)
            continue
        found.append(
            bootstrap(
                select_events(field.solutions, here),
                resamplings=resamplings,
                seed=seed,
                planes=field.planes,
                friction=DEFAULT_FRICTION if field.friction is None else field.friction,
                cluster=labels,
            )
        )
    return found
