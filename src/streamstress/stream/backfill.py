"""Old data through topics and groups of their own, beside the live system.

A run's topics have the live ones' names behind ``backfill.RUN.``. What it found is handed over at
the end (`stream.handover`).
"""

from collections.abc import Mapping

from streamstress.config import Settings
from streamstress.errors import ConfigError, CorruptRecordError
from streamstress.records import Progress, Record
from streamstress.stream.addresses import bootstrap_of
from streamstress.stream.kafka import Kafka
from streamstress.stream.state import read_partition
from streamstress.wire.topics import MECHANISMS, Topic

ROLES = ("pick", "polarity", "locate", "merge", "mechanism")
"""What a run needs of its own."""


def prefix_of(settings: Settings, run: str) -> str:
    """What stands before the names of a run's topics and groups.

    Raises
    ------
    ConfigError
        The name of the run cannot be part of a topic's.
    """
    if not run or not all(c.isascii() and (c.isalnum() or c in "-_") for c in run):
        raise ConfigError(f"--run {run!r}: letters, digits, - and _ only, it names topics")
    return f"{settings.kafka.topic_prefix}backfill.{run}."


def environment_of(settings: Settings, run: str, base_port: int) -> Mapping[str, str]:
    """Settings of the run's workers that differ from the configuration."""
    return {
        "STREAMSTRESS_RUN_FOLDER": str(settings.run_folder / "backfill" / run),
        "STREAMSTRESS_KAFKA__TOPIC_PREFIX": prefix_of(settings, run),
        "STREAMSTRESS_KAFKA__BOOTSTRAP_SERVERS": bootstrap_of(settings),
        "STREAMSTRESS_METRICS__BASE_PORT": str(base_port),
        # Only mechanisms are handed over: later places of the events would be for nobody.
        "STREAMSTRESS_LOCATION__REFINE_DAYS": "0",
    }


async def final_until_ns(settings: Settings, kafka: Kafka) -> int:
    """Time until which the mechanisms of a system are final, in every region; 0 before any."""
    passed = []
    for region in range(len(settings.network.regions)):
        until_ns = 0
        for record in await records_of(settings, kafka, MECHANISMS, region):
            if isinstance(record, Progress):
                until_ns = max(until_ns, record.done_until_ns)
        passed.append(until_ns)
    return min(passed)


async def records_of(settings: Settings, kafka: Kafka, topic: Topic, region: int) -> list[Record]:
    """What a partition of a topic holds; what cannot be read is left out."""
    name = settings.kafka.topic_prefix + topic.name
    found: list[Record] = []
    async for message in read_partition(kafka, name, region, None):
        try:
            record = message.record()
        except CorruptRecordError:
            continue  # whoever reads the topic live has set it aside
        if record is not None:
            found.append(record)
    return found
