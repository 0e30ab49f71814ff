"""Mute, reversal, acknowledge: with the token, and as controls."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sample_records import Sample

from streamstress.clock import ReplayClock, Segment
from streamstress.errors import BrokerError
from streamstress.outputs.store import Store
from streamstress.records import Control
from streamstress.web import create_web
from streamstress.web.site import Operating

TOKEN = {"Authorization": "Bearer open sesame"}
NOW_NS = 1_772_900_000 * 10**9


class Topic:
    """What was sent; ``down`` as a broker that does not answer."""

    def __init__(self) -> None:
        self.sent: list[Control] = []
        self.down = False

    async def send(self, control: Control) -> None:
        if self.down:
            raise BrokerError("Kafka at 127.0.0.1:1 does not answer")
        self.sent.append(control)


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def client(full_store: Store, store_url: str, sample: Sample, topic: Topic) -> Iterator[TestClient]:
    clock = ReplayClock(2**62, 1.0, (Segment(NOW_NS, NOW_NS),))
    operating = Operating("open sesame", topic.send)
    app = create_web(
        store_url, stations=sample.stations, clock=clock, operating=operating, refresh_s=0.0
    )
    with TestClient(app) as opened:
        yield opened


def test_a_mute_is_sent_as_a_control_valid_from_now_on(client: TestClient, topic: Topic):
    said = {"action": "mute", "target": "XS.S03", "author": "Ada", "reason": "noisy"}
    answer = client.post("/api/controls", json=said, headers=TOKEN)
    assert answer.status_code == 202
    (control,) = topic.sent
    assert (control.action, control.target, control.author) == ("mute", "XS.S03", "Ada")
    assert (control.valid_from_ns, control.valid_until_ns) == (NOW_NS, None)
    assert answer.json()["control_id"] == control.control_id
    assert "XS.S03 is muted from 2026-03-07" in answer.json()["sentence"]


def test_a_reversal_has_its_dates_and_can_be_taken_back(client: TestClient, topic: Topic):
    said = {
        "action": "reverse-polarity", "target": "XS.S03", "author": "Ada",
        "from": "2026-03-04T05:06:07Z", "until": "2026-04-01",
    }  # fmt: skip
    for more in ({}, {"withdraw": True}):
        client.post("/api/controls", json=said | more, headers=TOKEN)
    confirmed, withdrawn = topic.sent
    assert confirmed.control_id == withdrawn.control_id
    assert (confirmed.state, withdrawn.state) == ("confirmed", "withdrawn")


def test_an_acknowledged_alarm_says_by_whom(client: TestClient, topic: Topic, full_store: Store):
    said = {"action": "acknowledge", "target": "west-basin-1", "author": "Ada"}
    page = client.get("/alarm/west-basin-1").text
    assert "I have seen this alarm" in page
    client.post("/api/controls", json=said, headers=TOKEN)
    full_store.save(topic.sent[0])
    page = client.get("/alarm/west-basin-1").text
    assert "seen by Ada" in page
    assert "I have seen this alarm" not in page
    assert "Seen by Ada" in client.get("/alarms").text


@pytest.mark.parametrize(
    ("change", "headers", "status", "words"),
    [
        ({}, {}, 401, "token is missing or wrong"),
        ({}, {"Authorization": "Bearer open sesam"}, 401, "token is missing or wrong"),
        ({"target": "XS.NONE"}, TOKEN, 404, "no station"),
        ({"action": "acknowledge"}, TOKEN, 404, "no alarm"),
        ({"from": "yesterday"}, TOKEN, 422, "ISO 8601"),
        ({"author": "  "}, TOKEN, 422, "at least 1 character"),
        ({"from": "2026-03-04", "until": "2026-03-03"}, TOKEN, 422, "does not come after"),
    ],
)
def test_what_cannot_be_said_gets_a_sentence(
    client: TestClient, topic: Topic, change: dict, headers: dict, status: int, words: str
):
    said = {"action": "mute", "target": "XS.S03", "author": "Ada"} | change
    answer = client.post("/api/controls", json=said, headers=headers)
    assert answer.status_code == status
    assert words in str(answer.json()["detail"])
    assert topic.sent == []


def test_a_broker_that_is_down_is_told_and_nothing_is_said(client: TestClient, topic: Topic):
    topic.down = True
    said = {"action": "mute", "target": "XS.S03", "author": "Ada"}
    answer = client.post("/api/controls", json=said, headers=TOKEN)
    assert answer.status_code == 503
    assert "nothing was said" in answer.json()["detail"]


def test_a_person_says_on_the_page_what_an_event_is(client: TestClient, topic: Topic):
    page = client.get("/event/wb00042").text
    assert "This is no earthquake" in page
    said = {"action": "event-kind", "target": "wb00042", "kind": "blast", "author": "Ada"}
    answer = client.post("/api/controls", json=said, headers=TOKEN)
    assert answer.status_code == 202
    (control,) = topic.sent
    assert (control.action, control.target) == ("event-kind", "wb00042")
    assert control.event_kind == "blast"
    assert answer.json()["sentence"].startswith("event wb00042 is a blast")
    for wrong, code in ({"target": "none"}, 404), ({"kind": None}, 422), ({"kind": "ufo"}, 422):
        refused = client.post("/api/controls", json=said | wrong, headers=TOKEN)
        assert refused.status_code == code
