"""The trace around a P pick."""

import numpy as np
from markupsafe import Markup

from streamstress.outputs.rows import OnsetTrace
from streamstress.web.drawings.svg import drawing, element, path_of

WIDTH, HEIGHT = 200.0, 56.0
BEFORE_S, AFTER_S = 0.6, 0.6
"""Part of the trace that is drawn: a first motion is looked at, not the coda."""

FIRST_MOTION_S = 0.12
"""The scale follows the first swing; what comes later may run out of the frame."""


def onset_drawing(trace: OnsetTrace, station: str, turned: str) -> Markup:
    """Trace with the pick as a vertical line, up is up."""
    rate = trace.sampling_rate_hz
    time_s = (np.arange(len(trace.samples)) - trace.pick_index) / rate
    shown = (time_s >= -BEFORE_S) & (time_s <= AFTER_S)
    time_s, values = time_s[shown], np.asarray(trace.samples, float)[shown]
    if len(values) < 2:
        return Markup("")
    first = np.abs(values[time_s <= FIRST_MOTION_S])
    scale = 2.2 * float(first.max(initial=0.0)) or float(np.abs(values).max()) or 1.0
    x = (time_s + BEFORE_S) / (BEFORE_S + AFTER_S) * WIDTH
    y = np.clip(values / scale, -1.0, 1.0) * HEIGHT / 2
    pick_x = BEFORE_S / (BEFORE_S + AFTER_S) * WIDTH
    half = HEIGHT / 2
    parts = [
        element("path", d=path_of([(0.0, 0.0), (WIDTH, 0.0)]), cls="zero"),
        element("path", d=path_of([(pick_x, -half), (pick_x, half)]), cls="pick"),
        element("path", d=path_of(np.stack([x, y], axis=-1)), cls="trace"),
    ]
    label = f"trace around the P pick of {station}, {turned}"
    return drawing(parts, (0.0, -half, WIDTH, HEIGHT), label, "onset")
