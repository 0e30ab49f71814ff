"""Bad data in a stream: set aside with a reason, and everything else goes on."""

from dataclasses import replace

from topic_recorder import Recorder

from streamstress.config import Settings
from streamstress.config.places import Region
from streamstress.errors import RejectedError
from streamstress.records import DeadLetter, Event, Pick
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.chain import Chain, Message
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming, Role
from streamstress.wire.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PICKS, READINGS, WAVEFORMS


def as_fed(message: Incoming) -> Message:
    return message.topic, message.partition, message.key, message.value, message.headers


def rejects_of(chain: Chain) -> list[str]:
    """Reasons, in the order in which messages are set aside from now on."""
    found: list[str] = []

    def note(role: Role, message: Incoming, error: RejectedError) -> None:
        found.append(f"{role.name}: {error.reason}: {error}")

    chain.on_reject = note
    return found


def test_a_broken_waveform_record_is_set_aside_and_the_next_is_used(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    chain = Chain([roles["pick"], recorder])
    rejects = rejects_of(chain)
    data = [m for m in smoke.messages[WAVEFORMS.name] if m.value]
    broken = replace(data[0], value=data[0].value[:100])
    garbage = replace(data[0], value=b"\x00" * 512)
    chain.feed([as_fed(broken), as_fed(garbage), *map(as_fed, data)])
    assert [line.split(": ")[:2] for line in rejects] == [["pick", "corrupt-record"]] * 2
    assert recorder.records(PICKS, Pick)


def test_a_station_without_coordinates_is_named_with_what_to_do(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    chain = Chain([roles["pick"], recorder])
    rejects = rejects_of(chain)
    known = next(m for m in smoke.messages[WAVEFORMS.name] if m.value)
    # Bytes 8 to 13 of a miniSEED 2 record hold the station code.
    unknown = replace(known, value=known.value[:8] + b"NOONE" + known.value[13:])
    chain.feed([as_fed(unknown)])
    (line,) = rejects
    assert line.startswith("pick: unknown-station: XS.NOONE has no coordinates")
    assert "network.stations" in line


def test_a_message_that_is_no_record_is_set_aside_by_who_reads_it(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    chain = Chain([roles["polarity"], roles["locate"], recorder])
    # The recorder reads only what it knows to be good.
    recorder.inputs = (CANDIDATES,)
    rejects = rejects_of(chain)
    chain.feed([(PICKS.name, 0, b"x", b"garbage", {}), (READINGS.name, 0, b"x", b"", {})])
    assert [line.split(": ")[:2] for line in rejects] == [
        ["polarity", "corrupt-record"],
        ["locate", "corrupt-record"],
    ]
    chain.feed(map(as_fed, smoke.messages[PICKS.name]))
    assert len(recorder.values(CANDIDATES)) == len(smoke.values(CANDIDATES))


def test_events_outside_every_region_are_kept_as_dead_letters(
    smoke: Recorder, settings: Settings, recorder: Recorder
):
    elsewhere = Region(name="far", south_deg=-2, north_deg=-1, west_deg=10, east_deg=11)
    network = settings.network.model_copy(update={"regions": [elsewhere]})
    places = places_of(settings.model_copy(update={"network": network}))
    Chain([MergeRole(places, "crust"), recorder]).feed(map(as_fed, smoke.messages[CANDIDATES.name]))
    letters = recorder.records(DEAD_LETTERS, DeadLetter)
    assert recorder.records(EVENTS, Event) == []
    assert letters
    assert {(letter.stage, letter.reason) for letter in letters} == {("merge", "outside-regions")}
    assert all("none of the regions far" in letter.detail for letter in letters)
