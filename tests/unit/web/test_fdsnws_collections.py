"""The FDSN event service and the GeoJSON collections, over the sample store."""

import io
import time
from collections.abc import Iterator

import obspy
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_records import Sample

from streamstress.outputs.json_view import iso_time
from streamstress.outputs.store import Store
from streamstress.web import create_web
from streamstress.web.fdsnws_query import NUMBERS, WORDS, event_query

QUERY = "/fdsnws/event/1/query"


@pytest.fixture(scope="module")
def client(filled_file) -> Iterator[TestClient]:
    with TestClient(create_web(f"sqlite:///{filled_file}")) as opened:
        yield opened


def lines(client: TestClient, **asked: object) -> list[list[str]]:
    answer = client.get(QUERY, params={"format": "text", **asked})
    assert answer.status_code == 200, answer.text
    heading, *rest = answer.text.splitlines()
    assert heading.startswith("#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|")
    return [line.split("|") for line in rest]


def test_quakeml_has_events_with_mechanisms_newest_first(client, sample: Sample):
    answer = client.get(QUERY, params={"limit": 5})
    assert answer.headers["content-type"].startswith("application/xml")
    read = obspy.read_events(io.BytesIO(answer.content))
    times = [event.preferred_origin().time for event in read]
    assert times == sorted(times, reverse=True)
    solved = [one for one in sample.mechanisms[-5:] if one.solutions]
    assert sum(bool(event.focal_mechanisms) for event in read) == len(solved)


def test_text_has_the_columns_of_the_specification(client, sample: Sample):
    (line,) = lines(client, eventid="wb00042")
    event = sample.events[42]
    assert len(line) == 14
    assert line[0] == "wb00042"
    assert float(line[2]) == pytest.approx(event.origin.latitude_deg, abs=1e-5)
    assert line[9:11] == ["ML", f"{event.magnitude.value:.2f}"]
    assert line[13] == "earthquake"


def test_time_place_depth_and_magnitude_narrow_the_answer(client, sample: Sample):
    def expected(condition) -> set[str]:
        return {event.event_id for event in sample.events if condition(event)}

    found = lines(client, minmag=1.5, maxdepth=9.0, minlat=35.4, maxlongitude=133.35)
    assert {line[0] for line in found} == expected(
        lambda e: (
            e.magnitude.value >= 1.5
            and e.origin.depth_km <= 9.0
            and e.origin.latitude_deg >= 35.4
            and e.origin.longitude_deg <= 133.35
        )
    )
    assert found
    start = sample.events[100].origin.time_ns
    shown = obspy.UTCDateTime(ns=start).isoformat()
    assert len(lines(client, starttime=shown)) in (49, 50)
    assert len(lines(client, endtime=shown)) in (100, 101)


def test_a_circle_holds_what_is_within_its_radii(client, sample: Sample):
    from streamstress.earth.projection import KM_PER_DEGREE, distance_azimuth

    centre = (35.42, 133.30)
    away = {
        event.event_id: distance_azimuth(
            *centre, event.origin.latitude_deg, event.origin.longitude_deg
        )[0]
        / KM_PER_DEGREE
        for event in sample.events
    }
    asked = {"latitude": centre[0], "longitude": centre[1], "minradius": 0.03, "maxradius": 0.08}
    found = {line[0] for line in lines(client, **asked)}
    assert found == {name for name, far in away.items() if 0.03 <= far <= 0.08}
    assert found
    paged = [line[0] for n in (1, 4) for line in lines(client, **asked, limit=3, offset=n)]
    assert len(set(paged)) == 6


def test_pages_and_orders_cover_the_catalogue_once(client, sample: Sample):
    pages = [lines(client, limit=60, offset=1 + 60 * k, orderby="time-asc") for k in range(3)]
    assert [line[0] for page in pages for line in page] == [e.event_id for e in sample.events]
    magnitudes = [float(line[10]) for line in lines(client, orderby="magnitude")]
    assert magnitudes == sorted(magnitudes, reverse=True)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"minmag": "big"}, "minmagnitude='big' is not a number"),
        ({"starttime": "yesterday"}, "not ISO 8601"),
        ({"format": "pdf"}, "give one of xml, text"),
        ({"orderby": "size"}, "give one of time"),
        ({"limit": "0"}, "not between 1 and"),
        ({"latitude": "35"}, "needs latitude and longitude"),
        ({"minlat": "50", "maxlat": "40"}, "are no box"),
        ({"colour": "red"}, "unknown parameter colour"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused_in_plain_text(client, asked, word):
    answer = client.get(QUERY, params=asked)
    assert answer.status_code == 400
    assert answer.text.startswith("Error 400: Bad Request")
    assert word in answer.text


def test_no_event_is_204_or_404_as_asked(client):
    assert client.get(QUERY, params={"minmag": 9}).status_code == 204
    assert client.get(QUERY, params={"minmag": 9, "nodata": "404"}).status_code == 404


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from([*NUMBERS, *WORDS]),
        st.text(max_size=12) | st.floats(allow_nan=True).map(str) | st.integers().map(str),
        max_size=5,
    )
)
def test_any_request_is_understood_or_refused_in_words(asked):
    told = ""
    try:
        query = event_query(asked)
    except ValueError as error:
        query, told = None, str(error)
    assert bool(told) == (query is None)
    assert query is None or (query.limit >= 1 and query.offset >= 0)


def test_a_client_that_looks_first_finds_every_parameter(client):
    text = client.get("/fdsnws/event/1/application.wadl").text
    assert all(f'name="{name}"' in text for name in (*NUMBERS, *WORDS))
    assert client.get("/fdsnws/event/1/version").text == "1.2.0"
    assert "streamstress" in client.get("/fdsnws/event/1/catalogs").text
    assert "streamstress" in client.get("/fdsnws/event/1/contributors").text


def test_collections_lead_from_page_to_page_to_the_end(client, sample: Sample):
    listed = client.get("/collections").json()["collections"]
    assert [one["id"] for one in listed] == ["events", "mechanisms", "stress"]
    address, names = listed[0]["links"][0]["href"] + "?limit=64", []
    while address:
        page = client.get(address).json()
        names += [feature["id"] for feature in page["features"]]
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)
    assert names == [event.event_id for event in reversed(sample.events)]


def test_collections_narrow_by_box_time_grade_and_region(client, sample: Sample):
    def ids(name: str, **asked: str) -> set[str]:
        answer = client.get(f"/collections/{name}/items", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/geo+json"
        return {feature["id"] for feature in answer.json()["features"]}

    bounds = "133.2,35.3,133.4,35.5"
    inside = {
        one.event_id
        for one in sample.mechanisms
        if 133.2 <= one.longitude_deg <= 133.4 and 35.3 <= one.latitude_deg <= 35.5
    }
    assert ids("mechanisms", bbox=bounds) == inside
    graded = {one.event_id for one in sample.mechanisms if one.grade in "AB"}
    assert ids("mechanisms", bbox=bounds, grades="AB") == inside & graded
    middle = obspy.UTCDateTime(ns=sample.events[75].origin.time_ns).isoformat()
    before, after = ids("events", datetime=f"../{middle}"), ids("events", datetime=f"{middle}/..")
    assert not before & after
    assert len(before | after) == len(sample.events)
    assert ids("events", region="elsewhere") == set()
    assert ids("stress") == {"west-basin"}


def test_a_moment_finds_what_happened_in_it(store: Store, store_url: str, sample: Sample):
    origin = replace(sample.events[0].origin, time_ns=1_700_000_000_123_456_000)
    store.save(replace(sample.events[0], origin=origin))
    with TestClient(create_web(store_url)) as opened:
        asked = {"datetime": "2023-11-14T22:13:20.123456Z"}
        assert len(opened.get("/collections/events/items", params=asked).json()["features"]) == 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/collections/rain/items", 404),
        ("/collections/rain", 404),
        ("/collections/events/items?bbox=1,2,3", 400),
        ("/collections/events/items?datetime=noon", 400),
        ("/collections/events/items?limit=0", 422),
    ],
)
def test_a_wrong_collection_request_says_why(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.json()["detail"]


VALUES = (
    st.text(max_size=8)
    | st.floats().map(str)
    | st.integers().map(str)
    | st.datetimes().map(lambda moment: moment.isoformat())
    | st.sampled_from(["9999-12-31", "1,2,3,4", "170,-10,-170,10", "../..", "/", "ABC", "text"])
)


@settings(max_examples=80)
@given(
    address=st.sampled_from(
        [QUERY, "/collections/events/items", "/collections/mechanisms/items",
         "/collections/stress/items", "/api/events", "/api/mechanisms.geojson", "/api/stress"]
    ),
    asked=st.dictionaries(
        st.sampled_from([*NUMBERS, *WORDS, "bbox", "datetime", "grades", "since", "cell"]),
        VALUES, max_size=4,
    ),
)  # fmt: skip
def test_no_request_whatever_is_in_it_breaks_the_server(client, address, asked):
    assert client.get(address, params=asked).status_code in (200, 204, 400, 404, 422)


def test_openapi_describes_every_endpoint(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {QUERY, "/collections/{name}/items", "/status.json", "/api/mechanisms"} <= set(paths)
    assert all(
        method["description"] or method["summary"]
        for path in paths.values()
        for method in path.values()
    )


def test_one_feature_has_an_address_of_its_own(client: TestClient):
    for collection, name in (
        ("events", "wb00010"), ("mechanisms", "wb00010"), ("stress", "west-basin"),
    ):  # fmt: skip
        answer = client.get(f"/collections/{collection}/items/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/geo+json")
        feature = answer.json()
        assert feature["type"] == "Feature"
        listed = client.get(f"/collections/{collection}/items").json()["features"]
        alone = {key: value for key, value in feature.items() if key != "links"}
        assert alone in listed
        assert {link["rel"] for link in feature["links"]} == {"self", "collection"}
        assert client.get(f"/collections/{collection}/items/nothing").status_code == 404


def test_updatedafter_gives_what_was_written_since(
    full_store: Store, store_url: str, sample: Sample
):
    client = TestClient(create_web(store_url))
    after = iso_time(time.time_ns())
    asked = "/fdsnws/event/1/query?format=text&nodata=404&updatedafter="
    assert client.get(asked + after).status_code == 404
    full_store.save(replace(sample.events[3], version=7))
    full_store.save(replace(sample.mechanisms[5], version=7))
    lines = client.get(asked + after).text.splitlines()[1:]
    assert [line.split("|")[0] for line in lines] == ["wb00005", "wb00003"]
    assert len(client.get(asked + "2020-01-01").text.splitlines()) == 151
