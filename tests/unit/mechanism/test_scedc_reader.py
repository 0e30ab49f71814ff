"""The formats of HASH drivers 2 and 3: stations, amplitudes, corrections, rays through models."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamstress.errors import ConfigError, InputFileError, UnusableDataError
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.readers.select import PhaseFiles, open_events
from streamstress.mechanism.readers.stations import read_station_book
from streamstress.mechanism.traced_rays import RayTables, polarity_data, ray_tables

EVENT = "1994 12111 415.5034 14.55118 37.0618.13".ljust(88) + " 0.07  0.50".ljust(51)
EVENT += "2.30" + " " * 6 + "3143312"
PICKS = ["NOR  CI  VHZ I U", "EAS  CI  EHZ E D", "SOU  CI  HHZ I -", "LOS  CI  VHZ I U"]
PLACES = {"NOR": (34.60, -118.62), "EAS": (34.24, -118.20), "SOU": (33.90, -118.62)}
FAR = ("FAR", "CI", "EHZ", 36.6, -118.6)


def station_line(name: str, network: str, channel: str, latitude: float, longitude: float) -> str:
    head = f"{name:<4} {channel:<3}".ljust(41)
    return f"{head}{latitude:9.5f} {longitude:10.5f} {100:5d}".ljust(90) + network


def amplitude_line(name: str, channel: str, noise_p: str, noise_s: str, p: str, s: str) -> str:
    numbers = " ".join(f"{text:>10}" for text in (noise_p, noise_s, p, s))
    return f"{name:<4} {channel:<3} CI".ljust(11) + f"{10.0:8.2f}{20.0:8.2f} " + numbers


@pytest.fixture
def files(tmp_path: Path) -> PhaseFiles:
    stations = [station_line(n, "CI", "EHZ", *place) for n, place in PLACES.items() if n != "SOU"]
    stations.append(station_line("SOU", "CI", "HHZ", *PLACES["SOU"]))
    stations.append(station_line(*FAR))
    (tmp_path / "stations").write_text("\n".join(stations) + "\n")
    picks = [*PICKS, "FAR  CI  EHZ I U", "NOR  CI  VHZ I ?"]
    (tmp_path / "phase").write_text("\n".join([EVENT, *picks, " " * 72, ""]))
    return PhaseFiles(tmp_path / "phase", "hash2", tmp_path / "stations")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> RayTables:
    folder = tmp_path_factory.mktemp("models")
    slow, fast = folder / "vz.slow", folder / "vz.fast"
    slow.write_text("0.0 5.0\n30.0 6.0\n32.0 8.0\n60.0 8.2\n")
    fast.write_text("0.0 5.5\n30.0 7.0\n32.0 8.0\n60.0 8.2\n")
    return ray_tables([slow, fast], 120.0)


def only_event(files: PhaseFiles) -> PickedEvent:
    (event,) = open_events(files)
    assert isinstance(event, PickedEvent)
    return event


def test_stations_give_azimuth_and_distance_by_either_name_of_a_short_period_channel(
    files: PhaseFiles,
):
    event = only_event(files)
    assert event.event_id == "3143312"
    assert (event.origin.depth_km, event.origin.depth_sigma_km) == (18.13, 0.5)
    assert event.origin.magnitude == 2.3
    north, east, south = event.picks
    assert north.azimuth_deg == pytest.approx(359.7, abs=0.5)
    assert north.distance_km == pytest.approx(39.7, abs=0.3)
    assert east.azimuth_deg == pytest.approx(90.0, abs=0.5)
    assert (north.up_probability, east.up_probability, south.up_probability) == (1.0, 0.0, 0.0)
    assert [pick.impulsive for pick in event.picks] == [True, False, True]


def test_unknown_and_far_stations_and_silent_picks_are_named(files: PhaseFiles):
    reasons = Counter(entry.reason for entry in only_event(files).set_aside)
    assert reasons == {"unknown-station": 1, "beyond-distance": 1, "no-polarity": 1}


def test_the_first_trial_has_the_first_model_and_the_others_take_turns(
    files: PhaseFiles, tables: RayTables
):
    event = only_event(files)
    still = replace(event, origin=replace(event.origin, depth_sigma_km=0.0))
    data = polarity_data(still, tables, 5, np.random.default_rng(0))
    assert data.trial_takeoff_deg is not None
    distance = np.array([pick.distance_km for pick in event.picks])
    expected = [table.rays(distance, 18.13)[1] for table in tables.tables]
    for trial, model in enumerate((0, 0, 1, 0, 1)):
        np.testing.assert_allclose(data.trial_takeoff_deg[trial], expected[model])
    np.testing.assert_allclose(data.takeoff_deg, expected[0])


def test_depths_differ_from_trial_to_trial_but_not_the_first(files: PhaseFiles, tables: RayTables):
    data = polarity_data(only_event(files), tables, 30, np.random.default_rng(0))
    assert data.trial_takeoff_deg is not None
    assert len(np.unique(data.trial_takeoff_deg[:, 0])) == 30
    other = polarity_data(only_event(files), tables, 30, np.random.default_rng(9))
    np.testing.assert_array_equal(other.takeoff_deg, data.takeoff_deg)


def test_an_event_whose_rays_cannot_be_traced_is_refused(files: PhaseFiles, tables: RayTables):
    event = only_event(files)
    with pytest.raises(UnusableDataError, match="--velocity"):
        polarity_data(event, None, 30, np.random.default_rng(0))
    deep = replace(event, origin=replace(event.origin, depth_km=400.0))
    with pytest.raises(UnusableDataError, match="depth 400"):
        polarity_data(deep, tables, 30, np.random.default_rng(0))
    with pytest.raises(ConfigError, match="expected 1 to 10"):
        ray_tables([Path("vz")] * 11, 120.0)


@pytest.fixture
def with_amplitudes(files: PhaseFiles, tmp_path: Path) -> PhaseFiles:
    lines = [
        "3143312     6",
        amplitude_line("NOR", "EHZ", "0.100", "0.200", "-2.000", "20.000"),
        amplitude_line("EAS", "VHZ", "0.100", "0.200", "0.000", "20.000"),
        amplitude_line("SOU", "HHZ", "1.000", "1.000", "2.000", "20.000"),
        amplitude_line("EAS", "EHZ", "0.100", "", "2.000", "20.000"),
        amplitude_line("ZZZ", "EHZ", "0.100", "0.100", "2.000", "20.000"),
        amplitude_line("NOR", "HHZ", "0.100", "0.200", "3.000", "20.000"),
        "9999999     1",
        amplitude_line("NOR", "EHZ", "0.100", "0.200", "5.000", "20.000"),
    ]
    (tmp_path / "amp").write_text("\n".join(lines) + "\n")
    return replace(files, phase_format="hash3", amplitudes=tmp_path / "amp")


def test_an_amplitude_ratio_is_a_reading_of_its_own(with_amplitudes: PhaseFiles):
    event = only_event(with_amplitudes)
    (ratio,) = (pick for pick in event.picks if pick.has_ratio)
    assert (ratio.station, ratio.up_probability) == ("CI.NOR.EHZ", 0.5)
    assert ratio.sp_log_ratio == pytest.approx(1.0)
    assert all(pick.impulsive for pick in event.picks), "driver 3 knows no emergent onsets"
    reasons = Counter(entry.reason for entry in event.set_aside)
    assert reasons["zero-amplitude"] == 1
    assert reasons["missing-amplitude"] == 1
    assert reasons["low-snr"] == 1
    assert reasons["unknown-station"] == 3, "the pick LOS and amplitudes of ZZZ and NOR HHZ"


def test_station_corrections_are_subtracted_and_a_station_without_one_is_left_out(
    with_amplitudes: PhaseFiles, tmp_path: Path
):
    (tmp_path / "statcor").write_text("NOR   VHZCI  0.2500\n".replace("VHZCI", "VHZ CI"))
    files = replace(with_amplitudes, corrections=tmp_path / "statcor", min_snr=1.0)
    event = only_event(files)
    (ratio,) = (pick for pick in event.picks if pick.has_ratio)
    assert ratio.sp_log_ratio == pytest.approx(0.75)
    assert "no-correction" in {entry.reason for entry in event.set_aside}


def test_stations_of_skhash_and_our_own_csv_are_read_too(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("station,location,channel,latitude,longitude,elevation\nABC,--,HHZ,1.5,2.5,0\n")
    assert read_station_book(path).find("XX.ABC.HHZ") == (1.5, 2.5)
    path.write_text("network,station,latitude,longitude,elevation_m\nXX,ABC,1.5,2.5,0\n")
    assert read_station_book(path).find("XX.ABC.EHZ") == (1.5, 2.5)
    assert read_station_book(path).find("YY.ABC.EHZ") is None
    path.write_text("network,station,latitude,longitude\nXX,ABC,north,2.5\n")
    with pytest.raises(InputFileError, match="line 2"):
        read_station_book(path)


def test_a_format_without_its_files_says_what_it_needs(files: PhaseFiles):
    with pytest.raises(ConfigError, match="--stations"):
        open_events(replace(files, stations=None))
    with pytest.raises(ConfigError, match="--amplitudes"):
        open_events(replace(files, phase_format="hash3"))
