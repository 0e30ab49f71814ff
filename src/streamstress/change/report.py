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
    return ChangeDecision(
        state, change_id, event.origin_time_ns, event.event_id, onset.origin_time_ns,
        onset.event_id, n_since_onset, effect.rotation_deg, effect.rotation_interval95_deg,
        effect.rotation_p_value, effect.shmax_before_deg, effect.shmax_after_deg,
        effect.shmax_change_deg, effect.shmax_change_interval95_deg, s1_before, s1_after,
        s3_before, s3_after, *measure, guards, carried_by,
    )  # fmt: skip


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
