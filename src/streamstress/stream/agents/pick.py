"""Waveforms in, picks out: ring buffers, windows aligned to the epoch, many stations at once."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamstress.errors import UnknownStationError
from streamstress.ingest.buffers import Cut, StationBuffer
from streamstress.ingest.decode import decode
from streamstress.picking.measure import Measurement
from streamstress.picking.picker_stage import PickerStage, StationPick, StationPicks
from streamstress.picking.station_window import ComponentTrace, StationWindow
from streamstress.records import Amplitude, Onset, Pick, Progress, Record
from streamstress.stream.agents.window_schedule import WindowSchedule
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing
from streamstress.wire.topics import PICKS, PROGRESS_KEY, WAVEFORMS, Topic

HEARTBEAT_KEY = b"heartbeat"
"""Key of an ingest heartbeat: no data, only the time."""

SPARE_S = 30.0
"""Data kept beyond a window, for records that come out of order."""


@dataclass(slots=True)
class Partition:
    """Buffers and schedule of one waveforms partition."""

    schedule: WindowSchedule
    buffers: dict[str, StationBuffer] = field(default_factory=dict)
    held: deque[tuple[int, int]] = field(default_factory=deque)
    """Offset and data end of messages that a later window may need."""
    saved: int | None = None


@dataclass(slots=True)
class PickRole:
    """The pick agent."""

    stage: PickerStage
    places: Places
    max_wait_s: float
    silent_after_s: float
    name: str = "pick"
    inputs: tuple[Topic, ...] = (WAVEFORMS,)
    outputs: tuple[Topic, ...] = (PICKS,)
    folds_from_start: bool = False
    _partitions: dict[int, Partition] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Buffer one miniSEED record, and run the windows that became due."""
        partition = self._partitions[message.partition]
        received_ns = int(message.headers["received_ns"])
        partition.schedule.tick(received_ns)
        if message.key != HEARTBEAT_KEY:
            self._append(partition, message, received_ns)
        return [out for k in self._due(partition) for out in self._run(message.partition, k)]

    def _append(self, partition: Partition, message: Incoming, received_ns: int) -> None:
        segment = decode(message.value)
        if segment.code not in self.places.stations:
            raise UnknownStationError(
                f"{segment.code} has no coordinates; add it to the file of network.stations"
            )
        buffer = partition.buffers.get(segment.code)
        if buffer is None:
            seconds = (self.stage.grid.data_samples / self.stage.grid.sampling_rate_hz) + SPARE_S
            buffer = partition.buffers[segment.code] = StationBuffer(
                segment.code, seconds + self.max_wait_s
            )
        buffer.append(segment)
        partition.schedule.hear(segment.code, received_ns, segment.start_ns)
        partition.held.append((message.offset, segment.end_ns))

    def _due(self, partition: Partition) -> Iterable[int]:
        """Due windows in order; stretches without any data are passed over in one."""
        schedule = partition.schedule

        def data_end_ns(station: str) -> int | None:
            buffer = partition.buffers.get(station)
            return newest_common_end_ns(buffer) if buffer else None

        while schedule.done is not None and schedule.is_due(schedule.done + 1, data_end_ns):
            k = schedule.done + 1
            if not self._has_data(partition, k):
                k = max(k, self._last_before_data(partition, k))
            schedule.done = k
            yield k

    def _has_data(self, partition: Partition, k: int) -> bool:
        start_ns = self.stage.grid.data(k)[0]
        return any((buffer_end_ns(b) or 0) > start_ns for b in partition.buffers.values())

    def _last_before_data(self, partition: Partition, k: int) -> int:
        """Newest window that time has passed, when no buffer reaches window k."""
        now_ns = partition.schedule.now_ns - partition.schedule.max_wait_ns
        return max(k, self.stage.grid.last_complete(now_ns))

    def _run(self, number: int, k: int) -> list[Outgoing]:
        partition = self._partitions[number]
        windows = [
            w for code in sorted(partition.buffers) for w in self._windows(partition, code, k)
        ]
        outgoing = [
            out
            for picks in (self.stage.pick(windows) if windows else ())
            for out in self._outgoing(picks)
        ]
        progress = Progress(
            source=f"{WAVEFORMS.name}/{number}", done_until_ns=self.stage.grid.own(k)[1], sent_ns=0
        )
        key = f"{PROGRESS_KEY}/{progress.source}"
        zones = range(len(self.places.zones))
        return outgoing + [Outgoing(PICKS, key, progress, zone) for zone in zones]

    def _windows(self, partition: Partition, code: str, k: int) -> Iterable[StationWindow]:
        buffer = partition.buffers[code]
        start_ns, end_ns = self.stage.grid.data(k)
        for location, instrument in buffer.instruments():
            cuts = buffer.cut(location, instrument, start_ns, end_ns)
            components = tuple(component(cut) for cut in cuts.values())
            if any(trace.valid.any() for trace in components):
                yield StationWindow(code, location, k, components)

    def _outgoing(self, picks: StationPicks) -> Iterable[Outgoing]:
        for pick in picks.picks:
            record = pick_record(picks, pick, self.stage.picker.name)
            for zone in self.places.zone_partitions(picks.station):
                yield Outgoing(PICKS, record.pick_id, record, zone)

    def needed_from(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        """Oldest record that the next window still sees."""
        state = self._partitions[partition]
        if state.schedule.done is None:
            return state.held[0][0] if state.held else None
        start_ns = self.stage.grid.data(state.schedule.done + 1)[0]
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
            self.stage.grid, round(self.max_wait_s * 1e9), round(self.silent_after_s * 1e9)
        )
        if snapshot is not None:
            schedule.restore(snapshot)
        self._partitions[partition] = Partition(schedule, saved=schedule.done)

    def forget(self) -> None:
        """Drop all buffers."""
        self._partitions.clear()


def buffer_end_ns(buffer: StationBuffer) -> int | None:
    """End of a station's newest sample of any channel."""
    return max((c.last_end_ns or 0 for c in buffer.channels.values()), default=None)


def newest_common_end_ns(buffer: StationBuffer) -> int | None:
    """Time until which every sensor of a station has all components."""
    ends = [buffer.last_end_ns(*instrument) for instrument in buffer.instruments()]
    return min((end for end in ends if end is not None), default=None)


def component(cut: Cut) -> ComponentTrace:
    """A cut as the picker takes it."""
    return ComponentTrace(
        cut.channel, cut.start_ns, cut.sampling_rate_hz, cut.samples, cut.valid, cut.clipped
    )


def pick_record(picks: StationPicks, pick: StationPick, model: str) -> Pick:
    """The pick as a record."""
    network, station = picks.station.split(".")
    name = (
        picks.station,
        picks.location,
        pick.channel,
        pick.phase,
        str(picks.k),
        str(pick.ordinal),
    )
    return Pick(
        pick_id=".".join(name),
        network=network,
        station=station,
        location=picks.location,
        channel=pick.channel,
        phase=pick.phase,
        time_ns=int(pick.time_ns),
        sigma_s=float(pick.sigma_s),
        probability=float(pick.probability),
        snr=float(pick.measurement.snr or 0.0),
        model=model,
        amplitude=amplitude_record(pick.measurement),
        onset=onset_record(pick.measurement),
        sent_ns=0,
    )


def amplitude_record(measurement: Measurement) -> Amplitude | None:
    """The amplitude as a record."""
    read = measurement.amplitude
    if read is None:
        return None
    return Amplitude(
        value=float(read.value),
        noise=float(read.noise),
        band_hz=read.band_hz,
        component=read.component,
        clipped=read.clipped,
    )


def onset_record(measurement: Measurement) -> Onset | None:
    """The onset window as a record."""
    onset = measurement.onset
    if onset is None:
        return None
    return Onset(
        sampling_rate_hz=float(onset.sampling_rate_hz),
        pick_index=onset.pick_index + onset.pick_offset_s * float(onset.sampling_rate_hz),
        samples=onset.samples.astype("<f4").tobytes(),
    )
