"""Waveforms in, picks out: ring buffers, windows aligned to the epoch, many stations at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamstress.errors import LateRecordError, UnknownStationError
from streamstress.ingest.decode import TraceSegment, decode
from streamstress.ingest.producer import HEARTBEAT_KEY
from streamstress.outputs.json_view import iso_time
from streamstress.picking.picker_stage import PickerStage, StationPicks
from streamstress.picking.station_window import StationWindow
from streamstress.records import Control, DeadLetter, Progress, Record
from streamstress.records.controls import FEED_GAP, LATE_STRETCH
from streamstress.stream.agents.pick_partition import Partition
from streamstress.stream.agents.window_schedule import WindowSchedule
from streamstress.stream.controls import ControlTable
from streamstress.stream.latency import Headers
from streamstress.stream.muted import heard_components, is_muted
from streamstress.stream.pick_records import component, pick_record
from streamstress.stream.picker_choice import PickerChoices
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing, Snapshotted
from streamstress.wire.topics import (
    CONTROLS,
    DEAD_LETTERS,
    PICKS,
    PROGRESS_KEY,
    WAVEFORMS,
    Topic,
)

TELL_AGAIN_NS = 3_600_000_000_000
"""Data time between two letters of one unknown or late station."""

SPARE_S = 30.0
"""Data kept beyond a window, for records that come out of order."""

HEARTBEATS_MISSED = 3.0
"""The feed was away when so many heartbeats did not come."""


@dataclass(slots=True)
class PickRole(Snapshotted):
    """The pick agent."""

    stage: PickerStage
    places: Places
    max_wait_s: float
    silent_after_s: float
    away_after_s: float
    choices: PickerChoices = field(init=False)
    """All pickers; ``stage`` alone where nothing else was chosen."""
    name: str = "pick"
    inputs: tuple[Topic, ...] = (WAVEFORMS,)
    outputs: tuple[Topic, ...] = (PICKS,)
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)
    _partitions: dict[int, Partition] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)
    """Received time (ns) of the record whose letter was kept, by station and what is wrong."""

    def __post_init__(self) -> None:
        """Take the one stage for every sensor."""
        self.choices = PickerChoices(self.stage, self.places)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Buffer one miniSEED record, and run the windows that became due."""
        partition = self._partitions[message.partition]
        received_ns = int(message.headers["received_ns"])
        partition.schedule.tick(received_ns)
        outgoing: list[Outgoing] = []
        if message.key == HEARTBEAT_KEY:
            partition.schedule.begin_quiet()
        else:
            segment = self._segment(message, received_ns)
            for k in partition.overtaken(segment.end_ns):
                outgoing += self._run(message.partition, k)
            is_late = partition.is_late(segment, received_ns)
            partition.append(message, segment)
            if is_late:
                partition.schedule.note_late(
                    segment.code, segment.start_ns, segment.end_ns, received_ns
                )
                raise self._late(segment, received_ns)
            partition.schedule.hear(segment.code, received_ns, segment.start_ns)
        outgoing += self._late_stretches(message)
        for k in partition.due():
            outgoing += self._run(message.partition, k)
        return outgoing

    def _segment(self, message: Incoming, received_ns: int) -> TraceSegment:
        segment = decode(message.value)
        if segment.code not in self.places.stations:
            raise self._unknown(segment.code, received_ns)
        return segment

    def _unknown(self, code: str, received_ns: int) -> UnknownStationError:
        return UnknownStationError(
            f"{code} has no coordinates; add it to the file of network.stations",
            keep_letter=self._is_news(f"{code} unknown", received_ns),
        )

    def _late(self, segment: TraceSegment, received_ns: int) -> LateRecordError:
        late_s = (received_ns - segment.end_ns) / 1e9
        return LateRecordError(
            f"a record of {segment.code} came {late_s:.0f} s after its last sample, when its time "
            "had been picked without it: fill it in from the archive",
            keep_letter=self._is_news(f"{segment.code} late", received_ns),
        )

    def _late_stretches(self, message: Incoming) -> Iterable[Outgoing]:
        """Word of each station whose late records have ended, with the time to be filled in."""
        for code, stretch in self._partitions[message.partition].schedule.late_over().items():
            self.tallies[LATE_STRETCH] += 1
            start, end = iso_time(stretch.start_ns), iso_time(stretch.end_ns)
            letter = DeadLetter(
                stage=self.name,
                topic=WAVEFORMS.name,
                partition=message.partition,
                offset=message.offset,
                key=code.encode(),
                value=b"",
                reason=LATE_STRETCH,
                detail=f"{stretch.records} records of {code} between {start} and {end} came when "
                f"that time had been picked without them: 'streamstress backfill ARCHIVE "
                f"--start {start} --end {end}' gives its events their fuller version",
                missing_ns=(stretch.start_ns, stretch.end_ns),
                sent_ns=0,
            )
            yield Outgoing(DEAD_LETTERS, f"{LATE_STRETCH}/{code}/{stretch.start_ns}", letter, 0)

    def _is_news(self, what: str, received_ns: int) -> bool:
        """Whether a letter is due: one an hour, or they would come without end."""
        last_ns = self._told.get(what)
        is_news = last_ns is None or received_ns - last_ns >= TELL_AGAIN_NS
        if is_news:
            self._told[what] = received_ns
        return is_news

    def _run(self, number: int, k: int) -> list[Outgoing]:
        partition, mutes = self._partitions[number], self._controls.mutes()
        windows = [
            window
            for code in sorted(partition.buffers)
            for window in self._windows(partition, code, k, mutes)
        ]
        outgoing = [
            out
            for model, picks in (self.choices.pick(windows) if windows else ())
            for out in self._outgoing(
                model, picks, partition.arrived_before(picks.station, k), mutes
            )
        ]
        progress = Progress(
            source=f"{WAVEFORMS.name}/{number}",
            done_until_ns=self.choices.grid.own(k)[1],
            sent_ns=0,
        )
        outgoing += self._missing(number, k)
        key = f"{PROGRESS_KEY}/{progress.source}"
        zones = range(len(self.places.zones))
        return outgoing + [Outgoing(PICKS, key, progress, zone) for zone in zones]

    def _missing(self, number: int, k: int) -> Iterable[Outgoing]:
        """Word of data that never came: the server or the topic no longer had them."""
        partition = self._partitions[number]
        missing_ns = partition.missing_before(k)
        if missing_ns is None:
            return
        self.tallies[FEED_GAP] += 1
        start, end = map(iso_time, missing_ns)
        letter = DeadLetter(
            stage=self.name,
            topic=WAVEFORMS.name,
            partition=number,
            offset=partition.held[-1][0],
            key=b"",
            value=b"",
            reason=FEED_GAP,
            detail=f"no station of partition {number} has data from {start} to {end}: "
            "fill the time in with 'streamstress backfill'",
            missing_ns=missing_ns,
            sent_ns=0,
        )
        yield Outgoing(DEAD_LETTERS, f"{FEED_GAP}/{number}/{missing_ns[0]}", letter, 0)

    def _windows(
        self, partition: Partition, code: str, k: int, mutes: Sequence[Control]
    ) -> Iterable[StationWindow]:
        buffer = partition.buffers[code]
        for location, instrument in buffer.instruments():
            grid = self.choices.stage_of(code, instrument).grid
            cuts = buffer.cut(location, instrument, *grid.data(k))
            traces = map(component, cuts.values())
            components = heard_components(code, location, traces, mutes, grid.own(k)[0])
            if any(trace.valid.any() for trace in components):
                yield StationWindow(code, location, k, components)

    def _outgoing(
        self, model: str, picks: StationPicks, headers: Headers, mutes: Sequence[Control]
    ) -> Iterable[Outgoing]:
        self.tallies["pick-at-gap"] += picks.dropped_at_gaps
        self.tallies["unusable-window"] += bool(picks.set_aside)
        for pick in picks.picks:
            if is_muted(picks, pick, mutes):
                self.tallies["muted"] += 1
                continue
            record = pick_record(picks, pick, model)
            for zone in self.places.zone_partitions(picks.station):
                yield Outgoing(PICKS, record.pick_id, record, zone, headers)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control; of waveforms the snapshot knows all."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """Oldest record that the next window still sees."""
        return self._partitions[partition].needed_from()

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """Windows done, when there are more than last time."""
        return self._partitions[partition].snapshot()

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition."""
        grid = self.choices.grid
        schedule = WindowSchedule(
            grid,
            max_wait_ns=round(self.max_wait_s * 1e9),
            silent_after_ns=round(self.silent_after_s * 1e9),
            away_after_ns=round(self.away_after_s * 1e9),
        )
        if snapshot is not None:
            schedule.restore(snapshot)
        self._partitions[partition] = Partition(
            schedule,
            grid.data_samples / grid.sampling_rate_hz + SPARE_S + self.max_wait_s,
            saved=schedule.done,
            again_until_ns=schedule.now_ns,
        )

    def forget(self) -> None:
        """Drop all buffers."""
        self._partitions.clear()
