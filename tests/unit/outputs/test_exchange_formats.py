"""Every format gives back what was put in, as far as it can hold it."""

import io
from pathlib import Path

import msgspec
import numpy as np
import obspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_records import Sample

from streamstress.errors import ConfigError, InputFileError
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.outputs.exchange import columns, frames
from streamstress.outputs.exchange.catalogue import events_of_rows, read_catalogue, write_catalogue
from streamstress.outputs.exchange.csm import read_csm, write_csm
from streamstress.outputs.exchange.features import (
    mechanism_feature,
    read_mechanism_features,
    read_stress_features,
    stress_feature,
    write_features,
)
from streamstress.outputs.exchange.mechanism_rows import flat_of, rows_of_records
from streamstress.outputs.exchange.selection import Box, selection_of
from streamstress.outputs.exchange.stress_files import kind_of, read_stress_file
from streamstress.outputs.exchange.stress_point import (
    StressPoint,
    point_of_estimate,
    told_by_tensor,
)
from streamstress.outputs.exchange.wsm import read_wsm, write_wsm
from streamstress.outputs.mechanisms_csv import MechanismLine
from streamstress.outputs.quakeml import catalog_event
from streamstress.outputs.quakeml_ids import event_id_of, resource_id

FEW = settings(max_examples=20)
"""Each example writes files."""

US = 10**3
LATITUDE = st.floats(-89.9, 89.9)
LONGITUDE = st.floats(-180.0, 180.0)
SMALL = st.floats(-1.0, 1.0)
TIME = st.none() | st.integers(0, 2_000_000_000 * 10**6).map(lambda us: us * US)
WORD = (
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@st.composite
def points(draw: st.DrawFn) -> StressPoint:
    """A stress estimate as ``invert`` tells it, with intervals or without."""
    parts = draw(st.tuples(SMALL, SMALL, SMALL, SMALL, SMALL))
    names = ("see", "sen", "seu", "snn", "snu")
    tensor = {**dict(zip(names, parts, strict=True)), "suu": -parts[0] - parts[3]}
    shape = draw(st.none() | st.floats(0.0, 0.4))
    point = StressPoint(
        name=draw(WORD),
        latitude_deg=draw(LATITUDE),
        longitude_deg=draw(LONGITUDE),
        depth_km=draw(st.none() | st.floats(0.0, 700.0)),
        time_ns=draw(TIME),
        shmax_sigma_deg=draw(st.none() | st.floats(0.1, 60.0)),
        quality=draw(st.sampled_from("ABCDE")),
        n_events=draw(st.integers(1, 10**6)),
        s1_cone95_deg=draw(st.none() | st.floats(0.5, 80.0)),
        phi_reliable=draw(st.booleans()),
        method=draw(st.none() | WORD),
        **tensor,
    )
    told = told_by_tensor(point)
    if shape is None or told.phi is None:
        return told
    # Inside 0 to 1, where an interval is not cut.
    low, high = max(told.phi - shape, 0.0), min(told.phi + shape, 1.0)
    return msgspec.structs.replace(told, phi_low95=low, phi_high95=high)


@st.composite
def rows(draw: st.DrawFn) -> list[MechanismLine]:
    """Rows of one to three events, some with several solutions, values missing here and there."""
    names = draw(st.lists(WORD, min_size=1, max_size=3, unique_by=str.lower))
    made = []
    for name in names:
        place = draw(st.none() | st.tuples(LATITUDE, LONGITUDE, st.floats(0.0, 700.0)))
        time, magnitude = draw(TIME), draw(st.none() | st.floats(-2.0, 9.0))
        if place is None:
            time = None
        for _ in range(draw(st.integers(1, 2))):
            made.append(
                MechanismLine(
                    2 + len(made),
                    name,
                    time,
                    *(place or (None, None, None)),
                    magnitude,
                    draw(st.floats(0.0, 359.9)),
                    draw(st.floats(1.0, 89.0)),
                    draw(st.floats(-179.9, 179.9)),
                    draw(st.none() | st.sampled_from("ABCDEF")),
                    draw(st.none() | st.floats(1.0, 90.0)),
                    draw(st.none() | st.floats(0.0, 1.0)),
                )
            )
    return made


def close(one: object, other: object, tolerance: float = 1e-5) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= tolerance * max(1.0, abs(one))
    return one == other


def held_alike(one: StressPoint, other: StressPoint, names: tuple[str, ...], tolerance=1e-5):
    told = {name: (getattr(one, name), getattr(other, name)) for name in names}
    differing = {name: pair for name, pair in told.items() if not close(*pair, tolerance)}
    assert differing == {}


def axially_alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs((one - other + 90.0) % 180.0 - 90.0) < 1e-4


IN_WSM = (
    "name", "latitude_deg", "longitude_deg", "depth_km", "time_ns", "shmax_sigma_deg", "regime",
    "n_events", "s1_azimuth_deg", "s1_plunge_deg", "s3_azimuth_deg", "s3_plunge_deg",
)  # fmt: skip


@FEW
@given(made=st.lists(points(), min_size=1, max_size=3))
def test_world_stress_map_columns_give_back_what_they_hold(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("wsm") / "a.csv"
    made = [
        msgspec.structs.replace(one, shmax_sigma_deg=one.shmax_sigma_deg or 9.0) for one in made
    ]
    write_wsm(path, made)
    read, rejected = read_wsm(path)
    assert rejected == []
    assert kind_of(path) == "wsm"
    for one, other in zip(made, read, strict=True):
        held_alike(one, other, IN_WSM)
        assert axially_alike(one.shmax_deg, other.shmax_deg)
        assert other.quality == (one.quality if one.shmax_deg is not None else "E")


IN_CSM = (
    "latitude_deg", "longitude_deg", "shmax_sigma_deg", "see", "sen", "seu", "snn", "snu", "suu",
    "s1_cone95_deg", "phi_reliable",
)  # fmt: skip


@FEW
@given(made=st.lists(points(), min_size=1, max_size=3))
def test_community_stress_model_text_gives_back_the_tensor(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("csm") / "a.txt"
    write_csm(path, made)
    read = read_csm(path)
    assert kind_of(path) == "csm"
    for one, other in zip(made, read, strict=True):
        held_alike(one, other, IN_CSM)
        assert other.depth_km == pytest.approx(one.depth_km or 0.0, abs=1e-3)
        assert axially_alike(one.shmax_deg, other.shmax_deg)


def test_community_stress_model_text_has_two_lines_a_point_and_says_tension_is_positive(tmp_path):
    path = tmp_path / "a.txt"
    north = {"see": 0.4, "sen": 0.0, "seu": 0.0, "snn": -0.8, "snu": 0.0, "suu": 0.4}
    point = StressPoint(name="x", latitude_deg=35.0, longitude_deg=-117.0, depth_km=5.0, **north)
    write_csm(path, [told_by_tensor(point)])
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    value, sigma = (line.split() for line in lines)
    assert (len(value), len(sigma)) == (17, 17)
    assert [float(word) for word in value[:5]] == [-117.0, 35.0, 5.0, 1.0, 0.0]
    assert float(value[11]) < 0 < float(value[8])
    assert sigma[:5] == ["-117.000000", "35.000000", "5.0000", "2", "NaN"]


@FEW
@given(made=st.lists(points(), min_size=1, max_size=3))
def test_geojson_and_parquet_give_back_stress_whole(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stress")
    write_features(folder / "a.geojson", map(stress_feature, made))
    assert read_stress_features(folder / "a.geojson") == (made, [])
    columns.write_stress_columns(folder / "a.parquet", made)
    assert columns.read_stress_columns(folder / "a.parquet") == (made, [])
    assert read_stress_file(folder / "a.parquet") == read_stress_file(folder / "a.geojson")


def alike(made: list[MechanismLine], read: list[MechanismLine], tolerance: float = 1e-9) -> None:
    assert len(made) == len(read)
    for one, other in zip(made, read, strict=True):
        pairs = zip(flat_of(one).items(), flat_of(other).values(), strict=True)
        assert [p for p in pairs if not close(p[0][1], p[1], tolerance)] == []


@FEW
@given(made=rows())
def test_geojson_and_parquet_give_back_mechanisms_whole(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mechanisms")
    write_features(folder / "a.geojson", map(mechanism_feature, made))
    read, rejected = read_mechanism_features(folder / "a.geojson")
    assert rejected == []
    alike(made, read)
    columns.write_mechanism_columns(folder / "a.parquet", made)
    read, rejected = columns.read_mechanism_columns(folder / "a.parquet")
    assert rejected == []
    alike(made, read)


@FEW
@given(made=rows())
def test_quakeml_gives_back_mechanisms_with_both_planes(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("qml") / "a.xml"
    assert write_catalogue(path, events_of_rows(made)) == len({row.event_id for row in made})
    # QuakeML has no place without a time.
    placed = [row for row in made if row.time_ns is not None]
    read, rejected = read_catalogue(path)
    assert rejected == []
    read = [other for one, other in zip(made, read, strict=True) if one.time_ns is not None]
    alike(placed, read, 1e-5)
    for event in obspy.read_events(str(path)):
        for mechanism in event.focal_mechanisms:
            planes = mechanism.nodal_planes
            one, two = (
                (plane.strike, plane.dip, plane.rake)
                for plane in (planes.nodal_plane_1, planes.nodal_plane_2)
            )
            assert kagan_angle_deg(one, two) < 0.1


@FEW
@given(name=st.text(min_size=1))
def test_an_event_id_of_any_letters_comes_back_from_quakeml(name):
    identifier = resource_id("event", name)
    assert event_id_of(identifier) == name
    obspy.core.event.ResourceIdentifier(str(identifier)).get_quakeml_uri_str()


@FEW
@given(made=rows())
def test_pandas_and_obspy_objects_go_in_and_out(made):
    alike(made, frames.rows_of_frame(frames.mechanisms_frame(made)))
    placed = [row for row in made if row.time_ns is not None]
    if placed:
        catalogue = frames.obspy_catalogue(placed)
        alike(placed, frames.rows_of_obspy(catalogue), 1e-9)


def test_a_table_without_a_plane_is_refused_by_row():
    table = frames.mechanisms_frame([])
    with pytest.raises(InputFileError, match="no column rake"):
        frames.rows_of_frame(table.drop(columns="rake"))


def test_events_of_the_monitor_are_written_as_they_come(tmp_path: Path, sample: Sample):
    path = tmp_path / "all.xml"
    pairs = zip(sample.events[:30], sample.mechanisms[:30], strict=True)
    assert write_catalogue(path, (catalog_event(*pair) for pair in pairs)) == 30
    read = obspy.read_events(str(path))
    assert len(read) == 30
    assert len(read[3].picks) == len(sample.events[3].arrivals)
    ours, rejected = read_catalogue(path)
    solved = [one for one in sample.mechanisms[:30] if one.solutions]
    assert [row.event_id for row in ours] == [one.event_id for one in solved]
    assert [row.grade for row in ours] == [one.grade for one in solved]
    assert len(rejected) == 30 - len(solved)
    expected = list(rows_of_records(solved))
    assert ours[0].plane_uncertainty_deg == expected[0].plane_uncertainty_deg
    assert ours[0].probability == pytest.approx(expected[0].probability, abs=1e-3)


def test_an_estimate_of_the_monitor_keeps_its_tensor_and_interval(sample: Sample):
    estimate = sample.estimates[-1]
    point = point_of_estimate(estimate)
    low, high = estimate.shmax_interval95_deg
    assert point.shmax_sigma_deg == pytest.approx((high - low) / 2 / 1.96, rel=1e-4)
    assert np.allclose(point.tensor[0, 1], estimate.tensor["en"])
    assert point.r == pytest.approx(1 - estimate.phi)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "LAT,LON\n1,2\n", "no file of stress"),
        ("a.txt", "# only a header\n", "no point in it"),
        ("a.txt", "# x\n1 2 3 1 5\n", "expected 17 numbers"),
        ("a.txt", f"# x\n1 2 3 1 {'0 ' * 13}\n", "without its sigma line"),
        ("a.txt", f"# x\n1 2 3 1 {'0 ' * 13}\n1 2 4 2 {'0 ' * 13}\n", "line 2: not a value line"),
        ("a.json", '{"nodes": [{"node": 0, "x": 1}]}', "--columns lat,lon"),
        ("a.json", "{", "as JSON"),
        ("a.parquet", "PAR1 and no more", "as Parquet"),
        ("a.json", '{"type": "FeatureCollection", "features": [4]}', "feature 1"),
    ],
)
def test_a_bad_file_is_named_with_what_was_expected(name, text, message, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputFileError, match=message) as raised:
        read_stress_file(path)
    assert str(path) in str(raised.value)


def test_a_bad_row_of_a_world_stress_map_file_is_set_aside_with_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ID,LAT,LON,AZI,QUALITY,SD\na,95,0,10,A,\nb,1,2,190,B,\nc,1,2,999,E,\n")
    read, rejected = read_wsm(path)
    assert [line.line_number for line in rejected] == [2]
    assert "LAT 95 is not between" in rejected[0].reason
    assert [point.shmax_deg for point in read] == [10.0, None]
    assert read[0].shmax_sigma_deg == 20.0


def test_without_pyarrow_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    def absent(name: str):
        raise ImportError(name)

    monkeypatch.setattr(columns, "import_module", absent)
    with pytest.raises(ConfigError, match=r"pip install 'streamstress\[parquet\]'"):
        columns.write_stress_columns(tmp_path / "a.parquet", [])


def test_a_box_across_the_date_line_holds_both_sides():
    box = Box(170.0, -10.0, -170.0, 10.0)
    assert [box.holds(0.0, x) for x in (175.0, -175.0, 0.0)] == [True, True, False]
    assert not box.holds(None, 175.0)


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "yesterday"},
        {"since": "2020-01-02", "until": "2020-01-01"},
        {"box": "1,2,3"},
        {"box": "0,50,10,40"},
        {"grades": "XYZ"},
    ],
)
def test_a_selection_that_cannot_be_read_is_refused(asked):
    with pytest.raises(ConfigError, match="--"):
        selection_of(**asked)


def test_quakeml_of_the_monitor_is_valid_xml_of_one_document(tmp_path: Path, sample: Sample):
    path = tmp_path / "two.xml"
    pairs = zip(sample.events[:2], sample.mechanisms[:2], strict=True)
    write_catalogue(path, (catalog_event(*pair) for pair in pairs))
    assert obspy.read_events(io.BytesIO(path.read_bytes()), format="QUAKEML").count() == 2
    write_catalogue(path, [])
    assert obspy.read_events(str(path), format="QUAKEML").count() == 0
