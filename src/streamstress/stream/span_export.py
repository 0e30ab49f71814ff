"""Where spans go: into the log, or to a collector by OTLP.

OTLP over HTTP in its JSON form needs nothing beside the SDK; the official exporter would bring
protobuf, googleapis and requests for the same few lines.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import SpanContext, format_span_id, format_trace_id

TIMEOUT_S = 10.0

log = structlog.get_logger(__name__)


def tracer_provider(
    stage: str, export: Literal["off", "log", "otlp"], otlp_endpoint: str
) -> TracerProvider:
    """Make the provider of a stage; each stage is a service of its own in a trace viewer."""
    provider = TracerProvider(resource=Resource({"service.name": f"streamstress-{stage}"}))
    if export == "log":
        provider.add_span_processor(SimpleSpanProcessor(LogExporter()))
    else:
        provider.add_span_processor(BatchSpanProcessor(OtlpExporter(otlp_endpoint)))
    return provider


class LogExporter(SpanExporter):
    """A line of the log a span."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write them."""
        for span in spans:
            log.info("span", **span_line(span))
        return SpanExportResult.SUCCESS


def span_line(span: ReadableSpan) -> dict[str, Any]:
    """Fields of a span's line; ``streamstress trace`` reads them again."""
    context, start_ns, end_ns = _required(span)
    return {
        "name": span.name,
        "trace_id": format_trace_id(context.trace_id),
        "span_id": format_span_id(context.span_id),
        "parent_id": format_span_id(span.parent.span_id) if span.parent else None,
        "start_ns": start_ns,
        "seconds": (end_ns - start_ns) / 1e9,
        **{key.removeprefix("streamstress."): value for key, value in _attributes(span).items()},
    }


class OtlpExporter(SpanExporter):
    """To a collector, as OTLP/HTTP in JSON; what it does not take is dropped and said."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; called in the batch processor's own thread."""
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            self._endpoint,
            data=json.dumps(otlp_message(spans)).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return SpanExportResult.SUCCESS
        except (urllib.error.URLError, OSError) as error:
            log.warning("spans are lost", n=len(spans), to=self._endpoint, error=repr(error))
            return SpanExportResult.FAILURE


def otlp_message(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """An ``ExportTraceServiceRequest``, ids in hexadecimal, as the OTLP specification has it."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _key_values(spans[0].resource.attributes)},
                "scopeSpans": [
                    {"scope": {"name": "streamstress"}, "spans": [_otlp_span(s) for s in spans]}
                ],
            }
        ]
    }


def _otlp_span(span: ReadableSpan) -> dict[str, Any]:
    context, start_ns, end_ns = _required(span)
    return {
        **_ids(context),
        **({"parentSpanId": format_span_id(span.parent.span_id)} if span.parent else {}),
        "name": span.name,
        "kind": 1,
        # 64-bit integers are strings in the JSON form of protobuf.
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(end_ns),
        "attributes": _key_values(_attributes(span)),
        "links": [_ids(link.context) for link in span.links],
    }


def _ids(context: SpanContext) -> dict[str, str]:
    return {
        "traceId": format_trace_id(context.trace_id),
        "spanId": format_span_id(context.span_id),
    }


def _required(span: ReadableSpan) -> tuple[SpanContext, int, int]:
    """Context, start and end; a span that has ended has them."""
    context = span.get_span_context()
    if context is None or span.start_time is None or span.end_time is None:
        raise ValueError(f"the span {span.name!r} has not ended")
    return context, span.start_time, span.end_time


def _attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def _key_values(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in attributes.items()]


def _any_value(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"stringValue": str(value)}
