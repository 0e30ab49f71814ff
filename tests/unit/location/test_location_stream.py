"""The streaming loop over a synthetic catalogue: associate, locate, gate, merge."""

import json
from collections import Counter

import numpy as np
import pytest

from streamstress.earth.projection import LocalFrame
from streamstress.errors import ConfigError
from streamstress.location.candidates import Candidate
from streamstress.location.decisions import Decision
from streamstress.location.finder import EventFinder
from streamstress.location.merge import Merger
from streamstress.location.streaming import WindowSettings, ZoneAssociation

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
CENTRE = LocalFrame(35.0, 139.0)


def replay(zone: ZoneAssociation, merger: Merger, catalogue: object) -> tuple[list, list]:
    """Run a catalogue in 5-second steps; all candidates and all decisions."""
    candidates: list[Candidate] = []
    decisions: list[Decision] = []
    waiting = list(catalogue.readings)
    last_ns = catalogue.readings[-1].time_ns + 120 * NS
    for watermark_ns in range(EPOCH_NS, last_ns, 5 * NS):
        while waiting and waiting[0].time_ns < watermark_ns:
            zone.add(waiting.pop(0))
        for candidate in zone.advance(watermark_ns):
            candidates.append(candidate)
            decisions += merger.update(candidate)
        if zone.final_until_ns is not None:
            decisions += merger.advance(zone.zone, zone.final_until_ns)
    return candidates, decisions


@pytest.fixture(scope="module")
def run(world: object, catalogue: object) -> tuple[list[Candidate], list[Decision]]:
    finder = EventFinder(world.stations, world.model, tables=world.tables)
    return replay(ZoneAssociation("z", finder), Merger(["z"]), catalogue)


def final_events(decisions: list[Decision]) -> dict[str, Decision]:
    last = {decision.event_id: decision for decision in decisions}
    return {key: d for key, d in last.items() if d.final}


def truth_of(decision: Decision) -> str | None:
    """The true event that gave most of the readings, if it gave 60 % of them."""
    names = Counter(reading.reading_id.split("/")[0] for reading in decision.readings)
    name, count = names.most_common(1)[0]
    return name if name != "false" and count >= 0.6 * len(decision.readings) else None


def test_nearly_all_earthquakes_once_and_hardly_a_ghost(run: object, catalogue: object):
    truths = [truth_of(decision) for decision in final_events(run[1]).values()]
    found = set(truths) - {None}
    assert len(found) >= 0.97 * len(catalogue.origins)
    assert truths.count(None) <= 1
    assert len(truths) - truths.count(None) == len(found), "an event is doubled"


def test_origins_are_true_and_their_ellipsoids_hold_the_truth(run: object, catalogue: object):
    off_km, held = [], []
    for decision in final_events(run[1]).values():
        name = truth_of(decision)
        if name is None:
            continue
        east, north, depth, origin_ns = catalogue.origins[int(name[1:])]
        h = decision.hypocentre
        x, y = CENTRE.to_km(h.latitude_deg, h.longitude_deg)
        off = np.array([x - east, y - north, h.depth_km - depth])
        inverse = np.linalg.inv(np.array(h.covariance)[:3, :3])
        off_km.append(np.hypot(off[0], off[1]))
        held.append(off @ inverse @ off < 7.815)  # chi-square, 3 degrees of freedom, 95 %
        assert abs(h.origin_time_ns - origin_ns) < 0.5 * NS
    assert np.median(off_km) < 0.5
    # 40 events: with 95 % each, 34 or more in 99.9 % of draws.
    assert np.mean(held) >= 0.85


def test_versions_rise_one_by_one_and_readings_have_one_owner(run: object):
    version: dict[str, int] = {}
    for decision in run[1]:
        assert decision.version == version.get(decision.event_id, 0) + 1
        version[decision.event_id] = decision.version
    owners = Counter(
        reading.reading_id for d in final_events(run[1]).values() for reading in d.readings
    )
    assert max(owners.values()) == 1
    last = {decision.event_id: decision for decision in run[1]}
    assert all(d.final or d.is_tombstone for d in last.values()), "nothing stays open"


def test_zones_in_any_order_give_the_same_events(run: object):
    """Two zones that report the same earthquakes, interleaved in two ways."""
    mine = [c for c in run[0] if c.origin_time_ns < EPOCH_NS + 300 * NS]
    other = [_as_zone(candidate, "y") for candidate in mine]
    one_by_one = [c for pair in zip(mine, other, strict=True) for c in pair]
    contents = []
    for order in (one_by_one, [*other[:20], *mine, *other[20:]], mine, other[::-1]):
        merger = Merger(["z", "y"])
        decisions = [d for candidate in order for d in merger.update(candidate)]
        for zone in ("z", "y"):
            decisions += merger.advance(zone, EPOCH_NS + 400 * NS)
        contents.append(sorted(_content(d) for d in final_events(decisions).values()))
    assert contents[0] == contents[1] == contents[2] == contents[3]
    live = [_content(d) for d in final_events(run[1]).values()]
    assert contents[0] == sorted(content for content in live if content in contents[0])
    assert len(contents[0]) >= 10


def _as_zone(candidate: Candidate, zone: str) -> Candidate:
    name = candidate.candidate_id.replace("z-", f"{zone}-", 1)
    return Candidate(
        name, zone, candidate.hypocentre, candidate.readings, candidate.quality, candidate.complete
    )


def _content(decision: Decision) -> tuple:
    return (
        decision.hypocentre.origin_time_ns,
        tuple(sorted(reading.reading_id for reading in decision.readings)),
    )


def test_a_restart_from_a_snapshot_changes_nothing(world: object, catalogue: object):
    readings = [r for r in catalogue.readings if r.time_ns < EPOCH_NS + 90 * NS]
    finder = EventFinder(world.stations, world.model, tables=world.tables)

    def fresh() -> ZoneAssociation:
        return ZoneAssociation("z", finder)

    whole, restarted, merger, again = fresh(), fresh(), Merger(["z"]), Merger(["z"])
    straight, broken = [], []
    for watermark_ns in range(EPOCH_NS, EPOCH_NS + 150 * NS, 5 * NS):
        new = [r for r in readings if watermark_ns - 5 * NS <= r.time_ns < watermark_ns]
        if watermark_ns == EPOCH_NS + 60 * NS:
            state = json.loads(json.dumps([restarted.snapshot(), again.snapshot()]))
            restarted, again = fresh(), Merger(["z"])
            restarted.restore(state[0])
            again.restore(state[1])
            since_ns = restarted.needed_since_ns
            new = [r for r in readings if since_ns <= r.time_ns < watermark_ns][::-1]
        for zone, fold, out in ((whole, merger, straight), (restarted, again, broken)):
            for reading in new:
                zone.add(reading)
            for candidate in zone.advance(watermark_ns):
                out += fold.update(candidate)
            out += fold.advance("z", zone.final_until_ns) if zone.final_until_ns else []
    assert len(final_events(straight)) >= 3
    assert final_events(straight) == final_events(broken)


def test_quiet_hours_cost_nothing_and_old_readings_are_refused(world: object):
    finder = EventFinder(world.stations, world.model, tables=world.tables)
    zone = ZoneAssociation("z", finder)
    rng = np.random.default_rng(1)
    first = world.arrivals(rng, (0.0, 0.0, 8.0, EPOCH_NS), "a")
    late = world.arrivals(rng, (5.0, 5.0, 8.0, EPOCH_NS + 10**6 * NS), "b")
    for reading in first + late:
        assert zone.add(reading)
    assert not zone.add(first[0]), "known already"
    candidates = zone.advance(EPOCH_NS + (10**6 + 200) * NS)
    assert {c.readings[0].reading_id[0] for c in candidates} == {"a", "b"}
    assert not zone.add(first[0])
    with pytest.raises(ConfigError, match="too short"):
        ZoneAssociation("z", finder, WindowSettings(window_s=20))
