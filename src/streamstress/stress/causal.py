"""A smoothed field that is carried on in time: each step knows the past and not the future.

The field of `smoothing` with links in time, read at its newest time, is what a filter gives that
keeps the information of the step before (Kalman 1960, in information form): the same equations
eliminated in the order of time. For a look back use `invert_field` with a time axis instead,
where every time knows all others.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from streamstress.errors import ConfigError, UnusableDataError
from streamstress.stress.nodes import NodeGrid
from streamstress.stress.smoothing import FROBENIUS_METRIC, NodeSums

Array = NDArray[np.float64]


class CausalField:
    """The stress of the nodes of a region, step by step.

    Matrices are dense: an update of 200 nodes takes 0.2 s on a core, and
    the cost grows with the cube of the nodes.

    Parameters
    ----------
    grid
        Nodes in space, without a time axis; the same at every step.
    space_strength, time_strength
        Strengths of smoothing between neighbours and between steps, as ABIC gives them for a
        grid with a time axis of this step.

    Raises
    ------
    ConfigError
        A strength that is not over 0.
    """

    def __init__(
        self,
        grid: NodeGrid,
        space_strength: float,
        time_strength: float,
        metric: Array = FROBENIUS_METRIC,
    ) -> None:
        if not (0 < space_strength < np.inf and 0 < time_strength < np.inf):
            raise ConfigError(
                f"strengths {space_strength}, {time_strength} of a causal field: give over 0"
            )
        self.grid = grid
        self.time_strength = time_strength
        self.metric = metric
        self._smoothing = _smoothing_matrix(grid, space_strength, metric)
        size = 5 * grid.size
        self._known = np.zeros((size, size))
        self._pull = np.zeros(size)

    def advance(self, sums: NodeSums, steps: float = 1.0) -> tuple[Array, Array]:
        """Take the sums of a new time step in.

        Parameters
        ----------
        sums
            Of the events of the step alone; zeros where there are none.
        steps
            Time steps since the step before; the field may differ the more, the longer it is.

        Returns
        -------
        five : (m, 5) float
            Stress at the nodes.
        inverse : (m, 5, 5) float
            Blocks of the inverse normal matrix; times the variance of a slip component they are
            the posterior covariance.

        Raises
        ------
        UnusableDataError
            The events so far do not resolve the stress; they are kept for the next step.
        """
        before, pull = self._carried(steps)
        self._known = before + self._smoothing + _block_diagonal(sums.a)
        self._pull = pull + sums.b.ravel()
        try:
            factor = cho_factor(self._known, lower=True)
        except np.linalg.LinAlgError as error:
            raise UnusableDataError("the events so far do not resolve the stress") from error
        inverse = cho_solve(factor, np.eye(self._known.shape[0]))
        nodes = np.arange(self.grid.size)
        blocks = inverse.reshape(self.grid.size, 5, self.grid.size, 5)[nodes, :, nodes, :]
        return (inverse @ self._pull).reshape(-1, 5), np.asarray(blocks)

    def _carried(self, steps: float) -> tuple[Array, Array]:
        """Information of the past about the stress of now: each component may have moved."""
        link = np.kron(np.eye(self.grid.size), self.metric) * (self.time_strength / steps)
        gain = cho_solve(cho_factor(self._known + link, lower=True), link)
        return link - link @ gain, gain.T @ self._pull


def _smoothing_matrix(grid: NodeGrid, strength: float, metric: Array) -> Array:
    laplacian = np.zeros((grid.size, grid.size))
    first, second = grid.links.T
    np.add.at(laplacian, (first, first), grid.link_weight)
    np.add.at(laplacian, (second, second), grid.link_weight)
    np.subtract.at(laplacian, (first, second), grid.link_weight)
    np.subtract.at(laplacian, (second, first), grid.link_weight)
    return np.asarray(np.kron(strength * laplacian, metric))


def _block_diagonal(blocks: Array) -> Array:
    count = blocks.shape[0]
    matrix = np.zeros((count, 5, count, 5))
    nodes = np.arange(count)
    matrix[nodes, :, nodes, :] = blocks
    return matrix.reshape(5 * count, 5 * count)
