"""One event is one trace through all stages, in one process and over a real Kafka."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from control_messages import event_messages
from live_system import Catalogue, live_system
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)
from synthetic_readings import located_readings
from typer.testing import CliRunner

from streamstress.broker import Broker
from streamstress.cli.app import app
from streamstress.records import Event
from streamstress.simulate.archive import Archive
from streamstress.wire.topics import EVENTS

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

Traces = Mapping[int, Sequence[ReadableSpan]]


@pytest.fixture(scope="module")
def chain_of_traces(expected: Catalogue, spans: InMemorySpanExporter) -> tuple[Traces, list[Event]]:
    """Spans of the smoke archive through all agents in one process, by trace; and its events."""
    traces: dict[int, list[ReadableSpan]] = {}
    for span in spans.get_finished_spans():
        traces.setdefault(span.context.trace_id, []).append(span)
    return traces, list(expected.events.values())


def of_event(traces: Traces, event_id: str) -> list[Sequence[ReadableSpan]]:
    return [
        spans
        for spans in traces.values()
        if any((s.attributes or {}).get("streamstress.event_id") == event_id for s in spans)
    ]


def test_an_event_is_one_trace_from_its_first_pick_to_the_store(
    chain_of_traces: tuple[Traces, list[Event]],
):
    traces, events = chain_of_traces
    assert len(events) >= 5
    for event in events:
        (spans,) = of_event(traces, event.event_id)
        names = {span.name for span in spans}
        assert {
            "pick: Pick",
            "polarity: Pick",
            "locate: Candidate",
            "merge: Event",
            "mechanism: Mechanism",
            "store: Event",
            "store: Mechanism",
        } <= names, event.event_id
        (root,) = [span for span in spans if span.parent is None]
        assert root.name == "pick: Pick"
        own = {span.context.span_id for span in spans}
        assert all(span.parent.span_id in own for span in spans if span.parent)


def test_a_span_lies_after_the_one_that_it_goes_on_from(
    chain_of_traces: tuple[Traces, list[Event]],
):
    traces, events = chain_of_traces
    (spans,) = of_event(traces, events[0].event_id)
    by_id = {span.context.span_id: span for span in spans}
    for span in spans:
        assert span.start_time <= span.end_time
        if span.parent:
            assert by_id[span.parent.span_id].end_time <= span.start_time


def test_the_other_picks_of_an_event_are_links(chain_of_traces: tuple[Traces, list[Event]]):
    traces, events = chain_of_traces
    (spans,) = of_event(traces, events[0].event_id)
    candidate = next(span for span in spans if span.name == "locate: Candidate")
    n_picks = len({arrival.pick_id for arrival in events[0].arrivals})
    assert 4 <= len(candidate.links) <= n_picks + 4
    assert all(link.context.trace_id in traces for link in candidate.links)


def test_over_kafka_the_trace_goes_on_and_the_command_tells_where_the_time_went(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    trace_id, changes = "0af7651916cd43dd8448eb211c80319c", {"traces": {"export": "log"}}
    headers = [("traceparent", f"00-{trace_id}-b7ad6b7169203331-01".encode())]
    found, _ = located_readings(n_events=1, seed=3, n_stations=12)
    rows = {
        event_id: [replace(r, network="XS", station=f"S{k + 1:03d}") for k, r in enumerate(event)]
        for event_id, event in found.items()
    }
    (event_id,) = rows
    servers = live_broker.bootstrap_servers
    with live_system(tmp_path / "traced", smoke_archive, servers, changes) as system:
        system.start(("mechanism", "store"))
        topic = system.settings.kafka.topic_prefix + EVENTS.name

        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=servers)
            await producer.start()
            for _, partition, key, value, _ in event_messages(rows):
                await producer.send_and_wait(
                    topic, value=value, key=key, partition=partition, headers=headers
                )
            await producer.stop()

        asyncio.run(send())
        wanted = {"mechanism: Mechanism", "store: Event", "store: Mechanism"}

        def told() -> set[str]:
            command = ["trace", event_id, "-c", str(system.config), "--json"]
            answer = CliRunner().invoke(app, command)
            if answer.exit_code:
                return set()
            spans = json.loads(answer.stdout)
            assert {span["trace_id"] for span in spans} == {trace_id}
            return {span["name"] for span in spans}

        system.wait(lambda: told() == wanted, 60.0, "all spans in the logs")
        shown = CliRunner().invoke(app, ["trace", event_id, "-c", str(system.config)])
    assert "mechanism: Mechanism" in shown.stdout
    assert "The longest is" in shown.stdout
