"""The whole chain over a simulated archive: what was found against what was simulated."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from topic_recorder import Recorder

from streamstress.config import Settings
from streamstress.earth.projection import LocalFrame
from streamstress.outputs.store import Store
from streamstress.records import Candidate, DeadLetter, Event, Mechanism, Pick, Progress
from streamstress.simulate.archive import Archive
from streamstress.simulate.truth import Truth
from streamstress.wire.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    MECHANISMS,
    PICKS,
    READINGS,
    TOPICS,
    Topic,
)


def final_events(recorder: Recorder) -> list[Event]:
    """The newest version of each event that was not withdrawn."""
    newest = {event.event_id: event for event in recorder.records(EVENTS, Event)}
    return [event for event in newest.values() if event.status != "tombstone"]


def nearest(event: Event, truth: Truth) -> tuple[float, float, str]:
    """Seconds and kilometres to the nearest true event in time, and its id."""
    true = min(truth.events, key=lambda t: abs(t.origin_time_ns - event.origin.time_ns))
    frame = LocalFrame(true.latitude_deg, true.longitude_deg)
    east, north = frame.to_km(event.origin.latitude_deg, event.origin.longitude_deg)
    seconds = abs(true.origin_time_ns - event.origin.time_ns) / 1e9
    return seconds, float(np.hypot(east, north)), true.event_id


def test_every_simulated_earthquake_is_found_once_and_there_are_no_ghosts(
    smoke: Recorder, truth: Truth
):
    found = [nearest(event, truth)[2] for event in final_events(smoke)]
    assert sorted(found) == sorted(event.event_id for event in truth.events)


def test_found_earthquakes_are_where_and_when_they_were(smoke: Recorder, truth: Truth):
    distances = [nearest(event, truth) for event in final_events(smoke)]
    assert max(seconds for seconds, _, _ in distances) < 1.0
    assert max(km for _, km, _ in distances) < 5.0
    assert float(np.median([km for _, km, _ in distances])) < 2.0


def test_amplitude_ratios_of_p_and_s_reach_the_mechanisms(smoke: Recorder):
    newest = {m.event_id: m for m in smoke.records(MECHANISMS, Mechanism)}
    assert max(mechanism.n_sp for mechanism in newest.values()) >= 8


def test_first_motions_are_those_of_the_ground(smoke: Recorder, truth: Truth):
    true = {
        (event.event_id, arrival.station): arrival
        for event in truth.events
        for arrival in event.arrivals
    }
    right = []
    for event in final_events(smoke):
        name = nearest(event, truth)[2]
        for arrival in event.arrivals:
            if arrival.polarity is None or arrival.polarity.decision == "unknown":
                continue
            expected = "up" if true[name, arrival.station].polarity > 0 else "down"
            right.append(arrival.polarity.decision == expected)
    assert len(right) >= 30
    assert np.mean(right) >= 0.9


def test_every_event_ends_final_with_versions_that_only_rise(smoke: Recorder):
    versions: dict[str, list[int]] = {}
    for event in smoke.records(EVENTS, Event):
        versions.setdefault(event.event_id, []).append(event.version)
    assert all(v == sorted(set(v)) for v in versions.values())
    assert {event.status for event in final_events(smoke)} == {"final"}


def test_every_final_event_gets_a_mechanism_of_its_version(smoke: Recorder):
    solved = {(m.event_id, m.version) for m in smoke.records(MECHANISMS, Mechanism)}
    assert {(event.event_id, event.version) for event in final_events(smoke)} <= solved


def test_every_pick_is_read_for_polarity_and_none_is_lost(smoke: Recorder):
    picks = [pick.pick_id for pick in smoke.records(PICKS, Pick)]
    readings = smoke.records(READINGS, Pick)
    assert [reading.pick_id for reading in readings] == picks
    assert len(set(picks)) == len(picks)
    with_onset = [r for r in readings if r.phase == "P" and r.onset is not None]
    assert with_onset
    assert all(reading.polarity is not None for reading in with_onset)


def test_nothing_is_set_aside_in_a_clean_archive(smoke: Recorder):
    assert smoke.records(DEAD_LETTERS, DeadLetter) == []


@pytest.mark.parametrize("topic", [PICKS, READINGS, CANDIDATES, EVENTS, MECHANISMS])
def test_progress_reaches_every_topic_and_only_rises(
    smoke: Recorder, topic: Topic, archive: Archive
):
    progress: dict[str, list[int]] = {}
    for record in smoke.records(topic, Progress):
        progress.setdefault(record.source, []).append(record.done_until_ns)
    assert progress
    for times in progress.values():
        assert times == sorted(times)
        assert times[-1] >= archive.end_ns


def test_no_record_comes_after_the_progress_that_closed_its_time(smoke: Recorder):
    done_ns = 0
    for message in smoke.messages[CANDIDATES.name]:
        record = message.record()
        if isinstance(record, Progress):
            done_ns = record.done_until_ns
        elif isinstance(record, Candidate):
            assert record.origin.time_ns >= done_ns


def test_the_store_holds_what_was_on_the_topics(smoke: Recorder, settings: Settings):
    store = Store.open(settings.store.url)
    current = [row.event_id for row in store.reader.latest_events()]
    assert sorted(current) == sorted(event.event_id for event in final_events(smoke))
    store.close()


def test_two_runs_over_the_same_data_give_the_same_bytes(
    smoke: Recorder, run_smoke: Callable[[], Recorder]
):
    again = run_smoke()
    for topic in TOPICS:
        assert again.values(topic) == smoke.values(topic), topic.name
    assert Counter(len(smoke.values(topic)) > 0 for topic in TOPICS)[True] >= 6
