"""Vertical traces around picks, cut from an archive of miniSEED in any order of files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import CorruptRecordError
from streamstress.ingest.decode import TraceSegment, decode
from streamstress.ingest.record_index import RecordIndex, RecordReader, StreamId

VERTICAL = "Z3"
"""Orientation codes taken for a vertical: SEED's, and that of the third of an ocean-bottom set."""

BEFORE_S, AFTER_S = 2.2, 1.2
"""What is cut around a pick, s: more than polarity models read (1.6 and 0.8)."""


@dataclass(frozen=True, slots=True)
class OnsetWanted:
    """A P pick whose onset is wanted; a location or channel of "" takes any."""

    network: str
    station: str
    location: str
    channel: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class OnsetWindow:
    """Samples (n,) at their own rate, NaN in gaps inside; the pick in samples from 0."""

    samples: NDArray[np.float64]
    sampling_rate_hz: float
    pick_index: float


def onset_windows(
    index: RecordIndex, wanted: Iterable[OnsetWanted]
) -> Iterator[OnsetWindow | None]:
    """Windows in the order of the picks; None where no vertical of the station was recording."""
    by_station: dict[tuple[str, str], list[int]] = {}
    for number, (network, station, _, channel) in enumerate(index.streams):
        if channel[-1:] in VERTICAL:
            by_station.setdefault((network, station), []).append(number)
    records = {
        number: np.flatnonzero(index.stream == number)
        for numbers in by_station.values()
        for number in numbers
    }
    with RecordReader(index) as reader:
        for pick in wanted:
            numbers = by_station.get((pick.network, pick.station), [])
            fitting = [n for n in numbers if _fits(index.streams[n], pick)]
            yield next(_windows(index, reader, [records[n] for n in fitting], pick), None)


def _fits(stream: StreamId, pick: OnsetWanted) -> bool:
    _, _, location, channel = stream
    same_location = pick.location in ("", "--", location)
    # Band and instrument name the sensor; a pick of it may stand on any of its components.
    return same_location and (not pick.channel or channel[:2] == pick.channel[:2])


def _windows(
    index: RecordIndex, reader: RecordReader, streams: Sequence[NDArray[np.intp]], pick: OnsetWanted
) -> Iterator[OnsetWindow]:
    start_ns = pick.time_ns - round(BEFORE_S * 1e9)
    end_ns = pick.time_ns + round(AFTER_S * 1e9)
    for numbers in streams:
        near = (index.end_ns[numbers] >= start_ns) & (index.start_ns[numbers] <= end_ns)
        segments = [s for number in numbers[near] if (s := _decoded(reader.read(int(number))))]
        if segments:
            yield _joined(segments, start_ns, end_ns, pick.time_ns)


def _decoded(payload: bytes) -> TraceSegment | None:
    """Decode a record; one that does not decode is a gap."""
    try:
        return decode(payload)
    except CorruptRecordError:
        return None


def _joined(
    segments: Sequence[TraceSegment], start_ns: int, end_ns: int, pick_ns: int
) -> OnsetWindow:
    """Lay segments of one rate on the sample grid of the first."""
    rate = segments[0].sampling_rate_hz
    first = round((start_ns - segments[0].start_ns) * rate / 1e9)
    count = round((end_ns - start_ns) * rate / 1e9) + 1
    samples = np.full(count, np.nan)
    for segment in segments:
        if segment.sampling_rate_hz != rate:
            continue
        shift = round((segment.start_ns - segments[0].start_ns) * rate / 1e9) - first
        low, high = max(0, shift), min(count, shift + len(segment.samples))
        if high > low:
            samples[low:high] = segment.samples[low - shift : high - shift]
    there = np.flatnonzero(np.isfinite(samples))
    # Where a record begins or ends there is no gap: a model may read a shorter window.
    begin, stop = (int(there[0]), int(there[-1]) + 1) if there.size else (0, 0)
    pick_index = (pick_ns - segments[0].start_ns) * rate / 1e9 - first
    return OnsetWindow(samples[begin:stop], rate, pick_index - begin)
