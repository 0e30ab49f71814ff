"""Faults by slip tendency and boundaries by contrast, on a map of stress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from streamstress.earth.projection import distance_azimuth
from streamstress.geometry.planes import plane_vectors
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.field_map_figure import INK
from streamstress.outputs.map_lines import BoundaryLine, FaultPlane
from streamstress.stress.faults import slip_tendency

Array = NDArray[np.float64]
TRACE = "#4d4d4d"
SCALE = "inferno_r"


@dataclass(frozen=True, slots=True)
class FaultPiece:
    """A straight piece (2, 2) of a trace, and the slip tendency of its plane where known."""

    points: Array
    slip_tendency: float | None


def fault_pieces(
    traces: Sequence[tuple[FaultPlane | None, Array]],
    points: Sequence[StressPoint],
    friction: float,
) -> list[FaultPiece]:
    """Pieces with the slip tendency in the stress of the nearest point that has a tensor."""
    stressed = [point for point in points if point.tensor is not None]
    latitude = np.array([point.latitude_deg for point in stressed])
    longitude = np.array([point.longitude_deg for point in stressed])
    pieces = []
    for plane, corners in traces:
        told = None
        if plane is not None and stressed:
            x, y = corners.mean(axis=0)
            away, _ = distance_azimuth(y, x, latitude, longitude)
            normal, _ = plane_vectors(plane.strike_deg, plane.dip_deg, 0.0)
            tensor: Any = stressed[int(np.argmin(away))].tensor
            told = float(slip_tendency(tensor, normal, friction))
        pieces.append(FaultPiece(corners, told))
    return pieces


def draw_faults(axes: Axes, faults: Sequence[FaultPiece]) -> None:
    """Traces, coloured by slip tendency where it is known."""
    told = [fault.slip_tendency for fault in faults]
    colours = [TRACE if value is None else mpl.colormaps[SCALE](value) for value in told]
    pieces = [fault.points for fault in faults]
    axes.add_collection(LineCollection(pieces, colors=colours, linewidths=1.4, zorder=0.8))


def draw_fault_scale(axes: Axes, faults: Sequence[FaultPiece]) -> None:
    """What the colours of faults mean; once a row."""
    if any(fault.slip_tendency is not None for fault in faults):
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0.0, 1.0), SCALE)
        bar = axes.figure.colorbar(scale, ax=axes, shrink=0.7, pad=0.02)
        bar.set_label("slip tendency over friction", fontsize=7)


def draw_boundaries(
    axes: Axes, boundaries: Sequence[BoundaryLine], contrasts: Mapping[str, str]
) -> None:
    """Dashed lines with the contrast of SHmax across them."""
    for line in boundaries:
        axes.plot(*line.points.T, color=INK, lw=1.4, ls=(0, (5, 3)), zorder=0.9)
        words = contrasts.get(line.name)
        middle = _middle_in_view(axes, line.points)
        if words is not None and middle is not None:
            axes.annotate(
                words, (middle[0], middle[1]), xytext=(4, 4), textcoords="offset points",
                fontsize=7, color=INK, annotation_clip=True,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
            )  # fmt: skip


def along_line(points: Array, n: int = 201) -> Array:
    """So many points (n, 2) at equal steps along a line."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, reached[-1], n)
    return np.column_stack([np.interp(at, reached, part) for part in points.T])


def _middle_in_view(axes: Axes, points: Array) -> Array | None:
    """Middle of the part of a line that a map shows, None where it shows none of it."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    x, y = (part := along_line(points)).T
    shown = part[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
    return shown[len(shown) // 2] if len(shown) else None
