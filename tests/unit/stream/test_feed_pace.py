"""A backfill's feed waits for its pickers, and never for ever."""

import pytest

from streamstress.records import Progress
from streamstress.stream import feed_pace
from streamstress.stream.feed_pace import AHEAD_NS, FeedPace

S = 1_000_000_000
START = 1_600_000_000 * S


def fed(pace: FeedPace, since_s: int, until_s: int) -> None:
    for second in range(since_s, until_s):
        pace.feed(START + second * S)


def told(pace: FeedPace, *done_s: int) -> None:
    for number, second in enumerate(done_s):
        done_ns = START + second * S
        pace.hear(Progress(source=f"waveforms/{number}", done_until_ns=done_ns, sent_ns=0))


def test_the_slowest_picker_holds_the_feed_and_its_progress_lets_it_go_on():
    pace = FeedPace(2)
    fed(pace, 0, AHEAD_NS // S - 20)
    assert not pace.is_ahead()
    fed(pace, AHEAD_NS // S - 20, AHEAD_NS // S + 100)
    assert pace.is_ahead()
    told(pace, 900)
    assert pace.is_ahead(), "the other partition has told nothing"
    told(pace, 900, 60)
    assert pace.is_ahead()
    told(pace, 900, 300)
    assert not pace.is_ahead()


def test_a_gap_of_hours_in_the_archive_is_no_lead():
    pace = FeedPace(1)
    fed(pace, 0, 100)
    fed(pace, 50_000, 50_100)
    assert not pace.is_ahead()


def test_pickers_that_wait_for_more_data_get_more(monkeypatch: pytest.MonkeyPatch):
    pace = FeedPace(1)
    fed(pace, 0, AHEAD_NS // S + 100)
    assert pace.is_ahead()
    monkeypatch.setattr(feed_pace, "STUCK_S", 0.0)
    assert not pace.is_ahead()
    monkeypatch.setattr(feed_pace, "STUCK_S", 1e9)
    fed(pace, AHEAD_NS // S + 100, AHEAD_NS // S + 200)
    assert not pace.is_ahead()
    fed(pace, AHEAD_NS // S + 200, 3 * AHEAD_NS // S)
    assert pace.is_ahead()
