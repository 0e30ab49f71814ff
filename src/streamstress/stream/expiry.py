"""Messages that a topic's retention removed before a worker had read them.

A consumer whose committed offset has gone goes on at the first message left, without a word. The
offsets tell: those of a topic that is not compacted have no gaps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from streamstress.stream.kafka import Kafka
from streamstress.stream.role import Incoming
from streamstress.wire.topics import TOPICS

Place = tuple[str, int]

_WITHOUT_GAPS = frozenset(topic.name for topic in TOPICS if topic.retention_hours is not None)


@dataclass(slots=True)
class Expiry:
    """The next offset of each partition, by the table names of the topics."""

    _next: dict[Place, int] = field(default_factory=dict)

    def begin(self, place: Place, offset: int) -> None:
        """Expect an offset: the committed one, or the first one there is where none was."""
        self._next[place] = offset

    def missed_before(self, message: Incoming) -> int:
        """How many messages are gone between the one expected and this one, which is taken."""
        place = message.topic, message.partition
        expected = self._next.get(place, message.offset)
        self._next[place] = message.offset + 1
        return max(0, message.offset - expected) if message.topic in _WITHOUT_GAPS else 0

    def forget(self) -> None:
        """Drop what was known of partitions that may have gone to another worker."""
        self._next.clear()


async def committed_offset(kafka: Kafka, group: str, place: Place) -> int | None:
    """Offset that a group has acknowledged of a partition; None where it has none.

    Raises
    ------
    KafkaError
        The broker does not answer.
    """
    admin = kafka.admin()
    try:
        await admin.start()
        committed: Mapping[TopicPartition, object] = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    found = committed.get(TopicPartition(*place))
    offset = int(getattr(found, "offset", -1))
    return offset if offset >= 0 else None
