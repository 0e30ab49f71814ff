"""What operators say, and what could not be used."""

from typing import Literal

import msgspec


class Control(msgspec.Struct, frozen=True, kw_only=True, tag="control"):
    """A setting of a station or region, valid in data time."""

    control_id: str
    target: str
    """``NET.STA`` or a region."""
    action: Literal["mute", "reverse-polarity"]
    valid_from_ns: int
    valid_until_ns: int | None
    reason: str
    author: str
    sent_ns: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, tag="dead-letter"):
    """A message that was set aside, whole, with the reason."""

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
    sent_ns: int
