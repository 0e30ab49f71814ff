"""Waveforms in, picks out: ring buffers, windows aligned to the epoch, many stations at once."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamstress.errors import LateRecordError, UnknownStationError
from streamstress.ingest.buffers import StationBuffer
from streamstress.ingest.decode import TraceSegment, decode
from streamstress.ingest.producer import HEARTBEAT_KEY
from streamstress.picking.picker_stage import PickerStage, StationPicks
from streamstress.picking.station_window import StationWindow
from streamstress.records import Control, Progress, Record
from streamstress.stream.agents.window_schedule import WindowSchedule
from streamstress.stream.controls import ControlTable
from streamstress.stream.latency import ARRIVED, Headers
from streamstress.stream.muted import heard_components, is_muted
from streamstress.stream.pick_records import component, pick_record
from streamstress.stream.picker_choice import PickerChoices
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing, Snapshotted
from streamstress.wire.topics import CONTROLS, PICKS, PROGRESS_KEY, WAVEFORMS, Topic

SPARE_S = 30.0
"""Data kept beyond a window, for records that come out of order."""

TELL_AGAIN_NS = 3_600_000_000_000
"""Data time between two letters of one unknown or late station."""

MOST_PACKETS = 200
"""Packets of a station whose arrival is known: a minute and more of three components."""

HEARTBEATS_MISSED = 3.0
"""The feed was away when so many heartbeats did not come."""


@dataclass(slots=True)
class Partition:
    """Buffers and schedule of one waveforms partition."""

    schedule: WindowSchedule
    buffers: dict[str, StationBuffer] = field(default_factory=dict)
    held: deque[tuple[int, int]] = field(default_factory=deque)
    """Offset and data end of messages that a later window may need."""
    saved: int | None = None
    again_until_ns: int = 0
    """Received time of the newest message that was read before a restart."""
    arrived: dict[str, deque[tuple[int, int]]] = field(default_factory=dict)
    """Data start and wall time of arrival of each station's packets held."""
    whole: tuple[int, set[str]] = (0, set())
    """A window, and the stations known to have all of the data that are new in it."""


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
            for k in self._overtaken(partition, segment.end_ns):
                outgoing += self._run(message.partition, k)
            is_late = self._is_late(partition, segment, received_ns)
            self._append(partition, message, segment)
            if is_late:
                raise self._late(segment, received_ns)
            partition.schedule.hear(segment.code, received_ns, segment.start_ns)
        for k in self._due(partition):
            outgoing += self._run(message.partition, k)
        return outgoing

    @property
    def _held_s(self) -> float:
        """Length of a ring buffer."""
        grid = self.choices.grid
        return grid.data_samples / grid.sampling_rate_hz + SPARE_S + self.max_wait_s

    def _segment(self, message: Incoming, received_ns: int) -> TraceSegment:
        segment = decode(message.value)
        if segment.code not in self.places.stations:
            raise self._unknown(segment.code, received_ns)
        return segment

    def _overtaken(self, partition: Partition, end_ns: int) -> Iterable[int]:
        """Windows whose data a record so far ahead, as behind a gap, would push out of the ring."""
        schedule, grid = partition.schedule, self.choices.grid
        oldest_ns = end_ns - round(self._held_s * 1e9)
        while schedule.done is not None and grid.data(schedule.done + 1)[0] < oldest_ns:
            next_ns = self._next_sample_ns(partition, grid.data(schedule.done + 1)[0])
            if next_ns is None or next_ns >= oldest_ns:
                return
            schedule.done = max(schedule.done + 1, grid.last_complete(next_ns))
            yield schedule.done

    def _next_sample_ns(self, partition: Partition, start_ns: int) -> int | None:
        """First sample held of any station at or after a time."""
        found = [buffer.next_sample_ns(start_ns) for buffer in partition.buffers.values()]
        return min((sample_ns for sample_ns in found if sample_ns is not None), default=None)

    def _is_late(self, partition: Partition, segment: TraceSegment, received_ns: int) -> bool:
        """Whether all its time was picked without it; what comes again after a restart was not.

        Such a record is kept as the past of later windows, and its station is not waited for.
        """
        done = partition.schedule.done
        if done is None or received_ns <= partition.again_until_ns:
            return False
        return segment.end_ns <= self.choices.grid.own(done)[1]

    def _append(self, partition: Partition, message: Incoming, segment: TraceSegment) -> None:
        buffer = partition.buffers.get(segment.code)
        if buffer is None:
            buffer = StationBuffer(segment.code, self._held_s)
            partition.buffers[segment.code] = buffer
        buffer.append(segment)
        partition.held.append((message.offset, segment.end_ns))
        arrived_ns = message.headers.get(ARRIVED)
        if arrived_ns is not None:
            packets = partition.arrived.setdefault(segment.code, deque(maxlen=MOST_PACKETS))
            packets.append((segment.start_ns, int(arrived_ns)))

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

    def _is_news(self, what: str, received_ns: int) -> bool:
        """Whether a letter is due: one an hour, or they would come without end."""
        last_ns = self._told.get(what)
        is_news = last_ns is None or received_ns - last_ns >= TELL_AGAIN_NS
        if is_news:
            self._told[what] = received_ns
        return is_news

    def _due(self, partition: Partition) -> Iterable[int]:
        """Due windows in order; stretches without any data are passed over in one."""
        schedule = partition.schedule
        while schedule.done is not None and self._is_due(partition, schedule.done + 1):
            k = schedule.done + 1
            last = self._last_without_data(partition, k)
            schedule.done = last if last > k and self._is_due(partition, last) else k
            yield schedule.done

    def _is_due(self, partition: Partition, k: int) -> bool:
        def data_end_ns(station: str) -> int | None:
            buffer = partition.buffers.get(station)
            return self._whole_until_ns(partition, buffer, k) if buffer else None

        return partition.schedule.is_due(k, data_end_ns)

    def _whole_until_ns(self, partition: Partition, buffer: StationBuffer, k: int) -> int | None:
        """End of a station's data; its last window's, where what is new in window k has a hole.

        A record that comes before an older one leaves a hole for a while; so does a real gap, which
        holds up one window or two for as long as any late station.
        """
        end_ns = newest_common_end_ns(buffer)
        former_ns, need_ns = (self.choices.grid.data(number)[1] for number in (k - 1, k))
        if end_ns is None or end_ns < need_ns:
            return end_ns
        if partition.whole[0] != k:
            partition.whole = (k, set())
        if buffer.code not in partition.whole[1]:
            if buffer.has_hole(former_ns, need_ns):
                return former_ns
            partition.whole[1].add(buffer.code)
        return end_ns

    def _last_without_data(self, partition: Partition, k: int) -> int:
        """Newest window that ends before the next sample held; without one, that time has passed.

        Below k where window k has data.
        """
        grid, schedule = self.choices.grid, partition.schedule
        start_ns, end_ns = grid.data(k)
        next_ns: int | None = None
        for buffer in partition.buffers.values():
            sample_ns = buffer.next_sample_ns(start_ns)
            if sample_ns is not None:
                next_ns = sample_ns if next_ns is None else min(next_ns, sample_ns)
                if next_ns < end_ns:
                    break
        passed_ns = schedule.now_ns - schedule.max_wait_ns
        return grid.last_complete(passed_ns if next_ns is None else next_ns)

    def _run(self, number: int, k: int) -> list[Outgoing]:
        partition = self._partitions[number]
        windows = [
            w for code in sorted(partition.buffers) for w in self._windows(partition, code, k)
        ]
        outgoing = [
            out
            for model, picks in (self.choices.pick(windows) if windows else ())
            for out in self._outgoing(model, picks, self._arrived(partition, picks.station, k))
        ]
        progress = Progress(
            source=f"{WAVEFORMS.name}/{number}",
            done_until_ns=self.choices.grid.own(k)[1],
            sent_ns=0,
        )
        key = f"{PROGRESS_KEY}/{progress.source}"
        zones = range(len(self.places.zones))
        return outgoing + [Outgoing(PICKS, key, progress, zone) for zone in zones]

    def _windows(self, partition: Partition, code: str, k: int) -> Iterable[StationWindow]:
        buffer = partition.buffers[code]
        mutes = self._controls.mutes()
        for location, instrument in buffer.instruments():
            grid = self.choices.stage_of(code, instrument).grid
            cuts = buffer.cut(location, instrument, *grid.data(k))
            traces = map(component, cuts.values())
            components = heard_components(code, location, traces, mutes, grid.own(k)[0])
            if any(trace.valid.any() for trace in components):
                yield StationWindow(code, location, k, components)

    def _arrived(self, partition: Partition, code: str, k: int) -> Headers:
        """When the last packet came that window k needs of a station, as headers of its picks."""
        end_ns = self.choices.grid.data(k)[1]
        packets = partition.arrived.get(code, ())
        last_ns = max((at_ns for start_ns, at_ns in packets if start_ns < end_ns), default=None)
        return () if last_ns is None else ((ARRIVED, str(last_ns).encode()),)

    def _outgoing(self, model: str, picks: StationPicks, headers: Headers) -> Iterable[Outgoing]:
        self.tallies["pick-at-gap"] += picks.dropped_at_gaps
        self.tallies["unusable-window"] += bool(picks.set_aside)
        mutes = self._controls.mutes()
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
        state = self._partitions[partition]
        if state.schedule.done is None:
            return state.held[0][0] if state.held else None
        start_ns = self.choices.grid.data(state.schedule.done + 1)[0]
        while state.held and state.held[0][1] <= start_ns:
            state.held.popleft()
        return state.held[0][0] if state.held else None

    def snapshot(self, topic: str, partition: int) -> bytes | None:  # noqa: ARG002
        """Windows done, when there are more than last time."""
        state = self._partitions[partition]
        if state.schedule.done == state.saved:
            return None
        state.saved = state.schedule.done
        return state.schedule.snapshot()

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition."""
        schedule = WindowSchedule(
            self.choices.grid,
            max_wait_ns=round(self.max_wait_s * 1e9),
            silent_after_ns=round(self.silent_after_s * 1e9),
            away_after_ns=round(self.away_after_s * 1e9),
        )
        if snapshot is not None:
            schedule.restore(snapshot)
        self._partitions[partition] = Partition(
            schedule, saved=schedule.done, again_until_ns=schedule.now_ns
        )

    def forget(self) -> None:
        """Drop all buffers."""
        self._partitions.clear()


def newest_common_end_ns(buffer: StationBuffer) -> int | None:
    """Time until which every sensor of a station has all components."""
    ends = [buffer.last_end_ns(*instrument) for instrument in buffer.instruments()]
    return min((end for end in ends if end is not None), default=None)
