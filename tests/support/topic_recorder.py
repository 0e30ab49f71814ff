"""What a consumer of every topic would see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from streamstress.records import Record
from streamstress.stream.role import Incoming, Outgoing, Stateless
from streamstress.wire.topics import TOPICS, Topic


@dataclass(slots=True)
class Recorder(Stateless):
    """A role that keeps every message of every topic, as a consumer of a broker sees them."""

    name: str = "recorder"
    inputs: tuple[Topic, ...] = TOPICS
    outputs: tuple[Topic, ...] = ()
    messages: dict[str, list[Incoming]] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        self.messages.setdefault(message.topic, []).append(message)
        return ()

    def values(self, topic: Topic) -> list[bytes]:
        return [message.value for message in self.messages.get(topic.name, [])]

    def records(self, topic: Topic, kind: type[Record]) -> list[Record]:
        found = (message.record() for message in self.messages.get(topic.name, []))
        return [record for record in found if isinstance(record, kind)]
