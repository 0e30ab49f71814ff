"""What every map of stress has: land, frame, bars."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.path import Path as Outline
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from streamstress.outputs.coastline import is_lake, land_near, shore_parts

Array = NDArray[np.float64]

LAND, SHORE = "#f2f0ea", "#8d979c"
MARGIN = 0.1
SMALLEST_VIEW_DEG = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """Ends of a map, degrees; ``stretch`` is what a degree of longitude has to be drawn longer."""

    west: float
    east: float
    south: float
    north: float

    @property
    def stretch(self) -> float:
        """Degrees of longitude as long as one of latitude."""
        return float(1.0 / np.cos(np.radians((self.south + self.north) / 2.0)))


def unwrapped(longitude_deg: Array) -> Array:
    """Longitudes within 180 degrees of their middle, so that no map breaks at 180."""
    if longitude_deg.size == 0:
        return longitude_deg
    middle = np.degrees(np.angle(np.mean(np.exp(1j * np.radians(longitude_deg)))))
    return np.asarray((longitude_deg - middle + 180.0) % 360.0 - 180.0 + middle)


def view_of(x: Array, y: Array) -> View:
    """View of all points with a margin."""
    spans = [max(float(np.ptp(part)), SMALLEST_VIEW_DEG) for part in (x, y)]
    middles = [float((part.max() + part.min()) / 2.0) for part in (x, y)]
    (west, east), (south, north) = (
        (middle - span * (0.5 + MARGIN), middle + span * (0.5 + MARGIN))
        for middle, span in zip(middles, spans, strict=True)
    )
    return View(west, east, max(south, -89.5), min(north, 89.5))


def map_frame(axes: Axes, x: Array, y: Array, view: View | None = None) -> View:
    """Land and frame of a map of these points."""
    shown = view_of(x, y) if view is None else view
    rings = land_near(shown.west, shown.east, shown.south, shown.north)
    box = Bbox.from_extents(shown.west, shown.south, shown.east, shown.north)
    fills = [axes.get_facecolor() if is_lake(ring) else LAND for ring in rings]
    inside = [_clipped(ring, box) for ring in rings]
    axes.add_collection(PolyCollection(inside, facecolors=fills, zorder=0))
    shores = [part for ring in rings for line in shore_parts(ring) for part in _near(line, shown)]
    axes.add_collection(LineCollection(shores, colors=SHORE, linewidths=0.6, zorder=0.5))
    axes.set_xlim(shown.west, shown.east)
    axes.set_ylim(shown.south, shown.north)
    axes.set_aspect(shown.stretch)
    axes.spines[["top", "right"]].set_visible(True)
    axes.xaxis.set_major_formatter(_longitude)
    axes.set_xlabel("longitude (°)")
    axes.set_ylabel("latitude (°)")
    return shown


def bar_size(x: Array, y: Array, view: View) -> float:
    """Half the length of a bar: of neighbours that do not touch, within reason of the view."""
    height = view.north - view.south
    if x.size < 2:
        return 0.04 * height
    gaps = [np.diff(np.unique(np.round(part, 6))) for part in (x / view.stretch, y)]
    smallest = [float(np.median(gap)) for gap in gaps if gap.size]
    # Scattered points have no spacing: then as many bars as points share the area.
    area = height * (view.east - view.west) / view.stretch
    shared = 0.9 * float(np.sqrt(area / x.size))
    size = max(smallest) if smallest and max(smallest) > shared / 3.0 else shared
    return 0.46 * float(np.clip(size, height / 300.0, height / 6.0))


def bar_segments(x: Array, y: Array, azimuth_deg: Array, half: Array, view: View) -> list[Array]:
    """Segments (2, 2) along azimuths, centred; ``half`` in degrees of latitude."""
    angle = np.radians(azimuth_deg)
    dx, dy = half * view.stretch * np.sin(angle), half * np.cos(angle)
    ends = [np.column_stack([x - dx, y - dy]), np.column_stack([x + dx, y + dy])]
    return list(np.stack(ends, axis=1))


def wedge_polygons(
    x: Array, y: Array, low_deg: Array, high_deg: Array, half: Array, view: View, corners: int = 9
) -> Array:
    """Double wedges (n, 2 corners + 2, 2) between two azimuths, as butterfly-shaped polygons."""
    share = np.linspace(0.0, 1.0, corners)
    fan = low_deg[:, None] + (high_deg - low_deg)[:, None] * share
    angle = np.radians(np.concatenate([fan, fan + 180.0], axis=1))
    px = x[:, None] + half[:, None] * view.stretch * np.sin(angle)
    py = y[:, None] + half[:, None] * np.cos(angle)
    rim = np.stack([px, py], axis=-1)
    centre = np.stack([x, y], axis=-1)[:, None]
    return np.concatenate([rim[:, :corners], centre, rim[:, corners:], centre], axis=1)


def _clipped(ring: Array, box: Bbox) -> Array:
    return np.asarray(Outline(ring, closed=True).clip_to_bbox(box).vertices)


def _near(line: Array, view: View) -> list[Array]:
    """Runs of a line that lie in the view, each with one point beyond it."""
    x, y = line[:, 0], line[:, 1]
    inside = (x >= view.west) & (x <= view.east) & (y >= view.south) & (y <= view.north)
    wanted = inside.copy()
    wanted[1:] |= inside[:-1]
    wanted[:-1] |= inside[1:]
    runs = np.split(np.arange(len(line)), np.flatnonzero(np.diff(wanted.astype(int))) + 1)
    return [line[run] for run in runs if wanted[run[0]] and len(run) > 1]


def _longitude(value: float, _position: float = 0.0) -> str:
    return f"{(value + 180.0) % 360.0 - 180.0:g}"
