"""Events in, focal mechanisms out; and controls: stations that are reversed or muted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import event_seed
from streamstress.mechanism.solvers import Solver, solver_of
from streamstress.records import Arrival, Control, Event, Mechanism, Progress, Record
from streamstress.records.mechanisms import VERSIONS_A_REVISION
from streamstress.stream.amplitude_terms import RegionAmplitudes, WavePath
from streamstress.stream.controls import ControlTable
from streamstress.stream.event_readings import (
    polarity_data,
    rays_hold,
    readings_digest,
    used_arrivals,
)
from streamstress.stream.mechanism_records import mechanism_record
from streamstress.stream.mechanism_region import Region
from streamstress.stream.reversal_watch import ReversalWatch
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.topics import CONTROLS, EVENTS, MECHANISMS, Topic

HELD_EVENTS = 200
"""Answers that are kept for a later version of their event, about 10 kB each."""


@dataclass(slots=True)
class MechanismRole(FoldedFromStart):
    """The mechanism agent.

    It keeps the latest final events: to solve anew those that a confirmed control touches, and to
    find stations that are reversed; and what solved events tell of the stations' S/P.
    """

    settings: MechanismSettings
    solve: Literal["final", "every"] = "final"
    use_sp: bool = True
    min_sp_snr: float = 3.0
    seed: int = 0
    reversals: Literal["off", "propose", "apply"] = "propose"
    method: Literal["hash", "bayes"] = "hash"
    path: WavePath | None = None
    """What lies between source and station; None: nothing is known of it."""
    learns_stations: bool = True
    only_earthquakes: bool = True
    """Events of another kind get no mechanism, unless a person says that they are earthquakes."""
    name: str = "mechanism"
    inputs: tuple[Topic, ...] = (EVENTS,)
    outputs: tuple[Topic, ...] = (MECHANISMS, CONTROLS)
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)
    _regions: dict[int, Region] = field(default_factory=dict)
    _solver: Solver = field(init=False)
    _held: dict[str, tuple[bytes, MechanismResult]] = field(default_factory=dict)
    """Answers by event with a digest of their readings, the last used last."""

    def __post_init__(self) -> None:
        """Take the solver of the method."""
        self._solver = solver_of(self.method)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Solve an event; pass on progress; before either, solve anew what new controls touch."""
        region = self._regions[message.partition]
        if message.offset < region.answered_to:
            self.absorb(message, record)
            return []
        region.next_offset = message.offset + 1
        outgoing = self._solved_anew(region, message.partition)
        outgoing += self._answers(message, record, region)
        if region.amplitudes.has_news and region.unsaved_from is None:
            region.unsaved_from = message.offset
        return outgoing

    def _answers(self, message: Incoming, record: Record | None, region: Region) -> list[Outgoing]:
        if isinstance(record, Progress):
            progress = msgspec.structs.replace(record, source=self.name)
            return [Outgoing(MECHANISMS, _key(message), progress, message.partition)]
        if not isinstance(record, Event):
            return []
        if record.status == "provisional" and self.solve == "final":
            return []
        if region.memory.knows(record) or _says_the_same(record, region):
            return []
        mechanism = self._mechanism(record, region)
        outgoing = [Outgoing(MECHANISMS, record.event_id, mechanism, message.partition)]
        if record.status == "provisional":
            return outgoing
        self._keep(region, record)
        controls = self._watched(region, record)
        return outgoing + [Outgoing(CONTROLS, c.control_id, c, 0) for c in controls]

    def _solved_anew(self, region: Region, partition: int) -> list[Outgoing]:
        """Mechanisms of the events in memory that controls touch which came since last time."""
        since, region.controls_done = region.controls_done, self._controls.newest_offset + 1
        if since >= region.controls_done:
            return []
        touched = [
            event
            for event in region.memory.events()
            if self._controls.revision(_readings(event), since_offset=since)
            or self._controls.kind_revision(event.event_id, since_offset=since)
        ]
        return [
            Outgoing(MECHANISMS, event.event_id, self._mechanism(event, region), partition)
            for event in touched
        ]

    def _mechanism(self, event: Event, region: Region) -> Mechanism:
        if not self._is_solved(event):
            region.amplitudes.forget(event.event_id)
            region.watch.remove(event.event_id)
        event = self._as_solved(event)
        result = self._result(self._heard(event), region.amplitudes)
        model = next((a.polarity.model for a in event.arrivals if a.polarity), "no-polarity")
        revision = self._revision(event, region)
        region.memory.revision[event.event_id] = revision
        # A guard of the change agent asks whether any of these changed.
        made_by = f"{self.method}/{model}/{event.origin.velocity_model}"
        used = used_arrivals(event.arrivals)
        mechanism = mechanism_record(event, result, made_by, used, self._signs(used))
        version = event.version + VERSIONS_A_REVISION * revision
        if not self._passes(event):
            reason = f"not solved: {self._controls.event_kind(event)}, not an earthquake"
            mechanism = msgspec.structs.replace(mechanism, grade_reason=reason)
        return msgspec.structs.replace(mechanism, version=version)

    def _passes(self, event: Event) -> bool:
        """Whether an event is taken for an earthquake, or everything is to be solved."""
        return not self.only_earthquakes or self._controls.event_kind(event) == "earthquake"

    def _is_solved(self, event: Event) -> bool:
        return event.status != "tombstone" and self._passes(event)

    def _as_solved(self, event: Event) -> Event:
        """The event, or where it is no earthquake what withdraws a mechanism that it had."""
        if self._passes(event):
            return event
        return msgspec.structs.replace(event, status="tombstone", arrivals=())

    def _signs(self, used: Sequence[Arrival]) -> NDArray[np.int64]:
        """First motions as the ground moved: 1 up, -1 down, 0 unknown or with too little weight."""
        up = polarity_data(used, None, self._controls).up_probability
        sure = np.abs(2.0 * up - 1.0) >= self.settings.min_weight
        return np.where(sure, np.sign(up - 0.5), 0).astype(np.int64)

    def _result(self, event: Event, amplitudes: RegionAmplitudes) -> MechanismResult:
        """Solve, or take the answer to the same readings in an earlier version of the event.

        The seed is the event's own, so that both are the same to the last bit, in any order and
        company. Readings are the same only with the same terms of their stations: an answer then
        does not depend on whether an earlier one is still held.
        """
        data = self._data(event)
        corrected = amplitudes.corrected(event, data) if self.learns_stations else data
        readings = readings_digest(corrected)
        held = self._held.pop(event.event_id, None)
        if held is None or held[0] != readings:
            held = (
                readings,
                self._solver(corrected, self.settings, event_seed(event.event_id, self.seed)),
            )
        if self.learns_stations and event.status == "final":
            amplitudes.learn(event, data, held[1])
        self._held[event.event_id] = held
        while len(self._held) > HELD_EVENTS:
            del self._held[next(iter(self._held))]
        return held[1]

    def _heard(self, event: Event) -> Event:
        """Leave out the arrivals of stations that an operator has muted."""
        arrivals = tuple(
            a for a in event.arrivals if not self._controls.is_muted(a.station, a.time_ns)
        )
        if len(arrivals) == len(event.arrivals):
            return event
        return msgspec.structs.replace(event, arrivals=arrivals)

    def _data(self, event: Event) -> PolarityData:
        """Readings as the ground moved, freed of the path."""
        arrivals = event.arrivals if event.status != "tombstone" else ()
        effect = self.path.effect_from(event.origin) if self.path else None
        snr = self.min_sp_snr if self.use_sp else None
        # The posterior integrates over the rays' sigmas itself.
        trials = (self.settings.n_trials, event_seed(event.event_id, self.seed))
        drawn = trials if self.method == "hash" else None
        return polarity_data(arrivals, snr, self._controls, effect, drawn)

    def _revision(self, event: Event, region: Region) -> int:
        """Never below that of a former version, whose readings may have been others."""
        former = region.memory.revision.get(event.event_id, 0)
        return max(
            former,
            self._controls.revision(_readings(event)),
            self._controls.kind_revision(event.event_id),
        )

    def _keep(self, region: Region, event: Event) -> None:
        for event_id in region.memory.keep(event, self._revision(event, region)):
            region.watch.remove(event_id)
        if event.status == "tombstone":
            region.amplitudes.forget(event.event_id)

    def _watched(self, region: Region, event: Event) -> list[Control]:
        """What the watch has to say after an event."""
        if self.reversals == "off" or not self._is_solved(event):
            return []
        if not region.has_learned:
            region.has_learned = True
            for former in filter(self._is_solved, region.memory.events()):
                region.watch.learn(former.event_id, former.arrivals, self._controls)
        speaking = region.watch.learn(event.event_id, event.arrivals, self._controls)
        stations = dict.fromkeys([*speaking, *region.watch.open_stations(self._controls)])
        return region.watch.controls(list(stations), self._controls)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control, or keep an event again after a restart."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)
        elif isinstance(record, Event) and record.status != "provisional":
            region = self._regions[message.partition]
            if not _says_the_same(record, region):
                self._keep(region, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition, with the controls applied to it and what its stations taught."""
        watch = ReversalWatch(
            str(partition), "confirmed" if self.reversals == "apply" else "proposed"
        )
        region = self._regions[partition] = Region(watch)
        if snapshot is not None:
            region.restore(snapshot)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """The messages that the stations learned from since the last snapshot."""
        return self._regions[partition].unsaved_from

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """What the partition's region has to save, when there is enough of it."""
        return self._regions[partition].snapshot()

    def forget(self) -> None:
        """Drop what is kept of the partitions; controls are read whole by every worker."""
        self._regions.clear()


def _says_the_same(event: Event, region: Region) -> bool:
    """Whether a relocated event's mechanism is that which it has: no ray left its stated error.

    So what is refined beside the stream makes the detector of changes decide anew only where a
    mechanism did change.
    """
    if event.origin.relocation is None or event.status != "final":
        return False
    former = region.memory.event(event.event_id)
    return former is not None and former.kind == event.kind and rays_hold(former, event)


def _key(message: Incoming) -> str:
    return message.key.decode()


def _readings(event: Event) -> list[tuple[str, int]]:
    """Station and time of each first motion."""
    return [(a.station, a.time_ns) for a in event.arrivals if a.phase == "P" and a.polarity]
