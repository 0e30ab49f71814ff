"""A user's timeline: moments, spans and curves; a wrong row is named."""

from pathlib import Path

import pytest

from streamstress.errors import InputFileError
from streamstress.outputs.timeline import curves, read_timeline


def written(folder: Path, text: str) -> Path:
    path = folder / "timeline.csv"
    path.write_text(text)
    return path


def test_rows_are_moments_spans_and_points_of_curves_in_order(tmp_path: Path):
    entries = read_timeline(
        written(
            tmp_path,
            "time,end,label,value\n2020-02-01,,rate,3\n2020-01-01T12:00:00Z,,rate,1.5\n"
            "2020-01-05,2020-01-06,drilling,\n2020-03-01,,unrest,\n",
        )
    )
    assert [entry.label for entry in entries] == ["rate", "drilling", "rate", "unrest"]
    assert entries[1].end_ns - entries[1].time_ns == 86_400 * 10**9
    times, values = curves(entries)["rate"]
    assert values == [1.5, 3.0]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("when,what\n", "line 1"),
        ("time,label\n2020-01-01,a\nyesterday,b\n", "line 3"),
        ("time,label,value\n2020-01-01,a,high\n", "line 2"),
        ("time,end,label\n2020-01-02,2020-01-01,a\n", "line 2: its end"),
        ("time,label\n2020-01-01,\n", "line 2: no label"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(InputFileError, match=sentence):
        read_timeline(written(tmp_path, text))
