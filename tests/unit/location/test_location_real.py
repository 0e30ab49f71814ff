"""Analyst picks of the 2024 Buan earthquakes (Korea): location against the catalogue."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from streamstress.earth.projection import distance_azimuth
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import named_velocity
from streamstress.location.associate import Association
from streamstress.location.locate import locate
from streamstress.location.readings import PhaseReading

BUAN = (Path(__file__).parents[3] / "../shared/data/buan2024").resolve()
NS = 1_000_000_000


def time_ns(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6) * 1000


def rows(name: str) -> list[dict[str, str]]:
    with (BUAN / name).open() as lines:
        return list(csv.DictReader(lines))


def test_buan_2024_epicentres_from_analyst_picks():
    if not BUAN.is_dir():
        pytest.skip("the Buan 2024 data are not here")
    stations = {
        f"{row['net']}.{row['sta']}": Station(
            row["net"], row["sta"], float(row["lat"]), float(row["lon"]), float(row["elv"])
        )
        for row in rows("Buan_station.csv")
    }
    tables = {
        phase: travel_time_table(named_velocity("iasp91"), phase, 300, 40) for phase in ("P", "S")
    }
    for event in rows("Buan_catalog.csv"):
        readings = [
            PhaseReading(
                f"{row['sta']}/{phase}", f"{row['net']}.{row['sta']}", phase, time_ns(text)
            )
            for row in rows("Buan_phase.csv")
            if row["pick"] == event["pick"]
            for phase, text in (("P", row["ptime"]), ("S", row["stime"]))
            if text and f"{row['net']}.{row['sta']}" in stations
        ]
        origin_ns = time_ns(event["utc"])
        start = Association(35.8, 126.6, 10.0, origin_ns + NS, ())
        found = locate(readings, stations, tables, start)
        off_km, _ = distance_azimuth(
            found.latitude_deg, found.longitude_deg, float(event["lat"]), float(event["lon"])
        )
        assert off_km < 2.0
        assert abs(found.depth_km - float(event["dep"])) < 3.0
        assert abs(found.origin_time_ns - origin_ns) < 0.8 * NS
        assert found.rms_s < 0.4
