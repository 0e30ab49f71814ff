from dataclasses import dataclass, replace

import numpy as np
import pytest
from pymseed import MS3Record

from streamstress.errors import CorruptRecordError, FutureRecordError
from streamstress.ingest.screen import DuplicateTracker, RecordHeader, read_header, require_past

START_NS = 1_577_836_800_000_000_000
HEADER = RecordHeader("XX", "AA1", "00", "HHZ", START_NS, START_NS + 10**9, 100.0, 101)


@dataclass(frozen=True)
class _StoppedClock:
    time_ns: int

    def now_ns(self) -> int:
        return self.time_ns


def make_record(format_version: int = 2, rate_hz: float = 100.0, n_samples: int = 101) -> bytes:
    record = MS3Record()
    record.sourceid = "FDSN:XX_AA1_00_H_H_Z"
    record.formatversion = format_version
    record.reclen = 512
    record.starttime = START_NS
    record.samprate = rate_hz
    record.encoding = 11
    counts = np.arange(n_samples, dtype=np.int32)
    return next(iter(record.generate(counts, "i")))


@pytest.mark.parametrize("format_version", [2, 3])
def test_the_header_is_read_from_both_versions(format_version: int):
    assert read_header(make_record(format_version)) == HEADER


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        make_record()[:100],
        b"\0" * 512,
        b"<html>" + make_record()[6:],
        make_record() + make_record(),
    ],
    ids=["empty", "cut", "zeros", "a web page", "two records"],
)
def test_bytes_that_are_no_single_record_are_corrupt(payload: bytes):
    with pytest.raises(CorruptRecordError):
        read_header(payload)


def test_a_flipped_bit_of_a_version_3_record_is_found():
    record = bytearray(make_record(3))
    record[-1] ^= 1
    with pytest.raises(CorruptRecordError):
        read_header(bytes(record))


def test_a_record_may_end_as_far_ahead_as_the_tolerance_says():
    clock = _StoppedClock(HEADER.end_ns - 2 * 10**9)
    require_past(HEADER, clock, tolerance_ns=2 * 10**9)
    with pytest.raises(FutureRecordError, match=r"XX\.AA1 HHZ ends 2\.0 s"):
        require_past(HEADER, clock, tolerance_ns=2 * 10**9 - 1)


def test_the_same_span_of_a_channel_is_a_duplicate_and_others_are_not():
    tracker = DuplicateTracker()
    others = [
        replace(HEADER, channel="HHN"),
        replace(HEADER, location=""),
        replace(HEADER, start_ns=START_NS + 1),
        replace(HEADER, end_ns=HEADER.end_ns + 1),
    ]
    assert not tracker.is_duplicate(HEADER)
    assert not any(tracker.is_duplicate(other) for other in others)
    assert tracker.is_duplicate(HEADER)
    assert all(tracker.is_duplicate(other) for other in others)


def test_the_memory_of_records_is_bounded_and_forgets_the_oldest():
    tracker = DuplicateTracker(capacity=10)
    records = [replace(HEADER, start_ns=number) for number in range(11)]
    assert not any(tracker.is_duplicate(record) for record in records)
    assert len(tracker) == 10
    assert tracker.is_duplicate(records[1])
    assert not tracker.is_duplicate(records[0])
