"""Travel-time residuals of a station over time."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from streamstress.outputs.alarm_text import short_time
from streamstress.outputs.rows import StationReading
from streamstress.web.drawings.svg import circle_at, drawing, element, path_of, text_at

WIDTH, HEIGHT, MARGIN = 560.0, 150.0, 34.0
LEAST_SPAN_S = 0.3


def residual_drawing(readings: Sequence[StationReading]) -> Markup:
    """P as dots, S as crosses; the horizontal line is no residual."""
    if not readings:
        return Markup("")
    times = np.array([one.time_ns for one in readings], float)
    values = np.array([one.residual_s for one in readings])
    span = max(LEAST_SPAN_S, float(np.quantile(np.abs(values), 0.98)) * 1.15)
    first, last = float(times.min()), float(times.max())
    across = (WIDTH - MARGIN - 8) / max(last - first, 1.0)
    half = HEIGHT / 2 - 16
    parts = [*_frame(span, half), *_ends(first, last, half)]
    for one, time_ns, value in zip(readings, times, values, strict=True):
        x = MARGIN + (time_ns - first) * across
        y = float(np.clip(value / span, -1, 1)) * half
        title = element("title", f"{one.event_id} {one.phase} {value:+.2f} s")
        if one.phase == "P":
            parts.append(circle_at(float(x), y, 2.6, title, cls="p"))
        else:
            cross = path_of([(x - 2.4, y - 2.4), (x + 2.4, y + 2.4)])
            cross += path_of([(x - 2.4, y + 2.4), (x + 2.4, y - 2.4)])
            parts.append(element("path", title, d=cross, cls="s"))
    label = f"{len(readings)} residuals, median {float(np.median(values)):+.2f} s"
    return drawing(parts, (0.0, -HEIGHT / 2, WIDTH, HEIGHT), label, "residuals")


def _frame(span: float, half: float) -> list[Markup]:
    drawn = []
    for share in (-1.0, 0.0, 1.0):
        y = share * half
        line = path_of([(MARGIN, y), (WIDTH - 8, y)])
        drawn.append(element("path", d=line, cls="zero" if share == 0 else "edge"))
        drawn.append(
            text_at(
                MARGIN - 5, y - 3.5, f"{share * span:+.1f}" if share else "0", text_anchor="end"
            )
        )
    return drawn


def _ends(first: float, last: float, half: float) -> list[Markup]:
    y = -half - 13
    return [
        text_at(MARGIN, y, short_time(int(first)), text_anchor="start"),
        text_at(WIDTH - 8, y, short_time(int(last)), text_anchor="end"),
    ]
