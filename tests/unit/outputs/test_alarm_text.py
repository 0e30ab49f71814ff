"""A change in one paragraph: what, since when, how sure, what the checks say, what it is not."""

import msgspec
import pytest
from sample_records import Sample

from streamstress.outputs.alarm_lines import LINE_KEYS, alarm_line
from streamstress.outputs.alarm_text import alarm_text
from streamstress.records import StressChange


@pytest.fixture
def change(sample: Sample) -> StressChange:
    return next(change for change in sample.changes if change.state == "open")


def told(change: StressChange, **fields: object) -> str:
    return alarm_text(msgspec.structs.replace(change, **fields))


def test_an_alarm_says_size_sense_time_certainty_and_what_it_does_not_mean(change: StressChange):
    text = told(change, shmax_change_deg=20.4, shmax_change_interval95_deg=(14.6, 26.2))
    assert text.startswith(f"ALARM in {change.region}:")
    assert "turned 20° clockwise (95 %: 15° to 26°)" in text
    assert change.onset_event_id in text
    assert f"threshold of {change.threshold:.1f}" in text
    assert "does not mean that a large earthquake is coming" in text
    assert "\n" not in text


def test_an_anticlockwise_turn_has_its_interval_in_rising_order(change: StressChange):
    text = told(change, shmax_change_deg=-20.0, shmax_change_interval95_deg=(-26.0, -14.0))
    assert "turned 20° anticlockwise (95 %: 14° to 26°)" in text


def test_what_holds_is_said_in_full_and_what_passed_by_name(change: StressChange):
    guards = {"clusters": "pass: 30", "events": "hold: 12 of 30 events", "place": "untested"}
    text = told(change, state="held", guards=guards)
    assert text.startswith("NO ALARM")
    assert "Held back by events (12 of 30 events)." in text
    assert "Checks passed: clusters." in text
    assert "Not tested: place." in text


def test_what_never_was_an_alarm_is_not_closed_as_one(change: StressChange):
    passed = {"clusters": "pass: 30"}
    assert "never was an alarm" not in told(change, state="closed", guards=passed)
    held = {"clusters": "hold: 3"}
    assert "never was an alarm" in told(change, state="closed", guards=held)


def test_no_shmax_is_stated_where_it_is_undefined(change: StressChange):
    text = told(change, shmax_change_deg=None, shmax_before_deg=None, shmax_after_deg=None)
    assert "SHmax is not defined here" in text
    assert "clockwise" not in text


def test_a_line_has_the_promised_keys_first_and_nothing_of_the_transport(change: StressChange):
    line = alarm_line(change)
    assert tuple(line)[: len(LINE_KEYS)] == LINE_KEYS
    assert not {"type", "version", "sent"} & set(line)
    assert line["s1_before"]["azimuth_deg"] == change.s1_before.azimuth_deg
