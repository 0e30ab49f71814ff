"""Faults and boundaries of a configuration, as layers of a map of stress."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import distance_azimuth
from streamstress.outputs.exchange.stress_point import HALF_WIDTH95_IN_SIGMA, StressPoint
from streamstress.outputs.map_lines import BoundaryLine, FaultPlane, read_boundaries, read_traces
from streamstress.outputs.stress_map import MapLayers
from streamstress.outputs.stress_map_lines import along_line, fault_pieces
from streamstress.stress.agreement import difference_p_value, differences

Array = NDArray[np.float64]
FRICTION = 0.6
"""Of laboratory rock (Byerlee 1978, Pure and Applied Geophysics 116, 615), as in ``map``."""


@dataclass(frozen=True, eq=False, slots=True)
class MapLines:
    """What is drawn on every map; one object is the same as itself alone."""

    traces: tuple[tuple[FaultPlane | None, Array], ...] = ()
    boundaries: tuple[BoundaryLine, ...] = ()

    @classmethod
    def read(cls, faults: Path | None, boundaries: Path | None) -> Self:
        """Read the files that are given.

        Raises
        ------
        InputFileError
            A file cannot be read.
        """
        return cls(
            () if faults is None else tuple(read_traces(faults)),
            () if boundaries is None else tuple(read_boundaries(boundaries)),
        )

    def layers(self, points: Sequence[StressPoint]) -> MapLayers:
        """Faults by slip tendency in these stresses, boundaries with the contrast across them."""
        told = {line.name: contrast_words(line, points) for line in self.boundaries}
        return MapLayers(
            faults=fault_pieces(self.traces, points, FRICTION),
            boundaries=self.boundaries,
            contrasts={name: words for name, words in told.items() if words is not None},
        )


def contrast_words(line: BoundaryLine, points: Sequence[StressPoint]) -> str | None:
    """SHmax right of a line less left of it, of the estimate nearest to its middle on each side.

    Clockwise positive, with its 95 % interval and the chance of so much where there is no contrast.
    The two are taken as independent; smoothing makes neighbours alike, so the interval is too wide
    rather than too narrow. None where a side has no estimate with an uncertainty.
    """
    known = [one for one in points if one.shmax_deg is not None and one.shmax_sigma_deg]
    if not known:
        return None
    right = np.array([_is_right(line.points, one) for one in known])
    middle = along_line(line.points, 3)[1]
    away, _ = distance_azimuth(
        middle[1],
        middle[0],
        np.array([one.latitude_deg for one in known]),
        np.array([one.longitude_deg for one in known]),
    )
    if right.all() or not right.any():
        return None
    nearest = [known[int(np.argmin(np.where(side, away, np.inf)))] for side in (~right, right)]
    azimuth = np.array([[one.shmax_deg] for one in nearest], float)
    sigma = np.array([[one.shmax_sigma_deg] for one in nearest], float)
    turn, spread = differences(azimuth[0], azimuth[1], sigma[0], sigma[1])
    half = HALF_WIDTH95_IN_SIGMA * float(spread[0])
    chance = float(difference_p_value(turn, spread)[0])
    low, high = float(turn[0]) - half, float(turn[0]) + half
    return f"{turn[0]:+.0f}° ({low:+.0f} to {high:+.0f}), p = {chance:.2g}"


def _is_right(line: Array, point: StressPoint) -> bool:
    """Whether a point lies to the right of the piece of a line nearest to it."""
    shrink = np.array([np.cos(np.radians(point.latitude_deg)), 1.0])
    away = line - np.array([point.longitude_deg, point.latitude_deg])
    # The short way round, so that a line across 180 degrees is one.
    away[:, 0] = (away[:, 0] + 180.0) % 360.0 - 180.0
    start, end = away[:-1] * shrink, away[1:] * shrink
    along = end - start
    length2 = np.maximum(np.sum(along**2, axis=1), np.finfo(float).tiny)
    share = np.clip(-np.sum(start * along, axis=1) / length2, 0.0, 1.0)
    k = int(np.argmin(np.sum((start + share[:, None] * along) ** 2, axis=1)))
    return bool(along[k, 0] * start[k, 1] - along[k, 1] * start[k, 0] > 0.0)
