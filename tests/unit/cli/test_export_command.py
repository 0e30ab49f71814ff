"""What ``streamstress export`` gives from the store or a file, and what it says of bad ones."""

import json
from pathlib import Path

import obspy
import pytest
from sample_records import Sample
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError, InputFileError, StreamstressError, UnusableDataError
from streamstress.outputs.exchange.csm import read_csm
from streamstress.outputs.exchange.mechanism_files import read_mechanism_file
from streamstress.outputs.exchange.stress_files import read_stress_file
from streamstress.outputs.exchange.wsm import read_wsm
from streamstress.outputs.mechanisms_csv import read_mechanisms


def export(*arguments: str | Path) -> dict:
    """The summary of a run; a known error is raised as such."""
    result = CliRunner().invoke(app, ["export", *map(str, arguments), "--json"])
    if isinstance(result.exception, StreamstressError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def url(filled_file: Path) -> str:
    return f"sqlite:///{filled_file}"


def test_quakeml_of_the_store_holds_events_with_mechanisms(url, tmp_path, sample: Sample):
    told = export("quakeml", "--store", url, "-o", tmp_path / "a.xml", "--grades", "AB")
    wanted = [one for one in sample.mechanisms if one.grade in "AB"]
    assert told["count"] == len(wanted)
    read = obspy.read_events(str(tmp_path / "a.xml"))
    assert len(read) == len(wanted)
    assert all(event.preferred_focal_mechanism() is not None for event in read)


def test_every_format_of_mechanisms_says_the_same_of_the_store(url, tmp_path, sample: Sample):
    solved = [one.event_id for one in sample.mechanisms if one.solutions]
    for kind, ending in (("csv", "csv"), ("geojson", "geojson"), ("parquet", "parquet")):
        out = tmp_path / f"a.{ending}"
        assert export(kind, "--store", url, "-o", out)["count"] == len(solved)
        rows, rejected = read_mechanism_file(out)
        assert [row.event_id for row in rows] == solved
        assert rejected == []
        again = tmp_path / f"again-{ending}.csv"
        export("csv", out, "-o", again)
        assert again.read_text() == (tmp_path / "a.csv").read_text()


def test_stress_of_the_store_goes_to_wsm_csm_geojson_and_parquet(url, tmp_path, sample: Sample):
    newest = sample.estimates[-1]
    for kind in ("wsm", "csm", "geojson", "parquet"):
        out = tmp_path / f"a.{kind}"
        told = export(kind, "--store", url, "-o", out, "--what", "stress")
        assert (told["what"], told["count"]) == ("stress", 1)
        points, _ = read_stress_file(out)
        assert points[0].shmax_deg == pytest.approx(newest.shmax_deg, abs=1e-4)
    told = export("wsm", "--store", url, "-o", tmp_path / "all.csv", "--history")
    assert told["count"] == len(sample.estimates)
    assert read_wsm(tmp_path / "all.csv")[0][0].quality == newest.wsm_quality


def test_time_and_box_narrow_a_file_as_they_narrow_the_store(url, tmp_path, sample: Sample):
    export("csv", "--store", url, "-o", tmp_path / "all.csv")
    asked = ("--from", "2026-03-05", "--until", "2026-03-06", "--box", "133.2,35.3,133.4,35.5")
    export("csv", "--store", url, "-o", tmp_path / "store.csv", *asked)
    export("csv", tmp_path / "all.csv", "-o", tmp_path / "file.csv", *asked)
    assert (tmp_path / "file.csv").read_text() == (tmp_path / "store.csv").read_text()
    assert 0 < len(read_mechanisms(tmp_path / "file.csv").rows) < len(sample.mechanisms)


def test_an_invert_result_becomes_community_stress_model_text(tmp_path):
    north = {"ee": 0.4, "en": 0.0, "eu": 0.0, "nn": -0.8, "nu": 0.0, "uu": 0.4}
    node = {"node": 0, "latitude": 35.0, "longitude": -117.0, "status": "ok", "tensor": north,
            "shmax_deg": 0.0, "shmax_interval95_deg": [170.0, 190.0]}  # fmt: skip
    silent = {"node": 1, "latitude": 36.0, "longitude": -117.0, "status": "not enough events"}
    source = tmp_path / "field.json"
    source.write_text(json.dumps({"nodes": [node, silent]}))
    assert export("csm", source, "-o", tmp_path / "a.txt")["count"] == 1
    (point,) = read_csm(tmp_path / "a.txt")
    assert point.shmax_sigma_deg == pytest.approx(5.10, abs=0.01)
    assert point.snn == pytest.approx(-0.8)


def test_set_aside_rows_are_counted_by_reason(tmp_path):
    (tmp_path / "a.csv").write_text("event_id,strike,dip,rake\na,1,2,3\nb,1,95,3\n")
    told = export("geojson", tmp_path / "a.csv", "-o", tmp_path / "a.geojson")
    assert told["count"] == 1
    assert told["set_aside"] == {"dip 95 is not between 0 and 90": 1}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("yaml", "-o", "OUT"), ConfigError, "give one of quakeml, csv"),
        (("csv",), ConfigError, "give --out"),
        (("csv", "-o", "OUT"), ConfigError, "give one source"),
        (("csv", "-o", "OUT", "--store", "sqlite:///nowhere.db"), ConfigError, "there is no file"),
        (("csv", "-o", "no/folder/x.csv", "--store", "URL"), ConfigError, "there is no folder"),
        (("csv", "no.csv", "-o", "OUT"), InputFileError, "cannot be read"),
        (("wsm", "CSV", "-o", "OUT"), ConfigError, "holds mechanisms, wsm cannot"),
        (("csv", "NOTES", "-o", "OUT"), ConfigError, "holds stress, csv cannot"),
        (("wsm", "NOTES", "-o", "OUT"), InputFileError, "no file of stress"),
        (("csv", "STRIKE", "-o", "OUT"), InputFileError, "no column dip, rake"),
        (("csv", "-o", "OUT", "--store", "URL", "--box", "1"), ConfigError, "--box"),
        (("quakeml", "-o", "OUT", "--store", "URL", "--what", "stress"), ConfigError, "--what"),
        (("csv", "-o", "OUT", "--store", "EMPTY"), UnusableDataError, "nothing was written"),
        (("quakeml", "-o", "OUT", "--store", "EMPTY"), UnusableDataError, "nothing was written"),
        (("wsm", "-o", "OUT", "--store", "EMPTY"), UnusableDataError, "nothing was written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_no_file(
    arguments, error, message, url, tmp_path, store, store_url
):
    (tmp_path / "a.csv").write_text("event_id,strike,dip,rake\na,1,2,3\n")
    (tmp_path / "strike.csv").write_text("event_id,strike\na,1\n")
    (tmp_path / "notes.txt").write_text("these are notes\n")
    words = {
        "OUT": tmp_path / "out",
        "URL": url,
        "EMPTY": store_url,
        "CSV": tmp_path / "a.csv",
        "STRIKE": tmp_path / "strike.csv",
        "NOTES": tmp_path / "notes.txt",
    }
    with pytest.raises(error, match=message):
        export(*(words.get(word, word) for word in arguments))
    assert not (tmp_path / "out").exists()
