"""What the metrics tell of a worker on Kafka, counted from the records that pass through it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import get_args

import structlog

from streamstress.clock import Clock
from streamstress.outputs.metrics import Metrics
from streamstress.records import (
    Control,
    Event,
    Mechanism,
    Pick,
    Progress,
    Record,
    StressChange,
    StressEstimate,
)
from streamstress.records.events import EventKind
from streamstress.records.mechanisms import Grade
from streamstress.stream.role import Outgoing

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Observer:
    """The metrics of one role; every call is cheap and none fails."""

    stage: str
    metrics: Metrics
    _read_until_ns: dict[str, int] = field(default_factory=dict)
    _sent_until_ns: dict[str, int] = field(default_factory=dict)
    _clock: Callable[[], Clock | None] | None = None
    _is_rebalanced: bool = False

    def __post_init__(self) -> None:
        """Begin each label at 0: a counter that appears at 5 has, to Prometheus, not increased."""
        if self.stage == "mechanism":
            for grade in get_args(Grade):
                self.metrics.science.mechanisms.labels(grade)
        if self.stage == "merge":
            for kind in get_args(EventKind):
                self.metrics.science.event_kinds.labels(kind)

    def received(self, record: Record | None) -> None:
        """Count a message that was read; Progress is no datum."""
        if isinstance(record, Progress):
            self._progressed(self._read_until_ns, record)
        else:
            self.metrics.stage.received.labels(self.stage).inc()

    def worked(self, record: Record | None, seconds: float) -> None:
        """Note how long a message took, and how long after its sending it was done."""
        if isinstance(record, Progress | Control):
            return
        self.metrics.stage.work.labels(self.stage).observe(seconds)
        if record is not None:
            latency_s = (time.time_ns() - record.sent_ns) / 1e9
            self.metrics.stage.latency.labels(self.stage).observe(latency_s)

    def rejected(self, reason: str, count: int = 1) -> None:
        """Count what was set aside."""
        self.metrics.stage.rejected.labels(self.stage, reason).inc(count)

    def sent(self, outgoing: Sequence[Outgoing]) -> None:
        """Count what the broker has acknowledged; a copy for another partition counts once."""
        for record in {(out.topic.name, out.key): out.record for out in outgoing}.values():
            if isinstance(record, Progress):
                self._progressed(self._sent_until_ns, record)
            else:
                self.metrics.stage.sent.labels(self.stage).inc()
                self._count_found(record)

    def finished(self, open_messages: int) -> None:
        """Note the end of a batch."""
        self.metrics.stage.open_messages.labels(self.stage).set(open_messages)
        self.polled()

    def polled(self) -> None:
        """Note that nothing waits, or that all that waited is being taken."""
        self.metrics.stage.last_poll.labels(self.stage).set(time.time())

    def forget(self) -> None:
        """Drop, with the next Progress, what was known of partitions that may have gone.

        Until then the watermark stays: a rebalance is no reason for a gauge to jump.
        """
        self._is_rebalanced = True

    def _progressed(self, until_ns: dict[str, int], progress: Progress) -> None:
        if self._is_rebalanced:
            self._read_until_ns.clear()
            self._sent_until_ns.clear()
            self._is_rebalanced = False
        until_ns[progress.source] = progress.done_until_ns
        if self._clock is not None:
            self._export_watermark(self._clock)
            self._clock = None

    def show_watermark(self, clock: Callable[[], Clock | None]) -> None:
        """Export the age of the watermark from the first Progress on, computed at each scrape."""
        self._clock = clock

    def _export_watermark(self, clock: Callable[[], Clock | None]) -> None:
        gauge = self.metrics.stage.watermark_age.labels(self.stage)
        gauge.set_function(lambda: self.watermark_age_s(clock()))

    def watermark_age_s(self, clock: Clock | None) -> float:
        """Data clock less the least Progress sent (read, where none is sent); 0 before any."""
        until_ns = self._sent_until_ns or self._read_until_ns
        if clock is None or not until_ns:
            return 0.0
        return (clock.now_ns() - min(list(until_ns.values()))) / 1e9

    def _count_found(self, record: Record) -> None:
        found = self.metrics.science
        match record:
            case Pick(polarity=None, phase=phase):
                found.picks.labels(phase).inc()
            case Pick(phase="P", polarity=polarity) if polarity is not None:
                found.polarities.labels(polarity.decision).inc()
            case Event(status="final", origin=origin) if origin.relocation is not None:
                found.events.labels("relocated").inc()
            case Event(status=status, kind=kind):
                found.events.labels(status).inc()
                if status == "final":
                    found.event_kinds.labels(kind).inc()
                    _say_if_rejected(record)
            case Mechanism(grade=grade, status=status) if status != "tombstone":
                found.mechanisms.labels(grade).inc()
            case StressEstimate(region=region):
                found.estimates.labels(region).inc()
            case StressChange(state=state):
                found.changes.labels(state).inc()
            case _:
                pass


def _say_if_rejected(event: Event) -> None:
    """Write to the log that an event gets no mechanism, since it is taken for another kind."""
    if event.kind == "earthquake" or event.classified is None:
        return
    log.info(
        "event is no earthquake",
        event_id=event.event_id,
        version=event.version,
        kind=event.kind,
        probability=event.classified.probabilities[event.kind],
        earthquake_probability=event.classified.probabilities["earthquake"],
        reason=event.classified.reason,
    )
