"""When a worker counts as dead: by what waits for it, never by how little comes."""

from dataclasses import dataclass

import pytest

from streamstress.stream.liveness import Liveness, Span

PICKS, EVENTS = ("picks", 0), ("events", 3)


@dataclass
class Hands:
    """A clock moved by hand."""

    seconds: float = 1000.0

    def now_s(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def liveness(hands: Hands) -> Liveness:
    return Liveness(stalled_after_s=120.0, now_s=hands.now_s)


def look(liveness: Liveness, hands: Hands, minutes: float, **ends: int) -> list[bool]:
    """Look every 15 seconds at partitions whose ends stand; whether all went on at each look."""
    went_on = []
    for _ in range(round(4 * minutes)):
        hands.seconds += 15
        liveness.asked()
        spans = {
            ("picks", 0): Span(0, ends.get("picks", 0)),
            EVENTS: Span(0, ends.get("events", 0)),
        }
        went_on.append(liveness.looked(spans))
    return went_on


def test_a_worker_whose_topics_are_idle_for_hours_lives(liveness: Liveness, hands: Hands):
    liveness.took(PICKS, 41)
    assert all(look(liveness, hands, 300.0, picks=42))
    assert liveness.problem() is None


def test_a_consumer_that_is_frozen_before_what_waits_is_dead_and_says_where(
    liveness: Liveness, hands: Hands
):
    liveness.took(PICKS, 41)
    went_on = look(liveness, hands, 2.0, picks=99)
    assert (went_on[0], any(went_on[1:])) == (True, False)
    assert liveness.problem() is None
    look(liveness, hands, 1.0, picks=99)
    assert liveness.problem() == (
        "57 messages wait on picks/0 from offset 42 on, and none was taken for 165 s"
    )


def test_one_frozen_partition_is_seen_beside_one_that_goes_on(liveness: Liveness, hands: Hands):
    for offset in range(12):
        liveness.took(PICKS, offset)
        look(liveness, hands, 0.5, picks=offset + 5, events=7)
    assert "on events/3 from offset 0 on" in (liveness.problem() or "")


def test_a_worker_that_never_took_anything_of_what_waits_is_dead(liveness: Liveness, hands: Hands):
    look(liveness, hands, 3.0, events=1)
    assert liveness.problem() is not None


def test_what_was_acknowledged_before_the_start_does_not_wait(liveness: Liveness, hands: Hands):
    for _ in range(40):
        hands.seconds += 15
        assert liveness.looked({PICKS: Span(500, 500)})
    assert liveness.problem() is None


def test_a_long_restore_lives_as_long_as_it_goes_on(liveness: Liveness, hands: Hands):
    liveness.begin_batch()
    for _ in range(60):
        hands.seconds += 15
        liveness.step()
        liveness.asked()
        liveness.looked({PICKS: Span(0, 9)})
        assert liveness.problem() is None
    hands.seconds += 130
    liveness.asked()
    assert liveness.problem() == "busy with one message for 130 s"
    liveness.end_batch()
    assert liveness.problem() is None


def test_a_rebalance_begins_anew(liveness: Liveness, hands: Hands):
    look(liveness, hands, 3.0, picks=9)
    liveness.forget()
    assert liveness.problem() is None


def test_while_the_broker_is_away_nothing_is_known_and_nobody_is_dead(
    liveness: Liveness, hands: Hands
):
    liveness.took(PICKS, 3)
    look(liveness, hands, 1.0, picks=9)
    for _ in range(60):
        hands.seconds += 15
        liveness.asked()
    assert liveness.problem() is None


def test_a_watch_that_no_longer_looks_is_told(liveness: Liveness, hands: Hands):
    look(liveness, hands, 1.0)
    hands.seconds += 121
    assert liveness.problem() == "has not looked at its partitions for 121 s"
