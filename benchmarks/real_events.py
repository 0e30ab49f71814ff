"""Recorded earthquakes as the live agents would locate them, for the classifier of events.

Two earthquakes at Buan (Korea, 2024) on many subsets of their stations; and composites of the NCEDC
records (Zhu & Beroza 2019) that no training has seen (`streamstress.cli.recorded_events`).
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import obspy
from labelled_records import NCEDC, SHARED
from numpy.typing import NDArray

from streamstress.cli.event_scenes import SAMPLING_HZ, SceneReader
from streamstress.cli.located_scenes import LocatedScene
from streamstress.cli.recorded_events import (
    composite_events,
    finder_of,
    largest,
    learning_half,
    read_records,
)
from streamstress.earth.projection import distance_azimuth
from streamstress.earth.stations import Station
from streamstress.earth.velocity import named_velocity

BUAN = SHARED / "buan2024"
BUAN_KM = 100.0
BUAN_SUBSETS = 5
STATIONS = 12
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
            finder = finder_of(own, named_velocity("iasp91"))
            yield from largest(finder, [p for p in picks if p.station_code in own])


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
    """Earthquakes put together of ten records each, of the half that no training has seen."""
    records = read_records(NCEDC)
    learned = {record.number for record in learning_half(records)}
    held = [record for record in records if record.number not in learned]
    return composite_events(reader, picker, held, [seed])
