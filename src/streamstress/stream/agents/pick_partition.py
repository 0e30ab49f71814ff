"""One waveforms partition: what is buffered of its stations, and which windows are due."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamstress.ingest.buffers import StationBuffer
from streamstress.ingest.decode import TraceSegment
from streamstress.stream.agents.window_schedule import WindowSchedule
from streamstress.stream.latency import ARRIVED, Headers
from streamstress.stream.role import Incoming

MOST_PACKETS = 200
"""Packets of a station whose arrival is known: a minute and more of three components."""


@dataclass(slots=True)
class Partition:
    """Buffers and schedule of one waveforms partition, and what is due in it."""

    schedule: WindowSchedule
    held_s: float
    """Length of a ring buffer."""
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

    def overtaken(self, end_ns: int) -> Iterable[int]:
        """Windows whose data a record so far ahead, as behind a gap, would push out of the ring."""
        schedule, grid = self.schedule, self.schedule.grid
        oldest_ns = end_ns - round(self.held_s * 1e9)
        while schedule.done is not None and grid.data(schedule.done + 1)[0] < oldest_ns:
            next_ns = self._next_sample_ns(grid.data(schedule.done + 1)[0])
            if next_ns is None or next_ns >= oldest_ns:
                return
            schedule.done = max(schedule.done + 1, grid.last_complete(next_ns))
            yield schedule.done

    def _next_sample_ns(self, start_ns: int) -> int | None:
        """First sample held of any station at or after a time."""
        found = [buffer.next_sample_ns(start_ns) for buffer in self.buffers.values()]
        return min((sample_ns for sample_ns in found if sample_ns is not None), default=None)

    def is_late(self, segment: TraceSegment, received_ns: int) -> bool:
        """Whether all its time was picked without it; what comes again after a restart was not.

        Such a record is kept as the past of later windows, and its station is not waited for.
        """
        done = self.schedule.done
        if done is None or received_ns <= self.again_until_ns:
            return False
        return segment.end_ns <= self.schedule.grid.own(done)[1]

    def append(self, message: Incoming, segment: TraceSegment) -> None:
        """Buffer a record, and remember where it stands and when it came."""
        buffer = self.buffers.get(segment.code)
        if buffer is None:
            buffer = StationBuffer(segment.code, self.held_s)
            self.buffers[segment.code] = buffer
        buffer.append(segment)
        self.held.append((message.offset, segment.end_ns))
        arrived_ns = message.headers.get(ARRIVED)
        if arrived_ns is not None:
            packets = self.arrived.setdefault(segment.code, deque(maxlen=MOST_PACKETS))
            packets.append((segment.start_ns, int(arrived_ns)))

    def due(self) -> Iterable[int]:
        """Due windows in order; stretches without any data are passed over in one."""
        schedule = self.schedule
        while schedule.done is not None and self._is_due(schedule.done + 1):
            k = schedule.done + 1
            last = self._last_without_data(k)
            schedule.done = last if last > k and self._is_due(last) else k
            yield schedule.done

    def _is_due(self, k: int) -> bool:
        def data_end_ns(station: str) -> int | None:
            buffer = self.buffers.get(station)
            return self._whole_until_ns(buffer, k) if buffer else None

        return self.schedule.is_due(k, data_end_ns)

    def _whole_until_ns(self, buffer: StationBuffer, k: int) -> int | None:
        """End of a station's data; its last window's, where what is new in window k has a hole.

        A record that comes before an older one leaves a hole for a while; so does a real gap, which
        holds up one window or two for as long as any late station.
        """
        end_ns = newest_common_end_ns(buffer)
        former_ns, need_ns = (self.schedule.grid.data(number)[1] for number in (k - 1, k))
        if end_ns is None or end_ns < need_ns:
            return end_ns
        if self.whole[0] != k:
            self.whole = (k, set())
        if buffer.code not in self.whole[1]:
            if buffer.has_hole(former_ns, need_ns):
                return former_ns
            self.whole[1].add(buffer.code)
        return end_ns

    def _last_without_data(self, k: int) -> int:
        """Newest window that ends before the next sample held; without one, that time has passed.

        Below k where window k has data.
        """
        grid, schedule = self.schedule.grid, self.schedule
        start_ns, end_ns = grid.data(k)
        next_ns: int | None = None
        for buffer in self.buffers.values():
            sample_ns = buffer.next_sample_ns(start_ns)
            if sample_ns is not None:
                next_ns = sample_ns if next_ns is None else min(next_ns, sample_ns)
                if next_ns < end_ns:
                    break
        passed_ns = schedule.now_ns - schedule.max_wait_ns
        return grid.last_complete(passed_ns if next_ns is None else next_ns)

    def missing_before(self, k: int) -> tuple[int, int] | None:
        """Data time without a sample of any station that window k, which has some, comes behind.

        Told once, in whole windows: it may have begun up to a window's length earlier. None where
        nothing is missing, or window k has no data either.
        """
        schedule, grid = self.schedule, self.schedule.grid
        if not self._has_data(*grid.data(k)):
            return None
        start_ns, end_ns = grid.own(k)
        since_ns, schedule.covered_ns = schedule.covered_ns, end_ns
        return (since_ns, start_ns) if 0 < since_ns < start_ns else None

    def _has_data(self, start_ns: int, end_ns: int) -> bool:
        """Whether any station has a sample in a time; ends at the first that has, as nearly all."""
        found = (buffer.next_sample_ns(start_ns) for buffer in self.buffers.values())
        return any(sample_ns is not None and sample_ns < end_ns for sample_ns in found)

    def arrived_before(self, code: str, k: int) -> Headers:
        """When the last packet came that window k needs of a station, as headers of its picks."""
        end_ns = self.schedule.grid.data(k)[1]
        packets = self.arrived.get(code, ())
        last_ns = max((at_ns for start_ns, at_ns in packets if start_ns < end_ns), default=None)
        return () if last_ns is None else ((ARRIVED, str(last_ns).encode()),)

    def needed_from(self) -> int | None:
        """Offset of the oldest record that the next window still sees."""
        if self.schedule.done is not None:
            start_ns = self.schedule.grid.data(self.schedule.done + 1)[0]
            while self.held and self.held[0][1] <= start_ns:
                self.held.popleft()
        return self.held[0][0] if self.held else None

    def snapshot(self) -> bytes | None:
        """Windows done, when there are more than last time."""
        if self.schedule.done == self.saved:
            return None
        self.saved = self.schedule.done
        return self.schedule.snapshot()


def newest_common_end_ns(buffer: StationBuffer) -> int | None:
    """Time until which every sensor of a station has all components."""
    ends = [buffer.last_end_ns(*instrument) for instrument in buffer.instruments()]
    return min((end for end in ends if end is not None), default=None)
