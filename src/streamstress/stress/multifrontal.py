"""Cholesky factor of the matrices of a smoothed field, node by node in blocks.

The matrix has a block for each node and one for each link. Nodes are eliminated by nested
dissection (`dissection`). Each cut is a dense front (Duff & Reid 1983, ACM Trans. Math. Softw. 9,
302), so that the work is done by BLAS. From the same fronts come the solution, the determinant,
draws, and the blocks of the inverse that belong to single nodes (Takahashi et al. 1973), without
the inverse itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from streamstress.errors import UnusableDataError
from streamstress.stress.dissection import Front

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Factor:
    """Cholesky factor of a matrix of blocks (b, b); the parts of each front in its order.

    Attributes
    ----------
    log_determinant : float
    corner : tuple of (s b, s b) float
        Lower triangle of the nodes that a front eliminates.
    below : tuple of (t b, s b) float
        Rows of the factor for the border of a front.
    """

    fronts: tuple[Front, ...]
    block: int
    log_determinant: float
    corner: tuple[Array, ...]
    below: tuple[Array, ...]

    def solve(self, right: Array) -> Array:
        """Solutions (m, b) or (m, b, r) for right sides of the same shape."""
        return self._backward(self._forward(self._flat(right))).reshape(right.shape)

    def draws(self, normal: Array) -> Array:
        """Turn unit normal numbers (m, b, r) into draws with the inverse as covariance."""
        return self._backward(self._flat(normal)).reshape(normal.shape)

    def node_covariance(self) -> Array:
        """Diagonal blocks (m, b, b) of the inverse."""
        count = sum(front.own.size for front in self.fronts)
        found = np.zeros((count, self.block, self.block))
        inverse: dict[int, Array] = {}
        parent = _parents(self.fronts)
        waiting = [len(front.children) for front in self.fronts]
        for number in range(len(self.fronts) - 1, -1, -1):
            above = parent[number]
            outer = np.zeros((0, 0))
            if above is not None:
                rows = _unknowns(self.fronts[above[0]].child_rows[above[1]], self.block)
                outer = inverse[above[0]][np.ix_(rows, rows)]
                waiting[above[0]] -= 1
                if waiting[above[0]] == 0:
                    del inverse[above[0]]
            inverse[number] = _front_inverse(self.corner[number], self.below[number], outer)
            own = self.fronts[number].own
            four = inverse[number].reshape(-1, self.block, len(inverse[number]))
            for k, node in enumerate(own):
                found[node] = four[k, :, k * self.block : (k + 1) * self.block]
            if not self.fronts[number].children:
                del inverse[number]
        return found

    def _flat(self, vectors: Array) -> Array:
        return np.array(vectors, float).reshape(vectors.shape[0] * self.block, -1)

    def _forward(self, right: Array) -> Array:
        for front, corner, below in zip(self.fronts, self.corner, self.below, strict=True):
            own = _unknowns(front.own, self.block)
            solved = blas.dtrsm(1.0, corner, right[own], lower=1)
            right[own] = solved
            right[_unknowns(front.border, self.block)] -= below @ solved
        return right

    def _backward(self, right: Array) -> Array:
        parts = zip(self.fronts[::-1], self.corner[::-1], self.below[::-1], strict=True)
        for front, corner, below in parts:
            own = _unknowns(front.own, self.block)
            rest = right[own] - below.T @ right[_unknowns(front.border, self.block)]
            right[own] = blas.dtrsm(1.0, corner, rest, lower=1, trans_a=1)
        return right


def factorise(fronts: tuple[Front, ...], diagonal: Array, strength: Array, metric: Array) -> Factor:
    """Factor of the matrix with these blocks.

    Parameters
    ----------
    diagonal : (m, b, b)
        Blocks of the nodes.
    strength : (l,)
        The block of a link is ``-strength`` times the metric.
    metric : (b, b)

    Raises
    ------
    UnusableDataError
        The matrix is not positive definite: some direction of stress is unresolved.
    """
    block = diagonal.shape[1]
    corners, belows, half = [], [], 0.0
    rest: dict[int, Array] = {}
    for number, front in enumerate(fronts):
        matrix = _assembled(front, diagonal, strength, metric, rest)
        size = front.own.size * block
        corner, failed = lapack.dpotrf(matrix[:size, :size], lower=1, clean=1)
        if failed:
            raise UnusableDataError("the events do not resolve the stress of every linked node")
        below = blas.dtrsm(1.0, corner, matrix[size:, :size], side=1, lower=1, trans_a=1)
        rest[number] = matrix[size:, size:] - below @ below.T
        half += float(np.sum(np.log(np.diagonal(corner))))
        corners.append(corner)
        belows.append(below)
    return Factor(fronts, block, 2.0 * half, tuple(corners), tuple(belows))


def _assembled(
    front: Front, diagonal: Array, strength: Array, metric: Array, rest: dict[int, Array]
) -> Array:
    """Dense matrix of a front: its own blocks and links, and what its children leave."""
    block = diagonal.shape[1]
    size = front.own.size + front.border.size
    four = np.zeros((size, block, size, block))
    own = np.arange(front.own.size)
    four[own, :, own, :] = diagonal[front.own]
    off = -strength[front.links, None, None] * metric
    four[front.rows, :, front.columns, :] += off
    four[front.columns, :, front.rows, :] += off
    matrix = four.reshape(size * block, size * block)
    for child, rows in zip(front.children, front.child_rows, strict=True):
        where = _unknowns(rows, block)
        matrix[np.ix_(where, where)] += rest.pop(child)
    return matrix


def _front_inverse(corner: Array, below: Array, outer: Array) -> Array:
    """Inverse among the nodes of a front and its border, from that of the border."""
    own, _ = lapack.dpotri(corner, lower=1)
    own = np.tril(own) + np.tril(own, -1).T
    gain = blas.dtrsm(1.0, corner, below, side=1, lower=1)
    across = -outer @ gain
    return np.block([[own - gain.T @ across, across.T], [across, outer]])


def _parents(fronts: tuple[Front, ...]) -> list[tuple[int, int] | None]:
    """Front above each, and which of its children it is."""
    parent: list[tuple[int, int] | None] = [None] * len(fronts)
    for number, front in enumerate(fronts):
        for place, child in enumerate(front.children):
            parent[child] = (number, place)
    return parent


def _unknowns(nodes: Integers, block: int) -> Integers:
    """Rows of the unknowns of nodes, block by block."""
    return np.asarray((nodes[:, None] * block + np.arange(block)).ravel(), np.int64)
