"""``streamstress invert``: what a user puts in and gets out."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, strike_slip_stress
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError, InputFileError, UnusableDataError
from streamstress.geometry.axes import axial_difference

HEADING = ("event_id", "time", "latitude", "longitude", "strike", "dip", "rake", "grade")


def write(path: Path, rows: Sequence[Sequence[object]], heading: Sequence[str] = HEADING) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


def rows_of(count: int = 80, seed: int = 1) -> list[list[object]]:
    """Events at two places 0.5 degrees apart."""
    angles = mechanisms(strike_slip_stress(40.0), count, np.random.default_rng(seed))
    return [
        [
            f"e{k}",
            f"2024-06-{1 + k // 10:02d}T{2 * (k % 10):02d}:00:00Z",
            35.0,
            140.0 + 0.5 * (k % 2),
            *angle.tolist(),
            "A",
        ]
        for k, angle in enumerate(angles)
    ]


def run(path: Path, *options: str) -> dict[str, Any]:
    out = path.with_suffix(".json")
    result = CliRunner().invoke(app, ["invert", str(path), "-o", str(out), *options])
    if result.exception is not None:
        raise result.exception
    return json.loads(out.read_text())


def test_a_region_without_a_grid_is_one_node(tmp_path: Path):
    found = run(write(tmp_path / "m.csv", rows_of()))
    (node,) = found["nodes"]
    assert node["latitude"] == pytest.approx(35.0)
    assert node["longitude"] == pytest.approx(140.25)
    assert abs(axial_difference(node["shmax_deg"], 40.0)) < 8.0
    assert node["regime"] == "SS"
    assert node["r"] == pytest.approx(1.0 - node["phi"])
    assert sum(node["tensor"][k] for k in ("ee", "nn", "uu")) == pytest.approx(0.0, abs=1e-12)
    assert found["intervals"] == "bootstrap"


def test_a_grid_is_smoothed_by_abic_and_says_so(tmp_path: Path):
    found = run(write(tmp_path / "m.csv", rows_of()), "--grid", "0.5")
    assert [node["longitude"] for node in found["nodes"]] == [140.0, 140.5]
    smoothing = found["smoothing"]
    assert smoothing["method"] == "abic"
    assert smoothing["lambda"] > 0
    assert smoothing["abic"] == pytest.approx(min(one["abic"] for one in smoothing["curve"]))
    assert found["intervals"] == "posterior"


def test_only_strike_dip_and_rake_are_needed(tmp_path: Path):
    rows = [row[4:7] for row in rows_of(40)]
    (node,) = run(write(tmp_path / "m.csv", rows, ("strike", "dip", "rake")))["nodes"]
    assert node["latitude"] is None
    assert node["n_events"] == 40


def test_bad_rows_are_set_aside_named_and_counted(tmp_path: Path):
    bad = [
        ["b1", "", 35.0, 140.0, "", 60, 0, "A"],
        ["b2", "", 35.0, 140.0, 10, 95, 0, "A"],
        ["b3", "yesterday", 35.0, 140.0, 10, 60, 0, "A"],
        ["b4", "", "", 140.0, 10, 60, 0, "A"],
    ]
    found = run(write(tmp_path / "m.csv", rows_of() + bad), "--grid", "0.5")
    assert found["n_events"] == 80
    assert found["set_aside"]["count"] == 4
    assert [row["event_id"] for row in found["set_aside"]["rows"]] == ["b1", "b2", "b3", "b4"]
    assert all(row["reason"] for row in found["set_aside"]["rows"])


def test_a_cell_below_the_minimum_says_not_enough_events(tmp_path: Path):
    lonely = [["x", "", 36.0, 140.0, 10, 60, 0, "A"]]
    found = run(write(tmp_path / "m.csv", rows_of() + lonely), "--grid", "0.5")
    few = [node for node in found["nodes"] if node["n_events"] < 5]
    assert {node["status"] for node in few} == {"not enough events"}
    silent = ("tensor", "s1", "r", "phi", "shmax_deg", "shmax_interval95_deg", "a_phi", "regime")
    assert all(node[name] is None for node in few for name in silent)


def test_grades_are_left_out_and_counted_unless_told(tmp_path: Path):
    rows = rows_of()
    for row in rows[:30]:
        row[7] = "D"
    rows[-1][7] = ""
    path = write(tmp_path / "m.csv", rows)
    assert run(path)["n_events"] == 50
    assert run(path)["left_out"] == {"grade D": 30}
    assert run(path, "--grades", "ABCD")["n_events"] == 80


def test_rows_of_one_event_are_one_event(tmp_path: Path):
    rows = rows_of()
    once = run(write(tmp_path / "a.csv", rows))
    twice = run(write(tmp_path / "b.csv", [row for row in rows for _ in range(2)]))
    assert twice["n_events"] == once["n_events"] == 80
    assert twice["n_solutions"] == 160
    assert twice["nodes"][0]["shmax_deg"] == pytest.approx(once["nodes"][0]["shmax_deg"], abs=1e-6)


def test_local_columns_depth_and_time_make_nodes(tmp_path: Path):
    rows = [
        [f"2024-0{1 + k % 2}-{1 + k // 4:02d}T00:00:00Z", k % 2, *row[4:7]]
        for k, row in enumerate(rows_of())
    ]
    path = write(tmp_path / "m.csv", rows, ("time", "x", "strike", "dip", "rake"))
    found = run(path, "--columns", "x,time", "--grid", "1,31")
    assert {node["x"] for node in found["nodes"]} == {0.0, 1.0}
    assert all(node["time"].endswith("Z") for node in found["nodes"])


def test_satsi_smoothing_takes_the_fourth_power(tmp_path: Path):
    path = write(tmp_path / "m.csv", rows_of())
    found = run(path, "--grid", "0.5", "--smoothing", "satsi:1.5", "--planes", "given")
    assert found["smoothing"]["lambda"] == pytest.approx(1.5**4)


def test_the_same_seed_gives_the_same_file(tmp_path: Path):
    path = write(tmp_path / "m.csv", rows_of())
    assert run(path, "--seed", "5") == run(path, "--seed", "5")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--planes", "best"], ConfigError),
        (["--smoothing", "much"], ConfigError),
        (["--smoothing", "-1"], ConfigError),
        (["--grid", "wide"], ConfigError),
        (["--grid", "0"], ConfigError),
        (["--columns", "x,y"], ConfigError),
        (["--weights", "some"], ConfigError),
        (["--grades", "F"], UnusableDataError),
        (["--grades", "XY"], ConfigError),
        (["--columns", "lat,lat"], ConfigError),
        (["--columns", "event_id,lat"], ConfigError),
        (["--bootstrap", "3"], ConfigError),
        (["--reach", "-1"], ConfigError),
    ],
)
def test_a_wrong_option_is_one_sentence(tmp_path: Path, options: list[str], error: type[Exception]):
    with pytest.raises(error):
        run(write(tmp_path / "m.csv", rows_of(20)), *options)


def test_a_file_without_planes_is_refused(tmp_path: Path):
    with pytest.raises(InputFileError, match="strike"):
        run(write(tmp_path / "m.csv", [[1, 2]], ("latitude", "longitude")))


def test_faults_and_boundaries_are_held_against_the_stress(tmp_path: Path):
    faults, lines = tmp_path / "faults.csv", tmp_path / "lines.csv"
    faults.write_text("name,strike,dip,latitude,longitude\nA,10,90,35,140\n")
    lines.write_text("name,latitude,longitude\nmiddle,34,140.25\nmiddle,36,140.25\n")
    found = run(
        write(tmp_path / "m.csv", rows_of(120)),
        *("--grid", "0.5", "--faults", str(faults), "--boundaries", str(lines)),
    )
    (fault,) = found["faults"]
    assert fault["node"] == 0
    assert 0.9 < fault["slip_tendency"] <= 1.0
    assert "s1/s3" in found["slip_tendency_assumption"]
    (boundary,) = found["boundaries"]
    assert (boundary["n_left"], boundary["n_right"]) == (60, 60)
    assert boundary["p_value"] > 0.01


def test_figures_are_vector_graphics_of_map_stereonet_and_curves(tmp_path: Path):
    folder = tmp_path / "figures"
    run(write(tmp_path / "m.csv", rows_of()), "--grid", "0.5", "--figures", str(folder))
    text = {path.stem: path.read_text() for path in folder.glob("*.svg")}
    assert set(text) == {"shmax_map", "stereonet", "smoothing"}
    assert "SHmax" in text["shmax_map"]
    assert "node 1, 40 events" in text["stereonet"]
    assert "least ABIC" in text["smoothing"]


def test_each_depth_has_a_map_of_its_own(tmp_path: Path):
    heading = (*HEADING, "depth_km")
    rows = [[*row, 5.0 if k % 4 < 2 else 25.0] for k, row in enumerate(rows_of())]
    options = ("--columns", "lat,lon,depth", "--grid", "0.5,0.5,20", "--bootstrap", "0")
    run(write(tmp_path / "m.csv", rows, heading), *options, "--figures", str(tmp_path / "f"))
    drawn = (tmp_path / "f/shmax_map.svg").read_text()
    assert "depth 0.0 km" in drawn
    assert "depth 20.0 km" in drawn


def test_the_table_is_whole_in_a_file(tmp_path: Path):
    path = write(tmp_path / "m.csv", rows_of())
    out = str(tmp_path / "out.json")
    result = CliRunner().invoke(app, ["invert", str(path), "-o", out, "--grid", "0.5"])
    assert "…" not in result.stdout
    assert {"lat", "lon", "regime", "misfit", "WSM"} <= set(result.stdout.split())


def test_a_burst_of_repeats_does_not_pass_for_many(tmp_path: Path):
    rows = rows_of(60)
    burst = [
        [f"b{k}", f"2024-06-15T00:{k:02d}:00Z", 35.0, 140.0, 300.0, 45.0, -90.0, "A"]
        for k in range(40)
    ]
    alone, both = (run(write(tmp_path / "m.csv", part)) for part in (rows, rows + burst))
    assert (both["n_events"], both["n_independent"]) == (100, alone["n_independent"] + 1)
    assert both["nodes"][0]["effective_events"] < alone["nodes"][0]["effective_events"] + 2
    low, high = both["nodes"][0]["shmax_interval95_deg"]
    assert high - low > 0.8 * np.ptp(alone["nodes"][0]["shmax_interval95_deg"])
