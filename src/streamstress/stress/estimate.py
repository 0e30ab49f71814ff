"""A field and what is said of its nodes: stress, intervals, fit, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import PlaneSet
from streamstress.stress.describe import (
    StressDescription,
    StressIntervals,
    described,
    sample_intervals,
)
from streamstress.stress.event_bootstrap import node_samples
from streamstress.stress.field import (
    FieldInversion,
    Smoothing,
    invert_field,
    resolved_nodes,
    resolved_part,
)
from streamstress.stress.field_bootstrap import bootstrap_draws
from streamstress.stress.field_shape import corrected_shape
from streamstress.stress.fit import NodeFit, node_fit
from streamstress.stress.invert import PlaneMode
from streamstress.stress.nodes import NodeGrid
from streamstress.stress.posterior import draw_intervals, posterior_draws
from streamstress.stress.smoothing import FROBENIUS_METRIC
from streamstress.stress.uncertainty import StressSamples, estimate_of

Array = NDArray[np.float64]
IntervalMethod = Literal["posterior", "bootstrap", "none"]

MIN_EVENTS = 5
"""Events of a node that is answered: with fewer than the stress has components, the answer would
be that of the neighbours."""

RESAMPLINGS = 1000
"""Draws of a bootstrap where the caller does not say: 95 % bounds to 4 % of their distance."""

SHOWN_NODES = 8
"""Nodes whose draws are kept for a figure."""

NOT_ENOUGH = "not enough events"
TOO_ALIKE = "mechanisms too alike to resolve a stress"


@dataclass(frozen=True, slots=True)
class NodeEstimate:
    """One node; ``description`` and ``tensor`` are None unless ``status`` is ``ok``."""

    n_events: int
    effective_events: float
    status: str
    on_boundary: bool
    tensor: Array | None = None
    description: StressDescription | None = None
    homogeneity: float | None = None
    mean_instability: float | None = None


@dataclass(frozen=True, slots=True)
class FieldEstimate:
    """Every node of a grid, in its order.

    Attributes
    ----------
    grid : NodeGrid
        The nodes asked for; the links are those that smoothing used.
    nodes : list of NodeEstimate
    field : FieldInversion or None
        The inversion of the nodes that are resolved; None where none is.
    field_node : (m,) int
        Node of the inversion for each node of the grid, -1 for none.
    interval_method : str
    draws : dict
        Tensors (r, 3, 3) behind the intervals, of the `SHOWN_NODES` with most events.
    """

    grid: NodeGrid
    nodes: list[NodeEstimate]
    field: FieldInversion | None
    field_node: NDArray[np.int64]
    interval_method: IntervalMethod
    draws: dict[int, Array]


@dataclass(frozen=True, slots=True)
class IntervalOptions:
    """How intervals are made.

    ``resamplings`` None takes the posterior of a smoothed field, and `RESAMPLINGS` of each node
    without neighbours; a number takes a bootstrap of so many, 0 none. ``cluster`` labels dependent
    events (n,).
    """

    resamplings: int | None = None
    seed: int = 0
    cluster: ArrayLike | None = None


def estimate_field(
    solutions: PlaneSet,
    grid: NodeGrid,
    *,
    planes: PlaneMode = "instability",
    smoothing: Smoothing = "abic",
    friction: float = DEFAULT_FRICTION,
    metric: Array = FROBENIUS_METRIC,
    min_events: int = MIN_EVENTS,
    intervals: IntervalOptions | None = None,
) -> FieldEstimate:
    """Invert a grid and describe its nodes.

    A node with fewer than ``min_events`` events gets no answer, though its events count in the
    smoothing of its neighbours. Other arguments as those of `invert_field`.
    """
    wanted = intervals or IntervalOptions()
    grid = grid.without_links() if smoothing == 0 else grid
    enough = grid.events_per_node >= min_events
    resolved = resolved_nodes(solutions, grid, planes)
    used = resolved if grid.links.size else resolved & enough
    number = np.where(used, np.cumsum(used) - 1, -1)
    if not np.any(used):
        silent = [_silent(solutions, grid, node, enough[node]) for node in range(grid.size)]
        return FieldEstimate(grid, silent, None, number, "none", {})
    part, part_grid = resolved_part(solutions, grid, used)
    field = invert_field(
        part, part_grid, planes=planes, smoothing=smoothing, friction=friction, metric=metric
    )
    event_used = used[grid.node_of_event]
    spread = _spread(field, wanted, event_used)
    fit = node_fit(field)
    nodes = [
        _answered(field, fit, int(number[node]), spread)
        if used[node] and enough[node]
        else _silent(solutions, grid, node, enough[node])
        for node in range(grid.size)
    ]
    return FieldEstimate(grid, nodes, field, number, spread.method, _shown(nodes, number, spread))


@dataclass(frozen=True, slots=True)
class _Spread:
    """Estimate and intervals of each node of an inversion, and the tensors behind them."""

    method: IntervalMethod
    intervals: Sequence[StressIntervals | None]
    tensors: Sequence[Array | None]
    estimates: Array


def _spread(
    field: FieldInversion, wanted: IntervalOptions, event_used: NDArray[np.bool_]
) -> _Spread:
    cluster = None if wanted.cluster is None else np.asarray(wanted.cluster)[event_used]
    if wanted.resamplings == 0:
        nothing = [None] * field.grid.size
        corrects = field.planes == "instability" and field.grid.links.size > 0
        best = corrected_shape(field).tensors if corrects else field.tensors
        return _Spread("none", nothing, nothing, best)
    if not field.grid.links.size:
        samples = node_samples(field, wanted.resamplings or RESAMPLINGS, wanted.seed, cluster)
        tensors = [None if one is None else one.tensors for one in samples]
        pairs = zip(samples, field.tensors, strict=True)
        centers = [one if drawn is None else estimate_of(drawn, one) for drawn, one in pairs]
        intervals = _single_intervals(field, samples)
        return _Spread("bootstrap", intervals, tensors, np.array(centers))
    if wanted.resamplings is None:
        draws = posterior_draws(field, seed=wanted.seed, cluster=cluster)
    else:
        draws = bootstrap_draws(field, wanted.resamplings, wanted.seed, cluster)
    method: IntervalMethod = "posterior" if wanted.resamplings is None else "bootstrap"
    best, known = field.tensors, None
    if field.planes == "instability":
        shape = corrected_shape(field)
        best, known = shape.tensors, shape.simulated
        draws = shape.of_draws(draws, np.random.default_rng([wanted.seed, 1]))
    told = draw_intervals(best, draws, known)
    return _Spread(method, told, list(np.moveaxis(draws, 1, 0)), best)


def _shown(
    nodes: Sequence[NodeEstimate], number: NDArray[np.int64], spread: _Spread
) -> dict[int, Array]:
    """Draws of the answered nodes with most events, in the order of the nodes."""
    answered = [node for node, one in enumerate(nodes) if one.tensor is not None]
    most = sorted(answered, key=lambda node: -nodes[node].n_events)[:SHOWN_NODES]
    found = {node: spread.tensors[number[node]] for node in sorted(most)}
    return {node: np.array(tensors) for node, tensors in found.items() if tensors is not None}


def _single_intervals(
    field: FieldInversion, samples: Sequence[StressSamples | None]
) -> list[StressIntervals | None]:
    pairs = zip(samples, field.tensors, strict=True)
    return [None if one is None else sample_intervals(one, tensor) for one, tensor in pairs]


def _answered(field: FieldInversion, fit: NodeFit, node: int, spread: _Spread) -> NodeEstimate:
    count = int(fit.n_events[node])
    instability = float(fit.mean_instability[node])
    told = described(
        spread.estimates[node],
        spread.intervals[node],
        misfit_deg=float(fit.misfit_deg[node]),
        mean_instability=None if field.planes == "both" else instability,
        n_events=count,
    )
    return NodeEstimate(
        count,
        float(field.sums.weight[node]),
        "ok",
        bool(fit.on_boundary[node]),
        spread.estimates[node],
        told,
        float(fit.homogeneity[node]),
        instability,
    )


def _silent(solutions: PlaneSet, grid: NodeGrid, node: int, enough: bool) -> NodeEstimate:
    here = grid.node_of_event == node
    return NodeEstimate(
        int(here.sum()),
        float(solutions.weight[here].sum()),
        TOO_ALIKE if enough else NOT_ENOUGH,
        bool(grid.on_boundary[node]),
    )
