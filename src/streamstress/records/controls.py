"""What operators say, and what could not be used."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from streamstress.records.events import EventKind

ControlAction = Literal["mute", "reverse-polarity", "acknowledge", "event-kind"]
"""A muted station's picks locate nothing and its first motions solve nothing; to acknowledge says
that a person has seen an alarm, and changes nothing else; the kind that a person gives an event
holds against the classifier's."""

ControlState = Literal["proposed", "dropped", "confirmed", "withdrawn"]
"""A program proposes and drops, a person (or a setting) confirms and withdraws."""


class Control(msgspec.Struct, frozen=True, kw_only=True, tag="control"):
    """What holds of a station or an alarm, valid in data time; the newest of an id holds."""

    control_id: str
    target: str
    """``NET.STA``; of a mute also ``NET.STA.LOC.CHA``, or ``HH`` for CHA: a sensor; of an
    acknowledgement the id of the change, of a kind that of the event."""
    action: ControlAction
    valid_from_ns: int
    valid_until_ns: int | None
    reason: str
    author: str
    sent_ns: int
    state: ControlState = "confirmed"
    """Workers obey what is confirmed."""
    log10_odds: float | None = None
    """Evidence of a proposal, for against."""
    n_readings: int | None = None
    n_against: int | None = None
    event_kind: EventKind | None = None
    """Of the action ``event-kind``: what the event is."""

    @property
    def is_obeyed(self) -> bool:
        """Whether workers act by it."""
        return self.state == "confirmed"

    def holds_at(self, time_ns: int) -> bool:
        """Whether a time lies in its validity; the end is not part of it."""
        before_end = self.valid_until_ns is None or time_ns < self.valid_until_ns
        return self.valid_from_ns <= time_ns and before_end


def kind_control_id(event_id: str) -> str:
    """Id of the control that gives an event its kind: one an event, so the newest word holds."""
    return f"event-kind/{event_id}"


def waiting_proposals(controls: Iterable[Control]) -> list[Control]:
    """Those on which no person has spoken since: neither confirmed nor refused, by id.

    A person speaks by a control of the same station and an overlapping time, sent later.
    """
    held = sorted(controls, key=lambda control: control.control_id)
    return [
        proposal
        for proposal in held
        if proposal.state == "proposed"
        and not any(_answers(control, proposal) for control in held if control is not proposal)
    ]


def _answers(control: Control, proposal: Control) -> bool:
    return (
        (control.target, control.action) == (proposal.target, proposal.action)
        and control.author != proposal.author
        and control.sent_ns >= proposal.sent_ns
        and (control.valid_until_ns is None or control.valid_until_ns > proposal.valid_from_ns)
        and (proposal.valid_until_ns is None or proposal.valid_until_ns > control.valid_from_ns)
    )


FEED_GAP = "feed-gap"
"""Reason of a letter on data that never came, of any station of a partition."""

LATE_STRETCH = "late-stretch"
"""Reason of a letter on the late records of one station."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, tag="dead-letter"):
    """A message that was set aside, whole, with the reason; or word of data that never came."""

    stage: str
    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    reason: str
    """Short, fixed: the label it is counted under."""
    detail: str
    """The sentence a person reads."""
    missing_ns: tuple[int, int] | None = None
    """Start and end of the data time that is missing, of ``feed-gap`` and ``late-stretch``."""
    sent_ns: int
