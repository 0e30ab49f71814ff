from pathlib import Path

import numpy as np
import pytest
from obspy import Trace, UTCDateTime, read

from streamstress.errors import InputFileError
from streamstress.ingest.archive import archive_records
from streamstress.ingest.record_index import RecordReader, index_records
from streamstress.ingest.screen import read_header


def _write(path: Path, station: str, channel: str, offset_s: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {
        "network": "XX",
        "station": station,
        "channel": channel,
        "sampling_rate": 100.0,
        "starttime": UTCDateTime(2020, 1, 1) + offset_s,
    }
    counts = np.random.default_rng(1).normal(0, 300, 3000).astype(np.int32)
    Trace(counts, header).write(str(path), format="MSEED", reclen=512, encoding="STEIM2")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    _write(tmp_path / "2020/XX/AA1/HHZ.D/XX.AA1..HHZ.D.2020.001", "AA1", "HHZ", 1.5)
    _write(tmp_path / "2020/XX/AA1/HHN.D/XX.AA1..HHN.D.2020.001", "AA1", "HHN", 0.0)
    _write(tmp_path / "flat.mseed", "BB2", "HHZ", 0.7)
    return tmp_path


def test_every_record_is_found_in_the_order_of_its_last_sample(archive: Path):
    index = index_records([archive])
    headers = [read_header(record.payload) for record in archive_records(index)]
    assert [header.end_ns for header in headers] == sorted(header.end_ns for header in headers)
    assert [header.end_ns for header in headers] == index.end_ns.tolist()
    assert [header.start_ns for header in headers] == index.start_ns.tolist()
    assert sum(header.n_samples for header in headers) == 9000
    assert {header.station for header in headers} == {"AA1", "BB2"}
    assert not index.problems


def test_obspy_reads_the_same_samples_from_the_records(archive: Path, tmp_path: Path):
    joined = tmp_path / "joined"
    joined.write_bytes(b"".join(r.payload for r in archive_records(index_records([archive]))))
    stream = read(str(joined)).merge()
    assert sorted(trace.id for trace in stream) == ["XX.AA1..HHN", "XX.AA1..HHZ", "XX.BB2..HHZ"]
    counts = np.random.default_rng(1).normal(0, 300, 3000).astype(np.int32)
    for trace in stream:
        assert np.array_equal(trace.data, counts)


def test_reading_can_start_in_the_middle(archive: Path):
    index = index_records([archive])
    everything = list(archive_records(index))
    assert list(archive_records(index, first=7)) == everything[7:]


def test_the_order_does_not_depend_on_how_the_paths_are_given(archive: Path):
    one = [r.payload for r in archive_records(index_records([archive]))]
    files = sorted((path for path in archive.rglob("*") if path.is_file()), reverse=True)
    assert [r.payload for r in archive_records(index_records(files))] == one


def test_what_is_no_miniseed_is_left_out_and_told(archive: Path):
    (archive / "notes.txt").write_text("calibrated in May " * 100)
    with (archive / "flat.mseed").open("ab") as file:
        file.write(b"\0" * 700)
    index = index_records([archive])
    assert len(index.problems) == 2
    assert any("notes.txt" in problem for problem in index.problems)
    assert sum(read_header(r.payload).n_samples for r in archive_records(index)) == 9000


def test_nothing_to_read_is_an_error(tmp_path: Path):
    with pytest.raises(InputFileError, match="no such file"):
        index_records([tmp_path / "missing"])
    with pytest.raises(InputFileError, match="no miniSEED"):
        index_records([tmp_path])


def test_a_file_shortened_since_is_told(archive: Path):
    index = index_records([archive / "flat.mseed"])
    (archive / "flat.mseed").write_bytes(b"")
    with RecordReader(index) as reader, pytest.raises(InputFileError, match=r"flat\.mseed"):
        reader.read(0)
