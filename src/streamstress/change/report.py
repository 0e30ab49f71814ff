"""A decision from its parts."""

import numpy as np
from numpy.typing import NDArray

from streamstress.change.effect import ChangeEffect
from streamstress.change.events import AxisOrientation, ChangeDecision, ChangeEvent, State
from streamstress.geometry.axes import trend_plunge
from streamstress.geometry.tensors import principal_axes


def decision(
    state: State,
    change_id: str,
    event: ChangeEvent,
    onset: ChangeEvent,
    n_since_onset: int,
    effect: ChangeEffect,
    measure: tuple[float, float, float],
    guards: dict[str, str],
    carried_by: tuple[str, ...] = (),
) -> ChangeDecision:
    """Join what is known of a change.

    Parameters
    ----------
    measure
        Score, threshold, wanted false alarms in 1e4 events.
    """
    s1_before, s3_before = _outer_axes(effect.before, effect.cones95_deg[:2])
    s1_after, s3_after = _outer_axes(effect.after, effect.cones95_deg[2:])
    score, threshold, false_alarms_per_1e4 = measure
    return ChangeDecision(
        state=state,
        change_id=change_id,
        time_ns=event.origin_time_ns,
        event_id=event.event_id,
        onset_time_ns=onset.origin_time_ns,
        onset_event_id=onset.event_id,
        n_since_onset=n_since_onset,
        rotation_deg=effect.rotation_deg,
        rotation_interval95_deg=effect.rotation_interval95_deg,
        rotation_p_value=effect.rotation_p_value,
        shmax_before_deg=effect.shmax_before_deg,
        shmax_after_deg=effect.shmax_after_deg,
        shmax_change_deg=effect.shmax_change_deg,
        shmax_change_interval95_deg=effect.shmax_change_interval95_deg,
        s1_before=s1_before,
        s1_after=s1_after,
        s3_before=s3_before,
        s3_after=s3_after,
        score=score,
        threshold=threshold,
        false_alarms_per_1e4=false_alarms_per_1e4,
        guards=guards,
        carried_by=carried_by,
    )


def _outer_axes(
    tensor: NDArray[np.float64], cones95_deg: tuple[float, ...]
) -> tuple[AxisOrientation, AxisOrientation]:
    """Orientation of s1 and s3 of a stress tensor (3, 3)."""
    trend, plunge = trend_plunge(principal_axes(tensor)[1])
    most, least = (
        AxisOrientation(float(trend[k]), float(plunge[k]), cone)
        for k, cone in zip((0, 2), cones95_deg, strict=True)
    )
    return most, least
