"""Which stations serve which zone, and which region an epicentre lies in."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from streamstress.config import Settings
from streamstress.config.places import Region, Zone
from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.earth.station_checks import misplaced
from streamstress.earth.stations import Station, read_stations
from streamstress.errors import ConfigError, OutsideRegionsError

LEAST_STATIONS = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """Stations, zones and regions of a system; a zone's or region's place is its partition."""

    stations: Mapping[str, Station]
    zones: tuple[str, ...]
    zone_stations: Mapping[str, frozenset[str]]
    regions: tuple[Region, ...]

    def zone_partitions(self, station: str) -> tuple[int, ...]:
        """Partitions of the zones that a station serves."""
        return tuple(
            index for index, zone in enumerate(self.zones) if station in self.zone_stations[zone]
        )

    def region_partitions(self, latitude_deg: float, longitude_deg: float) -> tuple[int, ...]:
        """Partitions of the regions that hold an epicentre.

        Raises
        ------
        OutsideRegionsError
            None does.
        """
        found = tuple(
            index
            for index, region in enumerate(self.regions)
            if region.contains(latitude_deg, longitude_deg)
        )
        if not found:
            names = ", ".join(region.name for region in self.regions)
            raise OutsideRegionsError(
                f"epicentre {latitude_deg:.3f}, {longitude_deg:.3f} lies in none of the regions "
                f"{names}; widen one in the configuration to use it"
            )
        return found


def places_of(settings: Settings) -> Places:
    """Places of a configuration.

    Raises
    ------
    ConfigError
        More zones or regions than partitions, or a name given twice.
    """
    wrong: dict[str, str] = {}
    stations = _well_placed(read_stations(settings.network.stations, wrong), wrong)
    zones = settings.network.zones
    regions = tuple(settings.network.regions)
    _require_unique("network.regions", [region.name for region in regions])
    _require_unique("network.zones", [zone.name for zone in zones])
    for key, count, limit in (
        ("kafka.region_partitions", len(regions), settings.kafka.region_partitions),
        ("kafka.zone_partitions", len(zones), settings.kafka.zone_partitions),
    ):
        if count > limit:
            raise ConfigError(f"{key} is {limit}, below the {count} places that need one each")
    if len(stations) < LEAST_STATIONS:
        raise ConfigError(
            f"network.stations: {settings.network.stations} has {len(stations)} stations; "
            f"association needs {LEAST_STATIONS} or more"
        )
    if not zones:
        return Places(stations, ("all",), {"all": frozenset(stations)}, regions)
    members = {zone.name: frozenset(_within(zone, stations.items())) for zone in zones}
    return Places(stations, tuple(zone.name for zone in zones), members, regions)


def _well_placed(
    stations: Mapping[str, Station], impossible: Mapping[str, str]
) -> dict[str, Station]:
    """Stations without those whose coordinates cannot be right; these are named in the log.

    ``impossible`` were left out before.
    """
    wrong = {**impossible, **misplaced(stations)}
    for code, reason in wrong.items():
        log.warning("station left out", station=code, reason=reason)
    return {code: station for code, station in stations.items() if code not in wrong}


def _require_unique(key: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"{key}: {', '.join(twice)} is given twice; names must differ")


def _within(zone: Zone, stations: Iterable[tuple[str, Station]]) -> Iterable[str]:
    """Stations in the zone's core or at most the halo outside it."""
    halo_deg = zone.halo_km / KM_PER_DEGREE
    for code, station in stations:
        shrink = max(math.cos(math.radians(station.latitude_deg)), 0.01)
        wide = zone.model_copy(
            update={
                "south_deg": zone.south_deg - halo_deg,
                "north_deg": zone.north_deg + halo_deg,
                "west_deg": zone.west_deg - halo_deg / shrink,
                "east_deg": zone.east_deg + halo_deg / shrink,
            }
        )
        if wide.contains(station.latitude_deg, station.longitude_deg):
            yield code
