"""The merger on hand-made candidates."""

import json

import pytest

from streamstress.location.candidates import Candidate
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.merge import Merger
from streamstress.location.readings import PhaseReading

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
COVARIANCE = tuple(tuple(0.1 * (i == j) for j in range(4)) for i in range(4))


def candidate(
    name: str,
    time_s: float,
    ids: str,
    zone: str = "a",
    latitude: float = 35.0,
    complete: bool = True,
    first_s: float = 2.0,
) -> Candidate:
    """One reading a letter of ``ids``, at the station of that letter, one second after another."""
    origin_ns = EPOCH_NS + round(time_s * NS)
    readings = tuple(
        PhaseReading(f"{letter}", f"XX.{letter.upper()}", "P", origin_ns + round(s * NS))
        for letter, s in zip(ids, [first_s + 0.2 * i for i in range(len(ids))], strict=True)
    )
    origin = Hypocentre(
        latitude, 139.0, 8.0, origin_ns, COVARIANCE, False, 0.1, 90.0, 0.3, 0.5, len(ids), 0, ()
    )
    return Candidate(f"{zone}-{name}", zone, origin, readings, float(len(ids)), complete)


def test_a_fuller_candidate_gives_a_new_version_of_the_same_event():
    merger = Merger(["a"])
    (first,) = merger.update(candidate("1", 0.0, "abcdef", complete=False))
    (second,) = merger.update(candidate("2", 0.01, "abcdefgh"))
    assert (second.event_id, second.version) == (first.event_id, 2)
    assert first.event_id.startswith("ss20231114221320")
    assert merger.update(candidate("3", 0.01, "abcdefgh")) == [], "nothing new, no version"
    assert merger.update(candidate("4", 0.02, "abcdef")) == [], "poorer, no version"
    assert merger.advance("a", EPOCH_NS) == [], "not yet"
    (last,) = merger.advance("a", EPOCH_NS + 10 * NS)
    assert (last.version, last.final, len(last.readings)) == (3, True, 8)
    assert merger.update(candidate("5", 0.02, "abcdefghij")) == []
    assert merger.late == 1


def test_an_event_waits_for_every_zone():
    merger = Merger(["a", "b"])
    merger.update(candidate("1", 0.0, "abcdef"))
    assert merger.advance("a", EPOCH_NS + 60 * NS) == []
    (last,) = merger.advance("b", EPOCH_NS + 60 * NS)
    assert last.final


def test_two_earthquakes_at_once_share_no_reading():
    merger = Merger(["a"])
    decisions = merger.update(candidate("1", 0.0, "abcdefghij"))
    decisions += merger.update(candidate("2", 3.0, "jklmnopq", latitude=35.6))
    assert len({decision.event_id for decision in decisions}) == 2
    assert [r.reading_id for r in decisions[1].readings] == list("klmnopq")


def test_events_that_prove_to_be_one_leave_a_tombstone():
    merger = Merger(["a", "b"])
    (small,) = merger.update(candidate("1", 0.0, "abcdef", complete=False))
    (other,) = merger.update(candidate("1", 4.0, "ghijkl", "b", latitude=35.6, complete=False))
    decisions = merger.update(candidate("2", 0.1, "abcdefghijkl"))
    tombstone = next(d for d in decisions if d.is_tombstone)
    revised = next(d for d in decisions if not d.is_tombstone)
    assert (revised.event_id, revised.version) == (small.event_id, 2)
    assert (tombstone.event_id, tombstone.superseded_by) == (other.event_id, small.event_id)
    assert tombstone.version == 2


def test_a_ghost_of_s_picks_ends_in_the_large_event():
    merger = Merger(["a"])
    (large,) = merger.update(candidate("1", 0.0, "abcdefghijklmn", first_s=4.0))
    # Stations a-g again, at the time of their S and coda.
    ghost = candidate("2", 4.0, "abcdefg", latitude=35.7, first_s=3.5)
    ghost = Candidate(
        ghost.candidate_id,
        "a",
        ghost.hypocentre,
        tuple(
            PhaseReading(f"late-{r.reading_id}", r.station, "P", r.time_ns) for r in ghost.readings
        ),
        7.0,
        True,
    )
    assert merger.update(ghost) == []
    (last,) = merger.advance("a", EPOCH_NS + 60 * NS)
    assert last.event_id == large.event_id


def test_what_no_complete_window_confirms_is_withdrawn():
    merger = Merger(["a"])
    (first,) = merger.update(candidate("1", 0.0, "abcdef", complete=False))
    (last,) = merger.advance("a", EPOCH_NS + 60 * NS)
    assert last.is_tombstone
    assert (last.event_id, last.superseded_by) == (first.event_id, None)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_restart_between_any_two_candidates(after: int):
    stream = [
        candidate("1", 0.0, "abcdef", complete=False),
        candidate("2", 0.3, "abcdefgh"),
        candidate("3", 30.0, "stuvwxyz"),
    ]
    merger, decisions = Merger(["a"]), []
    for i, item in enumerate(stream):
        decisions += merger.update(item)
        if i == after:
            state = json.loads(json.dumps(merger.snapshot()))
            merger = Merger(["a"])
            merger.restore(state)
    straight = Merger(["a"])
    assert decisions == [d for item in stream for d in straight.update(item)]
    until_ns = EPOCH_NS + 60 * NS
    assert merger.advance("a", until_ns) == straight.advance("a", until_ns)


def test_old_events_are_forgotten_and_never_come_back():
    merger = Merger(["a"])
    merger.update(candidate("1", 0.0, "abcdef", complete=False))
    merger.update(candidate("2", -0.2, "abcdefgh"))
    merger.advance("a", EPOCH_NS + 10 * NS)
    # The better candidate is just older than what is forgotten, the poorer just younger.
    assert merger.advance("a", EPOCH_NS + round((123.0 - 0.1) * NS)) == []
    assert merger.update(candidate("3", 130.0, "stuvwxyz"))[0].version == 1
    assert len(merger.snapshot()["pool"]) == 1
