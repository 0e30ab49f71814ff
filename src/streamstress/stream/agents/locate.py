"""Readings in, located candidates out, one zone a partition; muted stations are left out."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streamstress.config import Settings
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import UnknownStationError
from streamstress.location.candidates import Candidate as LocatedCandidate
from streamstress.location.clock_watch import ClockWatch
from streamstress.location.finder import EventFinder
from streamstress.location.readings import PhaseReading
from streamstress.location.streaming import WindowSettings, ZoneAssociation
from streamstress.records import Candidate, Control, Pick, Progress, Record
from streamstress.stream.arrival_records import arrival_record, has_small_trace
from streamstress.stream.controls import ControlTable
from streamstress.stream.finders import zone_finders, zone_windows
from streamstress.stream.origins import origin_record
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing, Snapshotted
from streamstress.wire.topics import (
    CANDIDATES,
    CONTROLS,
    PROGRESS_KEY,
    READINGS,
    WAVEFORMS,
    Topic,
)

TRACES = 30
"""Onsets that a candidate brings at most, 1 kB each at 100 Hz; messages of Kafka end at 1 MB."""


class ZoneState(msgspec.Struct):
    """What survives a restart."""

    association: dict[str, Any]
    progress: dict[str, int]


@dataclass(slots=True)
class Zone:
    """One zone at work."""

    association: ZoneAssociation
    clocks: ClockWatch
    progress: dict[str, int] = field(default_factory=dict)
    picks: dict[str, Pick] = field(default_factory=dict)
    held: deque[tuple[int, int]] = field(default_factory=deque)
    """Offset and time of readings that a later window may need."""
    traces_sent: set[str] = field(default_factory=set)
    """Picks whose traces went along with a candidate."""
    wrong_clocks: Mapping[str, float] = field(default_factory=dict)
    changed: bool = False


@dataclass(slots=True)
class LocateRole(Snapshotted):
    """The locate agent."""

    finders: Mapping[str, EventFinder]
    windows: Mapping[str, WindowSettings]
    places: Places
    sources: frozenset[str]
    """Pickers' partitions; the watermark is the least of their progress."""
    velocity_model: str
    show_clocks: Callable[[Mapping[str, float]], None] = field(default=lambda _: None)
    """Told, by station of a zone, how late the picks of each clock are that seems wrong."""
    sends_traces: bool = False
    """Whether complete candidates bring the traces of their onsets, for the relocation."""
    name: str = "locate"
    inputs: tuple[Topic, ...] = (READINGS,)
    outputs: tuple[Topic, ...] = (CANDIDATES,)
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)
    _zones: dict[int, Zone] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: Settings,
        places: Places,
        velocity: VelocityModel,
        others: Sequence[VelocityModel] = (),
    ) -> "LocateRole":
        """Role of a configuration; builds the travel-time tables and missing volumes."""
        finders = zone_finders(settings, places, velocity, others)
        windows = {zone: zone_windows(finder, settings) for zone, finder in finders.items()}
        sources = {f"{WAVEFORMS.name}/{n}" for n in range(settings.kafka.waveform_partitions)}
        refines = settings.location.refine_days > 0
        return cls(
            finders, windows, places, frozenset(sources), velocity.name, sends_traces=refines
        )

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Keep a reading; at progress run the windows that are complete."""
        zone = self._zones.get(message.partition)
        if zone is None:
            self.tallies["removed-zone"] += 1
            return ()
        if isinstance(record, Pick):
            self._keep(zone, message.offset, record)
        elif isinstance(record, Progress):
            zone.progress[record.source] = max(
                record.done_until_ns, zone.progress.get(record.source, 0)
            )
            if self.sources <= zone.progress.keys():
                return self._advance(zone, min(zone.progress[s] for s in self.sources))
        return ()

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control; of readings the snapshot holds all."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)

    def _keep(self, zone: Zone, offset: int, pick: Pick) -> None:
        if pick.station_code not in self.places.stations:
            raise UnknownStationError(f"{pick.station_code} has no coordinates; pick set aside")
        if self._controls.is_muted(pick.station_code, pick.time_ns):
            self.tallies["muted-station"] += 1
            return
        reading = PhaseReading(
            pick.pick_id,
            pick.station_code,
            pick.phase,
            pick.time_ns,
            pick.sigma_s,
            pick.probability,
            pick.snr or None,
        )
        zone.clocks.add(reading)
        if zone.association.add(reading):
            zone.picks[pick.pick_id] = pick
            zone.held.append((offset, pick.time_ns))

    def _advance(self, zone: Zone, watermark_ns: int) -> Sequence[Outgoing]:
        before = zone.association.final_until_ns
        candidates = zone.association.advance(watermark_ns)
        self.tallies.update({f"gate-{why}": n for why, n in zone.association.rejections.items()})
        zone.association.rejections.clear()
        self.tallies.update(zone.association.set_aside)
        zone.association.set_aside.clear()
        self._watch_clocks(zone, candidates)
        records = [self._record(zone, candidate) for candidate in candidates]
        outgoing = [Outgoing(CANDIDATES, record.candidate_id, record, 0) for record in records]
        final_until_ns = zone.association.final_until_ns
        if final_until_ns is None or final_until_ns == before:
            return outgoing
        zone.changed = True
        needed_ns = zone.association.needed_since_ns or 0
        zone.picks = {i: p for i, p in zone.picks.items() if p.time_ns >= needed_ns}
        zone.traces_sent &= zone.picks.keys()
        source = f"zone/{zone.association.zone}"
        progress = Progress(source=source, done_until_ns=final_until_ns, sent_ns=0)
        return [*outgoing, Outgoing(CANDIDATES, f"{PROGRESS_KEY}/{source}", progress, 0)]

    def _watch_clocks(self, zone: Zone, candidates: Sequence[LocatedCandidate]) -> None:
        for candidate in candidates:
            found = zone.clocks.note(candidate.hypocentre) if candidate.complete else None
            if found is not None:
                zone.wrong_clocks = {error.station: error.offset_s for error in found}
                every = [one.wrong_clocks for one in self._zones.values()]
                self.show_clocks({code: late for one in every for code, late in one.items()})

    def _record(self, zone: Zone, candidate: LocatedCandidate) -> Candidate:
        geometry = {a.reading_id: a for a in candidate.hypocentre.arrivals}
        readings = sorted(candidate.readings, key=lambda reading: reading.reading_id)
        traced = self._traced(zone, candidate)
        return Candidate(
            candidate_id=candidate.candidate_id,
            zone=candidate.zone,
            origin=origin_record(candidate.hypocentre, self.velocity_model),
            arrivals=tuple(
                arrival_record(
                    zone.picks[r.reading_id],
                    geometry[r.reading_id],
                    r.sigma_s,
                    with_trace=r.reading_id in traced,
                )
                for r in readings
            ),
            quality=float(candidate.quality),
            complete=bool(candidate.complete),
            sent_ns=0,
        )

    def _traced(self, zone: Zone, candidate: LocatedCandidate) -> set[str]:
        """Picks whose traces go along: the nearest, each once, of a candidate that is complete."""
        if not self.sends_traces or not candidate.complete:
            return set()
        own = {reading.reading_id for reading in candidate.readings}
        nearest = sorted(candidate.hypocentre.arrivals, key=lambda a: (a.distance_km, a.reading_id))
        picks = [zone.picks[a.reading_id] for a in nearest if a.reading_id in own]
        with_trace = [p.pick_id for p in picks if has_small_trace(p)][:TRACES]
        new = set(with_trace) - zone.traces_sent
        zone.traces_sent |= new
        return new

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """Oldest reading that a coming window needs."""
        zone = self._zones.get(partition)
        if zone is None:
            return None
        needed_ns = zone.association.needed_since_ns
        while zone.held and needed_ns is not None and zone.held[0][1] < needed_ns:
            zone.held.popleft()
        return zone.held[0][0] if zone.held else None

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """Windows done, and how far each picker was."""
        zone = self._zones.get(partition)
        if zone is None or not zone.changed:
            return None
        zone.changed = False
        return msgspec.msgpack.encode(ZoneState(zone.association.snapshot(), zone.progress))

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition; one whose zone was taken out of the configuration is passed over."""
        if partition >= len(self.places.zones):
            return
        name = self.places.zones[partition]
        finder = self.finders[name]
        zone = Zone(ZoneAssociation(name, finder, self.windows[name]), ClockWatch(finder))
        if snapshot is not None:
            state = msgspec.msgpack.decode(snapshot, type=ZoneState)
            zone.association.restore(state.association)
            zone.progress = state.progress
        self._zones[partition] = zone

    def forget(self) -> None:
        """Drop all zones."""
        self._zones.clear()
