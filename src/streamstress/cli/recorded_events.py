"""Earthquakes put together of single records: real waves for the classifier of events.

Data sets such as the 154 records of NCEDC that come with PhaseNet (Zhu & Beroza 2019) have one
station an earthquake. Ten with like S-P times stand for the stations of one: waveforms, picks,
spectra and S/P are real, the places of the stations are not.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from streamstress.cli.event_scenes import SAMPLING_HZ, SceneReader
from streamstress.cli.located_scenes import (
    LocatedScene,
    finder_settings,
    located_scene,
    reading_of,
)
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import InputFileError
from streamstress.event_type.features import NAMES, REAL_IN_COMPOSITES
from streamstress.event_type.model import KINDS
from streamstress.event_type.training import LabelledEvents
from streamstress.location.finder import EventFinder
from streamstress.records import Pick
from streamstress.simulate.scenario import CRUST

CENTRE = LocalFrame(38.0, -122.0)
DEPTH_KM = 8.0
GROUP = 10
START_NS = 1_400_000_400_000_000_000 // 20_000_000_000 * 20_000_000_000
PICKED_S = (20.0, 80.0)

_S_P_SCATTER_S = 0.2
"""Spread of the S-P times by which the records are put in order, so that seeds differ."""


@dataclass(frozen=True, slots=True)
class Record:
    """Three components at 100 Hz with a P and an S, in seconds from the first sample."""

    number: int
    path: Path
    p_s: float
    s_s: float

    @property
    def station(self) -> str:
        """The station that it is taken for."""
        return f"NC.R{self.number:03d}"


def read_records(folder: Path) -> list[Record]:
    """Records of a folder with ``waveform.csv`` (fname, itp, its) and one npz each.

    Raises
    ------
    InputFileError
        There is no such table, or a column or number is missing.
    """
    path = folder / "waveform.csv"
    try:
        with path.open(newline="", encoding="utf-8") as table:
            return [
                Record(
                    number,
                    folder / row["fname"],
                    float(row["itp"]) / SAMPLING_HZ,
                    float(row["its"]) / SAMPLING_HZ,
                )
                for number, row in enumerate(csv.DictReader(table))
            ]
    except (OSError, KeyError, ValueError) as error:
        raise InputFileError(
            f"{path}: no table of records ({error!r}); expected the columns fname, itp, its"
        ) from error


def learning_half(records: Sequence[Record]) -> list[Record]:
    """Every second record; the others are for tests."""
    return list(records[::2])


def composite_events(
    reader: SceneReader, picker: str, records: Sequence[Record], seeds: Sequence[int]
) -> Iterator[LocatedScene]:
    """Earthquakes of ten records each; every record is in one of a seed, but for a few."""
    picks = {record.number: _picks(reader, picker, record) for record in records}
    lag_s = np.array([record.s_s - record.p_s for record in records])
    for seed in seeds:
        rng = np.random.default_rng(seed)
        # Neighbours in S-P; where the groups begin is drawn.
        order = np.argsort(lag_s + _S_P_SCATTER_S * rng.standard_normal(len(lag_s)))
        for first in range(int(rng.integers(0, GROUP)), len(order) - GROUP + 1, GROUP):
            own = [records[i] for i in order[first : first + GROUP]]
            yield from _composite(own, picks, rng)


def with_simulated_places(
    composites: LabelledEvents, simulated: LabelledEvents, seed: int
) -> LabelledEvents:
    """Composites, what is not real in them being that of simulated earthquakes drawn at random."""
    rng = np.random.default_rng(seed)
    earthquakes = np.flatnonzero(simulated.kind == KINDS.index("earthquake"))
    features = simulated.features[rng.choice(earthquakes, len(composites))]
    real = [place for place, name in enumerate(NAMES) if name in REAL_IN_COMPOSITES]
    features[:, real] = composites.features[:, real]
    return LabelledEvents(features, composites.kind, composites.weight)


def largest(finder: EventFinder, picks: Sequence[Pick]) -> Iterator[LocatedScene]:
    """The located event of most picks: what else is found is coda."""
    by_id = {pick.pick_id: pick for pick in picks}
    found = [f for f in finder.find([reading_of(p) for p in picks]) if f.rejection is None]
    for best in sorted(found, key=lambda f: -len(f.readings))[:1]:
        yield located_scene("earthquake", best, by_id)


def finder_of(stations: Mapping[str, Station], crust: VelocityModel) -> EventFinder:
    """Finder of the default settings, its tables made once a crust."""
    return EventFinder(stations, crust, finder_settings(), _tables(crust))


@lru_cache
def _tables(crust: VelocityModel) -> dict[str, TravelTimeTable]:
    """As far and deep as the finder looks."""
    settings = finder_settings()
    reach_km = 1.5 * settings.association.max_station_distance_km
    depth_km = settings.location.max_depth_km
    return {phase: travel_time_table(crust, phase, reach_km, depth_km) for phase in ("P", "S")}


def _picks(reader: SceneReader, picker: str, record: Record) -> list[Pick]:
    try:
        with np.load(record.path) as content:
            counts = content["data"].T[::-1].astype(np.float64)
    except (OSError, KeyError, ValueError) as error:
        raise InputFileError(f"{record.path}: no array 'data' (samples, 3) ({error!r})") from error
    return list(reader.picks(picker, {record.station: counts}, START_NS, PICKED_S))


def _composite(
    records: Sequence[Record], picks: Mapping[int, Sequence[Pick]], rng: np.random.Generator
) -> Iterator[LocatedScene]:
    """Stations around an epicentre at the distances of their S-P, picks moved to their P."""
    distance = np.linspace(0.5, 170.0, 800)
    nil = np.zeros(800)
    travel = {
        phase: table.rays(distance, nil + DEPTH_KM, nil)[0]
        for phase, table in _tables(CRUST).items()
    }
    stations: dict[str, Station] = {}
    moved: list[Pick] = []
    azimuths = rng.permutation(np.arange(len(records))) * 360.0 / len(records)
    for record, azimuth in zip(records, azimuths, strict=True):
        at = int(np.argmin(np.abs(travel["S"] - travel["P"] - (record.s_s - record.p_s))))
        angle = np.radians(azimuth)
        place = CENTRE.to_degrees(distance[at] * np.sin(angle), distance[at] * np.cos(angle))
        network, code = record.station.split(".")
        stations[record.station] = Station(network, code, float(place[0]), float(place[1]))
        later_ns = round((travel["P"][at] - record.p_s) * 1e9)
        moved += [replace(p, time_ns=p.time_ns + later_ns) for p in picks[record.number]]
    yield from largest(finder_of(stations, CRUST), moved)
