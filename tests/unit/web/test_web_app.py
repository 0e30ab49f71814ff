import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import numpy as np
import obspy
import pytest
from fastapi.testclient import TestClient
from sample_records import Sample

from streamstress.clock import ReplayClock, Segment
from streamstress.errors import ConfigError
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.store import Store
from streamstress.records import Onset, Pick
from streamstress.web import create_web


@pytest.fixture
def client(full_store: Store, store_url: str, sample: Sample) -> Iterator[TestClient]:
    end_ns = sample.progress[0].done_until_ns + 5 * 10**9
    clock = ReplayClock(2**62, 1.0, (Segment(end_ns, end_ns),))
    app = create_web(
        store_url, stations=sample.stations, title="West <basin>", clock=clock, refresh_s=0.0
    )
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def empty(store: Store, store_url: str) -> Iterator[TestClient]:
    with TestClient(create_web(store_url, min_events=25)) as opened:
        yield opened


def test_the_overview_tells_the_verdict_and_asks_no_other_host(client: TestClient):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "West &lt;basin&gt;" in answer.text
    assert "Stress orientation has changed" in answer.text
    assert re.findall(r"(?:src|href)=['\"]?(?:https?:)?//", answer.text) == []
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert client.get(name).status_code == 200, name


def test_text_in_an_id_cannot_become_markup(client: TestClient, full_store: Store, sample: Sample):
    nasty = "</script><img src=x onerror=alert(1)>"
    event = msgspec.structs.replace(
        sample.events[-1],
        event_id=nasty,
        origin=msgspec.structs.replace(
            sample.events[-1].origin, time_ns=sample.events[-1].origin.time_ns + 10**9
        ),
    )
    full_store.save(event)
    page = client.get("/").text
    assert nasty not in page
    assert "<img" not in page
    assert client.get("/status.json").json()["events"][0]["event_id"] == nasty


def test_a_page_that_did_not_change_is_not_sent_again(
    client: TestClient, full_store: Store, sample: Sample
):
    first = client.get("/region/west-basin")
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get("/region/west-basin", headers=tag)
    assert (again.status_code, again.text) == (304, "")
    assert again.headers["x-data-age-s"] == "5"
    full_store.save(msgspec.structs.replace(sample.changes[-1], version=9, state="withdrawn"))
    changed = client.get("/region/west-basin", headers=tag)
    assert changed.status_code == 200
    assert "Withdrawn" in changed.text or "withdrawn" in changed.text


def test_a_link_is_a_view(client: TestClient, sample: Sample):
    """Region and time in the address choose what is shown."""
    half = iso_time(sample.events[75].origin.time_ns)
    early = client.get("/region/west-basin", params={"until": half}).text
    shown = json.loads(re.search(r'id="chart-columns">(.*?)</script>', early, re.DOTALL)[1])
    assert max(shown["columns"]["shmax"]["time"]) < sample.events[75].origin.time_ns / 1e6
    assert len(shown["columns"]["event_count"]["time"]) == 75
    assert 'value="' + half in early
    box = client.get("/", params={"box": "133,35,134,36"}).text
    view = json.loads(re.search(r'id="chart-columns">(.*?)</script>', box, re.DOTALL)[1])
    assert view["ranges"] == {"map_x": [133.0, 134.0], "map_y": [35.0, 36.0]}


def test_the_event_page_tells_readings_traces_versions_and_grade(
    client: TestClient, full_store: Store, sample: Sample
):
    event, mechanism = sample.events[10], sample.mechanisms[10]
    samples = np.sin(np.arange(200) / 7).astype("<f4").tobytes()
    onset = Onset(sampling_rate_hz=100.0, pick_index=100.0, samples=samples)
    first = event.arrivals[0]
    full_store.save(
        Pick(
            pick_id=first.pick_id, network="XS", station="S00", location="", channel="HH",
            phase="P", time_ns=first.time_ns, sigma_s=0.05, probability=0.9, snr=9.0, model="m",
            sent_ns=0, onset=onset,
        )
    )  # fmt: skip
    page = client.get(f"/event/{event.event_id}").text
    assert mechanism.grade_reason in page
    assert page.count('class="onset"') == 1
    assert f"event {event.version}" in page
    assert f"mechanism {mechanism.version}" in page
    decided = [a for a in event.arrivals if a.polarity.decision != "unknown"]
    assert page.count('class="reading ') == len(event.arrivals)
    assert f"of {len(event.arrivals)} first motions not as the mechanism has it" in page
    assert len(re.findall("▲ up|▽ down", page)) == len(decided)


def test_the_alarm_page_says_what_turned_how_sure_and_what_to_do(client: TestClient):
    page = client.get("/alarm/west-basin-1").text
    for words in (
        "The stress has turned, and later events agree",
        "31° clockwise",
        "N92°E to N123°E",
        "95 % 22° to 41°",
        "2.6 × the threshold",
        "3 of 3 passed",
        "Follow the steps below",
        "Look at the stations",
    ):
        assert words in page, words
    assert "It does not mean that a large earthquake is coming" in page


def test_the_station_page_counts_first_motions_that_agree(client: TestClient):
    page = client.get("/station/XS.S03").text
    told = re.search(r"(\d+) of (\d+) clear of a nodal plane", page)
    agree, decided = int(told[1]), int(told[2])
    assert agree == decided > 50
    assert "<form" not in page
    assert "Read-only" in page


def test_silence_is_no_good_news(store: Store, store_url: str, sample: Sample):
    """Where nothing new comes, the verdict is that nobody knows, not that all is quiet."""
    store.save_many([*sample.events[:60], *sample.mechanisms[:60], *sample.estimates[:40]])
    store.save(sample.progress[0])
    done_ns = sample.progress[0].done_until_ns
    for behind_s, words in ((30, "No change of stress orientation"), (7200, "Nobody knows")):
        now = done_ns + behind_s * 10**9
        clock = ReplayClock(2**62, 1.0, (Segment(now, now),))
        with TestClient(create_web(store_url, clock=clock)) as page:
            assert words in page.get("/").text
    down = create_web(store_url, clock=clock, broker_trouble=lambda: "Kafka does not answer.")
    with TestClient(down) as page:
        assert "Kafka does not answer." in page.get("/").text
        assert page.get("/status.json").json()["troubles"][0] == "Kafka does not answer."


def test_status_tells_stages_estimate_and_age(client: TestClient):
    status = client.get("/status.json").json()
    stages = {stage["stage"]: stage for stage in status["stages"]}
    assert stages["pick"]["count"] == "5,230"
    assert stages["pick"]["latency"] == "1.9 s (95 %: 3.4 s)"
    assert stages["polarity"]["rejected"] == 4
    assert status["dead_letters"] == "set aside: 4 corrupt-record"
    assert status["estimate"][0]["name"] == "SHmax"
    assert status["estimate"][0]["value"] == "123°"
    assert status["data_until"] == "data to 6 Mar 2026 23:48 UTC, 5 s behind the clock"
    assert status["cell"] == "west-basin"
    assert len(status["events"]) == 12
    assert status["events"][0]["ball"].startswith("<svg")


def test_several_workers_of_a_stage_are_added_up(
    client: TestClient, full_store: Store, sample: Sample
):
    pick = next(status for status in sample.stages if status.stage == "pick")
    full_store.save_stages([msgspec.structs.replace(pick, worker="pick-1", p95_s=9.0)])
    stages = client.get("/status.json").json()["stages"]
    shown = next(stage for stage in stages if stage["stage"] == "pick")
    assert shown["count"] == "10,460"
    assert shown["latency"].endswith("(95 %: 9.0 s)")


def test_an_empty_system_says_what_it_waits_for(empty: TestClient):
    status = empty.get("/status.json").json()
    assert status["banner"]["title"] == "Waiting for the first earthquake"
    assert status["data_until"] == "no data yet"
    assert status["dead_letters"] == "nothing set aside"
    assert status["estimate"] == []
    assert empty.get("/").status_code == 200
    assert empty.get("/api/events").json() == []
    assert empty.get("/healthz").json() == {"status": "ok", "data_until": None}


def test_the_waiting_words_count_towards_the_needed_mechanisms(
    empty: TestClient, store: Store, sample: Sample
):
    store.save_many([*sample.events[:6], *sample.mechanisms[:6]])
    sentence = empty.get("/status.json").json()["banner"]["sentence"]
    usable = sum(mechanism.grade in "ABC" for mechanism in sample.mechanisms[:6])
    assert sentence == f"{usable} mechanisms of grade A to C so far; an estimate needs 25."


def test_lists_narrow_as_asked(client: TestClient, sample: Sample):
    since = client.get("/api/events?limit=3").json()
    assert [event["event_id"] for event in since] == ["wb00149", "wb00148", "wb00147"]
    assert "time_ns" not in since[0]
    newest = client.get("/api/events", params={"since": since[-1]["time"]}).json()
    assert len(newest) == 3
    grades = {row["grade"] for row in client.get("/api/mechanisms?grades=AB").json()}
    assert grades == {"A", "B"}
    assert client.get("/api/events?region=elsewhere").json() == []
    series = client.get("/api/stress?cell=west-basin").json()
    assert len(series) == len(sample.estimates)
    assert client.get("/api/stress").json() == series[-1:]
    (change,) = client.get("/api/changes").json()
    assert (change["state"], change["shmax_after_deg"]) == ("confirmed", 122.9)


def test_geojson_is_served_as_such(client: TestClient):
    for path, count in (("events", 150), ("mechanisms", 150), ("stress", 1)):
        answer = client.get(f"/api/{path}.geojson")
        assert answer.headers["content-type"].startswith("application/geo+json")
        assert len(answer.json()["features"]) == count


def test_an_event_comes_whole_as_json_and_as_quakeml(client: TestClient, sample: Sample):
    detail = client.get("/api/events/wb00010").json()
    assert len(detail["event"]["arrivals"]) == len(sample.events[10].arrivals)
    assert detail["mechanism"]["grade"] == sample.mechanisms[10].grade
    answer = client.get("/events/wb00010.qml")
    assert answer.headers["content-type"].startswith("application/xml")
    event = obspy.read_events(io.BytesIO(answer.content))[0]
    assert event.resource_id.id.endswith("wb00010")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/events/nothing.qml", 404, "no event 'nothing'; it may have been merged"),
        ("/api/events/nothing", 404, "no event 'nothing'"),
        ("/api/stress?cell=nowhere", 404, "no stress estimate of a cell 'nowhere'"),
        ("/status.json?cell=nowhere", 404, "cells with one: west-basin"),
        ("/region/west-basin?cell=nowhere", 404, "no stress estimate of a cell 'nowhere'"),
        ("/region/nowhere", 404, "nothing is known of a region 'nowhere'"),
        ("/station/XS.NONE", 404, "no station 'XS.NONE'"),
        ("/alarm/none", 404, "no alarm 'none'"),
        ("/event/nothing", 404, "no event 'nothing'"),
        ("/?from=yesterday", 422, "is not ISO 8601"),
        ("/?box=1,2,3", 422, "west,south,east,north"),
        ("/api/events?since=yesterday", 422, "is not ISO 8601"),
    ],
)
def test_a_bad_question_gets_a_sentence(client: TestClient, path: str, status: int, words: str):
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/events?limit=0", "/api/mechanisms?grades=XYZ"])
def test_parameters_out_of_bounds_are_refused(client: TestClient, path: str):
    assert client.get(path).status_code == 422


def test_a_store_that_breaks_is_told_with_503(client: TestClient, full_store: Store):
    with full_store._engine.begin() as connection:
        connection.exec_driver_sql("drop table progress")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "the store does not answer" in answer.json()["detail"]


def test_a_person_gets_the_refusal_as_a_page(client: TestClient, full_store: Store):
    html = {"Accept": "text/html"}
    answer = client.get("/event/nothing", headers=html)
    assert answer.status_code == 404
    assert "<h1>Not here</h1>" in answer.text
    with full_store._engine.begin() as connection:
        connection.exec_driver_sql("drop table progress")
    answer = client.get("/", headers=html)
    assert answer.status_code == 503
    assert "asks again by itself" in answer.text


def test_without_a_token_nothing_can_be_said(client: TestClient):
    said = {"action": "mute", "target": "XS.S03", "author": "me"}
    answer = client.post("/api/controls", json=said)
    assert answer.status_code == 403
    assert "read-only" in answer.json()["detail"]
    paths = client.get("/openapi.json").json()["paths"]
    writing = {path for path, methods in paths.items() if set(methods) != {"get"}}
    assert writing == {"/api/controls"}
    assert client.post("/api/events").status_code == 405


def test_a_store_that_cannot_be_opened_stops_at_once():
    with pytest.raises(ConfigError):
        create_web("sqlite:////no/such/folder/x.db")


def test_a_page_with_old_results_does_not_look_well(
    full_store: Store, store_url: str, sample: Sample
):
    withdrawn = msgspec.structs.replace(sample.changes[-1], version=9, state="withdrawn")
    full_store.save(withdrawn)
    later_ns = sample.progress[0].done_until_ns + 632 * 86_400 * 10**9
    clock = ReplayClock(2**62, 1.0, (Segment(later_ns, later_ns),))
    app = create_web(store_url, stations=sample.stations, clock=clock, refresh_s=0.0)
    with TestClient(app) as opened:
        page = opened.get("/").text
        assert re.search(r'id="pulse"[^>]* class="old"', page)
        assert "results 632 days behind" in page
        assert "Nobody knows whether the stress has changed" in page
        assert re.search(r'region-card state-unknown".*\n.*Not known', page, re.IGNORECASE)
        assert "No alarm" not in page
        assert "state-unknown" in opened.get("/region/west-basin").text
        assert re.search(r'id="pulse"[^>]* class="old"', opened.get("/alarms").text)


def test_a_page_with_new_results_looks_well(client: TestClient, full_store: Store, sample: Sample):
    # The workers of the sample spoke long ago; here they speak now.
    full_store.save_stages(
        [msgspec.structs.replace(one, updated_ns=2**62) for one in sample.stages]
    )
    assert re.search(r'id="pulse"[^>]* class=""', client.get("/").text)


def test_a_wrong_parameter_is_a_sentence_for_people_and_json_for_programs(client: TestClient):
    page = client.get("/map", params={"depth": "5"}, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "depth=&#39;5&#39;: it is written as the example in its field" in page.text
    told = client.get("/map", params={"depth": "5"})
    assert told.json()["detail"][0]["loc"] == ["query", "depth"]


def test_a_network_across_180_degrees_is_drawn_in_one_piece(
    store: Store, store_url: str, sample: Sample
):
    def across(longitude_deg: float) -> float:
        return (longitude_deg - 133.3 + 360.0) % 360.0 - 180.0

    for event, solved in zip(sample.events, sample.mechanisms, strict=True):
        x = across(event.origin.longitude_deg)
        origin = msgspec.structs.replace(event.origin, longitude_deg=x)
        store.save(msgspec.structs.replace(event, origin=origin))
        store.save(msgspec.structs.replace(solved, longitude_deg=x))
    last = sample.estimates[-1]
    store.save(msgspec.structs.replace(last, longitude_deg=across(last.longitude_deg)))
    stations = {
        code: replace(one, longitude_deg=across(one.longitude_deg))
        for code, one in sample.stations.items()
    }
    assert {np.sign(one.longitude_deg) for one in stations.values()} == {-1.0, 1.0}
    with TestClient(create_web(store_url, stations=stations)) as opened:
        for address in ("/", "/?box=179.5,35,-179.5,36"):
            text = re.search(r'id="chart-columns">(.*?)</script>', opened.get(address).text)[1]
            held = json.loads(text)
            west, east = held["ranges"]["map_x"]
            assert 0.5 < east - west < 3.0
            for name in ("stations", "events"):
                assert len(held["columns"][name]["x"]) == len(
                    stations if name == "stations" else sample.events
                )
                assert all(west - 1.0 < x < east + 1.0 for x in held["columns"][name]["x"])
            for name in ("ball_rims", "bars", "ball_quadrants"):
                corners = [x for shape in held["columns"][name]["xs"] for x in shape]
                assert west - 1.0 < min(corners) < max(corners) < east + 1.0


def test_a_fault_of_the_program_is_told_as_one(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("streamstress.web.pages.station_list", broken)
    page = client.get("/stations", headers={"Accept": "text/html"})
    assert page.status_code == 500
    assert "a fault of this program" in page.text
