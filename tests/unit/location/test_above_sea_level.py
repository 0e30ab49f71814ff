"""Volcanoes: stations and sources kilometres above the sea."""

import csv
import json

import numpy as np
import pytest
from circular_rays import circular
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.location.associate import Association
from streamstress.location.finder import EventFinder, FinderSettings, raised
from streamstress.location.locate import locate
from streamstress.location.readings import PhaseReading
from streamstress.outputs.json_view import iso_time

NS = 1_000_000_000
START_NS = 1_700_000_000 * NS
MODEL = VelocityModel("gradient", (-4.0, 80.0), (4.8, 9.0), (2.77, 5.2))
TOP_KM = -3.2


@pytest.fixture(scope="module")
def tables():
    return {
        phase: travel_time_table(MODEL, phase, 60.0, 20.0, top_km=TOP_KM) for phase in ("P", "S")
    }


@pytest.fixture(scope="module")
def stations():
    """Ten around a summit of 3.2 km, lower the farther out."""
    found = {}
    for n in range(10):
        away, angle = 0.02 + 0.012 * n, 2.4 * n
        latitude, longitude = 19.0 + away * np.cos(angle), -98.6 + away * np.sin(angle)
        one = Station("VC", f"V{n:02}", latitude, longitude, 3170.0 - 500.0 * (n // 2))
        found[one.code] = one
    return found


@pytest.mark.parametrize("elevation", [0.0, 1.23, 3.17])
@pytest.mark.parametrize("depth", [-2.5, -0.4, 0.6, 9.0])
def test_rays_between_heights_are_those_of_the_ground_between(tables, elevation, depth):
    for distance in (3.0, 8.0, 25.0):
        time, takeoff = tables["P"].rays(distance, depth, elevation)
        exact_time, exact_takeoff = circular(distance, depth, -elevation)
        assert float(time) == pytest.approx(exact_time, abs=0.008)
        assert float(takeoff) == pytest.approx(exact_takeoff, abs=1.0)


def readings_of(stations, tables, depth_km, rng):
    """Readings of an earthquake below the summit."""
    found = []
    for code, station in stations.items():
        north = (station.latitude_deg - 19.0) * 111.19
        east = (station.longitude_deg + 98.6) * 111.19 * np.cos(np.radians(19.0))
        for phase in ("P", "S"):
            way = float(np.hypot(east, north)), depth_km, station.elevation_m / 1000.0
            time_s = float(tables[phase].rays(*way)[0]) + rng.normal(0.0, 0.03)
            time_ns = START_NS + round(time_s * NS)
            found.append(PhaseReading(f"e/{code}/{phase}", code, phase, time_ns, 0.03))
    return found


@pytest.mark.parametrize("depth_km", [-1.8, -0.6, 2.0])
def test_a_source_in_the_mountain_is_found_where_it_is(stations, tables, depth_km):
    readings = readings_of(stations, tables, depth_km, np.random.default_rng(5))
    settings = raised(FinderSettings(), stations.values())
    assert settings.location.top_km == settings.association.top_km == TOP_KM
    start = Association(19.01, -98.59, 8.0, START_NS, ())
    found = locate(readings, stations, tables, start, settings.location)
    assert not found.depth_fixed
    assert abs(found.depth_km - depth_km) < min(3.0 * found.depth_error_km, 0.8)


def test_the_search_proposes_it_from_its_picks_alone(stations, tables):
    readings = readings_of(stations, tables, -1.2, np.random.default_rng(6))
    settings = raised(FinderSettings(), stations.values())
    finder = EventFinder(stations, MODEL, settings, tables, others=[tables])
    (event,) = [found for found in finder.find(readings) if found.rejection is None]
    assert event.hypocentre is not None
    assert -2.2 < event.hypocentre.depth_km < -0.2


def test_locate_seeks_above_the_sea_where_it_is_told_to(stations, tables, tmp_path):
    with (tmp_path / "stations.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "latitude", "longitude", "elevation_m"])
        for s in stations.values():
            rows.writerow([s.network, s.station, s.latitude_deg, s.longitude_deg, s.elevation_m])
    with (tmp_path / "picks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["station", "phase", "time", "event_id", "sigma_s"])
        for r in readings_of(stations, tables, -1.2, np.random.default_rng(7)):
            rows.writerow([r.station, r.phase, iso_time(r.time_ns), "e1", r.sigma_s])
    nodes = zip(MODEL.depth_km, MODEL.vp_km_s, MODEL.vs_km_s, strict=True)
    (tmp_path / "model.txt").write_text("\n".join(f"{z} {p} {s}" for z, p, s in nodes))
    out, model = tmp_path / "events.csv", tmp_path / "model.txt"
    command = ["locate", str(tmp_path / "picks.csv"), "-o", str(out), "--json"]
    command += ["--stations", str(tmp_path / "stations.csv"), "--velocity", str(model)]
    command += ["--max-depth-km", "5", "--max-distance-km", "30", "--above-sea-level"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout.splitlines()[-1])
    assert (summary["events"], summary["top_km"], summary["at_top"]) == (1, TOP_KM, 0)
    with out.open() as file:
        (row,) = csv.DictReader(file)
    assert -2.2 < float(row["depth_km"]) < -0.2
    result = CliRunner().invoke(app, command[:-1])
    assert json.loads(result.stdout.splitlines()[-1])["stations_on_mountains"] == [
        code for code, station in stations.items() if station.elevation_m > 1000.0
    ]
    assert summary["stations_on_mountains"] == []
