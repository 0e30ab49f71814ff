"""Recorded earthquakes as the live agents would locate them, for the classifier of events.

Two earthquakes at Buan (Korea, 2024) on many subsets of their stations; and the 154 NCEDC records
(Zhu & Beroza 2019), of which ten with like S-P times at a time stand for the stations of one
earthquake: waveforms, picks, spectra and S/P are real, the places of the stations are not.
"""

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import obspy
from labelled_records import NCEDC, SHARED
from msgspec.structs import replace
from numpy.typing import NDArray

from streamstress.cli.event_scenes import (
    SAMPLING_HZ,
    LocatedScene,
    SceneReader,
    finder_settings,
    located_scene,
    reading_of,
)
from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel, named_velocity
from streamstress.location.finder import EventFinder
from streamstress.records import Pick
from streamstress.simulate.scenario import CRUST

BUAN = SHARED / "buan2024"
BUAN_KM = 100.0
BUAN_SUBSETS = 5
STATIONS = 12
CENTRE = LocalFrame(38.0, -122.0)
DEPTH_KM = 8.0
BAY_AREA_HOUR_NS = 1_400_000_400_000_000_000
GROUP = 10
GRID_NS = 20_000_000_000

Counts = dict[str, NDArray[np.float64]]


def buan_events(reader: SceneReader, picker: str, seed: int) -> Iterator[LocatedScene]:
    """Both earthquakes, located on random subsets of the stations within 100 km."""
    rng = np.random.default_rng(seed)
    for path in sorted(BUAN.glob("*.mseed")):
        stations, records, start_ns = _buan(path)
        last_s = min(counts.shape[1] for counts in records.values()) / SAMPLING_HZ
        span = (20.0, 20.0 * int(last_s / 20.0) - 20.0)
        picks = list(reader.picks(picker, records, start_ns, span))
        for _ in range(BUAN_SUBSETS):
            codes = rng.permutation(sorted(records))[:STATIONS]
            own = {code: stations[code] for code in codes}
            finder = _finder(own, named_velocity("iasp91"))
            yield from _largest(finder, [p for p in picks if p.station_code in own])


@lru_cache
def _tables(crust: VelocityModel) -> dict[str, TravelTimeTable]:
    """As far and deep as the finder looks."""
    settings = finder_settings()
    reach_km = 1.5 * settings.association.max_station_distance_km
    depth_km = settings.location.max_depth_km
    return {phase: travel_time_table(crust, phase, reach_km, depth_km) for phase in ("P", "S")}


def _finder(stations: dict[str, Station], crust: VelocityModel) -> EventFinder:
    return EventFinder(stations, crust, finder_settings(), _tables(crust))


def _largest(finder: EventFinder, picks: list[Pick]) -> Iterator[LocatedScene]:
    """The located event of most picks: what else is found is coda."""
    by_id = {pick.pick_id: pick for pick in picks}
    found = [f for f in finder.find([reading_of(p) for p in picks]) if f.rejection is None]
    for best in sorted(found, key=lambda f: -len(f.readings))[:1]:
        yield located_scene("earthquake", best, by_id)


def _buan(path: Path) -> tuple[dict[str, Station], Counts, int]:
    """Stations near the epicentre with three components, and their records on one time grid."""
    with (BUAN / "Buan_station.csv").open() as table:
        every = {
            f"{r['net']}.{r['sta']}": Station(
                r["net"], r["sta"], float(r["lat"]), float(r["lon"]), float(r["elv"])
            )
            for r in csv.DictReader(table)
        }
    stream = obspy.read(str(path))
    start_ns = -(-max(trace.stats.starttime.ns for trace in stream) // GRID_NS) * GRID_NS
    records: Counts = {}
    for code, station in every.items():
        near = distance_azimuth(35.70, 126.72, station.latitude_deg, station.longitude_deg)[0]
        rows = [stream.select(*code.split("."), component=c) for c in "ZNE"]
        if near > BUAN_KM or not all(len(row) for row in rows):
            continue
        traces = [row[0] for row in rows]
        if all(t.stats.sampling_rate == SAMPLING_HZ for t in traces):
            cut = [t.slice(obspy.UTCDateTime(ns=start_ns)).data for t in traces]
            n = min(len(samples) for samples in cut)
            records[code] = np.array([samples[:n] for samples in cut], np.float64)
    return every, records, start_ns


def ncedc_events(reader: SceneReader, picker: str, seed: int) -> Iterator[LocatedScene]:
    """Earthquakes put together of ten records each; every record is in one of a seed."""
    rng = np.random.default_rng(seed)
    with (NCEDC / "waveform.csv").open() as table:
        rows = list(csv.DictReader(table))
    lag_s = np.array([(float(r["its"]) - float(r["itp"])) / SAMPLING_HZ for r in rows])
    # Neighbours in S-P; where the groups begin is drawn.
    order = np.argsort(lag_s + 0.2 * rng.standard_normal(len(lag_s)))
    for first in range(int(rng.integers(0, GROUP)), len(order) - GROUP + 1, GROUP):
        yield from _composite(reader, picker, [rows[i] for i in order[first : first + GROUP]], rng)


def _composite(
    reader: SceneReader, picker: str, rows: list[dict[str, str]], rng: np.random.Generator
) -> Iterator[LocatedScene]:
    """Stations around an epicentre at the distances of their S-P, records moved to their P."""
    tables = _tables(CRUST)
    distance = np.linspace(0.5, 170.0, 800)
    travel = {
        phase: tables[phase].rays(distance, np.full(800, DEPTH_KM), np.zeros(800))[0]
        for phase in ("P", "S")
    }
    stations: dict[str, Station] = {}
    picks: list[Pick] = []
    azimuths = rng.permutation(np.arange(len(rows))) * 360.0 / len(rows)
    for number, (row, azimuth) in enumerate(zip(rows, azimuths, strict=True)):
        lag_s = (float(row["its"]) - float(row["itp"])) / SAMPLING_HZ
        at = int(np.argmin(np.abs(travel["S"] - travel["P"] - lag_s)))
        angle = np.radians(azimuth)
        place = CENTRE.to_degrees(distance[at] * np.sin(angle), distance[at] * np.cos(angle))
        station = Station("NC", f"R{number:03d}", float(place[0]), float(place[1]))
        stations[station.code] = station
        counts = np.load(NCEDC / row["fname"])["data"].T[::-1].astype(np.float64)
        start_ns = BAY_AREA_HOUR_NS // GRID_NS * GRID_NS
        moved_ns = round((travel["P"][at] - float(row["itp"]) / SAMPLING_HZ) * 1e9)
        for pick in reader.picks(picker, {station.code: counts}, start_ns, (20.0, 80.0)):
            picks.append(replace(pick, time_ns=pick.time_ns + moved_ns))
    yield from _largest(_finder(stations, CRUST), picks)
