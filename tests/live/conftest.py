"""Fixtures of the live tests: a real Kafka, and a small archive to replay."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from obspy import Trace, UTCDateTime
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from streamstress.broker import Broker, running_broker
from streamstress.broker.java import java_program, kafka_class_path
from streamstress.errors import BrokerError
from streamstress.simulate.archive import Archive, write_archive
from streamstress.simulate.scenario import named_scenario
from streamstress.stream.traced import Traced


@pytest.fixture(scope="session")
def kafka_at_hand() -> None:
    """Skip where Kafka's jars or a Java runtime cannot be had; in CI that is a failure."""
    try:
        kafka_class_path()
        java_program()
    except BrokerError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the live tests: {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def live_broker(kafka_at_hand: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for the tests of one file."""
    with running_broker(tmp_path_factory.mktemp("broker"), heap_mb=256) as broker:
        yield broker


@pytest.fixture(scope="session")
def three_station_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three stations, three components, 60 s of noise at 100 Hz, as one file a channel."""
    folder = tmp_path_factory.mktemp("archive")
    rng = np.random.default_rng(7)
    for station in ("AA1", "BB2", "CC3"):
        for channel in ("HHZ", "HHN", "HHE"):
            header = {
                "network": "XX",
                "station": station,
                "channel": channel,
                "sampling_rate": 100.0,
                "starttime": UTCDateTime(2020, 1, 1) + rng.uniform(0.0, 2.0),
            }
            counts = rng.normal(0.0, 300.0, 6000).astype(np.int32)
            path = folder / f"XX.{station}..{channel}.mseed"
            Trace(counts, header).write(str(path), format="MSEED", reclen=512, encoding="STEIM2")
    return folder


@pytest.fixture(scope="session")
def smoke_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three minutes of twelve stations with seven earthquakes."""
    return write_archive(named_scenario("smoke"), tmp_path_factory.mktemp("smoke"))


@pytest.fixture(scope="session")
def spans() -> InMemorySpanExporter:
    """Where the spans of `expected` go."""
    return InMemorySpanExporter()


@pytest.fixture(scope="session")
def expected(
    smoke_archive: Archive,
    tmp_path_factory: pytest.TempPathFactory,
    spans: InMemorySpanExporter,
) -> object:
    """Events and mechanisms of that archive by the same agents in one process, without Kafka.

    It is traced, and what is compared with it mostly not: so traces change nothing.
    """
    live_system, provider = sys.modules["live_system"], TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("test")
    tracings = {name: Traced(name, tracer, lambda: None) for name in live_system.CHAIN}
    folder = tmp_path_factory.mktemp("folded")
    return live_system.folded(folder, smoke_archive, tracings=tracings)
