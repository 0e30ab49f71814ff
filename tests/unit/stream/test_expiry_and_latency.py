"""What a topic lost before it was read is counted; how late a result is goes along with it."""

import time

from msgspec.structs import replace
from sample_records import make_sample

from streamstress.outputs.metrics import create_metrics
from streamstress.records import Event, Pick
from streamstress.stream.expiry import Expiry
from streamstress.stream.latency import ARRIVED, Latency
from streamstress.stream.role import Incoming, Outgoing
from streamstress.wire.topics import EVENTS, MECHANISMS, READINGS, WAVEFORMS

SAMPLE = make_sample(3)


def message(topic: str, offset: int, arrived_ns: int | None = None) -> Incoming:
    headers = {} if arrived_ns is None else {ARRIVED: str(arrived_ns).encode()}
    return Incoming(topic, 0, offset, b"", b"", headers)


def missed(expiry: Expiry, topic: str, offsets: list[int]) -> list[int]:
    return [expiry.missed_before(message(topic, offset)) for offset in offsets]


def test_the_first_offset_beyond_the_committed_one_tells_how_many_were_lost():
    expiry = Expiry()
    expiry.begin((WAVEFORMS.name, 0), 100)
    assert missed(expiry, WAVEFORMS.name, [130, 131, 140, 141]) == [30, 0, 8, 0]


def test_a_group_that_never_read_has_lost_nothing_and_compacted_topics_have_gaps_of_their_own():
    expiry = Expiry()
    expiry.begin((READINGS.name, 0), 40)
    assert missed(expiry, READINGS.name, [40, 41]) == [0, 0]
    expiry.begin((EVENTS.name, 0), 10)
    assert missed(expiry, EVENTS.name, [17, 30]) == [0, 0]


def headers_of(outgoing: list[Outgoing]) -> list[dict[str, bytes]]:
    return [dict(out.headers) for out in outgoing]


def test_a_mechanism_carries_the_arrival_of_the_last_packet_of_its_event():
    metrics = create_metrics("0").stage
    latency = Latency("mechanism", metrics)
    now_ns = time.time_ns()
    event = replace(SAMPLE.events[0], sent_ns=now_ns - 1_000_000_000)
    mechanism = replace(SAMPLE.mechanisms[0], event_id=event.event_id, status="final")
    arrived_ns = now_ns - 20_000_000_000
    sent = latency.marked(
        message(EVENTS.name, 0, arrived_ns),
        event,
        [Outgoing(MECHANISMS, event.event_id, mechanism, 0)],
    )
    assert headers_of(list(sent)) == [{ARRIVED: str(arrived_ns).encode()}]
    latency.sent(sent)
    families = [*metrics.packet_latency.collect(), *metrics.answer_latency.collect()]
    told = {sample.name: sample.value for family in families for sample in family.samples}
    assert 20.0 <= told["streamstress_packet_latency_seconds_sum"] < 80.0
    assert 1.0 <= told["streamstress_answer_latency_seconds_sum"] < 61.0


def test_an_event_waits_for_the_latest_of_its_picks_and_only_its_first_version_counts():
    metrics = create_metrics("0").stage
    latency = Latency("merge", metrics)
    event: Event = replace(SAMPLE.events[0], version=2, status="final")
    names = [arrival.pick_id for arrival in event.arrivals]
    for number, name in enumerate(names):
        pick = Pick(
            pick_id=name,
            network="XX",
            station="A",
            location="",
            channel="HHZ",
            phase="P",
            time_ns=1,
            sigma_s=0.1,
            probability=0.9,
            snr=5.0,
            model="none",
            sent_ns=1,
        )
        latency.marked(message("picks", number, 1_000 + number), pick, [])
    (sent,) = latency.marked(message("x", 0), None, [Outgoing(EVENTS, "e", event, 0)])
    assert dict(sent.headers) == {ARRIVED: str(1_000 + len(names) - 1).encode()}
    latency.sent([sent])
    (family,) = metrics.packet_latency.collect()
    assert family.samples == []
