"""What a worker is: a fold over one or more topics.

A role gets messages one at a time, in the order of their partition, and answers with what is to
be sent. It does no input or output of its own, so it runs the same under faust, in one process
(`stream.chain`) and in a test. All times come from the messages, never from the worker's clock,
so that reading a partition again gives the same answers.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from streamstress.records import Record
from streamstress.wire.codec import decode
from streamstress.wire.topics import WAVEFORMS, Topic


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came."""

    topic: str
    """Name in the table of topics, without prefix."""
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: dict[str, bytes] = field(default_factory=dict)

    def record(self) -> Record | None:
        """The decoded value; None for a raw waveform. Raises `CorruptRecordError`."""
        return None if self.topic == WAVEFORMS.name else decode(self.value)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent; its ``sent_ns`` is set when it is."""

    topic: Topic
    key: str
    record: Record
    partition: int
    headers: tuple[tuple[str, bytes], ...] = ()


Deferred = Callable[[], Sequence[Outgoing]]
"""Work that holds all it needs and nothing that the role still changes: it may run beside it."""


class Role(Protocol):
    """A fold over independent partitions, whose state can be dropped and restored."""

    name: str
    inputs: tuple[Topic, ...]
    outputs: tuple[Topic, ...]
    broadcasts: tuple[Topic, ...]
    """Topics of one partition that every worker reads whole, from their start, by `absorb`."""
    folds_from_start: bool
    """Whether its state is the whole input partition, read again from its start on a restart."""
    tallies: Counter[str]
    """What was set aside without a letter, by reason; whoever counts it takes it out."""
    deferred: dict[str, Deferred]
    """Work that no message waits for, by name; whoever does it takes it out. What it sends is worth
    nothing once work of the same name is deferred again."""

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Take one message with its decoded record; raise a `RejectedError` to set it aside."""
        ...

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a message again whose answers were sent before the restart."""
        ...

    def needed_from(self, topic: str, partition: int) -> int | None:
        """Lowest offset still needed after a restart; None when none is."""
        ...

    def snapshot(self, topic: str, partition: int) -> bytes | None:
        """Where the partition stands, if that changed since the last call."""
        ...

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:
        """Begin a partition, from its last snapshot if there is one."""
        ...

    def forget(self) -> None:
        """Drop the state of all partitions, as on a rebalance."""
        ...


@runtime_checkable
class TellsClocks(Protocol):
    """A role that finds stations whose clock is wrong."""

    show_clocks: Callable[[Mapping[str, float]], None]
    """Told by station how late its picks are, whenever that was looked at."""


@dataclass(slots=True)
class Stateless:
    """The part of `Role` of one that keeps nothing that a restart would miss."""

    folds_from_start: bool = field(default=False, kw_only=True)
    tallies: Counter[str] = field(default_factory=Counter, kw_only=True)
    deferred: dict[str, Deferred] = field(default_factory=dict, kw_only=True)
    broadcasts: tuple[Topic, ...] = field(default=(), kw_only=True)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """Nothing is needed again."""
        return None

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """There is nothing to keep."""
        return None

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """There is nothing to take in again."""

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:
        """There is nothing to restore."""

    def forget(self) -> None:
        """There is nothing to forget."""


@dataclass(slots=True)
class FoldedFromStart:
    """The part of `Role` of one whose state is its whole input, read again on a restart."""

    folds_from_start: bool = field(default=True, kw_only=True)
    tallies: Counter[str] = field(default_factory=Counter, kw_only=True)
    deferred: dict[str, Deferred] = field(default_factory=dict, kw_only=True)
    broadcasts: tuple[Topic, ...] = field(default=(), kw_only=True)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """Nothing is needed again: a restart reads all."""
        return None

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """There is nothing to keep beside the topic."""
        return None


@dataclass(slots=True)
class Snapshotted:
    """The part of `Role` of one that goes on from a snapshot and the messages still needed."""

    folds_from_start: bool = field(default=False, kw_only=True)
    tallies: Counter[str] = field(default_factory=Counter, kw_only=True)
    deferred: dict[str, Deferred] = field(default_factory=dict, kw_only=True)
    broadcasts: tuple[Topic, ...] = field(default=(), kw_only=True)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """There is nothing to take in again: the snapshot holds it."""
