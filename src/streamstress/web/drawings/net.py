"""Stereonet of a stress: principal axes with their cones, over the P and T axes of the events.

Lower hemisphere, equal area (Lambert), as `outputs.focal_sphere`.
"""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from streamstress.geometry.axes import axis_vector
from streamstress.geometry.planes import plane_vectors
from streamstress.outputs.focal_sphere import project
from streamstress.outputs.rows import MechanismRow
from streamstress.records import Axis, StressEstimate
from streamstress.web.drawings.svg import circle_at, drawing, element, path_of, text_at

Array = NDArray[np.float64]

NAMES = ("s1", "s2", "s3")
LABELS = ("S1 most compressive", "S2", "S3 least compressive")
JUMP = 0.3
"""Two neighbouring points of a cone farther apart lie on opposite sides of the rim."""


def stereonet(estimate: StressEstimate | None, mechanisms: Sequence[MechanismRow]) -> Markup:
    """Axes of an estimate, their 95 % cones, and the P and T axes of mechanisms."""
    parts = [*frame(), *_pressure_and_tension(mechanisms)]
    told = "no estimate yet"
    if estimate is not None:
        axes = (estimate.s1, estimate.s2, estimate.s3)
        for name, label, axis in zip(NAMES, LABELS, axes, strict=True):
            parts += _axis(name, label, axis)
        told = ", ".join(
            f"{name.upper()} azimuth {axis.azimuth_deg:.0f} plunge {axis.plunge_deg:.0f}"
            for name, axis in zip(NAMES, axes, strict=True)
        )
    return drawing(parts, (-1.22, -1.2, 2.44, 2.4), f"stereonet: {told}", "net")


def frame() -> list[Markup]:
    """Rim, centre and points of the compass."""
    ticks = [
        element("path", d=path_of([_rim(deg), _rim(deg, 1.04)]), cls="rim")
        for deg in range(0, 360, 30)
    ]
    corners = (("N", 0.0, 1.07), ("E", 1.12, -0.03), ("S", 0.0, -1.16), ("W", -1.12, -0.03))
    letters = [text_at(x, y, letter, cls="letter") for letter, x, y in corners]
    return [circle_at(0, 0, 1, cls="disc"), *ticks, *letters, circle_at(0, 0, 0.012, cls="centre")]


def _rim(azimuth_deg: float, radius: float = 1.0) -> tuple[float, float]:
    angle = np.radians(azimuth_deg)
    return float(radius * np.sin(angle)), float(radius * np.cos(angle))


def _axis(name: str, label: str, axis: Axis) -> list[Markup]:
    title = f"{label}: azimuth {axis.azimuth_deg:.0f}°, plunge {axis.plunge_deg:.0f}°"
    drawn = []
    if axis.cone95_deg is not None:
        title += f", 95 % within {axis.cone95_deg:.0f}°"
        cone = _cone(axis_vector(axis.azimuth_deg, axis.plunge_deg), axis.cone95_deg)
        drawn = [element("path", d=path_of(part), cls=f"cone {name}") for part in cone]
    x, y = project(axis_vector(axis.azimuth_deg, axis.plunge_deg)).tolist()
    mark = element("title", title)
    drawn.append(circle_at(x, y, 0.07, mark, cls=f"axis {name}"))
    outward = 1.0 if x <= 0.75 else -1.0
    anchor = "start" if outward > 0 else "end"
    drawn.append(
        text_at(x + 0.1 * outward, y - 0.045, name.upper(), cls="name", text_anchor=anchor)
    )
    return drawn


def _cone(axis: Array, radius_deg: float) -> list[Array]:
    """Outline of the directions within an angle of an axis, in parts that do not cross the rim."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = np.cross(axis, helper)
    across /= np.linalg.norm(across)
    upward = np.cross(axis, across)
    turn = np.linspace(0.0, 2 * np.pi, 181)[:, None]
    radius = np.radians(min(radius_deg, 89.0))
    ring = np.cos(radius) * axis + np.sin(radius) * (np.cos(turn) * across + np.sin(turn) * upward)
    points = project(ring)
    breaks = np.flatnonzero(np.linalg.norm(np.diff(points, axis=0), axis=1) > JUMP) + 1
    return [part for part in np.split(points, breaks) if len(part) > 1]


def _pressure_and_tension(mechanisms: Sequence[MechanismRow]) -> list[Markup]:
    marks = []
    for row in mechanisms:
        if row.strike_deg is None or row.dip_deg is None or row.rake_deg is None:
            continue
        normal, slip = plane_vectors(row.strike_deg, row.dip_deg, row.rake_deg)
        px, py = project(normal - slip).tolist()
        tx, ty = project(normal + slip).tolist()
        marks.append(circle_at(px, py, 0.017, cls="p-axis"))
        marks.append(element("path", d=_plus(tx, ty, 0.02), cls="t-axis"))
    return marks


def _plus(x: float, y: float, size: float) -> str:
    return path_of([(x - size, y), (x + size, y)]) + path_of([(x, y - size), (x, y + size)])
