"""Faults and boundaries of a map, as users have them."""

import json
from pathlib import Path

import numpy as np
import pytest

from streamstress.errors import InputFileError
from streamstress.outputs.map_lines import read_boundaries, read_faults


def geojson(path: Path, coordinates: list[list[float]], **properties: object) -> Path:
    geometry = {"type": "LineString", "coordinates": coordinates}
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_faults_of_a_csv(tmp_path: Path):
    path = tmp_path / "faults.csv"
    path.write_text("name,strike,dip,latitude,longitude\nA,30,60,35.5,140\nB,-10,90,,\n")
    first, second = read_faults(path)
    assert (first.name, first.strike_deg, first.dip_deg) == ("A", 30.0, 60.0)
    assert (first.x, first.y) == (140.0, 35.5)
    assert (second.strike_deg, second.x) == (350.0, None)


def test_a_fault_line_dips_to_the_right_unless_told(tmp_path: Path):
    north = [[140.0, 35.0], [140.0, 36.0]]
    (right,) = read_faults(geojson(tmp_path / "a.geojson", north, dip=50))
    (west,) = read_faults(geojson(tmp_path / "b.geojson", north, dip=50, dip_direction=270))
    assert right.strike_deg == pytest.approx(0.0)
    assert west.strike_deg == pytest.approx(180.0)
    assert (right.x, right.y) == (140.0, 35.5)


def test_each_segment_of_a_fault_line_is_a_fault(tmp_path: Path):
    bent = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    found = read_faults(geojson(tmp_path / "a.json", bent, dip=80, name="bent"))
    assert [round(fault.strike_deg) for fault in found] == [90, 0]


def test_a_fault_line_in_local_coordinates_is_not_shrunk_as_degrees_are(tmp_path: Path):
    path = geojson(tmp_path / "a.json", [[0.0, 60.0], [10.0, 70.0]], dip=80)
    (local,) = read_faults(path, local=True)
    (degrees,) = read_faults(path)
    assert local.strike_deg == pytest.approx(45.0)
    assert degrees.strike_deg == pytest.approx(22.9, abs=0.1)
    far = geojson(tmp_path / "b.json", [[0.0, 1000.0], [500.0, 1500.0]], dip=80)
    assert read_faults(far, local=True)[0].strike_deg == pytest.approx(45.0)


def test_places_of_another_kind_than_the_stress_are_refused(tmp_path: Path):
    path = tmp_path / "faults.csv"
    path.write_text("name,strike,dip,latitude,longitude\nA,30,60,35.5,140\n")
    with pytest.raises(InputFileError, match="latitude, those of the stress x and y"):
        read_faults(path, local=True)


def test_boundaries_of_csv_and_geojson_are_the_same(tmp_path: Path):
    table = tmp_path / "lines.csv"
    table.write_text("name,latitude,longitude\nA,35,140\nA,36,141\nB,1,2\nB,3,4\n")
    first, second = read_boundaries(table)
    (same,) = read_boundaries(geojson(tmp_path / "a.json", [[140, 35], [141, 36]], name="A"))
    np.testing.assert_array_equal(first.points, same.points)
    assert (first.name, second.name) == ("A", "B")


@pytest.mark.parametrize(
    "text", ["", "name,strike\nA,30\n", "name,strike,dip\nA,30,95\n", "name,strike,dip\nA,x,5\n"]
)
def test_a_wrong_fault_file_says_what_was_expected(tmp_path: Path, text: str):
    path = tmp_path / "faults.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=r"faults\.csv"):
        read_faults(path)


@pytest.mark.parametrize("text", ["[]", "{", '{"features": [{"geometry": null}]}'])
def test_a_file_that_is_no_geojson_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "lines.geojson"
    path.write_text(text)
    with pytest.raises(InputFileError):
        read_boundaries(path)


def test_a_boundary_of_one_point_is_refused(tmp_path: Path):
    path = tmp_path / "lines.csv"
    path.write_text("name,x,y\nA,1,2\n")
    with pytest.raises(InputFileError, match="two points"):
        read_boundaries(path, local=True)
