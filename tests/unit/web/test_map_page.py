"""The map of stress as a page: what the address asks for is what is drawn."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sample_records import Sample

from streamstress.outputs.exchange.stress_point import StressPoint, point_of_estimate
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.map_columns import REGIME_COLOURS
from streamstress.outputs.map_layers import MapLines, contrast_words
from streamstress.outputs.map_lines import BoundaryLine
from streamstress.outputs.store import Store
from streamstress.outputs.stress_map import draw_stress_map
from streamstress.web import create_web

REGIMES = {"west": "SS", "middle": "TF", "east": "NF"}


@pytest.fixture
def client(store: Store, store_url: str, sample: Sample) -> Iterator[TestClient]:
    """Three cells of other regimes, depths, ranks and times."""
    newest = sample.estimates[-1]
    for k, (cell, regime) in enumerate(REGIMES.items()):
        store.save(
            msgspec.structs.replace(
                newest, cell=cell, regime=regime, wsm_quality="ABC"[k], depth_km=5.0 + 10.0 * k,
                longitude_deg=133.0 + k, data_time_ns=newest.data_time_ns + k * 3600 * 10**9,
            )
        )  # fmt: skip
    with TestClient(create_web(store_url, title="West basin", refresh_s=0.0)) as opened:
        yield opened


def regimes_in(svg: str) -> set[str]:
    return {name for name in REGIMES.values() if f"stroke: {REGIME_COLOURS[name]}" in svg}


def test_the_page_shows_the_figure_of_the_command(client: TestClient, store: Store, tmp_path: Path):
    page = client.get("/map", params={"show": "shmax,a_phi"}).text
    assert "3 estimates" in page
    source = re.search(r'<img class="paper" src="([^"]+)"', page)[1].replace("&amp;", "&")
    answer = client.get(source)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert regimes_in(answer.text) == {"SS", "TF", "NF"}
    assert "A-phi; size by certainty" in answer.text
    points = [point_of_estimate(one) for one in store.reader.stress_records()]
    draw_stress_map(tmp_path / "map.svg", [("West basin", points)], ("shmax", "a_phi"))
    assert answer.content == (tmp_path / "map.svg").read_bytes()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"depth": "0,10"}, {"SS"}),
        ({"depth": "30,10"}, {"TF", "NF"}),
        ({"quality": "bc"}, {"TF", "NF"}),
        ({"box": "133.5,35,134.5,36"}, {"TF"}),
        ({"depth": "0,20", "quality": "B"}, {"TF"}),
    ],
)
def test_depth_rank_and_place_in_the_address_choose_what_is_drawn(client, asked, shown):
    assert regimes_in(client.get("/map.svg", params=asked).text) == shown
    assert f"{len(shown)} estimate" in client.get("/map", params=asked).text


def test_a_time_in_the_address_shows_the_stress_of_then(
    client: TestClient, store: Store, sample: Sample
):
    newest = sample.estimates[-1]
    later = msgspec.structs.replace(
        newest, cell="west", version=newest.version + 1, regime="TS",
        data_time_ns=newest.data_time_ns + 86_400 * 10**9,
    )  # fmt: skip
    store.save(later)
    assert f"stroke: {REGIME_COLOURS['TS']}" in client.get("/map.svg").text
    then = {"until": iso_time(newest.data_time_ns + 1800 * 10**9)}
    svg = client.get("/map.svg", params=then).text
    assert f"stroke: {REGIME_COLOURS['TS']}" not in svg
    assert regimes_in(svg) == {"SS"}


def test_a_new_estimate_is_another_picture_and_the_same_one_is_not(
    client: TestClient, store: Store, sample: Sample
):
    def source() -> str:
        return re.search(r'class="paper" src="([^"]+)"', client.get("/map").text)[1]

    first = source()
    assert source() == first
    changed = msgspec.structs.replace(sample.estimates[-1], cell="north", latitude_deg=36.0)
    store.save(changed)
    assert source() != first


def test_nothing_to_show_and_nonsense_are_told(client: TestClient, store_url: str):
    nowhere = {"depth": "100,200"}
    assert "No stress estimate is as asked for" in client.get("/map", params=nowhere).text
    assert client.get("/map.svg", params=nowhere).status_code == 404
    for asked in ({"depth": "deep"}, {"show": "colour"}, {"quality": "X"}, {"from": "then"}):
        assert client.get("/map", params=asked).status_code == 422
        assert client.get("/map.svg", params=asked).status_code == 422


def test_an_empty_store_says_that_bars_will_show(store: Store, store_url: str):
    with TestClient(create_web(store_url)) as empty:
        assert "No stress estimate yet" in empty.get("/map").text
        assert 'href="/map"' in empty.get("/").text


def test_edges_of_depth_and_moments_make_slices(client: TestClient, store: Store, sample: Sample):
    svg = client.get("/map.svg", params={"depth": "0,10,20,30"}).text
    assert [f"West basin, {part} km" in svg for part in ("0 to 10", "10 to 20", "20 to 30")] == [
        True
    ] * 3
    assert "3 slices" in client.get("/map", params={"depth": "0,10,20,30"}).text
    newest = sample.estimates[-1]
    times = [newest.data_time_ns, newest.data_time_ns + 86_400 * 10**9]
    later = msgspec.structs.replace(
        newest, cell="west", version=newest.version + 1, regime="TS", data_time_ns=times[1]
    )
    store.save(later)
    asked = {"moments": ",".join(iso_time(one)[:19] + "Z" for one in times)}
    # The moment is told to the second; the sample's first estimate is within it.
    page = client.get("/map", params=asked)
    assert page.status_code == 200
    svg = client.get("/map.svg", params=asked).text
    assert f"stroke: {REGIME_COLOURS['TS']}" in client.get("/map.svg").text
    assert "UTC: SHmax" in svg
    assert client.get("/map", params={"moments": "yesterday"}).status_code == 422
    many = {"depth": ",".join(str(k) for k in range(10)), "moments": "2026-03-06,2026-03-07"}
    assert client.get("/map", params=many).status_code == 422


@pytest.fixture
def lined(client: TestClient, store_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """The same store, with a fault and a boundary between west and middle."""
    faults, boundaries = tmp_path / "faults.geojson", tmp_path / "plates.csv"
    line = {"type": "LineString", "coordinates": [[133.0, 35.3], [133.2, 35.5]]}
    feature = {"type": "Feature", "geometry": line, "properties": {"name": "F", "dip": 60}}
    faults.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    boundaries.write_text("name,latitude,longitude\nplate,34,133.5\nplate,37,133.5\n")
    lines = MapLines.read(faults, boundaries)
    with TestClient(create_web(store_url, map_lines=lines)) as opened:
        yield opened


def test_faults_by_slip_tendency_and_boundaries_with_their_contrast_are_on_the_page(
    lined: TestClient, client: TestClient
):
    svg = lined.get("/map.svg").text
    assert "slip tendency over friction" in svg
    # Both sides have the same estimate: no contrast.
    assert re.search(r"\+0° \(-\d+ to \+\d+\), p = 1", svg)
    assert "slip tendency" not in client.get("/map.svg").text
    assert "web.faults" in client.get("/map").text
    assert "web.faults" not in lined.get("/map").text


@pytest.mark.parametrize("shift", [0.0, 180.0])
def test_the_contrast_is_what_lies_right_of_the_line_less_what_lies_left(shift: float):
    """The same across 180 degrees; the other way round for a line drawn backwards."""

    def at(longitude: float, shmax: float) -> StressPoint:
        x = (longitude + shift + 180.0) % 360.0 - 180.0
        return StressPoint(
            name="p", latitude_deg=1.0, longitude_deg=x, shmax_deg=shmax, shmax_sigma_deg=4.0
        )

    points = [at(-0.2, 170.0), at(0.2, 20.0), at(-3.0, 90.0)]
    x = (shift + 180.0) % 360.0 - 180.0
    north = BoundaryLine("b", np.array([[x, 0.0], [x, 2.0]]))
    words = contrast_words(north, points)
    assert words is not None
    assert words.startswith("+30° (+19 to +41), p = 1.1e-07")
    south = BoundaryLine("b", north.points[::-1])
    assert str(contrast_words(south, points)).startswith("-30°")
    assert contrast_words(north, points[:1]) is None
