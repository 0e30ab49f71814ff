"""Two zones with a shared halo, worked by different workers: an earthquake stays one."""

from collections import Counter

import numpy as np
import pytest

from streamstress.earth.projection import LocalFrame
from streamstress.location.associate import AssociationSettings
from streamstress.location.candidates import Candidate
from streamstress.location.finder import EventFinder, FinderSettings
from streamstress.location.merge import Merger
from streamstress.location.streaming import ZoneAssociation, windows_of

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
CENTRE = LocalFrame(35.0, 139.0)
PLACES = ((0.0, 0.0), (-22.0, 5.0), (3.0, -8.0), (24.0, -4.0))
"""On the border, in the west, near the border, in the east; east and north in km."""


@pytest.fixture(scope="module")
def picks(world):
    rng = np.random.default_rng(21)
    return {
        f"e{n}": world.arrivals(rng, (*place, 9.0, EPOCH_NS + (10 + 40 * n) * NS), f"e{n}", 0.06)
        for n, place in enumerate(PLACES)
    }


@pytest.fixture(scope="module")
def reports(world, picks) -> dict[str, list[tuple[int, Candidate | int]]]:
    """What each zone says, by watermark: candidates, and how far it is final."""
    found = {}
    limits = FinderSettings(association=AssociationSettings(min_picks=6))
    for name, sign in (("west", -1.0), ("east", 1.0)):
        stations = {
            code: station
            for code, station in world.stations.items()
            if sign * CENTRE.to_km(station.latitude_deg, station.longitude_deg)[0] > -15.0
        }
        finder = EventFinder(stations, world.model, limits, world.tables)
        zone = ZoneAssociation(name, finder, windows_of(finder))
        mine = [r for event in picks.values() for r in event if r.station in stations]
        mine.sort(key=lambda reading: reading.time_ns)
        said: list[tuple[int, Candidate | int]] = []
        for watermark_ns in range(EPOCH_NS, EPOCH_NS + 280 * NS, 5 * NS):
            while mine and mine[0].time_ns < watermark_ns:
                zone.add(mine.pop(0))
            said += [(watermark_ns, candidate) for candidate in zone.advance(watermark_ns)]
            if zone.final_until_ns is not None:
                said.append((watermark_ns, zone.final_until_ns))
        found[name] = said
    return found


def merged(reports, lag_s: dict[str, float]):
    """Decisions where the workers of the zones are late by some seconds."""
    merger, decisions = Merger(["west", "east"]), []
    every = [
        (watermark_ns + round(lag_s[zone] * NS), zone, said)
        for zone, report in reports.items()
        for watermark_ns, said in report
    ]
    for now_ns, zone, said in sorted(every, key=lambda item: item[0]):
        made = merger.update(said) if isinstance(said, Candidate) else merger.advance(zone, said)
        decisions += [(now_ns, decision) for decision in made]
    return decisions


def truths(decision) -> Counter[str]:
    return Counter(reading.reading_id.split("/")[0] for reading in decision.readings)


@pytest.mark.parametrize("lag_s", [{"west": 0, "east": 0}, {"west": 47, "east": 0},
                                   {"west": 0, "east": 90}])  # fmt: skip
def test_an_earthquake_of_two_zones_is_one_event_whatever_worker_is_late(reports, lag_s):
    final = [decision for _, decision in merged(reports, lag_s) if decision.final]
    names = [truths(decision).most_common(1)[0][0] for decision in final]
    assert sorted(names) == sorted(f"e{n}" for n in range(len(PLACES)))
    assert all(len(truths(decision)) == 1 for decision in final)


def test_events_near_the_border_were_seen_by_both_zones(reports):
    seen = {
        zone: {
            said.readings[0].reading_id.split("/")[0]
            for _, said in report
            if isinstance(said, Candidate)
        }
        for zone, report in reports.items()
    }
    assert {"e0", "e2"} <= seen["west"] & seen["east"]


def test_ids_stay_while_versions_rise_and_content_is_that_of_the_better_zone(reports):
    by_id: dict[str, list] = {}
    for _, decision in merged(reports, {"west": 0, "east": 3}):
        by_id.setdefault(decision.event_id, []).append(decision)
    finals = [versions for versions in by_id.values() if versions[-1].final]
    assert len(finals) == len(PLACES)
    for versions in finals:
        assert [d.version for d in versions] == list(range(1, len(versions) + 1))
        assert len(versions[-1].readings) == max(len(d.readings) for d in versions)


def enough_ns(readings) -> int:
    """When six readings have come with four P and, at one of their stations, an S."""
    ordered = sorted(readings, key=lambda reading: reading.time_ns)
    for count in range(6, len(ordered) + 1):
        p = {r.station for r in ordered[:count] if r.phase == "P"}
        s = {r.station for r in ordered[:count] if r.phase == "S"}
        if len(p) >= 4 and p & s:
            return ordered[count - 1].time_ns
    raise AssertionError("never enough")


def test_the_first_version_comes_within_a_hop_of_the_sixth_reading_with_an_s(reports, picks):
    first_ns: dict[str, int] = {}
    for now_ns, decision in merged(reports, {"west": 0, "east": 0}):
        if decision.readings:
            first_ns.setdefault(truths(decision).most_common(1)[0][0], now_ns)
    for name, readings in picks.items():
        # The watermark of this run goes in steps of a hop (5 s): the first one past the reading.
        assert first_ns[name] - enough_ns(readings) <= 5 * NS, name
