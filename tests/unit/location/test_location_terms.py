"""What is learned of a region's stations, and what bounds the work of a swarm."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.location.associate import Association
from streamstress.location.clock_watch import EVERY, ClockWatch
from streamstress.location.finder import EventFinder
from streamstress.location.station_terms import StationTerms
from streamstress.location.streaming import ZoneAssociation, windows_of

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
LATE_S = {"XX.S03": 0.25, "XX.S11": -0.2, "XX.S20": 0.3}


@pytest.fixture(scope="module")
def finder(world):
    return EventFinder(world.stations, world.model, tables=world.tables)


def events(world, count: int, seed: int):
    """Readings of earthquakes five minutes apart, where some stations stand on slow ground."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        origin_ns = EPOCH_NS + number * 300 * NS
        place = (*rng.uniform(-20, 20, 2), rng.uniform(5, 14), origin_ns)
        exact = world.arrivals(rng, place, f"e{number}", 0.05)
        yield (
            place,
            [replace(r, time_ns=r.time_ns + round(LATE_S.get(r.station, 0.0) * NS)) for r in exact],
        )


def start(place) -> Association:
    return Association(35.0, 139.0, 8.0, place[3], ())


def test_stations_terms_are_learned_and_make_residuals_small(world, finder):
    terms = StationTerms()
    for place, readings in events(world, 40, 1):
        found = finder.locate(readings, start(place), terms.delays())
        terms.learn(found.arrivals)
    delays = terms.delays()
    for code, late_s in LATE_S.items():
        assert delays[code, "P"] == pytest.approx(late_s, abs=0.08)
    others = [d for (code, _), d in delays.items() if code not in LATE_S]
    assert np.abs(others).max() < 0.1
    plain, corrected = [], []
    for place, readings in events(world, 10, 2):
        plain.append(finder.locate(readings, start(place)).rms_s)
        corrected.append(finder.locate(readings, start(place), delays).rms_s)
    assert np.mean(corrected) < 0.8 * np.mean(plain)


def test_terms_go_through_a_snapshot_and_few_readings_make_none(world, finder):
    terms = StationTerms()
    for place, readings in events(world, 8, 3):
        assert len(terms.delays()) == 0 or place[3] > EPOCH_NS + 4 * 300 * NS
        terms.learn(finder.locate(readings, start(place)).arrivals)
    again = StationTerms.restored(terms.snapshot())
    assert again.delays() == terms.delays()
    assert again.snapshot() == terms.snapshot()


@pytest.mark.parametrize("offset_s", [1.2, -3600.0])
def test_a_wrong_clock_is_seen_while_events_come(world, finder, offset_s):
    watch, told = ClockWatch(finder), []
    readings = [
        replace(r, time_ns=r.time_ns + round(offset_s * NS)) if r.station == "XX.S07" else r
        for _, event in events(world, 2 * EVERY, 4)
        for r in event
    ]
    for reading in readings:
        watch.add(reading)
    for place, event in events(world, 2 * EVERY, 4):
        right = [r for r in event if r.station != "XX.S07"]
        found = watch.note(finder.locate(right, start(place)))
        told += found or []
    assert {error.station for error in told} == {"XX.S07"}
    assert told[-1].offset_s == pytest.approx(offset_s, abs=0.3)


def test_an_overfull_window_uses_its_most_probable_picks_and_counts_the_rest(world, finder):
    (_, readings) = next(iter(events(world, 1, 5)))
    rng = np.random.default_rng(6)
    codes = list(world.stations)
    noise = [
        replace(
            readings[0],
            reading_id=f"noise{n}",
            station=codes[int(rng.integers(len(codes)))],
            time_ns=EPOCH_NS + int(rng.integers(0, 30 * NS)),
            probability=0.2,
        )
        for n in range(60)
    ]
    bounded = replace(windows_of(finder), max_picks=len(readings) + 5)
    zone = ZoneAssociation("z", finder, bounded)
    for reading in [*noise, *readings]:
        zone.add(reading)
    candidates = zone.advance(EPOCH_NS + 200 * NS)
    assert candidates
    used = {r.reading_id for c in candidates for r in c.readings}
    assert used <= {r.reading_id for r in readings} | {f"noise{n}" for n in range(60)}
    assert len(used & {r.reading_id for r in readings}) > 0.8 * len(readings)
    assert 0 < zone.set_aside["overfull-window"] <= 60
