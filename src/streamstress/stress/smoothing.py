"""A stress at every node at once: least squares with damped differences between neighbours.

With node sums ``A``, ``b`` and strength ``lambda`` the field minimises

    sum |slip - shear|^2 + lambda sum_links w |s_i - s_j|^2

(Michael 1984; Hardebeck & Michael 2006, eq. 5). ``|s|`` is the Frobenius norm of the tensor, so
that turning the mechanisms turns the field; SATSI instead sums the five components, which depends
on the frame (`SATSI_METRIC`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from streamstress.stress.dissection import Front, dissect
from streamstress.stress.multifrontal import Factor, factorise
from streamstress.stress.nodes import LinkKind, NodeGrid
from streamstress.stress.normal_equations import unpack_sums

Array = NDArray[np.float64]
Strengths = Mapping[LinkKind, float]
"""Strength of smoothing of each kind of link, over 0."""

FROBENIUS_METRIC = np.array(
    [
        [2.0, 0.0, 0.0, 1.0, 0.0],
        [0.0, 2.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 2.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 2.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 2.0],
    ]
)
"""``m' Q m`` is the squared Frobenius norm of the tensor of ``m = (ee, en, eu, nn, nu)``."""

SATSI_METRIC = np.eye(5)
"""The norm of SATSI: the five components as they are."""


@dataclass(frozen=True, slots=True)
class NodeSums:
    """What the events say of the stress at their nodes.

    Attributes
    ----------
    a : (m, 5, 5), b : (m, 5)
        Sums of ``G'G`` and ``G'u``.
    weight : (m,)
        Sum of the event weights at each node: their effective number.
    energy : float
        Weighted sum of the squared slips: the sum of the weights where slips are unit vectors.
    """

    a: Array
    b: Array
    weight: Array
    energy: float

    @property
    def effective_events(self) -> float:
        """Sum of the event weights."""
        return float(self.weight.sum())


@dataclass(frozen=True, slots=True)
class SmoothedField:
    """The field of one strength of smoothing.

    Attributes
    ----------
    five : (m, 5)
        Stress at the nodes, as it fits slips of unit length.
    misfit : float
        Weighted sum of squared slip residuals.
    roughness : float
        Sum of squared differences over the links, each kind times its share of the strength.
    penalty : float
        What smoothing adds to the misfit.
    factor : Factor
        Of the normal matrix; its inverse times the variance is the posterior covariance.
    """

    five: Array
    misfit: float
    roughness: float
    penalty: float
    factor: Factor


@dataclass(frozen=True)
class SmoothingProblem:
    """Nodes, their links and the norm of differences; the order of elimination is made once."""

    grid: NodeGrid
    metric: Array

    @cached_property
    def fronts(self) -> tuple[Front, ...]:
        """Order of elimination."""
        return dissect(self.grid.cell, self.grid.links)

    @cached_property
    def groups(self) -> int:
        """Linked groups of nodes; each has five directions that smoothing does not touch."""
        return self.grid.components()[0]

    def link_strength(self, strengths: Strengths) -> Array:
        """Strength times weight of each link, (l,)."""
        time, space = strengths.get("time", 0.0), strengths.get("space", 0.0)
        kind = np.where(self.grid.is_time_link, time, space)
        return np.asarray(kind * self.grid.link_weight)

    def factor(self, a: Array, strength: Array) -> Factor:
        """Factor of the normal matrix for node sums (m, 5, 5) and link strengths (l,)."""
        total = np.zeros(self.grid.size)
        for end in (0, 1):
            total += np.bincount(self.grid.links[:, end], strength, self.grid.size)
        return factorise(self.fronts, a + total[:, None, None] * self.metric, strength, self.metric)

    def damping(self, strengths: Strengths) -> sparse.csr_array:
        """Smoothing matrix (5 m, 5 m) of these strengths: what links add to the normal matrix."""
        first, second = self.grid.links.T
        strength, size = self.link_strength(strengths), self.grid.size
        rows = np.concatenate([first, second, first, second])
        columns = np.concatenate([first, second, second, first])
        values = np.concatenate([strength, strength, -strength, -strength])
        laplacian = sparse.coo_array((values, (rows, columns)), shape=(size, size))
        return sparse.csr_array(sparse.kron(laplacian, self.metric))

    def solve(self, sums: NodeSums, strengths: Strengths) -> SmoothedField:
        """Field of these strengths.

        Raises
        ------
        UnusableDataError
            A group of linked nodes has too few or too similar events.
        """
        strength = self.link_strength(strengths)
        factor = self.factor(sums.a, strength)
        five = factor.solve(sums.b)
        step = five[self.grid.links[:, 0]] - five[self.grid.links[:, 1]]
        square = np.einsum("li,ij,lj->l", step, self.metric, step)
        penalty = float(strength @ square)
        total = sums.energy - float(np.sum(sums.b * five))
        roughness = float(self.grid.link_weight @ square)
        return SmoothedField(five, max(total - penalty, 0.0), roughness, penalty, factor)

    def prior_log_determinant(self, strengths: Strengths) -> float:
        """Logarithm of the pseudo-determinant of the smoothing matrix, all strengths together.

        By the matrix-tree theorem the pseudo-determinant of a Laplacian is the number of nodes
        times the determinant with one node held (Merris 1994, Linear Algebra Appl. 197, 143);
        with two kinds of links it is that of their sum, not a sum of logarithms.
        """
        if len(self.grid.kinds) == 1:
            rank = 5 * (self.grid.size - self.groups)
            strength = strengths[self.grid.kinds[0]]
            return rank * float(np.log(strength)) + self._unit_log_determinant
        return self._log_pseudo_determinant(self.link_strength(strengths))

    @cached_property
    def _unit_log_determinant(self) -> float:
        return self._log_pseudo_determinant(self.grid.link_weight)

    def _log_pseudo_determinant(self, strength: Array) -> float:
        count, label = self.grid.components()
        sizes = np.bincount(label, minlength=count)
        held = np.zeros(self.grid.size)
        held[np.unique(label, return_index=True)[1]] = 1.0
        for end in (0, 1):
            held += np.bincount(self.grid.links[:, end], strength, self.grid.size)
        laplacian = factorise(self.fronts, held[:, None, None], strength, np.ones((1, 1)))
        rank = self.grid.size - count
        log_metric = float(np.linalg.slogdet(self.metric)[1])
        return 5.0 * (laplacian.log_determinant + float(np.sum(np.log(sizes)))) + rank * log_metric


def node_sums(
    packed: Array, row_weight: Array, node_of_row: NDArray[np.int64], size: int
) -> NodeSums:
    """Sums at the nodes.

    Parameters
    ----------
    packed : (m, 20)
        Sums of each solution on the planes that count (`plane_sums`).
    row_weight : (m,)
        Weight of its event times its share.
    """
    total = np.stack(
        [np.bincount(node_of_row, row_weight * column, size) for column in packed.T], axis=-1
    )
    a, b = unpack_sums(total)
    weight = np.asarray(np.bincount(node_of_row, row_weight, size), float)
    return NodeSums(a, b, weight, float(weight.sum()))
