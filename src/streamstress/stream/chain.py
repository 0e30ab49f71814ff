"""All roles in one process, without Kafka: the same folds, message by message.

For calibration over many seeds, for tests of the chain and for backfill on one machine. Messages
keep their order within a topic; every role sees what it would see on a broker with one worker.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from streamstress.errors import RejectedError
from streamstress.ingest.archive import archive_records
from streamstress.ingest.producer import HEARTBEAT_KEY
from streamstress.ingest.record_index import index_records
from streamstress.stream.agents.window_schedule import RUN_ON_S
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.stream.tracing import Tracing, Untraced
from streamstress.wire.codec import encode
from streamstress.wire.topics import WAVEFORMS

Message = tuple[str, int, bytes, bytes, dict[str, bytes]]
"""Topic, partition, key, value, headers."""

SHOWN_EVERY = 100
"""Records between two reports of progress."""

Reject = Callable[[Role, Incoming, RejectedError], None]


_UNTRACED = Untraced()


def _ignore(role: Role, message: Incoming, error: RejectedError) -> None:
    """Rejects are only counted by who asks for them."""


@dataclass(slots=True)
class Chain:
    """Roles joined at their topics."""

    roles: Sequence[Role]
    on_reject: Reject = _ignore
    tracings: Mapping[str, Tracing] = field(default_factory=dict)
    """Tracing of a role by its name; a role without one is not traced."""
    _queue: deque[Incoming] = field(default_factory=deque)
    _next_offset: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    _begun: set[tuple[str, str, int]] = field(default_factory=set)

    def feed(self, messages: Iterable[Message]) -> None:
        """Put messages through all roles."""
        for topic, partition, key, value, headers in messages:
            self._enqueue(topic, partition, key, value, headers)
            while self._queue:
                self._deliver(self._queue.popleft())

    def _enqueue(
        self, topic: str, partition: int, key: bytes, value: bytes, headers: dict[str, bytes]
    ) -> None:
        offset = self._next_offset[topic, partition]
        self._next_offset[topic, partition] = offset + 1
        self._queue.append(Incoming(topic, partition, offset, key, value, headers))

    def _deliver(self, message: Incoming) -> None:
        for role in self.roles:
            if any(topic.name == message.topic for topic in role.inputs):
                self._begin(role, message)
                self._send(self._process(role, message))
                self._send_deferred(role)
            if any(topic.name == message.topic for topic in role.broadcasts):
                role.absorb(message, message.record())

    def _begin(self, role: Role, message: Incoming) -> None:
        place = (role.name, message.topic, message.partition)
        if place not in self._begun:
            self._begun.add(place)
            role.restore(message.topic, message.partition, None)

    def _process(self, role: Role, message: Incoming) -> Sequence[Outgoing]:
        tracing = self.tracings.get(role.name, _UNTRACED)
        try:
            with tracing.taking(message):
                record = message.record()
                return tracing.marked(message, record, role.process(message, record))
        except RejectedError as error:
            self.on_reject(role, message, error)
            return ()

    def _send_deferred(self, role: Role) -> None:
        while role.deferred:
            self._send(role.deferred.pop(next(iter(role.deferred)))())

    def _send(self, outgoing: Iterable[Outgoing]) -> None:
        for out in outgoing:
            headers = dict(out.headers)
            value = encode(out.record)
            self._enqueue(out.topic.name, out.partition, out.key.encode(), value, headers)


def run_archive(
    roles: Sequence[Role],
    waveforms: Path,
    heartbeat_s: float = 10.0,
    on_reject: Reject = _ignore,
    tracings: Mapping[str, Tracing] = MappingProxyType({}),
    show: Callable[[int, int], None] | None = None,
) -> Chain:
    """Put an archive's records through the roles, as ingest on a replay would have sent them.

    Every record is received the moment its last sample is recorded; the clock runs on after the
    archive's end until everything is final. ``show`` is told now and then how many records of how
    many are done.
    """
    chain = Chain(roles, on_reject, tracings)
    index = index_records([waveforms])
    last_ns, beat_ns = 0, round(heartbeat_s * 1e9)
    for record in archive_records(index):
        if record.end_ns - last_ns >= beat_ns:
            last_ns = record.end_ns
            chain.feed([_heartbeat(last_ns)])
        headers = {"received_ns": str(record.end_ns).encode()}
        key = f"{record.network}.{record.station}".encode()
        chain.feed([(WAVEFORMS.name, 0, key, record.payload, headers)])
        if show is not None and record.number % SHOWN_EVERY == 0:
            show(record.number, len(index))
    chain.feed(_heartbeat(last_ns + beat_ns * k) for k in range(1, round(RUN_ON_S / heartbeat_s)))
    return chain


def _heartbeat(now_ns: int) -> Message:
    return WAVEFORMS.name, 0, HEARTBEAT_KEY, b"", {"received_ns": str(now_ns).encode()}
