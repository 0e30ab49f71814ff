"""A muted station: its picks locate nothing, and its events are solved anew without it."""

import msgspec
from control_messages import (
    control_message,
    event_message,
    event_messages,
    event_of,
    progress_message,
    reversal,
)
from topic_recorder import Recorder

from streamstress.config import Settings
from streamstress.mechanism.settings import MechanismSettings
from streamstress.records import Control, Mechanism, Pick
from streamstress.stream.agents.locate import LocateRole
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.chain import Chain, Message
from streamstress.stream.role import Incoming
from streamstress.stream.roles import locate_role
from streamstress.wire.codec import encode
from streamstress.wire.topics import CONTROLS, MECHANISMS

SETTINGS = MechanismSettings(grid_step_deg=10.0, n_trials=5)
STATION, MUTED_AT, N_EVENTS = "XX.S05", 6, 12
AFTER_NS = 2 * 10**18


def mute(station: str, from_ns: int, **other: str) -> Control:
    control = reversal(station, from_ns, **other)
    return msgspec.structs.replace(
        control, control_id=f"mute/{station}/{from_ns}", action="mute", reason="noisy"
    )


def newest(messages: list[Message]) -> dict[str, tuple[object, ...]]:
    recorder = Recorder()
    Chain([MechanismRole(SETTINGS), recorder]).feed(messages)
    told = {m.event_id: m for m in recorder.records(MECHANISMS, Mechanism)}
    return {name: (m.grade, m.solutions, m.n_polarity) for name, m in told.items()}


def test_events_since_the_mute_are_solved_anew_as_if_the_station_were_not_there(located_readings):
    events = located_readings(n_events=N_EVENTS, seed=4)[0]
    from_ns = events[f"e{MUTED_AT:04d}"][0].time_ns - 1
    said, end = control_message(mute(STATION, from_ns)), progress_message(AFTER_NS)
    without = {
        name: [row for row in rows if row.station_code != STATION or row.time_ns < from_ns]
        for name, rows in events.items()
    }
    assert newest([*event_messages(events), said, end]) == newest([*event_messages(without)])
    taken_back = control_message(mute(STATION, from_ns, state="withdrawn"))
    again = newest([*event_messages(events), said, end, taken_back, progress_message(AFTER_NS)])
    assert again == newest([*event_messages(events)])


def test_an_event_of_muted_stations_alone_has_no_mechanism(located_readings):
    ((name, rows),) = located_readings(n_events=1, seed=4)[0].items()
    controls = [control_message(mute(row.station_code, 0)) for row in rows]
    told = newest([*controls, event_message(event_of(name, rows)), progress_message(AFTER_NS)])
    assert told[name][1:] == ((), 0)


def _pick(station: str, time_ns: int) -> Pick:
    network, code = station.split(".")
    return Pick(
        pick_id=f"{station}..HH.P.{time_ns}.0", network=network, station=code, location="",
        channel="HH", phase="P", time_ns=time_ns, sigma_s=0.05, probability=0.9, snr=9.0,
        model="m", sent_ns=0,
    )  # fmt: skip


def test_picks_of_a_muted_station_are_left_out_and_counted(settings: Settings):
    role = locate_role(settings)
    assert isinstance(role, LocateRole)
    role.restore("readings", 0, None)
    station = sorted(role.places.stations)[0]
    said = mute(station, 10)
    role.absorb(Incoming(CONTROLS.name, 0, 0, b"c", encode(said)), said)
    for time_ns in (5, 15):
        pick = _pick(station, time_ns)
        role.process(Incoming("readings", 0, 0, b"p", encode(pick)), pick)
    assert role.tallies["muted-station"] == 1
