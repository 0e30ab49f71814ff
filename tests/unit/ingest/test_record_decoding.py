import io
from collections.abc import Callable

import numpy as np
import pytest
from obspy import Trace, UTCDateTime
from pymseed import DataEncoding, MS3Record

from streamstress.errors import CorruptRecordError
from streamstress.ingest.decode import decode

START = UTCDateTime("2024-06-11T23:26:49.123400Z")


def version2(samples: np.ndarray, encoding: str) -> bytes:
    header = {
        "network": "KG", "station": "BUA", "location": "00", "channel": "HHZ",
        "starttime": START, "sampling_rate": 100.0,
    }  # fmt: skip
    written = io.BytesIO()
    Trace(samples, header=header).write(written, "MSEED", encoding=encoding, reclen=512)
    return written.getvalue()


def version3(samples: np.ndarray, extra: str | None = None) -> bytes:
    record = MS3Record()
    record.sourceid = "FDSN:KG_BUA_00_H_H_Z"
    record.formatversion = 3
    record.samprate = 100.0
    record.starttime = START.ns
    record.encoding = DataEncoding.STEIM2
    record.extra = extra
    with record.with_datasamples(samples, "i"):
        return bytes(next(iter(record.generate())))


@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [("STEIM2", "int32"), ("STEIM1", "int32"), ("FLOAT32", "float32"), ("FLOAT64", "float64")],
)
def test_version_2_records_give_name_time_rate_and_exact_samples(encoding: str, dtype: str):
    samples = np.round(1000 * np.sin(np.arange(50) / 5)).astype(dtype)
    segment = decode(version2(samples, encoding))
    name = (segment.network, segment.station, segment.location, segment.channel)
    assert name == ("KG", "BUA", "00", "HHZ")
    assert segment.code == "KG.BUA"
    assert segment.start_ns == START.ns
    assert segment.sampling_rate_hz == 100.0
    assert segment.end_ns == START.ns + 500_000_000
    assert not segment.clipped
    np.testing.assert_array_equal(segment.samples, samples)


def test_version_3_records_decode_alike():
    samples = np.arange(100, dtype=np.int32) ** 2
    segment = decode(version3(samples))
    assert (segment.code, segment.location, segment.channel) == ("KG.BUA", "00", "HHZ")
    assert segment.start_ns == START.ns
    np.testing.assert_array_equal(segment.samples, samples)


def test_a_flagged_record_is_marked_as_clipped():
    record = version3(
        np.arange(10, dtype=np.int32), '{"FDSN":{"Flags":{"DigitizerClipping":true}}}'
    )
    assert decode(record).clipped


def test_the_quality_flag_of_version_2_marks_clipping():
    record = bytearray(version2(np.arange(50, dtype=np.int32), "STEIM2"))
    record[38] |= 0x02
    assert decode(bytes(record)).clipped


def test_counts_too_large_for_single_precision_stay_exact():
    samples = np.array([2**30 + 1, 2**30 + 3, -(2**30) - 1], dtype=np.int32)
    segment = decode(version2(samples, "INT32"))
    assert segment.samples.dtype == np.float64
    np.testing.assert_array_equal(segment.samples, samples)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _: b"", "no miniSEED record"),
        (lambda _: b"\x00" * 512, "no miniSEED record"),
        (lambda record: record[:300], "no miniSEED record"),
        (lambda record: record + record, "send one record"),
        (lambda record: record[:64] + b"\xff" * 448, "Steim2"),
    ],
)
def test_damaged_bytes_are_refused_with_the_reason(spoil: Callable[[bytes], bytes], says: str):
    record = version2(np.arange(50, dtype=np.int32), "STEIM2")
    with pytest.raises(CorruptRecordError, match=says):
        decode(spoil(record))


def test_samples_that_are_not_finite_are_refused():
    samples = np.array([1.0, np.nan, 2.0], dtype=np.float32)
    with pytest.raises(CorruptRecordError, match="1 samples not finite"):
        decode(version2(samples, "FLOAT32"))
