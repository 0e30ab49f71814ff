"""Pickers by region, station and sensor; muted stations; all on one partition."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from obspy import Trace, UTCDateTime

from streamstress.config.places import Region
from streamstress.config.settings import Ingest
from streamstress.config.stages import PickerChoice, Picking
from streamstress.earth.stations import Station
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import Control, Pick
from streamstress.stream.agents.pick import PickRole
from streamstress.stream.picker_choice import PickerChoices
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.stream.roles import pick_role_of
from streamstress.wire.codec import encode
from streamstress.wire.topics import CONTROLS, WAVEFORMS

START = UTCDateTime(2024, 6, 11, 23, 26, 40)
ONSET_S = 61.0


class StepPicker:
    """A P where the loudest sample of any component is."""

    sampling_rate_hz = 100.0
    blinding_samples = (0, 0)

    def __init__(self, name: str, window_samples: int) -> None:
        self.name = name
        self.window_samples = window_samples

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.zeros((len(batch), self.window_samples, 2), np.float32)
        for window, out in zip(np.abs(batch).max(axis=1), found, strict=True):
            if window.max() > 1000:
                at = int(window.argmax())
                out[max(0, at - 2) : at + 3, 0] = 0.8
        return found


def stage(name: str, window_samples: int = 3001) -> PickerStage:
    return PickerStage(StepPicker(name, window_samples), PickerSettings(step_s=10.0))


def places() -> Places:
    stations = {
        "XX.WEST": Station("XX", "WEST", 35.0, 126.0),
        "XX.EAST": Station("XX", "EAST", 35.0, 128.0),
    }
    region = Region(name="east", south_deg=34, north_deg=36, west_deg=127, east_deg=129)
    return Places(stations, ("all",), {"all": frozenset(stations)}, (region,))


def role_of(*choices: tuple[PickerChoice, PickerStage]) -> PickRole:
    role = PickRole(stage("plain"), places(), 20.0, 60.0, 30.0)
    role.choices = PickerChoices(role.stage, role.places, choices)
    role.restore(WAVEFORMS.name, 0, None)
    return role


def messages(*channels: tuple[str, str]) -> list[Incoming]:
    """Two minutes of channels ``(station, channel)``, each with a pulse after 61 s."""
    made = []
    for second in range(0, 120, 10):
        for station, channel in channels:
            samples = np.random.default_rng(second).normal(0, 10, 1000).astype(np.int32)
            if second == 60:
                samples[100] = 30_000
            header = {"network": "XX", "station": station, "channel": channel}
            header |= {"starttime": START + second, "sampling_rate": 100.0}
            target = io.BytesIO()
            Trace(samples, header).write(target, format="MSEED", reclen=8192)
            received = {"received_ns": str((START + second + 10).ns).encode()}
            key = f"XX.{station}".encode()
            made.append(Incoming(WAVEFORMS.name, 0, len(made), key, target.getvalue(), received))
    return made


def picks_of(role: PickRole, stream: list[Incoming]) -> list[Pick]:
    outgoing = [out for message in stream for out in role.process(message, None)]
    return [out.record for out in outgoing if isinstance(out.record, Pick)]


def mute(target: str, from_s: float, until_s: float | None = None, state="confirmed") -> Incoming:
    control = Control(
        control_id=f"mute/{target}",
        target=target,
        action="mute",
        valid_from_ns=(START + from_s).ns,
        valid_until_ns=None if until_s is None else (START + until_s).ns,
        reason="",
        author="a person",
        sent_ns=0,
        state=state,
    )
    return Incoming(CONTROLS.name, 0, 0, control.control_id.encode(), encode(control))


BOTH = (("WEST", "HHZ"), ("EAST", "HHZ"), ("EAST", "HNZ"))


def test_region_and_channel_choose_the_picker_and_all_see_the_same_onset():
    long = (PickerChoice(region="east", channels=["HN", "HG"], picker="x"), stage("long", 6000))
    east = (PickerChoice(region="east", picker="x"), stage("east"))
    picks = picks_of(role_of(long, east), messages(*BOTH))
    models = {(pick.station, pick.channel): pick.model for pick in picks}
    assert models == {("WEST", "HHZ"): "plain", ("EAST", "HHZ"): "east", ("EAST", "HNZ"): "long"}
    assert {round((p.time_ns - START.ns) / 1e9, 2) for p in picks} == {ONSET_S}


def test_a_choice_of_one_sensor_leaves_the_picks_of_the_others_as_they_were():
    plain = picks_of(role_of(), messages(*BOTH))
    choice = (PickerChoice(stations=["XX.E*"], channels=["HN"], picker="x"), stage("long", 6000))
    chosen = picks_of(role_of(choice), messages(*BOTH))
    kept = [pick for pick in plain if pick.channel == "HHZ"]
    assert [pick for pick in chosen if pick.channel == "HHZ"] == kept


def test_settings_name_the_pickers_and_thresholds_of_channels():
    picking = Picking(
        choices=[PickerChoice(channels=["HN"], picker="sta-lta", p_threshold=0.6)], step_s=10.0
    )
    choices = pick_role_of(picking, Ingest(), places()).choices
    strong = choices.stage_of("XX.EAST", "HN")
    assert (strong.picker.name, strong.settings.p_threshold) == ("sta-lta", 0.6)
    assert choices.stage_of("XX.EAST", "HH").picker.name == "demo"


@pytest.mark.parametrize(
    ("target", "silent"),
    [
        ("XX.EAST", {("EAST", "HHZ"), ("EAST", "HNZ")}),
        ("XX.EAST..HN", {("EAST", "HNZ")}),
        ("XX.EAST..HHZ", {("EAST", "HHZ")}),
    ],
)
def test_a_mute_silences_its_station_sensor_or_channel_and_is_counted(
    target: str, silent: set[tuple[str, str]]
):
    role = role_of()
    control = mute(target, 30.0)
    role.absorb(control, control.record())
    picks = picks_of(role, messages(*BOTH))
    everything = {(station, channel) for station, channel in BOTH}
    assert {(pick.station, pick.channel) for pick in picks} == everything - silent
    assert role.tallies["muted"] == (0 if target.endswith("Z") else len(silent))


@pytest.mark.parametrize(
    "control",
    [mute("XX.EAST", 70.0), mute("XX.EAST", 0.0, 60.0), mute("XX.EAST", 0.0, state="withdrawn")],
)
def test_a_mute_of_another_time_or_taken_back_silences_nothing(control: Incoming):
    role = role_of()
    role.absorb(control, control.record())
    assert len(picks_of(role, messages(*BOTH))) == 3


def test_a_mute_comes_into_force_while_the_stream_runs():
    role, stream = role_of(), messages(("EAST", "HHZ"))
    for message in stream[:5]:
        role.process(message, None)
    control = mute("XX.EAST", 0.0)
    role.absorb(control, control.record())
    assert picks_of(role, stream[5:]) == []


def test_kik_net_names_make_one_sensor_each_in_the_borehole_and_at_the_surface():
    names = [f"{direction}{depth}" for depth in (1, 2) for direction in ("UD", "NS", "EW")]
    picks = picks_of(role_of(), messages(*(("EAST", name) for name in names)))
    assert sorted(pick.channel for pick in picks) == ["UD1", "UD2"]
    assert all(pick.amplitude and pick.amplitude.component == "ZNE" for pick in picks)
