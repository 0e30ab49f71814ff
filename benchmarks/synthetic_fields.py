"""Stress fields drawn from the smoothing prior, and events under them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import Population, mechanisms, random_units

from streamstress.geometry.tensors import five_of, tensor_of
from streamstress.stress.nodes import NodeGrid, grid_nodes
from streamstress.stress.normal_equations import plane_sums, shear_matrix
from streamstress.stress.smoothing import FROBENIUS_METRIC, NodeSums, node_sums

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid and how many events its nodes have.

    ``share_empty`` of the nodes have none; the others about ``events_per_node``, spread
    log-normally by a factor of about 2.
    """

    shape: tuple[int, ...] = (8, 8)
    events_per_node: float = 25.0
    share_empty: float = 0.1


def counts_of(layout: Layout, rng: np.random.Generator) -> NDArray[np.int64]:
    """Events at each node."""
    size = int(np.prod(layout.shape))
    count = np.ceil(layout.events_per_node * rng.lognormal(-0.25, 0.7, size)).astype(np.int64)
    count[rng.random(size) < layout.share_empty] = 0
    return count


def positions(layout: Layout, count: NDArray[np.int64]) -> Array:
    """Cell of each event, (n, d)."""
    axes = [np.arange(length) for length in layout.shape]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return np.repeat(cells, count, axis=0).astype(float)


def prior_field(grid: NodeGrid, mean: Array, step: float, rng: np.random.Generator) -> Array:
    """Stress five-vectors (m, 5) about a mean tensor whose neighbours differ as the prior says.

    ``step`` is the standard deviation of the difference over a link that stands alone.
    """
    laplacian = np.zeros((grid.size, grid.size))
    for (i, j), weight in zip(grid.links, grid.link_weight, strict=True):
        laplacian[[i, j], [i, j]] += weight
        laplacian[[i, j], [j, i]] -= weight
    values, vectors = np.linalg.eigh(laplacian)
    kept = values > 1e-9 * values.max()
    across = np.linalg.inv(np.linalg.cholesky(FROBENIUS_METRIC)).T
    drawn = rng.normal(size=(int(kept.sum()), 5)) / np.sqrt(values[kept, None])
    return five_of(mean) + step * (vectors[:, kept] @ drawn) @ across.T


def linear_sums(grid: NodeGrid, five: Array, noise: float, rng: np.random.Generator) -> NodeSums:
    """Node sums of events on random planes whose slip is the shear plus noise in the plane."""
    normal = random_units(grid.node_of_event.size, rng)
    shear = np.einsum("nij,nj->ni", shear_matrix(normal), five[grid.node_of_event])
    error = rng.normal(scale=noise, size=normal.shape)
    slip = shear + error - np.sum(error * normal, axis=1, keepdims=True) * normal
    sums = node_sums(plane_sums(normal, slip), np.ones(len(slip)), grid.node_of_event, grid.size)
    return replace(sums, energy=float(np.sum(slip**2)))


def field_mechanisms(
    grid: NodeGrid, five: Array, rng: np.random.Generator, population: Population
) -> Array:
    """Strike, dip, rake (n, 3) of the events of a grid under its field."""
    angles = np.zeros((grid.node_of_event.size, 3))
    for node, tensor in enumerate(tensor_of(five)):
        here = np.flatnonzero(grid.node_of_event == node)
        if here.size:
            angles[here] = mechanisms(tensor, here.size, rng, population)
    return angles


def field_grid(layout: Layout, rng: np.random.Generator) -> NodeGrid:
    """Grid of a layout with its events."""
    count = counts_of(layout, rng)
    return grid_nodes(positions(layout, count), np.ones(len(layout.shape)))
