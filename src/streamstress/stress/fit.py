"""How well a field explains the events at each node."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.tractions import DEFAULT_FRICTION, instability, slip_direction
from streamstress.stress.contribution import PlaneSet
from streamstress.stress.field import FieldInversion

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NodeFit:
    """Fit of the events at each node, (m,); not a number where a node has no events.

    Attributes
    ----------
    n_events : int
    on_boundary : bool
        Whether a neighbour is lacking on some side.
    misfit_deg
        Weighted mean angle between slip and resolved shear on the planes that count.
    homogeneity
        Weighted mean cosine of that angle: 1 where one stress explains every slip, 0 where it
        explains none.
    mean_instability
        Of the planes that count, 0 to 1.
    """

    n_events: NDArray[np.int64]
    on_boundary: NDArray[np.bool_]
    misfit_deg: Array
    homogeneity: Array
    mean_instability: Array


def node_fit(field: FieldInversion) -> NodeFit:
    """Misfit, homogeneity and instability at the nodes of a field."""
    friction = DEFAULT_FRICTION if field.friction is None else field.friction
    grid = field.grid
    return NodeFit(
        grid.events_per_node,
        grid.on_boundary,
        *mean_fit(field.tensors, field.solutions, grid.node_of_event, field.plane_weight, friction),
    )


def mean_fit(
    tensors: Array,
    solutions: PlaneSet,
    node_of_event: NDArray[np.int64],
    plane_weight: Array,
    friction: float,
) -> tuple[Array, Array, Array]:
    """Mean misfit in degrees, mean cosine of it and mean instability at each node, (m,) each.

    Parameters
    ----------
    tensors : (m, 3, 3)
    plane_weight : (rows, 2)
        Weight of both planes of each solution.
    """
    node = node_of_event[solutions.event]
    tensor = tensors[node][:, None]
    cosine = np.sum(slip_direction(tensor, solutions.normal) * solutions.slip, axis=-1)
    cosine = np.clip(cosine, -1.0, 1.0)
    total = np.bincount(node, plane_weight.sum(axis=1), len(tensors))

    def mean(values: Array) -> Array:
        row = np.sum(plane_weight * values, axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.bincount(node, row, len(tensors)) / total)

    return (
        mean(np.degrees(np.arccos(cosine))),
        mean(cosine),
        mean(instability(tensor, solutions.normal, friction)),
    )
