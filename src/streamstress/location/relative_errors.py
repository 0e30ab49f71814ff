"""Errors of relative locations: what the readings' errors do to the places of a group."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from streamstress.location.differential_times import DifferentialTimes

Array = NDArray[np.float64]

UNKNOWNS = 4
"""East, north, depth (km) and time (s) of each earthquake."""

FIRMNESS = 1e-6
"""Keeps the matrix of a loose earthquake regular: a sigma of 1000 km or s."""

MEAN_FIRMNESS = 1e6
"""Holds the mean of an earthquake and its neighbours, to a sigma of a metre and a millisecond: of a
shift of them all differential times say next to nothing."""


class RelativeErrors:
    """Covariances of single earthquakes of a group.

    A pick is in as many differences as its earthquake has neighbours, so these are not independent:
    the errors of the picks are carried through the solution (``(A'A)^-1 A'B B'A (A'A)^-1`` with B
    the differences' errors by pick), not those of the differences. A correlated one has its own.

    Parameters
    ----------
    times
        Differential times, n.
    matrix
        (n, 4 * events) weighted slopes.
    weight, residual
        (n,) in 1/s and s.
    """

    def __init__(
        self, times: DifferentialTimes, matrix: csr_array, weight: Array, residual: Array
    ) -> None:
        self._times = times
        kept = weight > 0
        freedom = max(1, int(kept.sum()) - matrix.shape[1])
        chi2 = float(((residual / times.sigma_s)[kept] ** 2).sum()) / freedom
        self._normal = (matrix.T @ matrix).tocsr()
        carried = (matrix.T @ _errors_by_pick(times, weight)).tocsr()
        self._spread = (carried @ carried.T).tocsr() * max(1.0, chi2)

    def of(self, event: int) -> Array:
        """Covariance (4, 4) of one earthquake next to the mean of its neighbours.

        The neighbours move with it, theirs stand still.
        """
        times = self._times
        linked = np.concatenate(
            [times.second[times.first == event], times.first[times.second == event]]
        )
        patch = np.append(event, np.setdiff1d(linked, event))
        columns = (UNKNOWNS * patch[:, None] + np.arange(UNKNOWNS)).ravel()
        normal = self._normal[columns][:, columns].toarray() + FIRMNESS * np.eye(columns.size)
        mean = np.tile(np.eye(UNKNOWNS), patch.size) / patch.size
        normal += MEAN_FIRMNESS * mean.T @ mean
        spread = self._spread[columns][:, columns].toarray()
        share = np.linalg.inv(normal)[:UNKNOWNS]
        return np.asarray(share @ spread @ share.T, float)


def _errors_by_pick(times: DifferentialTimes, weight: Array) -> csr_array:
    """Weighted errors of the differences for one sigma of each pick and correlation."""
    picked, correlated = np.flatnonzero(~times.is_correlated), np.flatnonzero(times.is_correlated)
    size = weight * times.sigma_s
    parts = []
    for event, sign in ((times.first, 1.0), (times.second, -1.0)):
        pick = (event * len(times.codes) + times.station) * 2 + times.is_s
        parts.append((picked, pick[picked], sign * size[picked] / np.sqrt(2.0)))
    own = 2 * len(times.codes) * (int(max(times.first.max(), times.second.max())) + 1)
    parts.append((correlated, own + np.arange(correlated.size), size[correlated]))
    rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return csr_array((values, (rows, columns)), (size.size, own + correlated.size))
