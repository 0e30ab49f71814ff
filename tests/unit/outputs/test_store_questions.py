"""The three questions, and what is kept for how long."""

import sqlite3
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_records import Sample

from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.retention import Keep
from streamstress.outputs.rows import EventRow, FeedStatus, KnownCounts, MechanismRow
from streamstress.outputs.store import Store
from streamstress.records import Onset, Pick

DAY_NS = 86_400 * 10**9


def test_stress_at_a_place_and_time_is_that_of_the_nearest_cell_as_known_then(
    full_store: Store, sample: Sample
):
    reader, estimate = full_store.reader, sample.estimates[40]
    elsewhere = msgspec.structs.replace(
        sample.estimates[-1], cell="far", latitude_deg=estimate.latitude_deg + 3.0
    )
    full_store.save(elsewhere)
    at = (estimate.latitude_deg + 0.1, estimate.longitude_deg - 0.1)
    assert reader.stress_at(*at, estimate.data_time_ns) == estimate
    assert reader.stress_at(*at, estimate.data_time_ns - 1) == sample.estimates[39]
    assert reader.stress_at(*at) == sample.estimates[-1]
    assert reader.stress_at(*at, sample.estimates[0].data_time_ns - 1) is None
    assert reader.stress_at(at[0] + 1.4, at[1], within_km=100.0) is None
    assert reader.stress_at(at[0] + 2.6, at[1], within_km=100.0) == elsewhere


def test_the_nearest_cell_is_found_across_the_date_line(store: Store, sample: Sample):
    west, east = (
        msgspec.structs.replace(sample.estimates[0], cell=f"{x}", longitude_deg=x, latitude_deg=0.0)
        for x in (-179.9, 178.0)
    )
    store.save_many([west, east])
    assert store.reader.stress_at(0.0, 179.8).cell == "-179.9"


@settings(max_examples=25)
@given(
    west=st.floats(133.0, 133.5), width=st.floats(0.0, 0.5), south=st.floats(35.2, 35.6),
    height=st.floats(0.0, 0.4), first=st.integers(0, 149), count=st.integers(1, 149),
    grades=st.sampled_from(["A", "ABC", "DEF", "AC", "ABCDEF"]), limit=st.integers(1, 40),
    offset=st.integers(0, 20),
)  # fmt: skip
def test_mechanisms_in_a_box_are_exactly_those_in_it(
    west, width, south, height, first, count, grades, limit, offset, filled_file: Path,
    sample: Sample,
):  # fmt: skip
    box = Box(west, south, west + width, south + height)
    times = [one.origin_time_ns for one in sample.mechanisms]
    until = times[first + count] if first + count < len(times) else None
    wanted = Selection(times[first], until, box, grades)
    expected = {
        one.event_id
        for one in sample.mechanisms
        if wanted.holds(one.origin_time_ns, one.latitude_deg, one.longitude_deg, one.grade)
    }
    store = Store.open(f"sqlite:///{filled_file}")
    found = store.reader.latest_mechanisms(wanted=wanted)
    assert {row.event_id for row in found} == expected
    newest = store.reader.latest_mechanisms(wanted=wanted, limit=limit, offset=offset)
    assert newest == found[offset : offset + limit]
    events = store.reader.latest_events(wanted=Selection(times[first], until, box))
    assert expected <= {row.event_id for row in events}
    store.close()


def test_the_newest_of_a_box_across_180_degrees_come_from_both_sides(store: Store, sample: Sample):
    placed = [
        msgspec.structs.replace(one, longitude_deg=(179.0 + 0.02 * k + 180.0) % 360.0 - 180.0)
        for k, one in enumerate(sample.mechanisms)
    ]
    store.save_many([*sample.events, *placed])
    box = Box(179.5, 30.0, -179.5, 40.0)
    inside = [one for one in placed if box.holds(one.latitude_deg, one.longitude_deg)]
    wanted = Selection(box=box, grades="BC")
    expected = [one.event_id for one in inside[::-1] if one.grade in "BC"]
    assert len(expected) > 12
    found = store.reader.latest_mechanisms(wanted=wanted, limit=10, offset=2)
    assert [row.event_id for row in found] == expected[2:12]


def test_a_mechanism_that_moves_is_found_where_it_is_now(store: Store, sample: Sample):
    mechanism = sample.mechanisms[0]
    store.save_many([sample.events[0], mechanism])
    moved = msgspec.structs.replace(mechanism, version=9, latitude_deg=-20.0, longitude_deg=60.0)
    store.save(moved)
    here, there = Box(132.0, 34.0, 135.0, 37.0), Box(59.0, -21.0, 61.0, -19.0)
    assert store.reader.latest_mechanisms(wanted=Selection(box=here)) == []
    assert len(store.reader.latest_mechanisms(wanted=Selection(box=there))) == 1


def test_what_was_known_when_the_alarm_opened_leaves_out_what_came_later(
    full_store: Store, sample: Sample
):
    opening = sample.changes[0]
    known = [one for one in sample.mechanisms if one.sent_ns <= opening.sent_ns]
    late = msgspec.structs.replace(
        known[-1], version=50, grade="F", solutions=(), sent_ns=opening.sent_ns + 1
    )
    early = msgspec.structs.replace(known[-2], version=50, sent_ns=opening.sent_ns - 1)
    full_store.save_many([late, early])
    told = full_store.reader.alarms.known_when_opened(opening.change_id)
    assert told.change == opening
    expected = {one.event_id: one for one in known} | {early.event_id: early}
    assert {one.event_id: one for one in told.mechanisms} == expected
    estimates = [one for one in sample.estimates if one.sent_ns <= opening.sent_ns]
    assert told.estimates == [estimates[-1]]
    newest = full_store.reader.alarms.known_when_opened(opening.change_id, newest=5)
    assert newest.mechanisms == told.mechanisms[:5]
    counted = full_store.reader.alarms.counted_when_opened(opening.change_id)
    assert counted == KnownCounts(mechanisms=len(told.mechanisms), are_all=True, estimates=1)
    some = full_store.reader.alarms.counted_when_opened(opening.change_id, newest=5)
    assert (some.mechanisms, some.are_all) == (5, False)
    assert full_store.reader.alarms.counted_when_opened("no-such-change") is None
    assert full_store.reader.alarms.known_when_opened("no-such-change") is None


def test_a_withdrawn_event_shows_in_what_was_known_before_its_withdrawal(
    full_store: Store, sample: Sample
):
    opening = sample.changes[0]
    gone = msgspec.structs.replace(
        sample.mechanisms[60], version=60, status="tombstone", sent_ns=opening.sent_ns - 5
    )
    later = msgspec.structs.replace(
        sample.mechanisms[61], version=60, status="tombstone", sent_ns=opening.sent_ns + 5
    )
    full_store.save_many([gone, later])
    told = full_store.reader.alarms.known_when_opened(opening.change_id)
    names = {one.event_id for one in told.mechanisms}
    assert gone.event_id not in names
    assert later.event_id in names


def _rows(path: Path, table: str) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608


def test_retention_deletes_what_is_old_and_replaced_and_nothing_else(
    full_store: Store, sample: Sample, tmp_path: Path
):
    path, reader = tmp_path / "store.db", full_store.reader
    newer = [msgspec.structs.replace(one, version=9) for one in sample.mechanisms[:20]]
    full_store.save_many(newer)
    before = _rows(path, "history")
    shown = (reader.latest_mechanisms(), reader.latest_stress(), reader.system.counts().events)
    full_store.save(onset_pick("XS.A..HH.P.1.0"))
    assert full_store.prune(Keep()) == 0
    assert full_store.prune(Keep(versions_days=1.0, estimates_days=1.0)) == 0
    later = 2 * DAY_NS + max(np.array([one.sent_ns for one in newer]).max(), time.time_ns())
    keep = Keep(versions_days=1.0, estimates_days=1.0, dead_letters_days=1.0, onsets_days=1.0)
    while full_store.prune(keep, int(later), at_most=7):
        pass
    # Twenty mechanisms and the first version of the alarm were replaced.
    assert _rows(path, "history") == before - 21
    assert _rows(path, "stress") == 1
    assert _rows(path, "dead_letters") == 0
    assert _rows(path, "onsets") == 0
    assert (
        reader.latest_mechanisms(),
        reader.latest_stress(),
        reader.system.counts().events,
    ) == shown


def test_exports_read_events_with_their_mechanisms_by_grade_and_box(
    full_store: Store, sample: Sample
):
    reader = full_store.reader
    details = list(reader.event_details())
    assert [detail.event for detail in details] == sample.events
    assert [detail.mechanism for detail in details] == sample.mechanisms
    good = list(reader.event_details(Selection(grades="AB")))
    assert {one.mechanism.grade for one in good} <= {"A", "B"}
    assert 0 < len(good) < len(details)


@pytest.mark.parametrize("every", [False, True])
def test_stress_of_a_time_span_is_the_newest_or_all_of_it(
    every: bool, full_store: Store, sample: Sample
):
    until = sample.estimates[30].data_time_ns
    found = full_store.reader.stress_records(Selection(until_ns=until), every=every)
    assert found == (sample.estimates[:30] if every else [sample.estimates[29]])


def test_traces_of_onsets_come_back_as_they_were_and_picks_without_one_leave_nothing(store: Store):
    pick = onset_pick("XS.A..HH.P.1.0")
    bare = msgspec.structs.replace(pick, pick_id="XS.A..HH.P.2.0", onset=None)
    assert store.save_many([pick, bare, pick]) == 1
    (trace,) = store.reader.stations.onsets([pick.pick_id, bare.pick_id, "unknown"]).values()
    assert trace.samples.tolist() == [0.0, 1.5, -2.0]
    assert (trace.sampling_rate_hz, trace.pick_index) == (100.0, 1.25)


def test_feeds_keep_the_newest_word_of_each_station(store: Store):
    first = FeedStatus(station="XS.A", data_age_s=3.0, silence_s=1.0, updated_ns=5)
    later = msgspec.structs.replace(first, data_age_s=9.0, updated_ns=6)
    store.save_feeds([first])
    store.save_feeds([later, msgspec.structs.replace(first, station="XS.B")])
    store.save_feeds([first])
    assert store.reader.stations.feeds()["XS.A"] == later
    assert set(store.reader.stations.feeds()) == {"XS.A", "XS.B"}


def test_a_station_tells_its_readings_newest_first_with_their_mechanisms(
    full_store: Store, sample: Sample
):
    stations = full_store.reader.stations
    readings = stations.readings("XS.S03", limit=5)
    expected = [
        (event.event_id, arrival.pick_id, mechanism.grade)
        for event, mechanism in zip(sample.events, sample.mechanisms, strict=True)
        for arrival in event.arrivals
        if arrival.station == "XS.S03"
    ][:-6:-1]
    assert [(one.event_id, one.pick_id, one.grade) for one in readings] == expected
    newest = stations.newest_readings_ns([*sample.stations, "XS.NONE"])
    assert newest["XS.S03"] == readings[0].time_ns
    assert set(newest) == set(sample.stations)


def test_the_newest_of_a_box_are_those_of_the_whole_list(full_store: Store, sample: Sample):
    """The spatial index alone answers; it must not tell otherwise than the tables."""
    box = Box(133.25, 35.38, 133.36, 35.45)
    dead = msgspec.structs.replace(sample.events[140], version=9, status="tombstone")
    gone = msgspec.structs.replace(sample.mechanisms[141], version=9, status="tombstone")
    full_store.save_many([dead, gone])
    reader = full_store.reader
    since = sample.events[20].origin.time_ns
    wanted = Selection(since, None, box, "ABC")
    everything = reader.latest_mechanisms(wanted=wanted)
    assert len(everything) > 20
    assert [row for row in reader.latest_mechanisms("ABC", None, since) if _inside(row, box)] == (
        everything
    )
    pages = [reader.latest_mechanisms(wanted=wanted, limit=7, offset=k) for k in range(0, 150, 7)]
    assert [row for page in pages for row in page] == everything
    events = [row for row in reader.latest_events() if _inside(row, box)]
    assert reader.latest_events(wanted=Selection(box=box), limit=1000) == events
    names = {row.event_id for row in (*events, *everything)}
    assert dead.event_id not in names
    assert gone.event_id not in {row.event_id for row in everything}


def _inside(row: EventRow | MechanismRow, box: Box) -> bool:
    return box.holds(row.latitude_deg, row.longitude_deg)


def onset_pick(pick_id: str) -> Pick:
    samples = np.array([0.0, 1.5, -2.0], "<f4").tobytes()
    return Pick(
        pick_id=pick_id, network="XS", station="A", location="", channel="HH", phase="P",
        time_ns=1, sigma_s=0.05, probability=0.9, snr=9.0, model="m", sent_ns=0,
        onset=Onset(sampling_rate_hz=100.0, pick_index=1.25, samples=samples),
    )  # fmt: skip
