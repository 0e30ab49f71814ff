"""Velocity models are read, shown and checked before anything is located in them."""

import json
from pathlib import Path

import numpy as np
import pytest
from obspy.taup import __path__ as taup_path
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.earth.velocity import VelocityModel, named_velocity, read_velocity
from streamstress.earth.velocity_checks import oddities, takeoffs_deg
from streamstress.errors import InputFileError

RUNNER = CliRunner()


def test_a_taup_nd_file_is_the_model_of_its_name():
    ours = named_velocity("iasp91")
    read = read_velocity(Path(taup_path[0]) / "tests" / "data" / "iasp91.nd")
    depth_km = np.array([0.0, 10.0, 19.9, 20.1, 34.9, 35.1, 100.0, 400.0, 700.0])
    for phase in "PS":
        assert read.at(phase, depth_km) == pytest.approx(ours.at(phase, depth_km), abs=0.02)
    assert read.depth_km[-1] == pytest.approx(2889.0)


def test_a_line_of_five_values_is_refused_with_its_number(tmp_path):
    path = tmp_path / "model.nd"
    path.write_text("0 5 3\n10 6 3.5 2.7 100\n")
    with pytest.raises(InputFileError, match="line 2: 5 values"):
        read_velocity(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 nan 3", "line 1: vp nan"),
        ("0 -5", "line 1: vp -5"),
        ("0 2.9 5", "line 1: vp 2.9, vs 5"),
        ("0 5\n10 6\n5 7", "line 3: depth 5.0 lies above 10.0"),
        ("0 5\n10000 6", "line 2: depth 10000 km; expected km, not metres"),
        ("vp,depth\n5,1\n6,10", "line 1: columns"),
    ],
)
def test_a_wrong_model_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / "model.csv"
    path.write_text(text + "\n")
    with pytest.raises(InputFileError, match=said):
        read_velocity(path)


def test_a_figure_without_a_folder_is_refused_before_the_work(tmp_path):
    figure = tmp_path / "none" / "models.svg"
    result = RUNNER.invoke(app, ["velocity", "show", "iasp91", "--figure", str(figure)])
    assert result.exit_code == 1
    assert "there is no folder" in f"{result.exception}"
    assert result.stdout == ""


def test_what_is_odd_is_said_with_depth_and_what_is_sound_is_not():
    assert oddities(named_velocity("iasp91"), 40.0) == []
    odd = VelocityModel("odd", (1.0, 5.0, 9.0), (5.0, 6000.0, 4.0), (2.9, 3460.0, 1.6))
    said = " | ".join(oddities(odd, 15.0))
    for words in (
        "begins at 1 km",
        "ends at 9 km, above sources at 15 km",
        "Vp 6000 km/s at 5 km: is the column in km/s?",
        "Vp/Vs 2.50 at 9 km",
        "Vp falls from 6000 to 4 km/s between 5 and 9 km",
    ):
        assert words in said


def test_in_a_half_space_every_ray_is_straight():
    half_space = VelocityModel("half", (0.0,), (6.0,), (3.46,))
    distance_km = np.array([1.0, 10.0, 50.0])
    time_s, takeoff_deg = takeoffs_deg([half_space], distance_km, 10.0)
    way_km = np.hypot(distance_km, 10.0)
    assert time_s[0] == pytest.approx(way_km / 6.0, abs=0.01)
    expected = 180.0 - np.degrees(np.arctan2(distance_km, 10.0))
    assert takeoff_deg[0] == pytest.approx(expected, abs=0.5)


def test_where_the_velocity_only_falls_there_are_direct_rays_alone():
    falling = VelocityModel("falling", (0.0, 5.0), (5.0, 4.0), (2.9, 2.3))
    _, takeoff_deg = takeoffs_deg([falling], np.array([1.0, 20.0, 100.0]), 10.0)
    assert np.all(takeoff_deg > 90.0)


def test_show_prints_and_draws(tmp_path):
    figure = tmp_path / "models.svg"
    result = RUNNER.invoke(app, ["velocity", "show", "iasp91", "--json", "--figure", str(figure)])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout.splitlines()[0])
    assert shown[0]["model"] == "iasp91"
    assert np.all(np.diff(shown[0]["p_time_s"]) > 0)
    assert "<svg" in figure.read_text()[:1000]


def test_check_ends_with_one_where_something_is_odd(tmp_path):
    path = tmp_path / "odd.txt"
    path.write_text("0 5 2.9\n5 4 2.3\n")
    result = RUNNER.invoke(app, ["velocity", "check", str(path), "iasp91"])
    assert result.exit_code == 1
    assert "Vp falls from 5 to 4 km/s" in result.stdout
    assert "1 sigma among these models" in result.stdout
    assert RUNNER.invoke(app, ["velocity", "check", "iasp91"]).exit_code == 0
