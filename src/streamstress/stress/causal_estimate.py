"""A field in time in which each time knows the past alone, as a live monitor would have told it.

Each time is the newest of the field of all times up to it, planes chosen among its events alone:
what `causal.CausalField` carries on step by step, inverted anew instead. Only the strengths of
smoothing are those of the whole catalogue.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import ConfigError
from streamstress.stress.contribution import PlaneSet
from streamstress.stress.estimate import FieldEstimate, IntervalOptions
from streamstress.stress.field import Smoothing, resolved_part
from streamstress.stress.nodes import NodeGrid

Array = NDArray[np.float64]
Estimator = Callable[[PlaneSet, NodeGrid, Smoothing, IntervalOptions], FieldEstimate]
"""`estimate.estimate_field` with its other options set."""


def estimate_causal(
    estimator: Estimator,
    solutions: PlaneSet,
    grid: NodeGrid,
    smoothing: Smoothing,
    intervals: IntervalOptions,
) -> FieldEstimate:
    """Every node of a grid in time, none knowing of later events.

    Raises
    ------
    ConfigError
        The grid has no time axis.
    """
    if grid.time_axis is None:
        raise ConfigError("a causal field needs nodes in time: give a column of time and its step")
    whole = estimator(solutions, grid, smoothing, replace(intervals, resamplings=0))
    if whole.field is None:
        return whole
    strengths: Smoothing = whole.field.strengths or 0.0
    nodes, method = list(whole.nodes), whole.interval_method
    draws: dict[int, Array] = {}
    times = grid.cell[:, grid.time_axis]
    for time in np.unique(times):
        keep = times <= time
        past = keep[grid.node_of_event]
        labels = None if intervals.cluster is None else np.asarray(intervals.cluster)[past]
        found = estimator(
            *resolved_part(solutions, grid, keep), strengths, replace(intervals, cluster=labels)
        )
        method = found.interval_method
        for local, node in enumerate(np.flatnonzero(keep).tolist()):
            if times[node] == time:
                nodes[node] = found.nodes[local]
                draws |= {node: found.draws[local]} if local in found.draws else {}
    return replace(whole, nodes=nodes, draws=draws, interval_method=method)
