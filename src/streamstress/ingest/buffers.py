"""The last seconds of every channel, with what is missing in them.

Samples live on one grid a channel, laid through the first record. Later records snap to its
nearest sample, so a jitter below half a sample does no harm and a slow clock slips one sample now
and then; a single missing sample between two good ones is such a slip and is bridged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.channels import split_channel
from streamstress.ingest.decode import Samples, TraceSegment

_VALID = np.uint8(1)
_CLIPPED = np.uint8(2)

# Digitisers state 99.9998 for 100 Hz; a true change of rate is far larger.
RATE_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of one channel.

    ``samples``, ``valid`` and ``clipped`` have shape ``(n,)``; where ``valid`` is false the sample
    is 0. ``start_ns`` is the true time of the first sample: the grid time nearest to the asked one.
    """

    channel: str
    start_ns: int
    sampling_rate_hz: float
    samples: Samples
    valid: NDArray[np.bool_]
    clipped: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a segment's samples; the three counts add up to its length."""

    stored: int
    overlapping: int
    late: int
    restarted: bool = False


class ChannelBuffer:
    """A ring of the last ``seconds`` of one channel, in ``O(seconds * rate)`` memory.

    Overlaps keep the sample that came first. Records may come in any order; what is older than the
    ring is counted late. A change of sampling rate restarts the ring, a record of the former rate
    is then late. Data time is not judged here: reject records from the future before appending.
    """

    def __init__(self, channel: str, seconds: float) -> None:
        self.channel = channel
        self.seconds = seconds
        self.sampling_rate_hz = 0.0
        self._anchor_ns = 0
        self._newest = 0
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._flags = np.zeros(0, dtype=np.uint8)

    @property
    def last_end_ns(self) -> int | None:
        """End of the newest sample (its time plus one interval); None while empty."""
        return self._time_ns(self._newest) if len(self._flags) else None

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays."""
        return int(self._samples.nbytes + self._flags.nbytes)

    def append(self, segment: TraceSegment) -> Appended:
        """Store a segment; see `Appended` for what is told about it."""
        n = len(segment.samples)
        restarted = self._must_restart(segment)
        if restarted:
            if segment.end_ns <= (self.last_end_ns or segment.end_ns - 1):
                return Appended(0, 0, n)
            self._restart(segment)
        first = self._index(segment.start_ns)
        self._advance(first + n)
        skip = min(n, max(0, self._newest - len(self._flags) - first))
        stored = self._write(first + skip, segment.samples[skip:], segment.clipped)
        return Appended(stored, n - skip - stored, skip, restarted)

    def next_sample_ns(self, time_ns: int) -> int | None:
        """Time of the first sample held at or after a time; None where there is none."""
        first = max(self._index(time_ns), self._newest - len(self._flags))
        if not len(self._flags) or first >= self._newest:
            return None
        held = self._flags[np.arange(first, self._newest) % len(self._flags)] & _VALID
        return self._time_ns(first + int(held.argmax())) if held.any() else None

    def has_hole(self, start_ns: int, end_ns: int) -> bool:
        """Whether samples in ``[start, end)`` are missing between others that are held.

        One alone is a slip of the clock, and no hole.
        """
        first = max(self._index(start_ns), self._newest - len(self._flags))
        stop = min(self._index(end_ns), self._newest)
        if stop <= first:
            return False
        valid = (self._flags[np.arange(first, stop) % len(self._flags)] & _VALID) > 0
        if not valid[0] and self._begins_at_or_after(first):
            valid = valid[int(valid.argmax()) :] if valid.any() else valid[:0]
        return bool((~valid[1:] & ~valid[:-1]).any())

    def _begins_at_or_after(self, index: int) -> bool:
        """Whether nothing earlier is held."""
        oldest_ns = self.next_sample_ns(self._time_ns(self._newest - len(self._flags)))
        return oldest_ns is not None and self._index(oldest_ns) >= index

    def cut(self, start_ns: int, end_ns: int) -> Cut | None:
        """Copy ``[start_ns, end_ns)``; what the ring does not hold is marked not valid.

        Returns None while nothing at all was ever appended.
        """
        if not len(self._flags):
            return None
        first = self._index(start_ns)
        n = round((end_ns - start_ns) * self.sampling_rate_hz / 1e9)
        samples = np.zeros(n, dtype=self._samples.dtype)
        flags = np.zeros(n, dtype=np.uint8)
        for into, where in self._runs(first, first + n):
            samples[into], flags[into] = self._samples[where], self._flags[where]
        valid = (flags & _VALID) > 0
        _bridge_slips(samples, valid)
        return Cut(
            self.channel,
            self._time_ns(first),
            self.sampling_rate_hz,
            samples,
            valid,
            (flags & _CLIPPED) > 0,
        )

    def _must_restart(self, segment: TraceSegment) -> bool:
        if not len(self._flags):
            return True
        return abs(segment.sampling_rate_hz / self.sampling_rate_hz - 1) > RATE_TOLERANCE

    def _restart(self, segment: TraceSegment) -> None:
        self.sampling_rate_hz = segment.sampling_rate_hz
        self._anchor_ns = segment.start_ns
        self._newest = len(segment.samples)
        capacity = max(1, int(np.ceil(self.seconds * self.sampling_rate_hz)))
        self._samples = np.zeros(capacity, dtype=segment.samples.dtype)
        self._flags = np.zeros(capacity, dtype=np.uint8)

    def _advance(self, newest: int) -> None:
        fresh = newest - self._newest
        if fresh <= 0:
            return
        first = self._newest
        self._newest = newest
        for _, where in self._runs(first, newest):
            self._flags[where] = 0
            self._samples[where] = 0

    def _runs(self, first: int, last: int) -> Iterator[tuple[slice, slice]]:
        """What the ring holds of samples ``[first, last)``, in unbroken runs of it.

        Yields where a run lies in a copy that begins at ``first``, and where in the ring.
        """
        capacity = len(self._flags)
        index = max(first, self._newest - capacity)
        last = min(last, self._newest)
        while index < last:
            place = index % capacity
            length = min(last - index, capacity - place)
            yield slice(index - first, index - first + length), slice(place, place + length)
            index += length

    def _write(self, first: int, samples: Samples, clipped: bool) -> int:
        if samples.dtype == np.float64 and self._samples.dtype != np.float64:
            self._samples = self._samples.astype(np.float64)
        flag = np.uint8(_VALID | _CLIPPED) if clipped else _VALID
        stored = 0
        for part, where in self._runs(first, first + len(samples)):
            free = self._flags[where] == 0
            if free.all():
                self._samples[where], self._flags[where] = samples[part], flag
            else:
                self._samples[where][free], self._flags[where][free] = samples[part][free], flag
            stored += int(np.count_nonzero(free))
        return stored

    def _index(self, time_ns: int) -> int:
        return round((time_ns - self._anchor_ns) * self.sampling_rate_hz / 1e9)

    def _time_ns(self, index: int) -> int:
        return self._anchor_ns + round(index * 1e9 / self.sampling_rate_hz)


def _bridge_slips(samples: Samples, valid: NDArray[np.bool_]) -> None:
    alone = np.flatnonzero(~valid[1:-1] & valid[:-2] & valid[2:]) + 1
    samples[alone] = (samples[alone - 1] + samples[alone + 1]) / 2
    valid[alone] = True


@dataclass(slots=True)
class StationBuffer:
    """All channels of one station, each a `ChannelBuffer` of the last ``seconds``."""

    code: str
    seconds: float
    channels: dict[tuple[str, str], ChannelBuffer] = field(default_factory=dict)

    def append(self, segment: TraceSegment) -> Appended:
        """Store a segment under its location and channel."""
        key = (segment.location, segment.channel)
        buffer = self.channels.get(key)
        if buffer is None:
            buffer = self.channels[key] = ChannelBuffer(segment.channel, self.seconds)
        return buffer.append(segment)

    def next_sample_ns(self, time_ns: int) -> int | None:
        """Time of the first sample of any channel at or after a time; None if there is none."""
        times = (buffer.next_sample_ns(time_ns) for buffer in self.channels.values())
        return min((time for time in times if time is not None), default=None)

    def has_hole(self, start_ns: int, end_ns: int) -> bool:
        """Whether any channel misses samples in ``[start, end)`` between others that it holds."""
        return any(buffer.has_hole(start_ns, end_ns) for buffer in self.channels.values())

    def instruments(self) -> list[tuple[str, str]]:
        """Sensors: ``(location, channel without its component letter)``, sorted."""
        return sorted(
            {(location, split_channel(channel)[0]) for location, channel in self.channels}
        )

    def cut(self, location: str, instrument: str, start_ns: int, end_ns: int) -> dict[str, Cut]:
        """Cut every component of one sensor; keys are component letters (Z, N, E, 1, 2...)."""
        found: dict[str, Cut] = {}
        for (held_location, channel), buffer in self.channels.items():
            sensor, component = split_channel(channel)
            if (held_location, sensor) != (location, instrument):
                continue
            cut = buffer.cut(start_ns, end_ns)
            if cut is not None:
                found[component] = cut
        return found

    def last_end_ns(self, location: str, instrument: str) -> int | None:
        """Return the least end of one sensor's channels: until here none of them is behind."""
        ends = [
            buffer.last_end_ns
            for (held, channel), buffer in self.channels.items()
            if (held, split_channel(channel)[0]) == (location, instrument)
        ]
        known = [end for end in ends if end is not None]
        return min(known) if known else None

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays."""
        return sum(buffer.nbytes for buffer in self.channels.values())
