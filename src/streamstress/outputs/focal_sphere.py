"""Focal spheres as polygons: lower hemisphere, equal area (Lambert), unit disc.

Page coordinates have x to the east, y to the north and the rim at radius 1.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.rays import ray_vector

Array = NDArray[np.float64]

_LEVEL = 1e-9
"""Up component within which a direction lies on the rim."""


def project(direction: ArrayLike) -> Array:
    """Equal-area lower-hemisphere projection of directions.

    Parameters
    ----------
    direction
        (..., 3) east-north-up, any length; upward ones are projected through the centre.

    Returns
    -------
    (..., 2) x east, y north, inside the unit disc.

    Notes
    -----
    Radius ``sqrt(2) sin(i / 2)`` with i from straight down (Aki & Richards 2002, box 4.4).
    """
    v = np.asarray(direction, float)
    v = v / np.linalg.norm(v, axis=-1, keepdims=True)
    down = np.where(v[..., 2:3] > 0, -v, v)
    scale = 1.0 / np.sqrt(np.maximum(1.0 - down[..., 2:3], 1e-12))
    return np.asarray(down[..., :2] * scale)


def project_ray(azimuth_deg: ArrayLike, takeoff_deg: ArrayLike) -> Array:
    """Where rays pierce the focal sphere, (..., 2) as `project`; take-off from straight down."""
    return project(ray_vector(azimuth_deg, takeoff_deg))


def compressional_quadrants(
    strike_deg: float, dip_deg: float, rake_deg: float, n_points: int = 46
) -> list[Array]:
    """Polygons of first motion up (they hold the T axis) on the lower hemisphere.

    Parameters
    ----------
    strike_deg, dip_deg, rake_deg
        Either nodal plane, Aki & Richards.
    n_points
        Points on each bounding half circle; the rim gets as many.

    Returns
    -------
    One or two closed (k, 2) outlines in the unit disc.

    Notes
    -----
    First motion is up where ``(r . n)(r . u) > 0``: two opposite lunes between the nodal planes,
    each cut here by the horizontal plane.
    """
    normal, slip = plane_vectors(strike_deg, dip_deg, rake_deg)
    outlines = []
    for sign in (1.0, -1.0):
        outline = _lune(sign * normal, sign * slip, n_points)
        below = _cut_at_rim(outline, sign * (normal + slip), n_points)
        if len(below):
            below[:, 2] = np.minimum(below[:, 2], 0.0)
            outlines.append(project(below))
    return outlines


def _lune(normal: Array, slip: Array, n_points: int) -> Array:
    """Boundary (2 n_points, 3) of the directions with positive ``r . normal`` and ``r . slip``."""
    null = np.cross(normal, slip)
    angle = np.radians(np.linspace(0.0, 180.0, n_points))[:, None]
    along_slip = null * np.cos(angle) + slip * np.sin(angle)
    along_normal = -null * np.cos(angle) + normal * np.sin(angle)
    return np.concatenate([along_slip, along_normal])


def _cut_at_rim(outline: Array, centre: Array, n_points: int) -> Array:
    """Keep the part of a closed outline (k, 3) below the horizontal, closed along the rim."""
    # A level edge bounds the lower hemisphere only where the region hangs under it.
    inside = outline[:, 2] < (_LEVEL if centre[2] < -_LEVEL else -_LEVEL)
    if not inside.any():
        return np.empty((0, 3))
    if inside.all():
        return outline
    # Start after an exit, so that the kept points are one run and the rim closes its ends.
    start = int(np.flatnonzero(~inside & np.roll(inside, 1))[0])
    points, kept = np.roll(outline, -start, axis=0), np.roll(inside, -start)
    run = np.flatnonzero(kept)
    first, last = int(run[0]), int(run[-1])
    entry = _crossing(points[first - 1], points[first])
    leave = _crossing(points[(last + 1) % len(points)], points[last])
    rim = _rim_arc(leave, entry, centre, n_points)
    return np.concatenate([entry[None], points[first : last + 1], rim])


def _crossing(outside: Array, inside: Array) -> Array:
    """Where the chord from outside to inside passes the horizontal, brought to the rim."""
    # Both may lie within the level of the rim, on one side of it.
    share = np.clip(outside[2] / (outside[2] - inside[2]), 0.0, 1.0)
    point = outside + share * (inside - outside)
    level = np.array([point[0], point[1], 0.0])
    return np.asarray(level / np.linalg.norm(level))


def _rim_arc(start: Array, end: Array, centre: Array, n_points: int) -> Array:
    """Rim points from start to end, the way round on which the region lies."""
    first = np.arctan2(start[1], start[0])
    turn = (np.arctan2(end[1], end[0]) - first + np.pi) % (2 * np.pi) - np.pi
    # Two ends half a turn apart leave both ways open: the region's own centre decides.
    middle = first + turn / 2
    if abs(turn) > 0.99 * np.pi and centre[0] * np.cos(middle) + centre[1] * np.sin(middle) < 0:
        turn -= np.sign(turn) * 2 * np.pi
    angle = first + turn * np.linspace(0.0, 1.0, n_points)
    return np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=-1)
