"""SHmax before and after a change, as two bars of a compass."""

import numpy as np
from markupsafe import Markup

from streamstress.geometry.axes import axial_difference
from streamstress.web.drawings.net import frame
from streamstress.web.drawings.svg import circle_at, drawing, element, path_of, text_at

RADIUS = 0.93


def compass(before_deg: float | None, after_deg: float | None) -> Markup:
    """Dashed bar before, full bar after, and the turn between them."""
    parts = frame()
    if before_deg is None or after_deg is None:
        parts.append(text_at(0, 0, "SHmax is not defined", cls="name"))
        return drawing(parts, (-1.22, -1.2, 2.44, 2.4), "SHmax is not defined", "net compass")
    turn = float(axial_difference(after_deg, before_deg))
    for start in (before_deg, before_deg + 180.0):
        azimuth = np.radians(np.linspace(start, start + turn, 24))
        arc = np.stack([0.7 * np.sin(azimuth), 0.7 * np.cos(azimuth)], axis=-1)
        parts.append(element("path", d=path_of([(0, 0), *arc.tolist()], closed=True), cls="turn"))
    parts += [_bar(before_deg, "before"), _bar(after_deg, "after"), circle_at(0, 0, 0.03)]
    label = f"SHmax turned from {before_deg:.0f} to {after_deg:.0f} degrees"
    return drawing(parts, (-1.22, -1.2, 2.44, 2.4), label, "net compass")


def _bar(azimuth_deg: float, cls: str) -> Markup:
    angle = np.radians(azimuth_deg)
    x, y = float(RADIUS * np.sin(angle)), float(RADIUS * np.cos(angle))
    return element("path", d=path_of([(-x, -y), (x, y)]), cls=cls)
