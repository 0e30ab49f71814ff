import msgspec
import pytest
from sample_records import Sample

from streamstress.outputs.rows import Counts
from streamstress.records import StressChange
from streamstress.web.banner import banner, marked_change, newest_change

COUNTS = Counts(events=150, mechanisms={"A": 60, "C": 60}, estimates=90, changes=1, dead_letters={})


def _counts(events: int, mechanisms: dict[str, int]) -> Counts:
    return msgspec.structs.replace(COUNTS, events=events, mechanisms=mechanisms)


def _changed(change: StressChange, **fields: object) -> StressChange:
    return msgspec.structs.replace(change, **fields)


def test_an_alarm_says_what_turned_when_and_by_how_much(sample: Sample):
    shown = banner(sample.changes[-1], sample.estimates[-1], COUNTS, 20)
    assert (shown.level, shown.badge) == ("alarm", "alarm, confirmed")
    assert shown.title == "Stress orientation has changed"
    assert (shown.before, shown.after) == ("92°", "123°")
    assert shown.turn == "31° clockwise, 95 % 22° to 41°"
    facts = dict(shown.facts)
    assert facts["began"] == "5 Mar 2026 20:36 UTC, event wb00090"
    assert facts["checks passed"] == "enough events, rotation, fault population"


def test_an_anticlockwise_turn_is_told_in_positive_degrees(sample: Sample):
    change = _changed(
        sample.changes[-1],
        shmax_change_deg=-31.2,
        shmax_change_interval95_deg=(-41.0, -21.5),
    )
    assert banner(change, None, COUNTS, 20).turn == "31° anticlockwise, 95 % 22° to 41°"


def test_an_alarm_without_shmax_speaks_of_the_axes(sample: Sample):
    change = _changed(
        sample.changes[-1],
        shmax_before_deg=None,
        shmax_after_deg=None,
        shmax_change_deg=None,
        shmax_change_interval95_deg=None,
    )
    shown = banner(change, sample.estimates[-1], COUNTS, 20)
    assert shown.level == "alarm"
    assert shown.turn == "axes turned 31°, 95 % 22° to 42°"


def test_a_held_change_is_no_alarm_and_names_what_holds_it(sample: Sample):
    guards = {
        "enough events": "pass: 17 events",
        "fault population": "hold: other faults under one stress explain it, p = 0.4",
        "depth": "untested: no depths",
    }
    change = _changed(sample.changes[0], state="held", guards=guards)
    shown = banner(change, sample.estimates[-1], COUNTS, 20)
    assert shown.level == "held"
    facts = dict(shown.facts)
    assert facts["held back by"].startswith("fault population: other faults under one stress")
    assert facts["checks passed"] == "enough events"
    assert facts["not tested"] == "depth"


@pytest.mark.parametrize(("state", "words"), [("closed", "ended"), ("withdrawn", "was withdrawn")])
def test_a_past_alarm_is_quiet_but_told(sample: Sample, state: str, words: str):
    shown = banner(_changed(sample.changes[-1], state=state), sample.estimates[-1], COUNTS, 20)
    assert shown.level == "quiet"
    assert shown.title == "No change of stress orientation"
    assert words in shown.sentence


@pytest.mark.parametrize(
    ("counts", "title", "words"),
    [
        (_counts(0, {}), "Waiting for the first earthquake", "No event has been located yet"),
        (_counts(1, {}), "Waiting for the first focal mechanism", "1 event located"),
        (
            _counts(9, {"A": 3, "C": 4, "E": 2}),
            "Waiting for the first stress estimate",
            "7 mechanisms of grade A to C so far",
        ),
    ],
)
def test_the_start_says_what_is_waited_for(counts: Counts, title: str, words: str):
    shown = banner(None, None, counts, 20)
    assert (shown.level, shown.title) == ("waiting", title)
    assert words in shown.sentence


def test_the_most_urgent_change_is_spoken_of(sample: Sample):
    alarm, past = sample.changes[-1], _changed(sample.changes[-1], change_id="b", state="closed")
    later = _changed(past, time_ns=past.time_ns + 1)
    assert newest_change([later, alarm]) is alarm
    assert newest_change([past, later]) is later
    assert newest_change([]) is None
    assert marked_change(_changed(alarm, state="withdrawn")) is None
    assert marked_change(alarm) is alarm
