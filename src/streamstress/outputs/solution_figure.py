"""The focal sphere of one solved event: nodal planes, polarities with their probability, misfits.

Lower hemisphere, equal area. An SVG without a date and with fixed names, so that equal answers are
equal bytes.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult
from streamstress.outputs.focal_sphere import compressional_quadrants, project_ray

Array = NDArray[np.float64]

SIZE_PX = 460
UP, DOWN, WRONG, SHADE, INK = "#b3261e", "#24557a", "#111111", "#d7dbdd", "#20282d"
MARK_RADIUS = 0.035
"""Radius of a polarity that is sure, in radii of the sphere; one of probability 0.5 has none."""


def write_figure(path: Path, event_id: str, data: PolarityData, result: MechanismResult) -> None:
    """Write the focal sphere of the first solution as SVG."""
    path.write_text("\n".join(_svg(event_id, data, result)) + "\n", encoding="utf-8")


def _svg(event_id: str, data: PolarityData, result: MechanismResult) -> Iterator[str]:
    best = result.solutions[0]
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE_PX}" height="{SIZE_PX + 60}" '
        'viewBox="-1.15 -1.15 2.3 2.6" font-family="sans-serif" font-size="0.062">'
    )
    yield f"<title>Focal mechanism of {escape(event_id)}</title>"
    yield '<rect x="-1.15" y="-1.15" width="2.3" height="2.6" fill="#fff"/>'
    for outline in compressional_quadrants(best.strike_deg, best.dip_deg, best.rake_deg):
        points = "L".join(f"{x:.4f} {-y:.4f}" for x, y in outline)
        yield f'<path d="M{points}Z" fill="{SHADE}" stroke="{INK}" stroke-width="0.008"/>'
    yield f'<circle r="1" fill="none" stroke="{INK}" stroke-width="0.012"/>'
    yield from _marks(data, (best.strike_deg, best.dip_deg, best.rake_deg))
    yield from _caption(event_id, result)
    yield "</svg>"


def _marks(data: PolarityData, plane: tuple[float, float, float]) -> Iterator[str]:
    """Filled circles up, open ones down, as large as they are sure; a cross where one is wrong."""
    up = np.asarray(data.up_probability, float)
    place = project_ray(data.azimuth_deg, data.takeoff_deg)
    p_factor, _, _ = radiation_pattern(double_couple(*plane), data.azimuth_deg, data.takeoff_deg)
    known = np.flatnonzero(np.isfinite(up) & (up != 0.5) & np.isfinite(place).all(axis=1))
    # In the order of the place: the order of the readings must not change a byte.
    for index in known[np.lexsort((place[known, 1], place[known, 0]))]:
        x, y = place[index, 0], -place[index, 1]
        radius = MARK_RADIUS * abs(2.0 * up[index] - 1.0)
        is_up = up[index] > 0.5
        fill = UP if is_up else "#fff"
        yield (
            f'<circle cx="{x:.4f}" cy="{y:.4f}" r="{radius:.4f}" fill="{fill}" '
            f'stroke="{UP if is_up else DOWN}" stroke-width="0.01">'
            f"<title>up probability {up[index]:.2f}</title></circle>"
        )
        if is_up != (p_factor[index] > 0.0):
            yield _cross(x, y)


def _cross(x: float, y: float) -> str:
    arm = 1.4 * MARK_RADIUS
    return (
        f'<path class="misfit" d="M{x - arm:.4f} {y - arm:.4f}L{x + arm:.4f} {y + arm:.4f}'
        f'M{x - arm:.4f} {y + arm:.4f}L{x + arm:.4f} {y - arm:.4f}" '
        f'stroke="{WRONG}" stroke-width="0.014"/>'
    )


def _caption(event_id: str, result: MechanismResult) -> Iterator[str]:
    best = result.solutions[0]
    uncertainty = (best.plane_uncertainty_deg + best.plane_uncertainty_aux_deg) / 2.0
    lines = (
        f"{event_id}   grade {result.grade}   {result.n_polarity} polarities, {result.n_sp} S/P",
        f"strike {best.strike_deg:.0f}, dip {best.dip_deg:.0f}, rake {best.rake_deg:.0f}; "
        f"plane uncertainty {uncertainty:.0f} degrees, probability {best.probability:.2f}",
        "red, filled: up; blue, open: down; size: how sure; cross: misfit",
        result.not_double_couple,
    )
    for number, line in enumerate(lines):
        yield f'<text x="-1.1" y="{1.14 + 0.085 * number:.3f}" fill="{INK}">{escape(line)}</text>'
