"""A worker that dies in mid-stream: sending again what it had sent ends in the same catalogue."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from topic_recorder import Recorder

from streamstress.records import Candidate, Event
from streamstress.stream.chain import Chain
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import (
    CANDIDATES,
    EVENTS,
    PICKS,
    READINGS,
    WAVEFORMS,
    Topic,
)

BATCHES = 24


def run_with_deaths(
    role: Role, topic: Topic, messages: Sequence[Incoming], deaths: Iterable[int], *, in_time: bool
) -> list[Outgoing]:
    """Drive a role as a worker does, batch by batch, killing it after some of them.

    ``in_time``: it dies after its snapshot and acknowledgements; else before both, when only
    what it had to send was sent.
    """
    role.forget()
    role.restore(topic.name, 0, None)
    size = len(messages) // BATCHES + 1
    saved, committed, position, batch = None, 0, 0, 0
    outgoing: list[Outgoing] = []
    while position < len(messages):
        part = messages[position : position + size]
        outgoing += [out for message in part for out in role.process(message, message.record())]
        position, batch = position + len(part), batch + 1
        if batch not in deaths or in_time:
            saved = role.snapshot(topic.name, 0) or saved
            needed = role.needed_from(topic.name, 0)
            committed = position if needed is None else needed
        if batch in deaths:
            role.forget()
            role.restore(topic.name, 0, saved)
            position = committed
    return outgoing


def once(outgoing: Sequence[Outgoing]) -> list[bytes]:
    """What was sent, each byte string at its first sending."""
    return list(dict.fromkeys(encode(out.record) for out in outgoing))


@pytest.mark.parametrize(("deaths", "in_time"), [({1, 13}, True), ({9, 10, 17}, False)])
def test_a_picker_that_dies_sends_the_same_picks(
    smoke: Recorder, roles: dict[str, Role], deaths: set[int], in_time: bool
):
    messages = smoke.messages[WAVEFORMS.name]
    sent = run_with_deaths(roles["pick"], WAVEFORMS, messages, deaths, in_time=in_time)
    assert once(sent) == smoke.values(PICKS)


@pytest.mark.parametrize("in_time", [True, False])
@pytest.mark.parametrize("deaths", [{1}, set(range(3, 23)), {9, 10, 17}])
def test_a_locator_that_dies_sends_the_same_candidates(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder, deaths: set[int], in_time: bool
):
    sent = run_with_deaths(
        roles["locate"], READINGS, smoke.messages[READINGS.name], deaths, in_time=in_time
    )
    expected = smoke.values(CANDIDATES)
    assert [value for value in once(sent) if value in set(expected)] == expected
    # A candidate may be told again by a later window, which does not know that it was told.
    told = {anonymous(value) for value in expected}
    assert {anonymous(value) for value in once(sent)} == told
    chain = Chain([roles["merge"], recorder])
    chain.feed((CANDIDATES.name, 0, out.key.encode(), encode(out.record), {}) for out in sent)
    assert final_catalogue(recorder.records(EVENTS, Event)) == final_catalogue(
        smoke.records(EVENTS, Event)
    )


def anonymous(value: bytes) -> bytes:
    """The record without the name of the window that it comes from."""
    record = decode(value)
    if isinstance(record, Candidate):
        record = msgspec.structs.replace(record, candidate_id="")
    return encode(record)


def test_a_picker_acknowledges_what_no_window_needs_any_more(
    smoke: Recorder, roles: dict[str, Role]
):
    role, messages = roles["pick"], smoke.messages[WAVEFORMS.name]
    role.forget()
    role.restore(WAVEFORMS.name, 0, None)
    for message in messages[:-30]:
        role.process(message, None)
    needed = role.needed_from(WAVEFORMS.name, 0)
    assert needed is None or needed > len(messages) // 2


def final_catalogue(events: Iterable[Event]) -> dict[str, Event]:
    newest = {event.event_id: event for event in events}
    return {i: msgspec.structs.replace(event, version=0) for i, event in newest.items()}


def test_picks_sent_twice_after_deaths_end_in_the_same_events(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    sent = run_with_deaths(
        roles["pick"], WAVEFORMS, smoke.messages[WAVEFORMS.name], {6, 12, 18}, in_time=False
    )
    assert len(sent) > len(smoke.values(PICKS))
    chain = Chain([roles["polarity"], roles["locate"], roles["merge"], recorder])
    chain.feed((PICKS.name, 0, out.key.encode(), encode(out.record), {}) for out in sent)
    assert final_catalogue(recorder.records(EVENTS, Event)) == final_catalogue(
        smoke.records(EVENTS, Event)
    )


def test_candidates_sent_twice_end_in_the_same_events(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    chain = Chain([roles["merge"], recorder])
    for message in smoke.messages[CANDIDATES.name]:
        twice = [(CANDIDATES.name, 0, message.key, message.value, {})] * 2
        chain.feed(twice)
    assert final_catalogue(recorder.records(EVENTS, Event)) == final_catalogue(
        smoke.records(EVENTS, Event)
    )
