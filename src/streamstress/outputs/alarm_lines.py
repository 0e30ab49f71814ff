"""Decisions of the detector as records, and as the lines that ``watch`` writes."""

from typing import Final

from streamstress.change import ChangeDecision
from streamstress.change.events import AxisOrientation
from streamstress.outputs.json_view import Json, json_view
from streamstress.records import Axis, StressChange

LINE_KEYS: Final = (
    "state", "region", "time", "event_id", "onset_time", "onset_event_id", "n_since_onset",
    "rotation_deg", "rotation_interval95_deg", "rotation_p_value", "shmax_before_deg",
    "shmax_after_deg", "shmax_change_deg", "s1_before", "s1_after", "s3_before", "s3_after",
    "score", "threshold", "false_alarms_per_1e4", "guards",
)  # fmt: skip
"""Keys of a line that a program may rely on, in order; others follow."""

LEFT_OUT: Final = frozenset({"type", "version", "sent"})
"""Of the transport, not of the change."""


def change_record(decision: ChangeDecision, version: int, region: str) -> StressChange:
    """Give the decision as a record; its id holds the region, for event ids may recur in another.

    Parameters
    ----------
    version
        Rises from one line of a change to the next.
    """
    return StressChange(
        change_id=f"{region}/{decision.change_id}",
        version=version,
        region=region,
        state=decision.state,
        time_ns=decision.time_ns,
        event_id=decision.event_id,
        onset_time_ns=decision.onset_time_ns,
        onset_event_id=decision.onset_event_id,
        n_since_onset=decision.n_since_onset,
        rotation_deg=decision.rotation_deg,
        rotation_interval95_deg=decision.rotation_interval95_deg,
        rotation_p_value=decision.rotation_p_value,
        shmax_before_deg=decision.shmax_before_deg,
        shmax_after_deg=decision.shmax_after_deg,
        shmax_change_deg=decision.shmax_change_deg,
        shmax_change_interval95_deg=decision.shmax_change_interval95_deg,
        s1_before=_axis(decision.s1_before),
        s1_after=_axis(decision.s1_after),
        s3_before=_axis(decision.s3_before),
        s3_after=_axis(decision.s3_after),
        score=decision.score,
        threshold=decision.threshold,
        false_alarms_per_1e4=decision.false_alarms_per_1e4,
        guards=dict(decision.guards),
        carried_by=decision.carried_by,
        sent_ns=0,
    )


def alarm_line(change: StressChange) -> dict[str, Json]:
    """One line of ``watch`` as a JSON object, its keys in the order of `LINE_KEYS`."""
    view = json_view(change)
    others = [key for key in view if key not in LINE_KEYS and key not in LEFT_OUT]
    return {key: view[key] for key in (*LINE_KEYS, *others)}


def _axis(axis: AxisOrientation) -> Axis:
    return Axis(azimuth_deg=axis.trend_deg, plunge_deg=axis.plunge_deg, cone95_deg=axis.cone95_deg)
