"""A whole file of readings: the earthquakes in it, known groups, and clocks that are wrong."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.earth.projection import distance_azimuth
from streamstress.location.catalogue import Located, associated, located_group
from streamstress.location.clocks import wrong_clocks
from streamstress.location.finder import EventFinder
from streamstress.location.gate import Rejection

NS = 1_000_000_000


@pytest.fixture(scope="module")
def finder(world):
    return EventFinder(world.stations, world.model, tables=world.tables)


@pytest.fixture(scope="module")
def located(finder, catalogue) -> list[Located]:
    return [event for step in associated(finder, catalogue.readings) for event in step]


def test_every_earthquake_of_a_file_is_found_once_and_nothing_else(located, catalogue):
    origins_ns = np.array([origin[3] for origin in catalogue.origins])
    nearest = [np.abs(origins_ns - e.hypocentre.origin_time_ns).argmin() for e in located]
    error_s = [
        abs(origins_ns[k] - e.hypocentre.origin_time_ns) / NS
        for k, e in zip(nearest, located, strict=True)
    ]
    assert len(set(nearest)) == len(located) >= 0.95 * len(origins_ns)
    assert max(error_s) < 1.0


def test_the_order_of_a_file_means_nothing(finder, catalogue, located):
    shuffled = list(np.random.default_rng(2).permutation(np.array(catalogue.readings, object)))
    again = [event for step in associated(finder, shuffled) for event in step]
    assert [e.event_id for e in again] == [e.event_id for e in located]
    assert [e.hypocentre for e in again] == [e.hypocentre for e in located]


def test_no_readings_are_no_earthquakes(finder):
    assert list(associated(finder, [])) == []


def test_a_known_group_is_located_and_a_false_pick_in_it_gets_no_weight(finder, catalogue):
    origin_ns = catalogue.origins[3][3]
    readings = [r for r in catalogue.readings if r.reading_id.startswith("e3/")]
    wrong = replace(readings[0], time_ns=readings[0].time_ns + 4 * NS)
    found = located_group(finder, "e3", [wrong, *readings[1:]])
    assert isinstance(found, Located)
    assert wrong.reading_id not in {reading.reading_id for reading in found.readings}
    assert abs(found.hypocentre.origin_time_ns - origin_ns) < 0.3 * NS
    clean = located_group(finder, "e3", readings)
    assert isinstance(clean, Located)
    apart, _ = distance_azimuth(
        found.hypocentre.latitude_deg,
        found.hypocentre.longitude_deg,
        clean.hypocentre.latitude_deg,
        clean.hypocentre.longitude_deg,
    )
    assert apart < 0.5


def test_picks_before_the_origin_get_no_weight(finder, catalogue):
    origin_ns = catalogue.origins[3][3]
    readings = [r for r in catalogue.readings if r.reading_id.startswith("e3/")]
    early = [replace(r, time_ns=origin_ns - 2 * NS) for r in readings[:2]]
    found = located_group(finder, "e3", [*early, *readings[2:]])
    assert isinstance(found, Located)
    kept = {reading.reading_id for reading in found.readings}
    assert not kept & {reading.reading_id for reading in early}
    assert abs(found.hypocentre.origin_time_ns - origin_ns) < 0.3 * NS


def test_a_group_that_fits_no_origin_is_rejected_by_name(finder, catalogue):
    rng = np.random.default_rng(5)
    readings = [r for r in catalogue.readings if r.reading_id.startswith("e3/")]
    scattered = [replace(r, time_ns=r.time_ns + int(rng.integers(0, 20 * NS))) for r in readings]
    assert isinstance(located_group(finder, "e3", scattered), Rejection)


def test_a_group_of_three_p_is_rejected_by_name(finder, catalogue):
    readings = [r for r in catalogue.readings if r.reading_id.startswith("e3/")]
    p = [r for r in readings if r.phase == "P"][:3]
    s = [r for r in readings if r.phase == "S"][:5]
    assert located_group(finder, "e3", [*p, *s]) is Rejection.TOO_FEW_P


@pytest.mark.parametrize("offset_s", [1.0, -2.5, 3600.0])
def test_a_wrong_clock_is_found_with_its_offset(finder, catalogue, located, offset_s):
    victim = "XX.S07"
    readings = [
        replace(r, time_ns=r.time_ns + round(offset_s * NS)) if r.station == victim else r
        for r in catalogue.readings
    ]
    (found,) = wrong_clocks(finder, [event.hypocentre for event in located], readings)
    assert found.station == victim
    assert found.offset_s == pytest.approx(offset_s, abs=0.2)


def test_right_clocks_and_false_picks_raise_no_suspicion(finder, catalogue, located):
    assert wrong_clocks(finder, [e.hypocentre for e in located], catalogue.readings) == []
