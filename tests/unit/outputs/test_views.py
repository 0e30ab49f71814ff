import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import Sample

from streamstress.outputs.figures import chart_columns
from streamstress.outputs.geojson import events_geojson, stress_geojson
from streamstress.outputs.json_view import iso_time, json_bytes, json_view
from streamstress.outputs.map_columns import ball_columns, map_view
from streamstress.outputs.series_columns import (
    centre_deg,
    count_columns,
    level_columns,
    shmax_series_columns,
)
from streamstress.outputs.store import Store
from streamstress.records import StressEstimate


def test_times_are_iso_strings_and_lose_their_unit(sample: Sample):
    view = json_view(sample.changes[0])
    assert view["onset_time"] == iso_time(sample.changes[0].onset_time_ns)
    assert not any(name.endswith("_ns") for name in view)
    nested = json_view(sample.events[0])
    assert nested["origin"]["time"].endswith("Z")
    assert nested["arrivals"][0]["azimuth_deg"] == sample.events[0].arrivals[0].azimuth_deg
    assert json.loads(json_bytes(sample.events[0])) == nested


@given(st.integers(-(10**18), 4 * 10**18))
def test_iso_times_keep_the_microsecond(time_ns: int):
    read = np.datetime64(iso_time(time_ns).removesuffix("Z"), "us").astype(int)
    assert read == time_ns // 1000


def test_geojson_has_longitude_first_and_depth_below_zero(full_store: Store, sample: Sample):
    rows = full_store.reader.latest_events()
    collection = events_geojson(rows)
    feature = collection["features"][0]
    longitude, latitude, height_m = feature["geometry"]["coordinates"]
    last = sample.events[-1].origin
    assert (longitude, latitude) == (last.longitude_deg, last.latitude_deg)
    assert height_m == pytest.approx(-1000 * last.depth_km)
    assert feature["id"] == sample.events[-1].event_id
    cells = stress_geojson(full_store.reader.latest_stress())
    assert cells["features"][0]["properties"]["shmax_deg"] == sample.estimates[-1].shmax_deg


def _series(sample: Sample, azimuths: list[float], half: float = 8.0) -> list[StressEstimate]:
    return [
        msgspec.structs.replace(
            estimate,
            shmax_deg=azimuth % 180,
            shmax_interval95_deg=((azimuth - half) % 180, (azimuth - half) % 180 + 2 * half),
        )
        for estimate, azimuth in zip(sample.estimates, azimuths, strict=False)
    ]


def test_a_series_across_north_does_not_jump(sample: Sample):
    azimuths = [174, 177, 179, 181, 184, 182, 178]
    series = _series(sample, azimuths)
    columns = shmax_series_columns(series, centre_deg(series))
    steps = np.diff(columns["shmax"])
    assert np.allclose(steps, np.diff(azimuths))
    assert np.allclose(np.subtract(columns["shmax"], columns["low"]), 8)
    assert np.allclose(np.subtract(columns["high"], columns["shmax"]), 8)
    assert columns["shown"][3] == "1°"


@given(st.floats(0, 179.99), st.floats(1, 40))
def test_the_band_holds_the_curve_wherever_the_axis_points(azimuth: float, half: float):
    low = (azimuth - half) % 180
    around = 90.0
    estimate = _ESTIMATE(azimuth, (low, low + 2 * half))
    columns = shmax_series_columns([estimate], around)
    assert columns["low"][0] <= columns["shmax"][0] <= columns["high"][0]
    assert columns["high"][0] - columns["low"][0] == pytest.approx(2 * half)


class _ESTIMATE:
    """The three fields that the series reads."""

    shmax_defined, n_events, data_time_ns = True, 30, 0

    def __init__(self, shmax_deg: float, interval: tuple[float, float]) -> None:
        self.shmax_deg, self.shmax_interval95_deg = shmax_deg, interval


def test_undefined_shmax_is_left_out(sample: Sample):
    series = [
        msgspec.structs.replace(estimate, shmax_defined=index % 2 == 0)
        for index, estimate in enumerate(sample.estimates[:10])
    ]
    assert len(shmax_series_columns(series, 90.0)["shmax"]) == 5


def test_levels_meet_at_the_onset_on_the_branch_of_the_curve(sample: Sample):
    change = msgspec.structs.replace(
        sample.changes[0], shmax_before_deg=176.0, shmax_after_deg=12.0
    )
    onset = change.onset_time_ns / 1e6
    levels = level_columns(change, 2.0, (onset - 1e6, onset + 1e6))
    assert levels["y0"] == pytest.approx([-4.0, 12.0])
    assert levels["x1"][0] == levels["x0"][1] == onset


def test_counts_rise_to_the_number_of_events(full_store: Store):
    columns = count_columns(full_store.reader.latest_events(limit=40), 150)
    assert (columns["count"][0], columns["count"][-1]) == (111, 150)
    assert np.all(np.diff(columns["time"]) >= 0)


def test_long_curves_are_thinned_but_keep_their_ends(full_store: Store):
    rows = full_store.reader.latest_events()[:1] * 5000
    columns = count_columns(rows, 5000)
    assert len(columns["count"]) <= 600
    assert (columns["count"][0], columns["count"][-1]) == (1, 5000)


def test_the_map_holds_every_station_and_keeps_circles_round(sample: Sample):
    latitudes = [station.latitude_deg for station in sample.stations.values()]
    longitudes = [station.longitude_deg for station in sample.stations.values()]
    view = map_view(latitudes, longitudes, 1.2)
    assert view.south_deg < min(latitudes) <= max(latitudes) < view.north_deg
    assert view.west_deg < min(longitudes) <= max(longitudes) < view.east_deg
    width = (view.east_deg - view.west_deg) * view.shortening
    assert width / view.height_deg == pytest.approx(1.2)


def test_beachballs_do_not_hide_one_another_and_the_best_come_first(
    full_store: Store, sample: Sample
):
    mechanisms = full_store.reader.latest_mechanisms("ABC")
    view = map_view([35.2, 35.7], [133.0, 133.6], 1.2)
    rims, quadrants = ball_columns(mechanisms, view)
    centres = np.array(
        [
            ((np.max(x) + np.min(x)) / 2 * view.shortening, (np.max(y) + np.min(y)) / 2)
            for x, y in zip(rims["xs"], rims["ys"], strict=True)
        ]
    )
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert 5 < len(centres) <= 14
    assert apart.min() > 2 * 0.026 * view.height_deg
    assert "grade A" in rims["label"][0]
    assert len(quadrants["xs"]) >= len(rims["xs"])


def test_columns_of_one_source_have_one_length(full_store: Store, sample: Sample):
    reader = full_store.reader
    charts = chart_columns(
        sample.stations,
        reader.latest_events(),
        reader.latest_mechanisms("ABC"),
        sample.estimates,
        sample.estimates[-1:],
        sample.changes[-1],
        reader.system.counts(),
    )
    for name, columns in charts.columns.items():
        assert len({len(column) for column in columns.values()}) == 1, name
    empty = chart_columns({}, [], [], [], [], None, reader.system.counts())
    assert set(empty.columns) == set(charts.columns)
