"""Changes of stress."""

from typing import Literal

import msgspec

from streamstress.records.stress import Axis

ChangeState = Literal["open", "held", "confirmed", "closed", "withdrawn"]


class StressChange(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """A change of stress told from chance; a line of ``watch``."""

    change_id: str
    version: int
    region: str
    state: ChangeState
    time_ns: int
    """Origin time of the event at which the state was decided."""
    event_id: str
    onset_time_ns: int
    onset_event_id: str
    n_since_onset: int
    rotation_deg: float
    rotation_interval95_deg: tuple[float, float]
    rotation_p_value: float | None
    shmax_before_deg: float | None
    shmax_after_deg: float | None
    shmax_change_deg: float | None
    """Signed, clockwise positive; None, as SHmax, where horizontal stresses are nearly alike."""
    shmax_change_interval95_deg: tuple[float, float] | None
    s1_before: Axis
    s1_after: Axis
    s3_before: Axis
    s3_after: Axis
    score: float
    threshold: float
    false_alarms_per_1e4: float
    guards: dict[str, str]
    carried_by: tuple[str, ...] = ()
    """Ids of the events that say most for the change, the clearest first."""
    sent_ns: int
