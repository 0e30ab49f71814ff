"""The grid of double couples that a search visits."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MechanismGrid:
    """Double couples spread evenly over all orientations, each of them once.

    Attributes
    ----------
    step_deg
        Spacing of the nodes, degrees.
    normal, slip
        (3, n) unit vectors, east-north-up.
    planes
        (3, 3, n_planes) float32: of each plane its normal, the slip of zeta 0 and that of zeta 90.
        Node ``plane * n_slips + k`` has the slip ``cos(zeta) start + sin(zeta) across`` with
        ``zeta = k step_deg``.
    n_slips
        Slips of a plane.
    """

    step_deg: float
    normal: Array
    slip: Array
    planes: Array32
    n_slips: int

    @property
    def n_nodes(self) -> int:
        """Number of double couples."""
        return int(self.normal.shape[1])


@lru_cache(maxsize=4)
def mechanism_grid(step_deg: float = 5.0) -> MechanismGrid:
    """Grid of HASH (Hardebeck & Shearer 2002, v1.2 `FOCALMC`), in our frame.

    Parameters
    ----------
    step_deg
        Spacing, degrees. 5 gives 31,032 nodes, 10 gives 4,032.

    Notes
    -----
    Normals go over the hemisphere ``theta`` 0 to 90 from vertical with a number of azimuths
    proportional to sin(theta); the slip turns about the normal by ``zeta`` 0 to 180. The other
    half of the slips are the same double couples with normal and slip exchanged.
    """
    normals, starts = _normals(step_deg)
    across = np.cross(normals, starts)
    zeta = np.radians(np.arange(0.0, 179.9, step_deg))[None, :, None]
    slip = starts[:, None] * np.cos(zeta) + across[:, None] * np.sin(zeta)
    normal = np.broadcast_to(normals[:, None], slip.shape)
    enu_normal, enu_slip = _from_north_east_down(normal), _from_north_east_down(slip)
    planes = np.stack([_from_north_east_down(v).T for v in (normals, starts, across)])
    grid = MechanismGrid(
        step_deg,
        np.ascontiguousarray(enu_normal.T),
        np.ascontiguousarray(enu_slip.T),
        np.ascontiguousarray(planes, dtype=np.float32),
        slip.shape[1],
    )
    for table in (grid.normal, grid.slip, grid.planes):
        table.setflags(write=False)
    return grid


def _normals(step_deg: float) -> tuple[Array, Array]:
    """Return normals (k, 3) and the slips of zeta = 0 (k, 3), north-east-down."""
    normals, starts = [], []
    for theta in np.radians(np.arange(0.0, 90.1, step_deg)):
        n_azimuth = max(1, int(np.floor(360.0 / step_deg * np.sin(theta) + 0.5)))
        azimuth = np.arange(n_azimuth) * (2.0 * np.pi / n_azimuth)
        c, s, ones = np.cos(azimuth), np.sin(azimuth), np.ones(n_azimuth)
        normals.append(np.stack([np.sin(theta) * c, np.sin(theta) * s, np.cos(theta) * ones], 1))
        starts.append(np.stack([np.cos(theta) * c, np.cos(theta) * s, -np.sin(theta) * ones], 1))
    return np.concatenate(normals), np.concatenate(starts)


def _from_north_east_down(vectors: Array) -> Array:
    flat = vectors.reshape(-1, 3)
    return np.stack([flat[:, 1], flat[:, 0], -flat[:, 2]], axis=1)
