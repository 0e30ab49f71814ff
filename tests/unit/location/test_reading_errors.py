"""What is learned of the picks' own errors, and what it does to hypocentres."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.location.associate import Association
from streamstress.location.finder import EventFinder
from streamstress.location.locate import LocationSettings
from streamstress.location.reading_errors import FACTORS, ReadingErrors
from streamstress.location.readings import PhaseReading
from streamstress.location.streaming import ZoneAssociation, windows_of

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
SIGMA_S = 0.05
CLEAR, FAINT = (
    PhaseReading("", "", "P", 0, SIGMA_S, probability, snr)
    for probability, snr in ((0.9, 20.0), (0.4, 2.0))
)


@pytest.fixture(scope="module")
def finder(world):
    return EventFinder(world.stations, world.model, tables=world.tables)


def events(world, count: int, seed: int, faint_error: float):
    """Readings of earthquakes five minutes apart; two in five are faint and wrong by more."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        place = (*rng.uniform(-20, 20, 2), rng.uniform(5, 14), EPOCH_NS + number * 300 * NS)
        yield (
            place,
            [
                told(reading, rng.random() < 0.4, faint_error * SIGMA_S * rng.standard_normal())
                for reading in world.arrivals(rng, place, f"e{number}", SIGMA_S)
            ],
        )


def told(reading: PhaseReading, is_faint: bool, error_s: float) -> PhaseReading:
    like = FAINT if is_faint else CLEAR
    moved_ns = round(error_s * NS) if is_faint else 0
    return replace(
        reading,
        time_ns=reading.time_ns + moved_ns,
        probability=like.probability,
        snr=like.snr,
    )


def learned(world, finder, faint_error: float, count: int) -> ReadingErrors:
    errors = ReadingErrors()
    for place, readings in events(world, count, 1, faint_error):
        found = finder.locate(errors.told(readings), start(place))
        errors.learn(found, readings, LocationSettings())
    return errors


def start(place) -> Association:
    return Association(35.0, 139.0, 8.0, place[3], ())


def off_km(found, place) -> float:
    x, y = (found.longitude_deg - 139.0) * 91.3, (found.latitude_deg - 35.0) * 111.0
    return float(np.hypot(x - place[0], y - place[1]))


def test_picks_that_are_more_wrong_than_they_say_lose_their_say(world, finder):
    errors = learned(world, finder, faint_error=8.0, count=60)
    assert errors.factor(FAINT) > 2.0
    assert errors.factor(CLEAR) < 1.2
    as_stated, as_learned = [], []
    for place, readings in events(world, 25, 2, faint_error=8.0):
        as_stated.append(off_km(finder.locate(readings, start(place)), place))
        as_learned.append(off_km(finder.locate(errors.told(readings), start(place)), place))
    assert np.mean(as_learned) < 0.9 * np.mean(as_stated)


def test_picks_that_are_as_good_as_they_say_keep_their_sigma(world, finder):
    errors = learned(world, finder, faint_error=0.0, count=30)
    assert errors.factor(FAINT) == pytest.approx(FACTORS[0], abs=0.1)
    assert errors.factor(CLEAR) == pytest.approx(FACTORS[0], abs=0.1)


def test_one_event_changes_little_and_few_readings_nothing(world, finder):
    errors = ReadingErrors()
    (place, readings), *_ = events(world, 1, 3, faint_error=8.0)
    found = finder.locate(readings, start(place))
    errors.learn(found, readings[:5], LocationSettings())
    assert errors.snapshot() == {}
    errors.learn(found, readings, LocationSettings())
    assert 1.0 <= errors.factor(FAINT) < 2.5


def test_what_was_learned_goes_through_a_snapshot(world, finder):
    errors = learned(world, finder, faint_error=8.0, count=10)
    again = ReadingErrors.restored(errors.snapshot())
    assert again.snapshot() == errors.snapshot()
    assert again.factor(FAINT) == errors.factor(FAINT)


def test_a_restart_locates_with_what_was_learned_before(world, finder):
    stream = [reading for _, event in events(world, 8, 4, 8.0) for reading in event]
    stream.sort(key=lambda reading: reading.time_ns)
    whole = zone(finder)
    expected = run(whole, stream)
    first = zone(finder)
    found = run(first, stream[: len(stream) // 2])
    second = zone(finder)
    second.restore(first.snapshot())
    needed_ns = first.needed_since_ns
    assert needed_ns is not None
    found += run(second, [r for r in stream if r.time_ns >= needed_ns])
    assert {c.candidate_id: c for c in found} == {c.candidate_id: c for c in expected}
    assert second.errors.factor(FAINT) == whole.errors.factor(FAINT) > 1.0


def zone(finder) -> ZoneAssociation:
    return ZoneAssociation("all", finder, windows_of(finder))


def run(association: ZoneAssociation, stream: list[PhaseReading]):
    found = []
    for reading in stream:
        found += association.advance(reading.time_ns)
        association.add(reading)
    return found
