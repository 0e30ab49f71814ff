"""What ``locate`` does: picks of a whole file to earthquakes, by the steps of the live agents."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import Progress

from streamstress.cli.exit_status import SOMETHING_SET_ASIDE
from streamstress.cli.locate_display import SHOWN, console, tell
from streamstress.cli.locate_input import Readings, pick_table, readings_of
from streamstress.cli.locate_records import arrival_lines, event_record, with_magnitudes
from streamstress.cli.locate_relative import Refined, refined
from streamstress.cli.volumes import built_volumes
from streamstress.earth.responses import read_responses
from streamstress.earth.station_checks import is_line, misplaced, on_mountains
from streamstress.earth.stations import read_stations
from streamstress.earth.velocity import VelocityModel, named_velocity, read_velocity
from streamstress.earth.volume_times import volume_tables
from streamstress.errors import ConfigError, RejectedError
from streamstress.location.catalogue import Located, associated, located_group
from streamstress.location.clocks import ClockError, wrong_clocks
from streamstress.location.finder import EventFinder, FinderSettings, raised, tables_of
from streamstress.location.gate import Rejection
from streamstress.location.magnitude import EventMagnitudes, MagnitudeSettings
from streamstress.location.readings import PhaseReading
from streamstress.location.wood_anderson import FREQUENCIES_HZ
from streamstress.outputs.events_csv import write_events
from streamstress.outputs.exchange.catalogue import write_catalogue
from streamstress.outputs.picks_csv import write_picks
from streamstress.outputs.quakeml import catalog_event
from streamstress.stream.event_magnitude import MagnitudeScale


@dataclass(frozen=True, slots=True)
class LocateRequest:
    """What the command was asked for."""

    picks: Path
    out: Path
    stations: Path
    velocity: str
    format: str = "auto"
    arrivals: Path | None = None
    quakeml: Path | None = None
    keep_events: bool = True
    sigma_s: Mapping[str, float] = field(default_factory=lambda: {"P": 0.1, "S": 0.15})
    settings: FinderSettings = field(default_factory=FinderSettings)
    as_json: bool = False
    others: Sequence[str] = ()
    """Further velocity models, names or files."""
    grid: Path | None = None
    """A 3-D model; ``velocity`` is then used for association and outside it."""
    volumes: Path = Path("volumes")
    magnitudes: MagnitudeSettings = field(default_factory=MagnitudeSettings)
    """Attenuation of the region."""
    double_difference: bool = False
    waveforms: Path | None = None
    """miniSEED to correlate."""
    above_sea_level: bool = False
    """Whether sources are sought up to the highest station."""


@dataclass(slots=True)
class Outcome:
    """What became of a file."""

    readings: Readings
    top_km: float = 0.0
    """Depth above which no source is sought."""
    misplaced: Mapping[str, str] = field(default_factory=dict)
    """Stations left out, with the reason."""
    on_a_line: bool = False
    on_mountains: Sequence[str] = ()
    """Stations whose elevation the rays do not follow and should."""
    located: list[Located] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """Picks that the file gives to an earthquake and that do not fit it."""
    clocks: list[ClockError] = field(default_factory=list)
    refined: Refined | None = None
    """After the double-difference refinement, where it was asked for."""

    def summary(self) -> dict[str, Any]:
        """Counts for people and programs."""
        used = sum(len(event.readings) for event in self.located)
        return {
            "events": len(self.located),
            "picks": len(self.readings.picks),
            "picks_in_events": used,
            "set_aside": dict(self.readings.set_aside),
            "bad_lines": [
                {"line": line, "reason": words} for line, words in self.readings.bad_lines[:SHOWN]
            ],
            "unknown_stations": dict(self.readings.unknown_stations),
            "left_out": dict(self.left_out),
            "rejected_groups": dict(self.rejected),
            "misplaced_stations": dict(self.misplaced),
            "stations_on_a_line": self.on_a_line,
            "stations_on_mountains": list(self.on_mountains),
            "top_km": self.top_km,
            "at_top": sum(one.hypocentre.depth_km <= self.top_km for one in self.located),
            "wrong_clocks": [
                {"station": c.station, "offset_s": round(c.offset_s, 2), "n_events": c.n_events}
                for c in self.clocks
            ],
            **self._refinement(),
        }

    def _refinement(self) -> dict[str, Any]:
        if self.refined is None:
            return {}
        return {
            "relocated": len(self.refined.errors),
            "differential_times": dict(self.refined.differences),
        }


def run_locate(request: LocateRequest) -> int:
    """Locate a file, write what was asked for, say what was found; the exit status.

    Raises
    ------
    InputFileError
        A file cannot be read.
    ConfigError
        Fewer than 3 stations, an unknown format or model, or no folder to write into.
    """
    for path in (request.out, request.arrivals, request.quakeml):
        check_folder(path)
    wrong: dict[str, str] = {}
    everyone = read_stations(request.stations, wrong)
    wrong |= misplaced(everyone)
    stations = {code: one for code, one in everyone.items() if code not in wrong}
    settings = request.settings
    if request.above_sea_level:
        settings = raised(settings, stations.values())
    others = [tables_of(velocity_model(name), settings) for name in request.others]
    model = velocity_model(request.velocity)
    tables = tables_of(model, settings)
    if request.grid is not None:
        store = built_volumes(request.grid, request.volumes, stations)
        tables = volume_tables(store, stations.values(), tables)
    finder = EventFinder(stations, model, settings, tables, others)
    table = pick_table(request.picks, request.format)
    readings = readings_of(table, stations, request.sigma_s, keep_events=request.keep_events)
    outcome = Outcome(readings, settings.location.top_km, wrong, is_line(stations))
    if not request.above_sea_level and request.grid is None:
        outcome.on_mountains = on_mountains(stations.values())
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("locating", total=len(readings.picks))
        for done in _located(finder, outcome):
            progress.advance(task, done)
    outcome.located.sort(key=lambda event: (event.hypocentre.origin_time_ns, event.event_id))
    origins = [event.hypocentre for event in outcome.located]
    outcome.clocks = wrong_clocks(finder, origins, readings.all)
    if request.double_difference:
        outcome.refined = refined(finder, outcome.located, readings.picks, request.waveforms)
        outcome.located = outcome.refined.located
    _write(request, outcome)
    if request.as_json:
        print(json.dumps(outcome.summary()))
    else:
        tell(outcome.summary(), request.picks, outcome.readings.bad_lines, request.out)
    return SOMETHING_SET_ASIDE if readings.set_aside else 0


def check_folder(path: Path | None) -> None:
    """Refuse a file to write, before the work, where its folder is missing.

    Raises
    ------
    ConfigError
        There is no such folder.
    """
    if path is not None and not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")


def velocity_model(name_or_file: str) -> VelocityModel:
    """A file if there is one of that name, else a published model."""
    path = Path(name_or_file)
    return read_velocity(path) if path.exists() or path.suffix else named_velocity(name_or_file)


def _located(finder: EventFinder, outcome: Outcome) -> Iterator[int]:
    """Fill an outcome; yields how many readings are behind it."""
    groups = outcome.readings.groups
    for event_id, readings in groups.items():
        if event_id is None:
            continue
        try:
            found = located_group(finder, event_id, readings)
        except RejectedError:
            found = Rejection.UNLOCATABLE
        if isinstance(found, Located):
            outcome.located.append(found)
            outcome.left_out += _left_out(found, readings)
        else:
            outcome.rejected[found.value] += 1
        yield len(readings)
    for step in associated(finder, groups.get(None, [])):
        outcome.located += step
        yield sum(len(event.readings) for event in step)


def _left_out(event: Located, readings: Sequence[PhaseReading]) -> Counter[str]:
    """Why readings of a named earthquake have no say in its location."""
    used = {reading.reading_id for reading in event.readings}
    origin_ns = event.hypocentre.origin_time_ns
    return Counter(
        "before-origin" if reading.time_ns < origin_ns else "does-not-fit"
        for reading in readings
        if reading.reading_id not in used
    )


def _write(request: LocateRequest, outcome: Outcome) -> None:
    picks, readings = outcome.readings.picks, outcome.readings.all
    sigma_s = {reading.reading_id: reading.sigma_s for reading in readings}
    name = Path(request.velocity).name
    events = [event_record(event, picks, sigma_s, name) for event in outcome.located]
    responses = read_responses(request.stations, FREQUENCIES_HZ)
    events = with_magnitudes(events, MagnitudeScale(EventMagnitudes(request.magnitudes), responses))
    write_events(request.out, events, outcome.refined.errors if outcome.refined else None)
    if request.arrivals:
        write_picks(
            request.arrivals, [row for event in events for row in arrival_lines(event, picks)]
        )
    if request.quakeml:
        write_catalogue(request.quakeml, (catalog_event(event, None) for event in events))
