"""Beachballs: as SVG for tables, as outlines for maps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.outputs.focal_sphere import compressional_quadrants

Array = NDArray[np.float64]

SHADE = "#37474f"
"""Colour of first motion up where nothing else is meant by colour."""


def beachball_svg(
    strike_deg: float, dip_deg: float, rake_deg: float, size_px: int = 26, shade: str = SHADE
) -> str:
    """Beachball as an SVG element: lower hemisphere, equal area, first motion up is shaded."""
    paths = "".join(
        f'<path d="{_path(outline)}" fill="{shade}"/>'
        for outline in compressional_quadrants(strike_deg, dip_deg, rake_deg, n_points=16)
    )
    title = f"strike {strike_deg:.0f}, dip {dip_deg:.0f}, rake {rake_deg:.0f}"
    return (
        f'<svg width="{size_px}" height="{size_px}" viewBox="-1.08 -1.08 2.16 2.16" role="img">'
        f'<title>{title}</title><circle r="1" fill="#fff"/>{paths}'
        f'<circle r="1" fill="none" stroke="{shade}" stroke-width="0.07"/></svg>'
    )


def _path(outline: Array) -> str:
    # SVG counts y downwards.
    return "M" + "L".join(f"{x:.2f} {-y:.2f}" for x, y in outline) + "Z"


@dataclass(frozen=True, slots=True)
class Ball:
    """A beachball on a map: rim and shaded quadrants in map coordinates."""

    rim: Array
    quadrants: list[Array]


def ball_on_map(
    x: float, y: float, radius_x: float, radius_y: float, plane: tuple[float, float, float]
) -> Ball:
    """Outlines of a beachball at (x, y); the radii differ where degrees do."""
    angle = np.linspace(0.0, 2.0 * np.pi, 48)
    scale, centre = np.array([radius_x, radius_y]), np.array([x, y])
    rim = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * scale + centre
    outlines = compressional_quadrants(*plane, n_points=24)
    return Ball(rim, [outline * scale + centre for outline in outlines])
