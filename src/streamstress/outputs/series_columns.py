"""SHmax and counts over time, as columns of numbers.

SHmax is axial: the series is unwrapped around its mean direction, so 179 and 1 degree lie two
degrees apart; the axis labels count modulo 180.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.axes import axial_difference, axial_mean
from streamstress.outputs.map_columns import Columns
from streamstress.outputs.rows import EventRow, MechanismRow
from streamstress.records import StressChange, StressEstimate

MAX_POINTS = 600
"""Points of a curve; more would not show."""

MIN_SPAN_DEG = 60.0


def centre_deg(series: Sequence[StressEstimate]) -> float:
    """Mean SHmax of the series, weighted by certainty; the branch on which it is unwrapped."""
    if not series:
        return 90.0
    widths = np.array([e.shmax_interval95_deg[1] - e.shmax_interval95_deg[0] for e in series])
    return axial_mean([e.shmax_deg for e in series], 1.0 / np.maximum(widths, 1.0))


def unwrapped_deg(azimuth_deg: float, around_deg: float) -> float:
    """Bring an axial azimuth to within 90 degrees of another."""
    return around_deg + float(axial_difference(azimuth_deg, around_deg))


def shmax_series_columns(series: Sequence[StressEstimate], around_deg: float) -> Columns:
    """Columns time (ms), shmax, low, high (95 %), shown (modulo 180), n, half."""
    defined = _thinned([estimate for estimate in series if estimate.shmax_defined])
    shmax = [unwrapped_deg(estimate.shmax_deg, around_deg) for estimate in defined]
    below, above = [], []
    for estimate in defined:
        low, high = estimate.shmax_interval95_deg
        # The interval is counted from its own lower end, which may sit on another branch.
        inside = (estimate.shmax_deg - low) % 180.0
        below.append(inside)
        above.append(high - low - inside)
    return {
        "time": [estimate.data_time_ns / 1e6 for estimate in defined],
        "shmax": list(shmax),
        "low": [value - part for value, part in zip(shmax, below, strict=True)],
        "high": [value + part for value, part in zip(shmax, above, strict=True)],
        "shown": [f"{estimate.shmax_deg:.0f}°" for estimate in defined],
        "half": [f"{(low + high) / 2:.0f}°" for low, high in zip(below, above, strict=True)],
        "n": [estimate.n_events for estimate in defined],
    }


def shmax_range(columns: Columns, levels: Columns) -> tuple[float, float]:
    """Fit the ends of the SHmax axis, unwrapped degrees, at least `MIN_SPAN_DEG` apart."""
    values = np.array(
        [*columns["low"], *columns["high"], *levels["y0"]] or [0.0, 180.0], dtype=np.float64
    )
    lowest, highest = float(values.min()) - 4.0, float(values.max()) + 4.0
    short = max(0.0, MIN_SPAN_DEG - (highest - lowest))
    return lowest - short / 2, highest + short / 2


def level_columns(
    change: StressChange | None, around_deg: float, span_ms: tuple[float, float] | None
) -> Columns:
    """SHmax before and after a change as level lines over a span of time: x0, x1, y0, y1."""
    nothing: Columns = {"x0": [], "x1": [], "y0": [], "y1": []}
    if change is None or span_ms is None:
        return nothing
    if change.shmax_before_deg is None or change.shmax_after_deg is None:
        return nothing
    before = unwrapped_deg(change.shmax_before_deg, around_deg)
    after = unwrapped_deg(change.shmax_after_deg, around_deg)
    onset = change.onset_time_ns / 1e6
    return {
        "x0": [min(span_ms[0], onset), onset],
        "x1": [onset, max(span_ms[1], onset)],
        "y0": [before, after],
        "y1": [before, after],
    }


def onset_columns(change: StressChange | None) -> Columns:
    """Moment of the onset: column time."""
    return {"time": [] if change is None else [change.onset_time_ns / 1e6]}


def count_columns(events: Sequence[EventRow] | Sequence[MechanismRow], total: int) -> Columns:
    """Cumulative count of events (any order): columns time, count.

    Parameters
    ----------
    total
        How many there are in all; those that are not given came before.
    """
    times: NDArray[np.int64] = np.sort(np.array([event.time_ns for event in events], np.int64))
    kept = _kept(len(times))
    return {
        "time": (times[kept] / 1e6).tolist(),
        "count": (total - len(times) + 1 + kept).tolist(),
    }


def _thinned(series: Sequence[StressEstimate]) -> list[StressEstimate]:
    return [series[k] for k in _kept(len(series))]


def _kept(length: int) -> NDArray[np.intp]:
    if length <= MAX_POINTS:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, MAX_POINTS).astype(np.intp))
