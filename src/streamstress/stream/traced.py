"""Spans of the records that pass a stage, joined to one trace an event by headers of Kafka.

A span is the stay of one record in one stage: from the moment when what it was made of came in, to
the moment when it was made. So a window that waits for a late station, or an event that waits until
it is final, shows as a long span of that stage; time in Kafka shows as the gap before a span.

Many picks make one event. The event goes on in the trace of its earliest pick, the other picks are
links; later versions of an event stay in the trace of its first.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    NonRecordingSpan,
    SpanContext,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from streamstress.records import (
    DeadLetter,
    Event,
    Mechanism,
    Pick,
    Record,
    StressChange,
)
from streamstress.stream.causes import causes_of, identities
from streamstress.stream.role import Incoming, Outgoing

TRACEPARENT = "traceparent"
"""Header of W3C Trace Context."""
REMEMBERED = 50_000
"""Picks and events whose place in a trace a stage knows; some hours of a large network."""
MOST_LINKS = 32
LIVE_WITHIN_NS = 600_000_000_000
"""A pick at most this old counts as live: its trace begins at its onset. A replay's does not."""

_propagator = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where in a trace something stands, and since when this stage has it, wall ns."""

    context: SpanContext
    since_ns: int


@dataclass(slots=True)
class Traced:
    """The tracing of one stage."""

    stage: str
    tracer: Tracer
    close_exporter: Callable[[], None]
    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict)
    _began_ns: int = 0

    @contextmanager
    def taking(self, message: Incoming) -> Iterator[None]:
        """Work on a message: its trace id is in the logs meanwhile."""
        self._began_ns = time.time_ns()
        context = context_in(message)
        if not context.is_valid:
            yield
            return
        with structlog.contextvars.bound_contextvars(trace_id=format_trace_id(context.trace_id)):
            yield

    def marked(
        self, message: Incoming, record: Record | None, outgoing: Sequence[Outgoing]
    ) -> Sequence[Outgoing]:
        """Give what a message led to its place in the trace, as headers of each."""
        context = context_in(message)
        if context.is_valid and record is not None:
            for identity in identities(record):
                self._remember(identity, _Seen(context, self._began_ns))
            if not outgoing and isinstance(record, Event | Mechanism | StressChange):
                self._span(record, [_Seen(context, self._began_ns)])
        # A copy for a second zone or region is the same record in the same place.
        made: dict[tuple[str, int], SpanContext] = {}
        return [self._with_place(out, context, made) for out in outgoing]

    def close(self) -> None:
        """Send what is waiting to be sent."""
        self.close_exporter()

    def _with_place(
        self, out: Outgoing, came_with: SpanContext, made: dict[tuple[str, int], SpanContext]
    ) -> Outgoing:
        record = out.record
        if isinstance(record, DeadLetter):
            return _with_header(out, came_with)
        causes = causes_of(record)
        if not causes:
            return out
        this = causes[0], getattr(record, "version", 0)
        if this not in made:
            seen = [self._seen[cause] for cause in causes if cause in self._seen]
            made[this] = self._span(record, seen)
            if isinstance(record, Event):
                # The next version waits from now on, in the same trace.
                self._remember(record.event_id, _Seen(made[this], time.time_ns()))
        return _with_header(out, made[this])

    def _span(self, record: Record, seen: Sequence[_Seen]) -> SpanContext:
        """Note the stay of a record; a trace begins where nothing was seen of it."""
        now_ns = time.time_ns()
        parent = seen[0].context if seen else INVALID_SPAN_CONTEXT
        others = {one.context.span_id: Link(one.context) for one in seen[1:]}
        span = self.tracer.start_span(
            f"{self.stage}: {type(record).__name__}",
            context=set_span_in_context(NonRecordingSpan(parent)),
            attributes={
                **described(record),
                "streamstress.stage": self.stage,
                "streamstress.work_s": (now_ns - self._began_ns) / 1e9,
            },
            links=[link for own, link in others.items() if own != parent.span_id][:MOST_LINKS],
            start_time=seen[0].since_ns if seen else self._beginning_ns(record, now_ns),
        )
        span.end(now_ns)
        return span.get_span_context()

    def _beginning_ns(self, record: Record, now_ns: int) -> int:
        """Begin a trace at the onset of a live pick, else at the message that made it."""
        if isinstance(record, Pick) and 0 <= now_ns - record.time_ns < LIVE_WITHIN_NS:
            return record.time_ns
        return self._began_ns

    def _remember(self, identity: str, seen: _Seen) -> None:
        self._seen[identity] = seen
        self._seen.move_to_end(identity)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def context_in(message: Incoming) -> SpanContext:
    """Place in a trace that a message came with; an invalid one where it has none."""
    value = message.headers.get(TRACEPARENT)
    if value is None:
        return INVALID_SPAN_CONTEXT
    carrier = {TRACEPARENT: value.decode("ascii", errors="replace")}
    return get_current_span(_propagator.extract(carrier)).get_span_context()


def _with_header(out: Outgoing, context: SpanContext) -> Outgoing:
    if not context.is_valid:
        return out
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, set_span_in_context(NonRecordingSpan(context)))
    place = (TRACEPARENT, carrier[TRACEPARENT].encode("ascii"))
    return replace(out, headers=(*out.headers, place))


_DESCRIBED = (
    *("pick_id", "candidate_id", "event_id", "change_id"),
    *("region", "version", "status", "state", "grade"),
)


def described(record: Record) -> dict[str, str | int]:
    """What a span says of its record: the fields by which people look for it."""
    return {
        f"streamstress.{name}": value
        for name in _DESCRIBED
        if isinstance(value := getattr(record, name, None), str | int)
    }
