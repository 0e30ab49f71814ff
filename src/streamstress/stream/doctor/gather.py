"""Finding out everything that the checks look at."""

import asyncio
import time
from pathlib import Path

from streamstress.config import Settings
from streamstress.ingest.stations_wanted import is_wanted
from streamstress.stream.doctor.facts import Facts
from streamstress.stream.doctor.gather_host import (
    disk_facts,
    missing_models,
    store_facts,
    worker_facts,
)
from streamstress.stream.doctor.gather_kafka import kafka_facts
from streamstress.stream.places import places_of
from streamstress.stream.roles import BUILDERS
from streamstress.wire.topics import CONTROLS, TOPICS, partition_counts

BY_GROUP = {CONTROLS.name: ("store",)}
"""Who reads a topic by its consumer group, where the others read all of it beside theirs."""


def consumers() -> dict[str, list[str]]:
    """Topics that each role reads by its consumer group."""
    return {
        role: [t.name for t in TOPICS if role in BY_GROUP.get(t.name, t.read_by)]
        for role in (*BUILDERS, "exporter")
    }


async def gather(settings: Settings, config: Path) -> Facts:
    """Ask broker, workers, store and disks of a configuration.

    Raises
    ------
    ConfigError
        The settings or the files that they name are wrong.
    """
    stations = frozenset(places_of(settings).stations)
    kafka = settings.kafka
    inputs = consumers()
    workers, disks, store, answered = await asyncio.gather(
        asyncio.to_thread(worker_facts, settings),
        asyncio.to_thread(disk_facts, settings),
        asyncio.to_thread(store_facts, settings),
        kafka_facts(settings, [topic.name for topic in TOPICS], list(inputs)),
    )
    selectors = settings.ingest.selectors
    return Facts(
        now_ns=time.time_ns(),
        config=str(config),
        kafka=answered,
        workers=workers,
        disks=disks,
        expected_stations=frozenset(code for code in stations if is_wanted(selectors, code)),
        known_stations=stations,
        expected_partitions=partition_counts(
            kafka.waveform_partitions, kafka.zone_partitions, kafka.region_partitions
        ),
        inputs=inputs,
        missing_models=missing_models(settings),
        picks_with_demo=settings.picking.picker == "demo" and settings.clock.replay is None,
        store=store,
        retention_bytes=kafka.waveform_partitions * kafka.waveform_retention_bytes,
    )
