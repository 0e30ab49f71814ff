"""Branches of travel-time curves: direct rays, and one branch for each family of diving rays.

A diving ray leaves downward, turns and comes up; a head wave is the start of the family that turns
just below a jump. Where velocity grows fast the curve folds back (a triplication), and the folded
part is never first: it separates two families.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.rays import FlatLayers, crossing, turning_slownesses

Array = NDArray[np.float64]

SAMPLES_PER_LAYER = 16
# A fold whose two sides differ by less than this in slowness is not worth a family of its own:
# the take-off angle steps by less than 2 degrees there.
SMALL_FOLD = 0.9995
SAME_RAY_KM, SAME_RAY = 0.05, 1e-6
"""Distance and share of slowness within which two rays are one."""

SMALL_RISE_KM = 0.2
"""Folds with less of a rise between them are one. The layers that a model is cut into leave such
rises in the middle of a fold (0.01 to 0.03 km), where nothing arrives first."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One branch for one source depth, by rising distance; slowness is dT/dX (s/km).

    It arrives from ``nearest_km`` to ``farthest_km``; samples beyond only carry it on smoothly.
    """

    distance_km: Array
    time_s: Array
    slowness_s_km: Array
    leaves_up: NDArray[np.bool_]
    nearest_km: float
    farthest_km: float


def _whole(distance: Array, time: Array, slowness: Array, *, leaves_up: bool) -> Curve:
    ends = float(distance[0]), float(distance[-1])
    return Curve(distance, time, slowness, np.full(len(distance), leaves_up), *ends)


def continued(direct: Curve, diving: Curve) -> tuple[Curve, Curve]:
    """Both, each carried on by the other, where diving rays begin with the last direct one.

    Through the ray that leaves (or arrives) level the take-off is smooth; the end of either branch
    moves with depth, and between rows of a table would else be held where it ended.
    """
    if (
        abs(diving.distance_km[0] - direct.distance_km[-1]) > SAME_RAY_KM
        or abs(diving.slowness_s_km[0] / direct.slowness_s_km[-1] - 1.0) > SAME_RAY
    ):
        return direct, diving
    before = direct.distance_km < diving.distance_km[0]
    distance, time, slowness = (
        np.append(getattr(direct, name)[before], getattr(diving, name))
        for name in ("distance_km", "time_s", "slowness_s_km")
    )
    leaves_up = np.append(direct.leaves_up[before], diving.leaves_up)
    whole = Curve(distance, time, slowness, leaves_up, 0.0, np.inf)
    return (
        replace(whole, nearest_km=direct.nearest_km, farthest_km=direct.farthest_km),
        replace(whole, nearest_km=diving.nearest_km, farthest_km=diving.farthest_km),
    )


def direct_curve(layers: FlatLayers, boundary: int, source_km_s: float, receiver: int = 0) -> Curve:
    """Rays without a turn from one layer boundary to another, up or down."""
    if boundary == receiver:
        level = np.array([1.0 / source_km_s])
        return _whole(np.zeros(1), np.zeros(1), level, leaves_up=True)
    first, last = min(boundary, receiver), max(boundary, receiver)
    above = FlatLayers(
        layers.depth_km[first : last + 1],
        layers.thickness_km[first:last],
        layers.top_km_s[first:last],
        layers.bottom_km_s[first:last],
    )
    fastest = max(float(above.top_km_s.max()), float(above.bottom_km_s.max()), source_km_s)
    angles = np.append(np.arctan(np.sinh(np.linspace(0.0, 8.0, 400))), np.pi / 2)
    slowness = np.sin(angles) / (fastest * (1 + 1e-12))
    distance, time = crossing(above, slowness)
    rises = boundary >= receiver
    return _whole(distance.sum(axis=1), time.sum(axis=1), slowness, leaves_up=rises)


class DivingRays:
    """All diving rays of a model to a receiver at a layer boundary, cut into families."""

    def __init__(self, layers: FlatLayers, receiver: int = 0) -> None:
        self._layers = layers
        self._receiver = receiver
        self.slowness_s_km, self._turns_in = turning_slownesses(layers, SAMPLES_PER_LAYER)
        distance, time = crossing(layers, self.slowness_s_km)
        below = np.arange(distance.shape[1]) > self._turns_in[:, None]
        distance[below] = 0.0
        time[below] = 0.0
        start = np.zeros((len(distance), 1))
        self._distance = np.hstack([start, np.cumsum(distance, axis=1)])
        self._time = np.hstack([start, np.cumsum(time, axis=1)])
        self.families = self._cut()

    def curve(self, family: int, boundary: int, source_km_s: float) -> Curve | None:
        """Return the branch of a source at a layer boundary; None where it sends no such ray."""
        rows = self.families[family]
        rows = rows[self._turns_in[rows] >= max(boundary, self._receiver)]
        rows = rows[self.slowness_s_km[rows] * source_km_s <= 1.0 + 1e-9]
        distance, time = self._both_legs(rows, boundary)
        keep = _rising_part(distance)
        if keep.sum() < 2:
            return None
        slowness = self.slowness_s_km[rows][keep]
        return _whole(distance[keep], time[keep], slowness, leaves_up=False)

    def _both_legs(self, rows: NDArray[np.intp], boundary: int) -> tuple[Array, Array]:
        distance, time = self._distance[rows], self._time[rows]
        end = self._receiver
        return (
            2 * distance[:, -1] - distance[:, boundary] - distance[:, end],
            2 * time[:, -1] - time[:, boundary] - time[:, end],
        )

    def _cut(self) -> list[NDArray[np.intp]]:
        """Families: runs of rays between folds. The cut lies where the fold closes last.

        A deeper source has narrower folds, each inside that of a shallower one.
        """
        rows = np.arange(len(self.slowness_s_km))
        surface, _ = self._both_legs(rows, self._receiver)
        folded = np.diff(surface) < 0.0
        edges = np.flatnonzero(np.diff(np.concatenate([[0], folded.astype(int), [0]])))
        cuts = [
            self._last_to_close(first, last)
            for first, last in _joined(edges.reshape(-1, 2).tolist(), surface)
            if self.slowness_s_km[last] < SMALL_FOLD * self.slowness_s_km[first]
        ]
        return np.split(rows, cuts)

    def _last_to_close(self, first: int, last: int) -> int:
        fold = np.arange(first, last + 1)
        deepest = max(int(self._turns_in[first]), self._receiver)
        there = self._distance[fold, self._receiver, None]
        steps = np.diff(
            2 * self._distance[fold, -1, None] - there - self._distance[fold, : deepest + 1],
            axis=0,
        )
        open_at = (steps < 0.0).sum(axis=1)
        best = np.flatnonzero(open_at == open_at.max())
        return first + int(best[len(best) // 2]) + 1


def _joined(folds: list[list[int]], distance: Array) -> list[tuple[int, int]]:
    """Folds (first and last row), with those made one that hardly anything parts."""
    joined: list[tuple[int, int]] = []
    for first, last in folds:
        if joined and distance[first] - distance[joined[-1][1]] < SMALL_RISE_KM:
            first = joined.pop()[0]
        joined.append((first, last))
    return joined


def _rising_part(distance: Array) -> NDArray[np.bool_]:
    """Rays outside folds: farther out than every ray before, nearer than every ray after.

    A family is cut inside a fold, and where the velocity grows over some kilometres, not in a
    jump, both of its ends are folded back, past its own start or beyond its own end. So it is the
    stretch between them that counts: that of the largest rise. Small folds inside it go as well;
    the straight line over them is their first arrival.
    """
    kept = np.zeros(len(distance), bool)
    if len(distance) == 0:
        return kept
    nearest_before = np.minimum.accumulate(distance)
    last = int(np.argmax(distance - nearest_before)) + 1
    first = int(np.argmin(distance[:last]))
    rising = distance[first:last]
    farthest = np.maximum.accumulate(rising)
    nearest = np.minimum.accumulate(rising[::-1])[::-1]
    kept[first:last] = (rising >= farthest) & (rising <= nearest)
    return kept
