from pathlib import Path

import pytest

from streamstress.errors import InputFileError
from streamstress.outputs.mechanisms_csv import read_mechanisms, time_ns_of, write_mechanisms

GOOD = """event_id,time,latitude,longitude,depth_km,magnitude,strike,dip,rake,grade,note
e1,2011-03-11T05:46:24.120000Z,38.1,142.9,24,9.0,203,10,88,a,first
e1,2011-03-11T05:46:24.120000Z,38.1,142.9,24,9.0,23,80,90,B,second
e2,,,,,,10,20,270,,
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mechanisms.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rows_come_in_the_files_order_with_what_is_there(tmp_path):
    table = read_mechanisms(written(tmp_path, GOOD))
    assert [row.event_id for row in table.rows] == ["e1", "e1", "e2"]
    assert not table.rejected
    first, _, last = table.rows
    assert (first.strike_deg, first.dip_deg, first.rake_deg, first.grade) == (203, 10, 88, "A")
    assert first.extra == {"note": "first"}
    assert last.time_ns is None
    assert last.latitude_deg is None
    assert last.rake_deg == -90


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("e,,,,,,10,120,5,A,", "dip 120 is not between 0 and 90"),
        ("e,,,,,,ten,20,5,A,", "strike 'ten' is not a number"),
        ("e,,,,,,10,20,,A,", "no rake"),
        ("e,,,,,,10,20,nan,A,", "no rake"),
        ("e,yesterday,,,,,10,20,5,A,", "time 'yesterday' is not ISO 8601"),
        ("e,,95,10,,,10,20,5,A,", "latitude 95 is not between -90 and 90"),
        (",,,,,,10,20,5,A,", "no event_id"),
        ("e", "no strike"),
    ],
)
def test_a_bad_row_is_set_aside_by_line_and_reason(tmp_path, row, reason):
    table = read_mechanisms(written(tmp_path, GOOD + row + "\n"))
    assert len(table.rows) == 3
    assert [(bad.line_number, bad.reason) for bad in table.rejected] == [(5, reason)]


def test_three_columns_are_enough_and_each_row_is_an_event(tmp_path):
    table = read_mechanisms(written(tmp_path, "Strike, Dip, Rake\n1,2,3\n\n4,5,6\n"))
    assert [row.event_id for row in table.rows] == ["line-2", "line-4"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strike,dip\n1,2\n", "line 1: no column rake"),
        ("", "found an empty file"),
        ("strike,dip,rake,dip\n", "column dip stands there twice"),
        (b"strike,dip,rake\n\xff\xfe\n", "not UTF-8 text"),
    ],
)
def test_a_bad_file_stops_with_what_was_expected(tmp_path, text, words):
    with pytest.raises(InputFileError, match=words):
        read_mechanisms(written(tmp_path, text))


def test_what_is_written_reads_back_the_same(tmp_path):
    table = read_mechanisms(written(tmp_path, GOOD))
    write_mechanisms(tmp_path / "again.csv", table.rows)
    again = read_mechanisms(tmp_path / "again.csv")
    assert [(row.time_ns, row.rake_deg, row.extra) for row in again.rows] == [
        (row.time_ns, row.rake_deg, row.extra) for row in table.rows
    ]


def test_times_are_exact_and_in_utc():
    assert time_ns_of("2011-03-11T05:46:24.123457Z") == 1299822384123457000
    assert time_ns_of("2011-03-11T14:46:24.123457+09:00") == 1299822384123457000
    assert time_ns_of("2011-03-11T05:46:24.123457") == 1299822384123457000
