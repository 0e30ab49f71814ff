"""Rose of axial directions: area by number, every direction twice."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from streamstress.geometry.axes import axial, trend_plunge
from streamstress.geometry.planes import plane_vectors
from streamstress.outputs.rows import MechanismRow
from streamstress.records import StressEstimate
from streamstress.web.drawings.net import frame
from streamstress.web.drawings.svg import drawing, element, path_of

BIN_DEG = 10.0
STEEP_DEG = 52.0
"""A P axis that plunges more says little of horizontal pressure (Zoback 1992, table 3); there the
horizontal part of the null axis is taken, as in the World Stress Map."""


def shmax_of_mechanisms(mechanisms: Sequence[MechanismRow]) -> list[float]:
    """SHmax azimuth each mechanism alone suggests, degrees in [0, 180)."""
    found = []
    for row in mechanisms:
        if row.strike_deg is None or row.dip_deg is None or row.rake_deg is None:
            continue
        normal, slip = plane_vectors(row.strike_deg, row.dip_deg, row.rake_deg)
        trend, plunge = trend_plunge(normal - slip)
        if plunge > STEEP_DEG:
            trend, _ = trend_plunge(np.cross(normal, slip))
        found.append(float(axial(trend)))
    return found


def rose(mechanisms: Sequence[MechanismRow], estimate: StressEstimate | None) -> Markup:
    """Rose of the mechanisms, with SHmax of the estimate as a bar and its 95 % as a sector."""
    azimuths = shmax_of_mechanisms(mechanisms)
    counts, _ = np.histogram(azimuths, np.arange(0.0, 180.0 + BIN_DEG, BIN_DEG))
    parts = frame()
    largest = max(int(counts.max(initial=0)), 1)
    for k, count in enumerate(counts):
        radius = float(np.sqrt(count / largest))
        for turn in (0.0, 180.0):
            outline = _sector(k * BIN_DEG + turn, (k + 1) * BIN_DEG + turn, radius)
            title = element("title", f"{k * BIN_DEG:.0f}° to {(k + 1) * BIN_DEG:.0f}°: {count}")
            parts.append(element("path", title, d=outline, cls="petal"))
    label = f"rose of {len(azimuths)} mechanisms"
    if estimate is not None and estimate.shmax_defined:
        low, high = estimate.shmax_interval95_deg
        for turn in (0.0, 180.0):
            parts.append(element("path", d=_sector(low + turn, high + turn, 1.0), cls="interval"))
        angle = np.radians(estimate.shmax_deg)
        end = (float(np.sin(angle)), float(np.cos(angle)))
        parts.append(element("path", d=path_of([(-end[0], -end[1]), end]), cls="bar"))
        label += f"; SHmax {estimate.shmax_deg:.0f} degrees"
    return drawing(parts, (-1.22, -1.2, 2.44, 2.4), label, "net rose")


def _sector(first_deg: float, last_deg: float, radius: float) -> str:
    azimuth = np.radians(np.linspace(first_deg, last_deg, 12))
    arc = np.stack([radius * np.sin(azimuth), radius * np.cos(azimuth)], axis=-1)
    return path_of([(0.0, 0.0), *arc.tolist()], closed=True)
