"""Controls as a person says them, on the command line or on the page."""

from typing import Literal

from msgspec.structs import replace

from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.records import Control
from streamstress.records.controls import ControlAction, kind_control_id
from streamstress.records.events import EventKind

StationAction = Literal["mute", "reverse-polarity"]


def station_control(
    action: StationAction,
    target: str,
    start: str,
    until: str | None,
    reason: str,
    author: str,
    *,
    withdraw: bool = False,
) -> Control:
    """Mute or turn a station; the start is part of the id, so that the end can be told later.

    Parameters
    ----------
    target
        ``NET.STA``; of a mute also a sensor or channel, ``NET.STA.LOC.CHA``.
    start, until
        First moment of it and first moment after it, ISO 8601 UTC.
    withdraw
        Take back what was said with the same start.

    Raises
    ------
    ValueError
        A time is not ISO 8601, or the end does not come after the start.
    """
    from_ns = time_ns_of(start)
    until_ns = None if until is None else time_ns_of(until)
    if until_ns is not None and until_ns <= from_ns:
        raise ValueError(f"the end {until} does not come after the start {start}")
    return _said(action, target, from_ns, until_ns, reason, author, withdraw=withdraw)


def acknowledgement(change_id: str, onset_ns: int, reason: str, author: str) -> Control:
    """Say that a person has seen an alarm."""
    return _said("acknowledge", change_id, onset_ns, None, reason, author, withdraw=False)


def kind_control(
    event_id: str,
    kind: EventKind,
    origin_ns: int,
    reason: str,
    author: str,
    *,
    withdraw: bool = False,
) -> Control:
    """Say what an event is, or take back what was said: then the classifier's word holds again."""
    said = _said("event-kind", event_id, origin_ns, None, reason, author, withdraw=withdraw)
    return replace(said, control_id=kind_control_id(event_id), event_kind=kind)


def _said(
    action: ControlAction,
    target: str,
    from_ns: int,
    until_ns: int | None,
    reason: str,
    author: str,
    *,
    withdraw: bool,
) -> Control:
    return Control(
        control_id=f"{action}/{target}/{from_ns}",
        target=target,
        action=action,
        valid_from_ns=from_ns,
        valid_until_ns=until_ns,
        reason=reason,
        author=author,
        sent_ns=0,
        state="withdrawn" if withdraw else "confirmed",
    )
