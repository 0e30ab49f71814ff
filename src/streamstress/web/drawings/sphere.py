"""Focal sphere of an event: solutions, readings with their probability, P and T axes."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from streamstress.geometry.planes import plane_vectors
from streamstress.outputs.focal_sphere import compressional_quadrants, project, project_ray
from streamstress.records import Arrival, Mechanism, MechanismSolution
from streamstress.web.drawings.net import frame
from streamstress.web.drawings.svg import circle_at, drawing, element, path_of, text_at

LEAST_CERTAINTY = 0.1
"""Share of its full size that a mark has whose probability says nothing."""

LETTER_DISTANCE = 0.11
MARGIN = 0.08
"""Of a letter from its axis and from the rim; the radius of the sphere is 1."""

Array = NDArray[np.float64]


def focal_sphere(
    mechanism: Mechanism | None, arrivals: Sequence[Arrival], disagreeing: frozenset[str]
) -> Markup:
    """The best solution shaded, others as lines; first motions up filled, down open.

    Parameters
    ----------
    disagreeing
        Ids of the picks that the best solution predicts otherwise.
    """
    parts = frame()
    solutions = mechanism.solutions if mechanism else ()
    if solutions:
        best = _plane(solutions[0])
        for outline in compressional_quadrants(*best):
            parts.append(element("path", d=path_of(outline, closed=True), cls="quadrant"))
        for other in solutions[1:]:
            parts += [
                element("path", d=path_of(outline, closed=True), cls="other-plane")
                for outline in compressional_quadrants(*_plane(other))
            ]
    read = [a for a in arrivals if a.phase == "P" and a.polarity is not None]
    parts += [_mark(arrival, arrival.pick_id in disagreeing) for arrival in read]
    if solutions:
        parts += _axes(solutions[0], read)
    label = f"focal sphere with {len(read)} first motions, {len(disagreeing)} disagree"
    return drawing(parts, (-1.22, -1.2, 2.44, 2.4), label, "net sphere")


def _plane(solution: MechanismSolution) -> tuple[float, float, float]:
    return solution.strike_deg, solution.dip_deg, solution.rake_deg


def _mark(arrival: Arrival, disagrees: bool) -> Markup:
    polarity = arrival.polarity
    if polarity is None:
        return Markup("")
    x, y = project_ray(arrival.azimuth_deg, arrival.takeoff_deg).tolist()
    certainty = abs(2.0 * polarity.up_probability - 1.0)
    size = 0.022 + 0.03 * max(certainty, LEAST_CERTAINTY)
    title = element(
        "title", f"{arrival.station}: {polarity.decision}, P(up) {polarity.up_probability:.2f}"
    )
    cls = f"reading {polarity.decision}{' disagrees' if disagrees else ''}"
    if polarity.decision == "unknown":
        cross = path_of([(x - size, y - size), (x + size, y + size)])
        cross += path_of([(x - size, y + size), (x + size, y - size)])
        return element("path", title, d=cross, cls=cls)
    return circle_at(x, y, size, title, cls=cls)


def _axes(solution: MechanismSolution, read: Sequence[Arrival]) -> list[Markup]:
    """P and T with their letters beside them, where they hide no first motion."""
    normal, slip = plane_vectors(*_plane(solution))
    marks = np.array([project_ray(a.azimuth_deg, a.takeoff_deg) for a in read]).reshape(-1, 2)
    drawn = []
    for letter, axis in (("P", normal - slip), ("T", normal + slip)):
        place = np.asarray(project(axis), float)
        x, y = place.tolist()
        drawn.append(circle_at(x, y, 0.014, element("title", f"{letter} axis"), cls="axis-point"))
        x, y = _free_place(place, marks).tolist()
        drawn.append(text_at(x, y - 0.05, letter, cls="pt"))
    return drawn


def _free_place(axis: Array, marks: Array) -> Array:
    """Of the places around an axis and inside the sphere the one farthest from all marks."""
    turn = np.radians(np.arange(0.0, 360.0, 45.0))
    around = axis + LETTER_DISTANCE * np.stack([np.sin(turn), np.cos(turn)], axis=-1)
    gaps = np.linalg.norm(around[:, None] - marks[None], axis=-1).min(axis=1, initial=2.0)
    outside = np.linalg.norm(around, axis=1) > 1.0 - MARGIN
    best: Array = around[int(np.argmax(gaps - 2.0 * outside))]
    return best
