"""A backfill's results on a real Kafka: handed over once, each to where it belongs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from live_system import LiveSystem, live_system
from msgspec.structs import replace
from sample_records import make_sample

from streamstress.broker import Broker
from streamstress.config import Settings
from streamstress.records import DeadLetter, Event, Mechanism, Record
from streamstress.records.controls import FEED_GAP, LATE_STRETCH
from streamstress.simulate.archive import Archive
from streamstress.stream.backfill import prefix_of, records_of
from streamstress.stream.feed_gaps import ToldGap, told_gaps
from streamstress.stream.handover import FILLED_VERSION, Forwarded, forward
from streamstress.stream.kafka import kafka_of
from streamstress.stream.setup import make_topics
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES, DEAD_LETTERS, EVENTS, MECHANISMS, Topic

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def of_run(system: LiveSystem) -> Settings:
    kafka = system.settings.kafka
    own = kafka.model_copy(update={"topic_prefix": prefix_of(system.settings, "march")})
    return system.settings.model_copy(update={"kafka": own})


def put(settings: Settings, topic: Topic, records: Sequence[Record]) -> None:
    async def sending() -> None:
        producer = kafka_of(settings).producer()
        await producer.start()
        for record in records:
            key = getattr(record, "event_id", "letter").encode()
            name = settings.kafka.topic_prefix + topic.name
            await producer.send_and_wait(name, value=encode(record), key=key, partition=0)
        await producer.stop()

    asyncio.run(sending())


def held(settings: Settings, topic: Topic) -> list[Record]:
    return asyncio.run(records_of(settings, kafka_of(settings), topic, 0))


def named(event: Event, event_id: str) -> Event:
    """The event with picks of its own."""
    arrivals = tuple(replace(a, pick_id=f"{event_id}/{a.pick_id}") for a in event.arrivals)
    return replace(event, event_id=event_id, status="final", arrivals=arrivals, version=2)


@pytest.fixture(scope="module")
def system(live_broker: Broker, smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("handover")
    with live_system(folder, smoke_archive, live_broker.bootstrap_servers) as made:
        asyncio.run(make_topics(of_run(made), kafka_of(made.settings)))
        yield made


def test_new_mechanisms_and_fuller_events_are_handed_over_and_what_is_known_is_not(
    system: LiveSystem,
):
    sample = make_sample(2)
    new, known, whole = (named(sample.events[0], name) for name in ("new", "known", "whole"))
    half = replace(whole, event_id="half", arrivals=whole.arrivals[: len(whole.arrivals) // 2])
    mechanism = replace(sample.mechanisms[0], status="final", version=2)
    run = of_run(system)
    put(run, EVENTS, [new, known, whole])
    put(run, MECHANISMS, [replace(mechanism, event_id=e.event_id) for e in (new, known, whole)])
    put(system.settings, EVENTS, [replace(known, event_id="other"), half])

    async def handing_over() -> Forwarded:
        return await forward(system.settings, run, kafka_of(run), 100.0)

    assert asyncio.run(handing_over()) == Forwarded(sent=1, known=1, fuller=1)
    (sent,) = held(system.settings, MECHANISMS)
    assert isinstance(sent, Mechanism)
    assert (sent.event_id, sent.flagged_backfill) == ("new", True)
    (fuller,) = held(system.settings, CANDIDATES)
    assert isinstance(fuller, Event)
    assert (fuller.event_id, fuller.version) == ("half", FILLED_VERSION)
    assert fuller.arrivals == whole.arrivals
    assert fuller.flagged_backfill
    put(system.settings, EVENTS, [fuller])
    assert asyncio.run(handing_over()) == Forwarded(sent=1, known=2)


def test_gaps_are_read_on_from_an_offset_and_anew_where_the_topic_is_another(system: LiveSystem):
    def letter(reason: str, second: int) -> DeadLetter:
        return DeadLetter(
            stage="pick",
            topic="waveforms",
            partition=0,
            offset=0,
            key=b"",
            value=b"",
            reason=reason,
            detail="",
            missing_ns=(second, second + 1),
            sent_ns=7,
        )

    def told(first_offset: int) -> tuple[list[ToldGap], int]:
        kafka = kafka_of(system.settings)
        return asyncio.run(told_gaps(system.settings, kafka, first_offset))

    put(system.settings, DEAD_LETTERS, [letter(FEED_GAP, 1), letter(LATE_STRETCH, 5)])
    assert told(0) == ([ToldGap(1, 2, 7)], 2)
    put(system.settings, DEAD_LETTERS, [letter(FEED_GAP, 9)])
    assert told(2) == ([ToldGap(9, 10, 7)], 3)
    assert told(3) == ([], 3)
    assert told(50) == ([ToldGap(1, 2, 7), ToldGap(9, 10, 7)], 3)
