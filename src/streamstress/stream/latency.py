"""How long a result took from the arrival of the last packet that it needed.

The wall time of that arrival goes along as a header: ingest writes it, the picker takes the last
packet of a pick's window, every later stage the latest of what its record is made of. Records hold
no wall time of their own but ``sent_ns``, so they stay the same however late they were.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from streamstress.outputs.metrics import StageMetrics
from streamstress.records import (
    Event,
    Mechanism,
    Pick,
    Record,
    StressChange,
    StressEstimate,
)
from streamstress.stream.causes import causes_of, identities
from streamstress.stream.role import Incoming, Outgoing

ARRIVED = "arrived_ns"
"""Header: wall time at which the last packet needed came to ingest, decimal ASCII."""

Headers = tuple[tuple[str, bytes], ...]

REMEMBERED = 50_000
"""Records whose arrival a stage knows; some hours of a large network."""


@dataclass(frozen=True, slots=True)
class _Cause:
    arrived_ns: int
    sent_ns: int


@dataclass(slots=True)
class Latency:
    """The arrivals behind the records of one stage, and the two histograms made of them."""

    stage: str
    metrics: StageMetrics
    _known: OrderedDict[str, _Cause] = field(default_factory=OrderedDict)

    def marked(
        self, message: Incoming, record: Record | None, outgoing: Sequence[Outgoing]
    ) -> Sequence[Outgoing]:
        """Give what a message led to the arrival of the last packet behind it."""
        arrived = message.headers.get(ARRIVED)
        if arrived is not None and record is not None:
            self._remember(identities(record), _Cause(int(arrived), record.sent_ns))
        elif isinstance(record, Event):
            # No packet led to this version, as to a relocated one: it tells nothing of waiting.
            self._known.pop(record.event_id, None)
        return [self._with_arrival(out) for out in outgoing]

    def sent(self, outgoing: Iterable[Outgoing]) -> None:
        """Measure what the broker has acknowledged."""
        now_ns = time.time_ns()
        for out in {(out.topic.name, out.key): out for out in outgoing}.values():
            arrived_ns = _arrival_in(out)
            if arrived_ns is None or not is_measured(out.record):
                continue
            latency_s = (now_ns - arrived_ns) / 1e9
            self.metrics.packet_latency.labels(self.stage).observe(latency_s)
            cause = self._latest(out.record)
            if cause is not None and cause.sent_ns:
                answer_s = (now_ns - cause.sent_ns) / 1e9
                self.metrics.answer_latency.labels(self.stage).observe(answer_s)

    def _with_arrival(self, out: Outgoing) -> Outgoing:
        cause = self._latest(out.record)
        if cause is None or _arrival_in(out) is not None:
            return out
        return replace(out, headers=(*out.headers, (ARRIVED, str(cause.arrived_ns).encode())))

    def _latest(self, record: Record) -> _Cause | None:
        causes = [self._known[name] for name in causes_of(record) if name in self._known]
        if not causes:
            return None
        return _Cause(max(one.arrived_ns for one in causes), max(one.sent_ns for one in causes))

    def _remember(self, names: Iterable[str], cause: _Cause) -> None:
        for name in names:
            self._known[name] = cause
            self._known.move_to_end(name)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def is_measured(record: Record) -> bool:
    """Whether a record is the first word on something, as people wait for it.

    Picks, first versions of events, final mechanisms, estimates, open alarms.
    """
    match record:
        case Event(version=version):
            return version == 1
        case Mechanism(status=status, flagged_backfill=filled):
            return status == "final" and not filled
        case StressChange(state=state):
            return state == "open"
        case _:
            return isinstance(record, Pick | StressEstimate)


def _arrival_in(out: Outgoing) -> int | None:
    return next((int(value) for name, value in out.headers if name == ARRIVED), None)
