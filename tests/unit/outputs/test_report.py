import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sample_records import Sample

from streamstress.outputs.report import build_report, match_events
from streamstress.outputs.report_page import report_charts, write_report
from streamstress.outputs.store import Store
from streamstress.records import Event
from streamstress.simulate.truth import Truth


def test_a_perfect_run_reports_no_error(full_store: Store, truth: Truth):
    report = build_report(full_store.reader, truth)
    assert report["events"]["simulated"] == report["events"]["found"] == 150
    assert report["events"]["false"] == 0
    assert report["events"]["location_error_km"] == pytest.approx(0, abs=1e-6)
    assert report["polarity"]["accuracy"] == 1.0
    assert report["mechanisms"]["rotation_error_deg"] == pytest.approx(0, abs=1e-3)
    assert sum(report["mechanisms"]["grades"].values()) == report["mechanisms"]["n"] == 150
    assert report["truth"]["rotation_deg"] == 32.0
    assert report["truth"]["change_time"].startswith("2026-03-05T20:36:22")
    assert report["stress"]["shmax_before_deg"] == pytest.approx(92, abs=4)
    assert report["stress"]["shmax_after_deg"] == pytest.approx(124, abs=4)
    assert report["latency_s"]["pick"] == {"p50": 1.9, "p95": 3.4}


def test_an_alarm_is_reported_as_it_was_raised(full_store: Store, truth: Truth):
    (alarm,) = build_report(full_store.reader, truth)["alarms"]
    assert alarm["state"] == "open"
    assert alarm["latest_state"] == "confirmed"
    newest = full_store.reader.alarms.history(alarm["change_id"])[-1]
    assert alarm["latest_rotation_deg"] == newest.rotation_deg
    assert alarm["n_since_onset"] == 16
    assert alarm["onset_event_id"] == "wb00090"
    assert alarm["s1_before"] == {"azimuth_deg": 91.7, "plunge_deg": 3.0}
    assert alarm["time"].endswith("Z")


def test_moved_missed_and_invented_events_are_told_apart(
    store: Store, sample: Sample, truth: Truth
):
    def moved(event: Event, **change: float) -> Event:
        return msgspec.structs.replace(
            event, origin=msgspec.structs.replace(event.origin, **change)
        )

    near, late, far = sample.events[0], sample.events[1], sample.events[2]
    store.save_many(
        [
            moved(near, latitude_deg=near.origin.latitude_deg + 0.05),
            moved(late, time_ns=late.origin.time_ns + 4 * 10**9),
            moved(far, latitude_deg=far.origin.latitude_deg + 0.2),
        ]
    )
    events = build_report(store.reader, truth)["events"]
    assert (events["found"], events["false"]) == (1, 2)
    assert events["location_error_km"] == pytest.approx(5.56, abs=0.02)


def test_two_locations_of_one_earthquake_count_once(sample: Sample, truth: Truth):
    twin = msgspec.structs.replace(sample.events[0], event_id="twin")
    matches = match_events([twin, sample.events[0]], truth.events)
    assert len(matches) == 1


def test_first_motions_are_judged_by_what_the_station_shows(
    full_store: Store, sample: Sample, truth: Truth
):
    station = sample.events[0].arrivals[0].station
    decided = sum(
        arrival.station == station and arrival.polarity.decision != "unknown"
        for event in sample.events
        for arrival in event.arrivals
    )
    reversed_truth = type(truth)(
        **{name: getattr(truth, name) for name in truth.__slots__ if name != "reversed_stations"},
        reversed_stations=(station,),
    )
    polarity = build_report(full_store.reader, reversed_truth)["polarity"]
    assert polarity["accuracy"] == pytest.approx(1 - decided / polarity["n"])


def test_mechanism_error_is_the_rotation_to_the_truth(store: Store, sample: Sample, truth: Truth):
    solution = msgspec.structs.replace(
        sample.mechanisms[0].solutions[0], strike_deg=0.0, dip_deg=90.0, rake_deg=0.0
    )
    store.save(sample.events[0])
    store.save(msgspec.structs.replace(sample.mechanisms[0], grade="A", solutions=(solution,)))
    turned = truth.events[0].__class__(
        **{
            **{name: getattr(truth.events[0], name) for name in truth.events[0].__slots__},
            "strike_deg": 25.0,
            "dip_deg": 90.0,
            "rake_deg": 0.0,
        }
    )
    own = type(truth)(
        **{
            **{name: getattr(truth, name) for name in truth.__slots__},
            "events": (turned,),
        }
    )
    error = build_report(store.reader, own)["mechanisms"]["rotation_error_deg"]
    assert error == pytest.approx(25.0, abs=1e-6)


def test_real_data_are_reported_without_truth(full_store: Store):
    report = build_report(full_store.reader, None)
    assert report["truth"] is None
    assert report["events"]["found"] == 150
    assert report["stress"]["shmax_before_deg"] == pytest.approx(92, abs=4)


def test_report_of_nothing_has_every_part(store: Store, truth: Truth):
    report = build_report(store.reader, truth)
    assert report["events"]["found"] == 0
    assert report["events"]["location_error_km"] is None
    assert report["alarms"] == []
    assert set(report) == {
        "truth",
        "events",
        "polarity",
        "mechanisms",
        "stress",
        "alarms",
        "latency_s",
    }


def test_files_are_complete_in_themselves(
    full_store: Store, sample: Sample, truth: Truth, tmp_path: Path
):
    report = build_report(full_store.reader, truth)
    charts = report_charts(full_store.reader, sample.stations)
    json_path, page_path = write_report(tmp_path / "out", report, charts, truth)
    assert json.loads(json_path.read_text()) == report
    page = page_path.read_text()
    assert "turned by 32°" in page
    # The browser is told to load nothing at all, and no element asks it to.
    assert "Content-Security-Policy" in page
    assert re.findall(r"<(?:script|img|link)[^>]*(?:src|href)=['\"]?http", page) == []


def test_tables_alone_need_no_script(store: Store, truth: Truth, tmp_path: Path):
    _, page = write_report(tmp_path, build_report(store.reader, truth))
    assert "<script" not in page.read_text()
    assert np.less(page.stat().st_size, 20_000)
