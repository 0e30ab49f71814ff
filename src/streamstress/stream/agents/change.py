"""Final mechanisms in, changes of stress out: events in order of origin time, behind progress."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamstress.change import ChangeDecision, ChangeDetector, ChangeSettings, change_event
from streamstress.change.events import AxisOrientation
from streamstress.records import Axis, Mechanism, Progress, Record, StressChange
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing
from streamstress.stress import michael_tensor
from streamstress.wire.topics import CHANGES, MECHANISMS, Topic


@dataclass(slots=True)
class Watch:
    """The detector of one region, and what waits for progress."""

    detector: ChangeDetector
    waiting: list[tuple[int, str]] = field(default_factory=list)
    newest: dict[str, Mechanism] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    """Version of each change that was spoken of."""


@dataclass(slots=True)
class ChangeRole:
    """The change agent."""

    places: Places
    settings: ChangeSettings
    grades: str
    name: str = "change"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (CHANGES,)
    folds_from_start: bool = True
    _watches: dict[int, Watch] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Keep a final mechanism until progress passes it; then give it to the detector."""
        watch = self._watches[message.partition]
        if isinstance(record, Mechanism) and record.status != "provisional":
            held = watch.newest.get(record.event_id)
            if held is None or record.version > held.version:
                watch.newest[record.event_id] = record
                heapq.heappush(watch.waiting, (record.origin_time_ns, record.event_id))
        if isinstance(record, Progress):
            decisions = list(self._decisions(watch, record.done_until_ns))
            region = self.places.regions[message.partition].name
            return [self._outgoing(watch, region, d, message.partition) for d in decisions]
        return ()

    def _decisions(self, watch: Watch, until_ns: int) -> Iterable[ChangeDecision]:
        while watch.waiting and watch.waiting[0][0] < until_ns:
            time_ns, event_id = heapq.heappop(watch.waiting)
            mechanism = watch.newest.get(event_id)
            if mechanism is None or mechanism.origin_time_ns != time_ns:
                continue
            del watch.newest[event_id]
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

    def _outgoing(
        self, watch: Watch, region: str, decision: ChangeDecision, partition: int
    ) -> Outgoing:
        change_id = f"{region}/{decision.change_id}"
        version = watch.versions.get(change_id, 0) + 1
        watch.versions[change_id] = version
        return Outgoing(
            CHANGES, change_id, change_record(decision, change_id, version, region), partition
        )

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """A restart reads the partition from its start."""
        return None

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """A restart reads the partition from its start."""
        return None

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
