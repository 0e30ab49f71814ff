"""Branches of travel-time curves: direct rays, and one branch for each family of diving rays.

A diving ray leaves downward, turns and comes up; a head wave is the start of the family that turns
just below a jump. Where velocity grows fast the curve folds back (a triplication), and the folded
part is never first: it separates two families.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.rays import FlatLayers, crossing, turning_slownesses

Array = NDArray[np.float64]

SAMPLES_PER_LAYER = 16
# A fold whose two sides differ by less than this in slowness is not worth a family of its own:
# the take-off angle steps by less than 2 degrees there.
SMALL_FOLD = 0.9995


@dataclass(frozen=True, slots=True)
class Curve:
    """One branch for one source depth, by rising distance; slowness is dT/dX (s/km)."""

    distance_km: Array
    time_s: Array
    slowness_s_km: Array


def direct_curve(layers: FlatLayers, boundary: int, source_km_s: float, receiver: int = 0) -> Curve:
    """Rays without a turn from one layer boundary to another, up or down."""
    if boundary == receiver:
        return Curve(np.zeros(1), np.zeros(1), np.array([1.0 / source_km_s]))
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
    return Curve(distance.sum(axis=1), time.sum(axis=1), slowness)


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
        return Curve(distance[keep], time[keep], self.slowness_s_km[rows][keep])

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
        cuts = []
        edges = np.flatnonzero(np.diff(np.concatenate([[0], folded.astype(int), [0]])))
        for first, last in edges.reshape(-1, 2):
            if self.slowness_s_km[last] < SMALL_FOLD * self.slowness_s_km[first]:
                cuts.append(self._last_to_close(int(first), int(last)))
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


def _rising_part(distance: Array) -> NDArray[np.bool_]:
    """Rays outside folds: farther out than every ray before, nearer than every ray after.

    A family is cut inside a fold, and where the velocity grows over some kilometres, not in a
    jump, both of its ends are folded back: they go first, or the rising part would be measured
    against them. Small folds inside go as well; the straight line over them is their first arrival.
    """
    kept = np.zeros(len(distance), bool)
    if len(distance) == 0:
        return kept
    first = int(np.argmin(distance))
    last = first + int(np.argmax(distance[first:])) + 1
    rising = distance[first:last]
    farthest = np.maximum.accumulate(rising)
    nearest = np.minimum.accumulate(rising[::-1])[::-1]
    kept[first:last] = (rising >= farthest) & (rising <= nearest)
    return kept
