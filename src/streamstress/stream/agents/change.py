"""Final mechanisms in, changes of stress out: events in order of origin time, behind progress."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamstress.change import ChangeDecision, ChangeDetector, ChangeSettings, change_event
from streamstress.change.events import AxisOrientation
from streamstress.errors import UnusableDataError
from streamstress.records import Axis, Mechanism, Progress, Record, StressChange
from streamstress.stream.places import Places
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.stress import michael_tensor
from streamstress.wire.topics import CHANGES, MECHANISMS, Topic

DECISIONS_A_MESSAGE = 10_000
"""More decisions than one step of progress can bring; keeps versions apart and rising."""

REMEMBERED = 10_000
"""Decided events whose version is known, to tell a message sent twice from one that is late."""


@dataclass(slots=True)
class Watch:
    """The detector of one region, and what waits for progress."""

    detector: ChangeDetector
    waiting: list[tuple[int, str]] = field(default_factory=list)
    newest: dict[str, Mechanism] = field(default_factory=dict)
    done_until_ns: int = 0
    """Events before this origin time were given to the detector."""
    decided: dict[str, int] = field(default_factory=dict)
    """Version of the latest events that were."""


@dataclass(slots=True)
class ChangeRole(FoldedFromStart):
    """The change agent."""

    places: Places
    settings: ChangeSettings
    grades: str
    name: str = "change"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (CHANGES,)
    _watches: dict[int, Watch] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Keep a final mechanism until progress passes it; then give it to the detector."""
        watch = self._watches[message.partition]
        if isinstance(record, Mechanism) and record.status != "provisional":
            self._keep(watch, record)
        if isinstance(record, Progress):
            decisions = list(self._decisions(watch, record.done_until_ns))
            return [self._outgoing(d, message, number) for number, d in enumerate(decisions)]
        return ()

    def _keep(self, watch: Watch, mechanism: Mechanism) -> None:
        """Hold a mechanism until its time comes; one whose time is over is set aside."""
        event_id, version = mechanism.event_id, mechanism.version
        if mechanism.origin_time_ns < watch.done_until_ns:
            if version <= watch.decided.get(event_id, -1):
                # A worker before this one was restarted and sent it again.
                return
            raise UnusableDataError(
                f"mechanism of {event_id}, version {version}, came after events of its time were "
                "decided on; the detector goes on without it"
            )
        held = watch.newest.get(event_id)
        if held is None or version > held.version:
            watch.newest[event_id] = mechanism
            heapq.heappush(watch.waiting, (mechanism.origin_time_ns, event_id))

    def _decisions(self, watch: Watch, until_ns: int) -> Iterable[ChangeDecision]:
        watch.done_until_ns = max(watch.done_until_ns, until_ns)
        while watch.waiting and watch.waiting[0][0] < until_ns:
            time_ns, event_id = heapq.heappop(watch.waiting)
            mechanism = watch.newest.get(event_id)
            if mechanism is None or mechanism.origin_time_ns != time_ns:
                continue
            del watch.newest[event_id]
            self._remember(watch, mechanism)
            if mechanism.status == "tombstone" or mechanism.grade not in self.grades:
                continue
            best = mechanism.solutions[0]
            yield from watch.detector.update(
                change_event(
                    event_id,
                    mechanism.origin_time_ns,
                    best.strike_deg,
                    best.dip_deg,
                    best.rake_deg,
                    latitude_deg=mechanism.latitude_deg,
                    longitude_deg=mechanism.longitude_deg,
                    depth_km=mechanism.depth_km,
                )
            )

    def _remember(self, watch: Watch, mechanism: Mechanism) -> None:
        watch.decided[mechanism.event_id] = mechanism.version
        if len(watch.decided) > REMEMBERED:
            del watch.decided[next(iter(watch.decided))]

    def _outgoing(self, decision: ChangeDecision, message: Incoming, number: int) -> Outgoing:
        region = self.places.regions[message.partition].name
        change_id = f"{region}/{decision.change_id}"
        # The offset rises also across restarts, where a count would begin again.
        version = (message.offset + 1) * DECISIONS_A_MESSAGE + number
        record = change_record(decision, change_id, version, region)
        return Outgoing(CHANGES, change_id, record, message.partition)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a message again after a restart."""
        self.process(message, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition with nothing learned."""
        self._watches[partition] = Watch(ChangeDetector(self.settings, inversion=michael_tensor))

    def forget(self) -> None:
        """Drop all detectors."""
        self._watches.clear()


def change_record(
    decision: ChangeDecision, change_id: str, version: int, region: str
) -> StressChange:
    """The decision as a record."""
    return StressChange(
        change_id=change_id,
        version=version,
        region=region,
        state=decision.state,
        time_ns=decision.time_ns,
        event_id=decision.event_id,
        onset_time_ns=decision.onset_time_ns,
        onset_event_id=decision.onset_event_id,
        n_since_onset=decision.n_since_onset,
        rotation_deg=decision.rotation_deg,
        rotation_interval95_deg=decision.rotation_interval95_deg,
        rotation_p_value=decision.rotation_p_value,
        shmax_before_deg=decision.shmax_before_deg,
        shmax_after_deg=decision.shmax_after_deg,
        shmax_change_deg=decision.shmax_change_deg,
        shmax_change_interval95_deg=decision.shmax_change_interval95_deg,
        s1_before=_axis(decision.s1_before),
        s1_after=_axis(decision.s1_after),
        s3_before=_axis(decision.s3_before),
        s3_after=_axis(decision.s3_after),
        score=decision.score,
        threshold=decision.threshold,
        false_alarms_per_1e4=decision.false_alarms_per_1e4,
        guards=dict(decision.guards),
        sent_ns=0,
    )


def _axis(axis: AxisOrientation) -> Axis:
    return Axis(azimuth_deg=axis.trend_deg, plunge_deg=axis.plunge_deg)
