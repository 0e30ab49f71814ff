"""Earthquakes that come close upon one another, and picks that no earthquake made."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.errors import ConfigError
from streamstress.location.associate import AssociationSettings
from streamstress.location.candidates import Candidate
from streamstress.location.finder import EventFinder, FinderSettings
from streamstress.location.gate import Rejection
from streamstress.location.merge import Merger
from streamstress.location.stack import StackAssociator

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS

LARGE = (3.0, 2.0, 8.0, EPOCH_NS)
SMALL = (-3.0, 6.0, 7.0, EPOCH_NS + 1_200_000_000)
"""1.2 s later, 7 km away."""


@pytest.fixture(scope="module")
def finder(world):
    return EventFinder(world.stations, world.model, tables=world.tables)


def _noise(world, count, span_s, seed=3):
    rng, codes = np.random.default_rng(seed), list(world.stations)
    first = world.arrivals(rng, LARGE, "x")[0]
    return [
        replace(
            first,
            reading_id=f"false/{n}",
            station=codes[int(rng.integers(len(codes)))],
            phase="PS"[int(rng.integers(2))],
            time_ns=EPOCH_NS + int(rng.uniform(0, span_s) * NS),
        )
        for n in range(count)
    ]


def _pair(world):
    rng = np.random.default_rng(5)
    large = world.arrivals(rng, LARGE, "large", reach_km=80.0)
    return large, world.arrivals(rng, SMALL, "small", reach_km=30.0)


def _names(found):
    return [
        {r.reading_id.split("/")[0] for r in event.readings}
        for event in found
        if event.rejection is None
    ]


def test_a_small_earthquake_on_the_heels_of_a_large_one_is_one_of_its_own(world, finder):
    large, small = _pair(world)
    found = [e for e in finder.find([*large, *small]) if e.rejection is None]
    assert len(found) == 2
    for event, mine in zip(found, (large, small), strict=True):
        own = {r.reading_id for r in mine}
        assert sum(r.reading_id in own for r in event.readings) >= 0.8 * len(mine)


def test_the_merger_leaves_two_earthquakes_apart_that_every_station_read_twice(world, finder):
    large, small = _pair(world)
    found = [e for e in finder.find([*large, *small]) if e.rejection is None]
    merger, decisions = Merger(["z"]), []
    for n, event in enumerate(found):
        decisions += merger.update(
            Candidate(f"z-1-{n}", "z", event.hypocentre, event.readings, 9.0 - n, True)
        )
    decisions += merger.advance("z", EPOCH_NS + 400 * NS)
    assert len({d.event_id for d in decisions if d.final}) == 2


def test_the_order_of_the_readings_changes_nothing(world, finder):
    large, small = _pair(world)
    readings = [*large, *small, *_noise(world, 60, 25.0)]
    shuffled = [readings[n] for n in np.random.default_rng(1).permutation(len(readings))]
    assert finder.find(readings) == finder.find(shuffled)


def test_picks_of_noise_alone_make_no_earthquake(world, finder):
    """Half an hour of picks that come at twice the rate of a swarm's false ones."""
    rejected = set()
    for seed in range(40):
        found = finder.find(_noise(world, 80, 45.0, seed), until_ns=EPOCH_NS + 45 * NS)
        assert _names(found) == []
        rejected |= {event.rejection for event in found}
    assert Rejection.CHANCE in rejected


def test_six_readings_of_the_nearest_stations_are_enough_for_a_first_version(world, finder):
    """No S is waited for, and stations that cannot have heard it yet do not count as silent."""
    rng = np.random.default_rng(8)
    heard = [r for r in world.arrivals(rng, LARGE, "e", missing=0.0) if r.phase == "P"]
    first = sorted(heard, key=lambda r: r.time_ns)[:6]
    (event,) = finder.find(first, until_ns=first[-1].time_ns + NS // 10)
    assert event.rejection is None
    assert len(event.readings) == 6


def test_six_readings_at_stations_between_silent_ones_are_no_earthquake(world, finder):
    rng = np.random.default_rng(8)
    everything = world.arrivals(rng, LARGE, "e", missing=0.0)
    far = sorted(everything, key=lambda r: r.time_ns)[-6:]
    found = finder.find(far, until_ns=EPOCH_NS + 60 * NS)
    assert _names(found) == []


def test_pyocto_can_be_chosen_for_the_search(world):
    settings = FinderSettings(association=AssociationSettings(method="pyocto"))
    finder = EventFinder(world.stations, world.model, settings, world.tables)
    large, _ = _pair(world)
    assert _names(finder.find(large)) == [{"large"}]


def test_two_stations_cannot_associate(world):
    two = dict(list(world.stations.items())[:2])
    with pytest.raises(ConfigError, match="2 stations"):
        EventFinder(two, world.model, tables=world.tables)


def test_a_wide_network_has_a_coarser_grid_of_as_many_origins(world):
    far = {
        code: replace(s, latitude_deg=35 + 4 * (s.latitude_deg - 35))
        for code, s in world.stations.items()
    }
    near, wide = (StackAssociator(each, world.tables).grid for each in (world.stations, far))
    assert wide.spacing_km > 1.3 * near.spacing_km
    assert abs(len(wide.place_km) / len(near.place_km) - 1) < 0.15


def test_where_picks_were_left_out_more_is_asked_of_an_earthquake(world, finder):
    heard = world.arrivals(np.random.default_rng(8), LARGE, "e", missing=0.0)
    first = sorted((r for r in heard if r.phase == "P"), key=lambda r: r.time_ns)[:6]
    until_ns = first[-1].time_ns + NS // 10
    (event,) = finder.find(first, until_ns=until_ns, crowded=True)
    assert event.rejection is Rejection.CHANCE
    (whole,) = finder.find(heard, crowded=True)
    assert whole.rejection is None
