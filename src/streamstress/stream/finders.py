"""What finds the events of each zone, as a configuration has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from streamstress.config import Settings
from streamstress.earth.grid import read_grid
from streamstress.earth.paths import TravelTimes
from streamstress.earth.station_checks import HILLS_M, on_mountains
from streamstress.earth.velocity import VelocityModel
from streamstress.earth.volume_times import volume_tables
from streamstress.earth.volumes import VolumeStore
from streamstress.location.associate import AssociationSettings
from streamstress.location.finder import EventFinder, FinderSettings, raised, tables_of
from streamstress.location.location_settings import LocationSettings
from streamstress.location.streaming import WindowSettings, windows_of
from streamstress.stream.places import Places

SAID_EVERY = 10
"""Stations between two lines of the log."""

log = structlog.get_logger(__name__)


def zone_finders(
    settings: Settings,
    places: Places,
    velocity: VelocityModel,
    others: Sequence[VelocityModel] = (),
) -> dict[str, EventFinder]:
    """The finder of each zone; builds the travel-time tables and missing volumes."""
    chosen = finder_settings(settings, places)
    _warn_of_mountains(settings, places)
    tables = with_volumes(settings, places, tables_of(velocity, chosen))
    further = [tables_of(model, chosen) for model in others]
    finders: dict[str, EventFinder] = {}
    for zone in places.zones:
        stations = {code: places.stations[code] for code in sorted(places.zone_stations[zone])}
        finders[zone] = EventFinder(stations, velocity, chosen, tables, further)
    return finders


def zone_windows(finder: EventFinder, settings: Settings) -> WindowSettings:
    """Windows of a zone, with their bounds."""
    chosen = settings.location
    return replace(
        windows_of(finder, round(chosen.hop_s)),
        max_picks=chosen.max_window_picks,
        learn_stations=chosen.learn_stations,
        learn_errors=chosen.learn_pick_errors,
    )


def with_volumes(
    settings: Settings, places: Places, tables: Mapping[str, TravelTimes]
) -> Mapping[str, TravelTimes]:
    """Times of the 3-D model, where the configuration names one."""
    network = settings.network
    if network.velocity_grid is None:
        return tables
    folder = network.volumes or settings.run_folder / "volumes"
    store = VolumeStore(read_grid(network.velocity_grid), folder)
    store.build(places.stations.values(), _log_progress)
    return volume_tables(store, places.stations.values(), tables)


def _log_progress(done: int, total: int) -> None:
    if done == total or done % SAID_EVERY == 0:
        log.info("travel-time volumes", done=done, total=total)


def finder_settings(settings: Settings, places: Places) -> FinderSettings:
    """The part of the settings that association and location use."""
    chosen = settings.location
    base = FinderSettings()
    made = FinderSettings(
        association=replace(
            AssociationSettings(),
            method=chosen.association,
            min_picks=chosen.min_picks,
            min_p=chosen.min_p,
            max_depth_km=chosen.max_depth_km,
        ),
        location=replace(LocationSettings(), max_depth_km=chosen.max_depth_km + 10.0),
        gate=replace(base.gate, max_rms_s=chosen.max_rms_s),
    )
    return raised(made, places.stations.values()) if chosen.above_sea_level else made


def _warn_of_mountains(settings: Settings, places: Places) -> None:
    high = on_mountains(places.stations.values())
    if high and not settings.location.above_sea_level and settings.network.velocity_grid is None:
        log.warning(
            f"stations stand above {HILLS_M:.0f} m: take-offs to them are degrees off; set "
            "location.above_sea_level = true",
            number=len(high),
            first=high[0],
        )
