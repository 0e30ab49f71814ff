"""A backfill of an hour opens the files of its days, and takes the records of its hour."""

from pathlib import Path

import numpy as np
import pytest
from obspy import Trace, UTCDateTime

from streamstress.errors import InputFileError
from streamstress.ingest.record_index import index_records
from streamstress.ingest.time_span import TimeSpan

NOON = UTCDateTime(2020, 1, 2, 12)


def span(start: UTCDateTime, seconds: float) -> TimeSpan:
    return TimeSpan(start.ns, (start + seconds).ns)


@pytest.mark.parametrize(
    ("name", "is_read"),
    [
        ("XX.AA1..HHZ.D.2020.002", True),
        ("XX.AA1..HHZ.D.2020.001", True),
        ("XX.AA1..HHZ.D.2020.003", True),
        ("XX.AA1..HHZ.D.2020.004", False),
        ("XX.AA1..HHZ.D.2019.365", False),
        ("XX.AA1.00.HHZ.D.2021.002", False),
        ("a day of january.mseed", True),
        ("XX.AA1..HHZ.D.2020.999", True),
    ],
)
def test_only_files_that_are_named_by_another_day_are_passed_over(name: str, is_read: bool):
    assert span(NOON, 3600.0).may_lie_in(Path("archive") / name) is is_read


def test_records_outside_of_the_span_are_left_out(tmp_path: Path):
    counts = np.random.default_rng(1).normal(0, 300, 60_000).astype(np.int32)
    header = {"network": "XX", "station": "AA1", "channel": "HHZ", "sampling_rate": 100.0}
    trace = Trace(counts, {**header, "starttime": NOON})
    trace.write(str(tmp_path / "ten-minutes.mseed"), format="MSEED", reclen=512)
    all_of_it = index_records([tmp_path])
    middle = index_records([tmp_path], span(NOON + 200, 100.0))
    assert 0 < len(middle) < len(all_of_it) / 3
    assert middle.start_ns.min() <= (NOON + 200).ns <= middle.end_ns.min()
    assert middle.start_ns.max() <= (NOON + 300).ns <= middle.end_ns.max()


def test_a_span_without_records_is_said(tmp_path: Path):
    counts = np.arange(1000, dtype=np.int32)
    Trace(counts, {"starttime": NOON}).write(str(tmp_path / "one.mseed"), format="MSEED")
    with pytest.raises(InputFileError, match="no miniSEED record of that time"):
        index_records([tmp_path], span(NOON + 86400, 60.0))
