"""SVG elements as text; whatever comes from data is escaped."""

from collections.abc import Iterable

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import ArrayLike


def element(name: str, *children: str, **attributes: object) -> Markup:
    """One element; ``_`` in the name of an attribute stands for ``-``, ``cls`` for ``class``."""
    words = [
        f' {"class" if key == "cls" else key.replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{name}{''.join(words)}>{inside}</{name}>")  # noqa: S704 - all is escaped


def drawing(
    children: Iterable[str], view: tuple[float, float, float, float], label: str, cls: str
) -> Markup:
    """A whole drawing; ``label`` is what a screen reader says of it."""
    box = " ".join(f"{value:g}" for value in view)
    return element("svg", *children, viewBox=box, role="img", aria_label=label, cls=cls)


def path_of(points: ArrayLike, *, closed: bool = False) -> str:
    """Path through (n, 2) points, x to the right and y upwards."""
    text = "L".join(f"{x:.3f} {-y:.3f}" for x, y in np.asarray(points, float))
    return f"M{text}{'Z' if closed else ''}"


def text_at(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Words at a place, y upwards."""
    return element("text", words, x=x, y=-y, **attributes)


def circle_at(x: float, y: float, radius: float, *inside: str, **attributes: object) -> Markup:
    """A circle at a place, y upwards."""
    return element("circle", *inside, cx=x, cy=-y, r=radius, **attributes)


def _short(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
