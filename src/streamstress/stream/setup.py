"""Making the topics of a configuration."""

from streamstress.broker import TopicSpec, create_topics
from streamstress.config import Settings
from streamstress.stream.kafka import Kafka
from streamstress.wire.topics import TOPICS, partition_counts, topic_config


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """What the topics must be."""
    kafka = settings.kafka
    counts = partition_counts(
        kafka.waveform_partitions, kafka.zone_partitions, kafka.region_partitions
    )
    return [
        TopicSpec(
            kafka.topic_prefix + topic.name,
            counts[topic.name],
            topic_config(topic, kafka.waveform_retention_bytes),
        )
        for topic in TOPICS
    ]


async def make_topics(settings: Settings, kafka: Kafka) -> None:
    """Create what is missing; a topic with another number of partitions is an error."""
    await create_topics(
        kafka.bootstrap,
        topic_specs(settings),
        replication_factor=settings.kafka.replication,
        security=kafka.security,
    )
