"""Spans reach a collector as OTLP in JSON; without the SDK the setting is refused in words."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import structlog
from opentelemetry.trace import Link

from streamstress.cli.trace import longest_sentence, spans_in, spans_of_event
from streamstress.config.settings import Settings, Traces
from streamstress.errors import ConfigError
from streamstress.records import Progress
from streamstress.stream.message_work import dead_letter
from streamstress.stream.role import Incoming, Outgoing
from streamstress.stream.span_export import tracer_provider
from streamstress.stream.traced import Traced, context_in
from streamstress.stream.tracing import Untraced, tracing_of
from streamstress.wire.topics import EVENTS

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Address of a collector, and what it got."""
    got: list[dict[str, object]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", got
    server.shutdown()
    thread.join()
    server.server_close()


def incoming(traceparent: str | None) -> Incoming:
    headers = {} if traceparent is None else {"traceparent": traceparent.encode("latin-1")}
    return Incoming(EVENTS.name, 0, 0, b"", b"", headers)


def test_a_collector_gets_ids_times_attributes_and_links(
    collector: tuple[str, list[dict[str, object]]],
):
    address, got = collector
    provider = tracer_provider("locate", "otlp", address)
    parent = context_in(incoming(f"00-{TRACE}-{SPAN}-01"))
    span = provider.get_tracer("x").start_span(
        "locate: Candidate",
        attributes={"streamstress.version": 2, "streamstress.work_s": 0.5, "a": "b", "c": True},
        links=[Link(parent)],
        start_time=1_000,
    )
    span.end(3_000_000_000_000_000_000)
    provider.shutdown()
    ((resource,),) = (message["resourceSpans"] for message in got)
    service = {"key": "service.name", "value": {"stringValue": "streamstress-locate"}}
    assert service in resource["resource"]["attributes"]
    ((sent,),) = (scope["spans"] for scope in resource["scopeSpans"])
    assert (sent["startTimeUnixNano"], sent["endTimeUnixNano"]) == ("1000", "3" + 18 * "0")
    assert sent["links"] == [{"traceId": TRACE, "spanId": SPAN}]
    assert len(bytes.fromhex(sent["traceId"])) == 16
    assert sent["attributes"] == [
        {"key": "streamstress.version", "value": {"intValue": "2"}},
        {"key": "streamstress.work_s", "value": {"doubleValue": 0.5}},
        {"key": "a", "value": {"stringValue": "b"}},
        {"key": "c", "value": {"boolValue": True}},
    ]


def test_a_collector_that_is_away_costs_spans_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
):
    provider = tracer_provider("locate", "otlp", "http://127.0.0.1:9/v1/traces")
    provider.get_tracer("x").start_span("lost").end()
    provider.shutdown()


def test_what_a_worker_logs_meanwhile_has_the_id_of_the_trace():
    provider = tracer_provider("locate", "log", "")
    traced = Traced("locate", provider.get_tracer("x"), provider.shutdown)
    with traced.taking(incoming(f"00-{TRACE}-{SPAN}-01")):
        assert structlog.contextvars.get_contextvars() == {"trace_id": TRACE}
    with traced.taking(incoming(None)):
        assert structlog.contextvars.get_contextvars() == {}


def test_a_dead_letter_stays_in_the_trace_of_what_could_not_be_used():
    provider = tracer_provider("locate", "log", "")
    traced = Traced("locate", provider.get_tracer("x"), provider.shutdown)
    message = incoming(f"00-{TRACE}-{SPAN}-01")
    (sent,) = traced.marked(message, None, [dead_letter("locate", message, "why", "because")])
    assert dict(sent.headers) == {"traceparent": f"00-{TRACE}-{SPAN}-01".encode()}


@pytest.mark.parametrize("header", [None, "", "nonsense", "00-0-0-01", "\xff\xfe"])
def test_a_header_that_is_none_begins_no_trace(header: str | None):
    assert not context_in(incoming(header)).is_valid


def test_without_traces_messages_go_through_as_they_are():
    progress = Progress(source="merge", done_until_ns=1, sent_ns=0)
    outgoing = [Outgoing(EVENTS, "k", progress, 0)]
    assert Untraced().marked(incoming(None), progress, outgoing) is outgoing


def test_traces_without_their_library_are_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "streamstress.stream.span_export")
    settings = Settings.model_construct(traces=Traces(export="log"))
    with pytest.raises(ConfigError, match=r"pip install 'streamstress\[traces\]'"):
        tracing_of(settings, "pick")


def line(name: str, trace_id: str, start_s: float, seconds: float, **more: object) -> str:
    fields = {"event": "span", "span_id": "1", "name": name, "trace_id": trace_id, **more}
    fields |= {"start_ns": round(start_s * 1e9), "seconds": seconds}
    return json.dumps(fields)


def test_an_event_s_spans_are_found_in_logs_among_other_lines():
    lines = [
        "no JSON at all",
        '{"event": "worker runs", "span_id": 3}',
        "pod/locate " + line("locate: Candidate", "a", 2.0, 30.0, work_s=1.0),
        line("pick: Pick", "b", 0.0, 1.0),
        line("merge: Event", "a", 32.0, 8.0, event_id="e1"),
        line("pick: Pick", "a", 1.0, 0.5, pick_id="p1"),
        '{"event": "span", "span_id": broken',
    ]
    spans = spans_of_event("e1", spans_in(lines))
    assert [span["name"] for span in spans] == ["pick: Pick", "locate: Candidate", "merge: Event"]
    assert longest_sentence(spans) == (
        "39.0 s from the first to the last. The longest is locate: Candidate, 30.0 s, of which "
        "29.0 s is waiting."
    )
