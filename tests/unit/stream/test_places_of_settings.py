"""Stations to zones, epicentres to regions."""

from pathlib import Path

import pytest

from streamstress.config import Settings
from streamstress.config.places import Region, Zone
from streamstress.errors import ConfigError, OutsideRegionsError
from streamstress.stream.places import Places, places_of


def box(kind: type, name: str, west: float, east: float, **more: float):
    return kind(name=name, south_deg=35.0, north_deg=36.0, west_deg=west, east_deg=east, **more)


WEST_AND_EAST = [box(Region, "west", 133.0, 133.35), box(Region, "east", 133.3, 134.0)]


def settings_of(stations: Path, regions: list[Region], zones: list[Zone], **kafka: int) -> Settings:
    network = {"stations": stations, "regions": regions, "zones": zones}
    return Settings(network=network, kafka=kafka)


def places(stations: Path, zones: list[Zone] | None = None) -> Places:
    return places_of(settings_of(stations, WEST_AND_EAST, zones or []))


def test_without_zones_one_zone_has_every_station(station_file: Path):
    found = places(station_file)
    assert found.zones == ("all",)
    assert found.zone_stations["all"] == {"XX.S0", "XX.S1", "XX.S2", "XX.S3"}
    assert found.zone_partitions("XX.S3") == (0,)


def test_stations_in_the_halo_serve_the_neighbouring_zone_too(station_file: Path):
    # S0 to S3 stand 18.1 km apart, S1 and S2 at 9 km from the common edge.
    zones = [
        box(Zone, "left", 132.9, 133.3, halo_km=10.0),
        box(Zone, "right", 133.3, 133.7, halo_km=10.0),
    ]
    found = places(station_file, zones)
    assert found.zone_stations["left"] == {"XX.S0", "XX.S1", "XX.S2"}
    assert found.zone_stations["right"] == {"XX.S1", "XX.S2", "XX.S3"}
    assert found.zone_partitions("XX.S1") == (0, 1)
    assert found.zone_partitions("XX.S3") == (1,)


def test_without_halo_a_zone_has_its_own_stations_only(station_file: Path):
    zones = [
        box(Zone, "left", 132.9, 133.3, halo_km=0.0),
        box(Zone, "right", 133.3, 133.7, halo_km=0.0),
    ]
    found = places(station_file, zones)
    assert found.zone_stations["left"] == {"XX.S0", "XX.S1"}
    assert found.zone_stations["right"] == {"XX.S2", "XX.S3"}


def test_an_unknown_station_serves_no_zone(station_file: Path):
    assert places(station_file).zone_partitions("XX.NONE") == ()


def test_an_epicentre_belongs_to_every_region_that_holds_it(station_file: Path):
    found = places(station_file)
    assert found.region_partitions(35.5, 133.1) == (0,)
    assert found.region_partitions(35.5, 133.32) == (0, 1)
    assert found.region_partitions(35.5, 133.9) == (1,)


def test_an_epicentre_outside_is_set_aside_with_the_regions_named(station_file: Path):
    with pytest.raises(OutsideRegionsError, match=r"34\.900, 133\.100 .* west, east"):
        places(station_file).region_partitions(34.9, 133.1)


def test_a_region_across_180_degrees_holds_epicentres_on_both_sides():
    pacific = box(Region, "pacific", 175.0, 190.0)
    assert pacific.contains(35.5, 179.0)
    assert pacific.contains(35.5, -175.0)
    assert not pacific.contains(35.5, -165.0)


@pytest.mark.parametrize("kind", ["regions", "zones"])
def test_a_name_given_twice_is_an_error_that_names_it(station_file: Path, kind: str):
    regions, zones = list(WEST_AND_EAST), [box(Zone, "a", 133.0, 134.0)]
    if kind == "regions":
        regions.append(box(Region, "west", 134.0, 135.0))
    else:
        zones.append(box(Zone, "a", 134.0, 135.0))
    with pytest.raises(ConfigError, match=f"network.{kind}: (west|a) is given twice"):
        places_of(settings_of(station_file, regions, zones))


@pytest.mark.parametrize(
    ("key", "limit"), [("region_partitions", "regions"), ("zone_partitions", "zones")]
)
def test_more_places_than_partitions_are_an_error_that_names_the_setting(
    station_file: Path, key: str, limit: str
):
    zones = [box(Zone, "a", 133.0, 133.4), box(Zone, "b", 133.4, 134.0)]
    with pytest.raises(ConfigError, match=rf"kafka\.{key} is 1, below the 2"):
        places_of(settings_of(station_file, WEST_AND_EAST, zones, **{key: 1}))
