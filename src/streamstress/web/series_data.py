"""What the series of a region show, as columns."""

from collections.abc import Sequence

from streamstress.outputs.map_columns import Columns
from streamstress.records import StressChange, StressEstimate

MOST = 600
DECISIONS = {
    "open": ("triangle", "#d55e00"),
    "confirmed": ("star", "#d55e00"),
    "held": ("diamond", "#e69f00"),
    "closed": ("circle", "#0072b2"),
    "withdrawn": ("x", "#7a7f85"),
}
"""Mark and colour of a decision by its state."""


def a_phi_columns(series: Sequence[StressEstimate]) -> Columns:
    """Columns time (ms), a_phi, low, high."""
    step = max(1, -(-len(series) // MOST))
    shown = [*series[::step], *series[-1:]]
    return {
        "time": [one.data_time_ns / 1e6 for one in shown],
        "a_phi": [one.a_phi for one in shown],
        "low": [one.a_phi_interval95[0] for one in shown],
        "high": [one.a_phi_interval95[1] for one in shown],
    }


def score_columns(decisions: Sequence[StressChange]) -> Columns:
    """Columns time (ms), score, threshold, ratio, state, mark, colour."""
    return {
        "time": [one.time_ns / 1e6 for one in decisions],
        "score": [one.score for one in decisions],
        "threshold": [one.threshold for one in decisions],
        "ratio": [one.score / one.threshold if one.threshold else 0.0 for one in decisions],
        "state": [one.state for one in decisions],
        "mark": [DECISIONS[one.state][0] for one in decisions],
        "colour": [DECISIONS[one.state][1] for one in decisions],
    }
