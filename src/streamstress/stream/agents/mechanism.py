"""Events in, focal mechanisms out; and controls: stations whose polarity is reversed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import event_seed
from streamstress.mechanism.solvers import Solver, solver_of
from streamstress.mechanism.sp_stations import StationTerms
from streamstress.records import Control, Event, Mechanism, Progress, Record
from streamstress.records import MechanismSolution as SolutionRecord
from streamstress.records.mechanisms import VERSIONS_A_REVISION
from streamstress.stream.amplitude_terms import RegionAmplitudes, WavePath
from streamstress.stream.controls import ControlTable
from streamstress.stream.event_memory import EventMemory
from streamstress.stream.event_readings import polarity_data, readings_digest
from streamstress.stream.reversal_watch import ReversalWatch
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.topics import CONTROLS, EVENTS, MECHANISMS, Topic

HELD_EVENTS = 200
"""Answers that are kept for a later version of their event, about 10 kB each."""

SAVE_EVERY = 50
"""Messages after which what was learned of the stations is saved, some 100 kB; so many at most are
read again after a restart."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a partition: what cannot be had by reading its events again."""

    controls_done: int
    answered_to: int
    """All before this offset was answered."""
    stations: dict[str, list[tuple[str, float]]]


@dataclass(slots=True)
class Region:
    """What is kept of one partition."""

    watch: ReversalWatch
    amplitudes: RegionAmplitudes = field(default_factory=RegionAmplitudes)
    memory: EventMemory = field(default_factory=EventMemory)
    controls_done: int = 0
    """Controls before this offset have been applied to the events in memory."""
    saved_controls: int = 0
    answered_to: int = 0
    """Messages before this offset were answered before a restart; they are not answered again."""
    next_offset: int = 0
    unsaved_from: int | None = None
    """First message since the last snapshot that the stations learned from."""
    has_learned: bool = False
    """Whether the watch knows the events that were read again at the start."""

    @property
    def must_be_saved(self) -> bool:
        """Whether a snapshot is due."""
        waited = self.unsaved_from is not None and self.next_offset - self.unsaved_from
        return self.controls_done != self.saved_controls or bool(waited and waited >= SAVE_EVERY)


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
        ]
        return [
            Outgoing(MECHANISMS, event.event_id, self._mechanism(event, region), partition)
            for event in touched
        ]

    def _mechanism(self, event: Event, region: Region) -> Mechanism:
        result = self._result(event, region.amplitudes)
        model = next((a.polarity.model for a in event.arrivals if a.polarity), "no-polarity")
        revision = self._revision(event, region)
        region.memory.revision[event.event_id] = revision
        mechanism = mechanism_record(event, result, f"{self.method}/{model}")
        version = event.version + VERSIONS_A_REVISION * revision
        return msgspec.structs.replace(mechanism, version=version)

    def _result(self, event: Event, amplitudes: RegionAmplitudes) -> MechanismResult:
        """Solve, or take the answer to the same readings in an earlier version of the event.

        The seed is the event's own, so that both are the same to the last bit, in any order and
        company; only what the stations have learned since is not asked again.
        """
        data = self._data(event)
        readings = readings_digest(data)
        held = self._held.pop(event.event_id, None)
        if held is None or held[0] != readings:
            seed = event_seed(event.event_id, self.seed)
            corrected = amplitudes.corrected(event, data) if self.learns_stations else data
            held = readings, self._solver(corrected, self.settings, seed)
        if self.learns_stations and event.status == "final":
            amplitudes.learn(event, data, held[1])
        self._held[event.event_id] = held
        while len(self._held) > HELD_EVENTS:
            del self._held[next(iter(self._held))]
        return held[1]

    def _data(self, event: Event) -> PolarityData:
        """Readings as the ground moved, freed of the path."""
        arrivals = event.arrivals if event.status != "tombstone" else ()
        effect = self.path.effect_from(event.origin) if self.path else None
        snr = self.min_sp_snr if self.use_sp else None
        return polarity_data(arrivals, snr, self._controls, effect)

    def _revision(self, event: Event, region: Region) -> int:
        """Never below that of a former version, whose readings may have been others."""
        former = region.memory.revision.get(event.event_id, 0)
        return max(former, self._controls.revision(_readings(event)))

    def _keep(self, region: Region, event: Event) -> None:
        for event_id in region.memory.keep(event, self._revision(event, region)):
            region.watch.remove(event_id)
        if event.status == "tombstone":
            region.amplitudes.forget(event.event_id)

    def _watched(self, region: Region, event: Event) -> list[Control]:
        """What the watch has to say after an event."""
        if self.reversals == "off" or event.status == "tombstone":
            return []
        if not region.has_learned:
            region.has_learned = True
            for former in region.memory.events():
                region.watch.learn(former.event_id, former.arrivals, self._controls)
        speaking = region.watch.learn(event.event_id, event.arrivals, self._controls)
        stations = dict.fromkeys([*speaking, *region.watch.open_stations(self._controls)])
        return region.watch.controls(list(stations), self._controls)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control, or keep an event again after a restart."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)
        elif isinstance(record, Event) and record.status != "provisional":
            self._keep(self._regions[message.partition], record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition, with the controls applied to it and what its stations taught."""
        watch = ReversalWatch(
            str(partition), "confirmed" if self.reversals == "apply" else "proposed"
        )
        region = self._regions[partition] = Region(watch)
        if snapshot is not None:
            saved = msgspec.msgpack.decode(snapshot, type=Saved)
            region.controls_done = region.saved_controls = saved.controls_done
            region.answered_to = region.next_offset = saved.answered_to
            region.amplitudes.stations = StationTerms.restored(saved.stations)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """The messages that the stations learned from since the last snapshot."""
        return self._regions[partition].unsaved_from

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """Controls applied and what the stations taught, when there is enough of either."""
        region = self._regions[partition]
        if not region.must_be_saved:
            return None
        region.saved_controls, region.unsaved_from = region.controls_done, None
        region.amplitudes.has_news = False
        return msgspec.msgpack.encode(
            Saved(
                controls_done=region.controls_done,
                answered_to=region.next_offset,
                stations=region.amplitudes.stations.snapshot(),
            )
        )

    def forget(self) -> None:
        """Drop what is kept of the partitions; controls are read whole by every worker."""
        self._regions.clear()


def _key(message: Incoming) -> str:
    return message.key.decode()


def _readings(event: Event) -> list[tuple[str, int]]:
    """Station and time of each first motion."""
    return [(a.station, a.time_ns) for a in event.arrivals if a.phase == "P" and a.polarity]


def mechanism_record(event: Event, result: MechanismResult, model: str) -> Mechanism:
    """The result as a record."""
    best = result.solutions[0] if result.solutions else None
    return Mechanism(
        event_id=event.event_id,
        version=event.version,
        model=model,
        status=event.status,
        region=event.region,
        grade=result.grade,  # type: ignore[arg-type]  # one of six letters
        grade_reason=result.grade_reason,
        origin_time_ns=event.origin.time_ns,
        latitude_deg=event.origin.latitude_deg,
        longitude_deg=event.origin.longitude_deg,
        depth_km=event.origin.depth_km,
        magnitude=event.magnitude.value if event.magnitude else None,
        solutions=tuple(_solution_record(solution) for solution in result.solutions),
        misfit=best.misfit if best else None,
        stdr=best.stdr if best else None,
        n_polarity=result.n_polarity,
        n_sp=result.n_sp,
        azimuth_gap_deg=result.azimuth_gap_deg,
        takeoff_gap_deg=result.takeoff_gap_deg,
        sp_misfit=best.sp_misfit if best else None,
        possibly_not_double_couple=result.not_double_couple,
        sent_ns=0,
    )


def _solution_record(solution: MechanismSolution) -> SolutionRecord:
    return SolutionRecord(
        strike_deg=solution.strike_deg,
        dip_deg=solution.dip_deg,
        rake_deg=solution.rake_deg,
        auxiliary_strike_deg=solution.aux_strike_deg,
        auxiliary_dip_deg=solution.aux_dip_deg,
        auxiliary_rake_deg=solution.aux_rake_deg,
        probability=solution.probability,
        plane_uncertainty_deg=solution.plane_uncertainty_deg,
        plane_uncertainty_aux_deg=solution.plane_uncertainty_aux_deg,
        region68_deg=solution.region68_deg,
        region95_deg=solution.region95_deg,
    )
