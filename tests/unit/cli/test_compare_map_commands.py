"""What ``compare`` and ``map`` give, and what they say of files that cannot be used."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from sample_records import Sample
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError, StreamstressError, UnusableDataError
from streamstress.outputs.coastline import land_near, land_rings, shore_parts
from streamstress.outputs.exchange.csm import write_csm
from streamstress.outputs.exchange.features import stress_feature, write_features
from streamstress.outputs.exchange.stress_point import StressPoint, told_by_tensor
from streamstress.outputs.exchange.wsm import write_wsm
from streamstress.outputs.map_columns import REGIME_COLOURS


def run(*arguments: str | Path) -> str:
    """Output of a command; a known error is raised as such."""
    result = CliRunner().invoke(app, [str(word) for word in arguments])
    if isinstance(result.exception, StreamstressError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def field(turn_deg: float = 0.0, sigma_deg: float | None = 6.0, side: int = 6) -> list[StressPoint]:
    """A field of strike-slip stress whose SHmax turns with longitude."""
    points = []
    for k, (latitude, longitude) in enumerate(np.ndindex(side, side)):
        azimuth = np.radians(40.0 + 5.0 * longitude + turn_deg)
        east, north = np.sin(azimuth), np.cos(azimuth)
        ee, en, nn = 0.5 - east**2, -east * north, 0.5 - north**2
        point = StressPoint(
            name=f"{k}",
            latitude_deg=34.0 + 0.3 * latitude,
            longitude_deg=134.0 + 0.3 * longitude,
            depth_km=5.0 if latitude < side // 2 else 15.0,
            shmax_sigma_deg=sigma_deg,
            quality="ABCD"[k % 4],
            n_events=20,
            see=float(ee), sen=float(en), seu=0.0, snn=float(nn), snu=0.0, suu=float(-ee - nn),
        )  # fmt: skip
        told = told_by_tensor(point)
        points.append(replace(told, phi_low95=0.4, phi_high95=0.6, phi_reliable=k % 3 > 0))
    return points


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The field as three kinds of file, the last two turned by 20 degrees."""
    paths = {name: tmp_path / name for name in ("a.geojson", "b.csv", "c.txt")}
    write_features(paths["a.geojson"], map(stress_feature, field()))
    write_wsm(paths["b.csv"], field(20.0))
    write_csm(paths["c.txt"], field(20.0))
    return paths


@pytest.mark.parametrize("other", ["b.csv", "c.txt"])
def test_a_turn_between_files_of_any_kind_is_told_with_its_significance(files, other):
    told = json.loads(run("compare", files["a.geojson"], files[other], "--json"))
    assert told["n_pairs"] == 36
    assert told["mean_difference_deg"] == pytest.approx(20.0, abs=0.01)
    assert told["pairs"][0]["difference_deg"] == pytest.approx(20.0, abs=0.01)
    assert told["pairs"][0]["sigma_deg"] == pytest.approx(6.0 * np.sqrt(2), rel=1e-3)
    assert (told["n_tested"], told["n_significant"]) == (36, 36)
    back = json.loads(run("compare", files[other], files["a.geojson"], "--json"))
    assert back["mean_difference_deg"] == pytest.approx(-20.0, abs=0.01)


def test_a_field_agrees_with_itself_and_words_say_so(files, tmp_path):
    figure = tmp_path / "c.svg"
    text = run("compare", files["b.csv"], files["c.txt"], "--figure", figure)
    assert "36 places within 25 km" in text
    assert "0 of 36 differ at a false-discovery rate of 5 %" in text
    assert figure.read_text().startswith("<?xml")


def test_files_that_share_no_place_or_hold_no_shmax_are_told(files, tmp_path):
    far = [replace(point, latitude_deg=-50.0) for point in field()]
    write_wsm(tmp_path / "far.csv", far)
    with pytest.raises(UnusableDataError, match="give a larger --within"):
        run("compare", files["b.csv"], tmp_path / "far.csv")
    write_wsm(tmp_path / "none.csv", [replace(point, shmax_deg=None) for point in far])
    with pytest.raises(UnusableDataError, match=r"none.csv has no point with SHmax"):
        run("compare", files["b.csv"], tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="ending in"):
        run("compare", files["b.csv"], files["c.txt"], "--figure", tmp_path / "a.doc")


def test_a_map_is_vector_graphics_with_a_bar_a_place_in_the_colour_of_its_regime(files, tmp_path):
    out = tmp_path / "map.svg"
    told = run("map", files["a.geojson"], "-o", out, "--slices", "none")
    assert "36 places in 1 x 1 panels" in told
    text = out.read_text()
    assert "<image" not in text
    assert len(re.findall(f"stroke: {REGIME_COLOURS['SS']}", text)) >= 36


def test_depths_make_rows_and_quantities_columns(files, tmp_path):
    out = tmp_path / "map.pdf"
    told = run("map", files["a.geojson"], "-o", out, "--show", "shmax,a_phi,r")
    assert "36 places in 2 x 3 panels" in told
    assert out.read_bytes().startswith(b"%PDF")
    told = run("map", files["a.geojson"], "-o", out, "--depth", "0,10", "--quality", "AB")
    assert "10 places in 1 x 1 panels" in told


def test_faults_are_coloured_by_slip_tendency_and_boundaries_told_by_contrast(tmp_path):
    nodes = [
        {"node": k, "latitude": p.latitude_deg, "longitude": p.longitude_deg, "status": "ok",
         "shmax_deg": p.shmax_deg, "shmax_interval95_deg": [0.0, 20.0], "regime": p.regime,
         "wsm_quality": "A",
         "tensor": {name: getattr(p, f"s{name}") for name in ("ee", "en", "eu", "nn", "nu", "uu")}}
        for k, p in enumerate(field())
    ]  # fmt: skip
    line = {"name": "front", "shmax_contrast_deg": 21.0, "p_value": 0.01,
            "shmax_contrast_interval95_deg": [12.0, 30.0]}  # fmt: skip
    source, faults, border = (tmp_path / name for name in ("f.json", "f.geojson", "b.csv"))
    source.write_text(json.dumps({"nodes": nodes, "boundaries": [line]}))
    border.write_text("name,latitude,longitude\nfront,34,134\nfront,35,135\n")
    geometry = {"type": "LineString", "coordinates": [[134, 34], [134.5, 34.5], [135, 34.5]]}
    feature = {"type": "Feature", "properties": {"name": "x", "dip": 80}, "geometry": geometry}
    faults.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    out = tmp_path / "map.svg"
    run("map", source, "-o", out, "--faults", faults, "--boundaries", border)
    text = out.read_text()
    assert "+21° (+12 to +30), p = 0.01" in text
    assert "slip tendency over friction" in text


def test_the_newest_stress_of_the_store_is_drawn(filled_file: Path, sample: Sample, tmp_path):
    told = run("map", "--store", f"sqlite:///{filled_file}", "-o", tmp_path / "map.svg")
    assert "1 places in 1 x 1 panels" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--show", "colour"), "give some of shmax, a_phi, r"),
        (("--slices", "colour"), "give one of auto"),
        (("--depth", "deep"), "--depth"),
        (("-o", "map.doc"), "ending in"),
        (("--slices", "time", "--store", "sqlite:///x"), "give one source"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_any_work(arguments, message, files, tmp_path):
    words = ["-o", tmp_path / "map.svg", *arguments]
    with pytest.raises(ConfigError, match=message):
        run("map", files["a.geojson"], *words)
    assert not (tmp_path / "map.svg").exists()


def test_nothing_left_to_draw_is_an_error(files, tmp_path):
    with pytest.raises(UnusableDataError, match="nothing was drawn"):
        run("map", files["a.geojson"], "-o", tmp_path / "map.svg", "--quality", "E")


def _is_land(longitude: float, latitude: float) -> bool:
    """Whether a ray to the north crosses an odd number of shores."""
    crossings = 0
    for ring in land_near(-180.0, 180.0, -90.0, 90.0):
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        spans = (x0 > longitude) != (x1 > longitude)
        at = y0[spans] + (longitude - x0[spans]) * (y1 - y0)[spans] / (x1 - x0)[spans]
        crossings += int((at > latitude).sum())
    return crossings % 2 == 1


@pytest.mark.parametrize(
    ("longitude", "latitude", "land"),
    [(138.5, 36.0, True), (134.0, 38.5, False), (-117.0, 35.0, True), (-125.0, 35.0, False),
     (10.0, 50.0, True), (0.0, 0.0, False), (25.0, -29.0, True), (50.0, 42.0, False),
     # Chukotka and Wrangel Island on both sides of 180 degrees, the sea between them, the pole.
     (179.5, 67.5, True), (-179.5, 67.5, True), (179.95, 71.2, True), (-179.0, 71.2, True),
     (-179.9, 70.0, False), (-179.0, 60.0, False), (0.0, -89.0, True), (179.9, -86.0, True)],
)  # fmt: skip
def test_land_is_land_and_sea_is_sea(longitude: float, latitude: float, land: bool):
    assert _is_land(longitude, latitude) is land


def test_no_shore_runs_straight_across_the_world():
    for ring in land_rings():
        for shore in shore_parts(ring):
            assert np.abs(np.diff(shore[:, 0])).max() < 20.0


def test_a_view_across_the_date_line_shows_both_sides():
    rings = land_near(176.0, 190.0, 62.0, 70.0)
    x = np.concatenate([ring[:, 0] for ring in rings])
    assert x.max() > 181.0
    assert x.min() < 180.0
