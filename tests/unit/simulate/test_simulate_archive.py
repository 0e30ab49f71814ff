"""An archive holds what an observatory has, the same bytes for a seed, and its truth apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import obspy
import pytest

from streamstress.earth.stations import read_stations
from streamstress.earth.velocity import read_velocity
from streamstress.errors import ConfigError, InputFileError
from streamstress.simulate.archive import FULL_SCALE, Archive, write_archive
from streamstress.simulate.continuous import make_world, station_record
from streamstress.simulate.metadata import COUNTS_PER_M_S
from streamstress.simulate.scenario import SCENARIOS, Gap
from streamstress.simulate.truth import read_truth, truth_of

SMALL = replace(SCENARIOS["smoke"], n_stations=3, n_before=1, n_after=1, lead_s=15.0)
AWRY = replace(
    SMALL,
    reversed_stations=("XS.S001",),
    clock_error_s=(("XS.S002", 1.5),),
    gaps=(Gap("XS.S003", 20.0, 10.0),),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    return write_archive(SMALL, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def awry(tmp_path_factory: pytest.TempPathFactory):
    return write_archive(AWRY, tmp_path_factory.mktemp("awry"))


def stream(archive: Archive, code: str):
    return obspy.read(str(archive.waveforms / f"{code}.*.mseed"))


def contents(archive: Archive):
    return {
        path.relative_to(archive.folder).as_posix(): path.read_bytes()
        for path in sorted(archive.folder.rglob("*"))
        if path.is_file()
    }


def test_obspy_reads_the_simulated_ground_motion_back(archive: Archive):
    world = make_world(SMALL)
    truth = read_truth(archive.folder)
    for number, station in enumerate(world.stations):
        traces = stream(archive, station.code)
        assert [trace.id for trace in traces.sort()] == [
            f"{station.code}..HH{component}" for component in "ENZ"
        ]
        expected = station_record(world, number, 0, world.n_samples) * COUNTS_PER_M_S
        for trace in traces:
            assert trace.stats.starttime.ns == archive.start_ns == truth.start_ns
            assert trace.stats.sampling_rate == 100.0
            assert trace.data.dtype == np.int32
            assert trace.stats.mseed.record_length == 512
            assert trace.stats.mseed.encoding == "STEIM2"
            row = expected["ZNE".index(trace.stats.channel[-1])]
            assert np.abs(trace.data - np.clip(row, -FULL_SCALE, FULL_SCALE)).max() <= 0.51
        end_ns = traces[0].stats.endtime.ns + 10_000_000
        assert end_ns == archive.end_ns == truth.end_ns


def test_the_waveforms_begin_with_the_true_polarity_at_the_true_time(archive: Archive):
    truth = read_truth(archive.folder)
    event = truth.events[0]
    for arrival in event.arrivals:
        vertical = stream(archive, arrival.station).select(channel="HHZ")[0]
        onset = int((arrival.p_time_ns - vertical.stats.starttime.ns) // 10_000_000) + 1
        quick = vertical.data[onset - 3 : onset + 6] - np.mean(vertical.data[onset - 5 : onset])
        noise = np.std(np.diff(vertical.data[onset - 300 : onset - 1]))
        large = np.flatnonzero(np.abs(quick) > 6 * noise)
        assert len(large)
        assert np.sign(quick[large[0]]) == arrival.polarity


def test_metadata_read_as_the_monitor_reads_them(archive: Archive):
    world = make_world(SMALL)
    stations = read_stations(archive.stations)
    assert stations == {station.code: station for station in world.stations}
    inventory = obspy.read_inventory(str(archive.stations))
    channel = inventory.get_channel_metadata("XS.S001..HHZ")
    assert channel["dip"] == -90.0
    sensitivity = inventory[0][0][0].response.instrument_sensitivity
    assert sensitivity.value == COUNTS_PER_M_S


def test_the_known_velocity_is_near_the_truth_but_not_it(archive: Archive):
    known = read_velocity(archive.velocity)
    error = np.asarray(known.vp_km_s) / np.asarray(SMALL.velocity.vp_km_s) - 1
    assert 0.001 < np.std(error) < 0.06
    assert np.abs(error).max() < 0.1


def test_the_truth_comes_back_whole(archive: Archive):
    truth = read_truth(archive.folder)
    assert truth == truth_of(make_world(SMALL))
    assert truth == read_truth(archive.truth)
    assert truth.change_event_id == truth.events[1].event_id
    assert truth.change_time_ns == truth.events[1].origin_time_ns
    assert truth.shmax_after_deg - truth.shmax_before_deg == pytest.approx(30.0)


def test_a_steady_scenario_has_no_change(tmp_path: Path):
    steady = replace(SMALL, turn_deg=0.0, n_stations=1)
    truth = truth_of(make_world(steady))
    assert truth.change_time_ns is None
    assert truth.change_event_id is None


def test_the_quakeml_holds_mechanism_and_polarities(archive: Archive):
    truth = read_truth(archive.folder)
    catalogue = obspy.read_events(str(archive.truth / "truth.qml"))
    assert len(catalogue) == len(truth.events)
    plane = catalogue[0].focal_mechanisms[0].nodal_planes.nodal_plane_1
    assert (plane.strike, plane.rake) == pytest.approx(
        (truth.events[0].strike_deg, truth.events[0].rake_deg)
    )
    polarities = [1 if pick.polarity == "positive" else -1 for pick in catalogue[0].picks]
    assert polarities == [arrival.polarity for arrival in truth.events[0].arrivals]
    origin = catalogue[0].origins[0]
    assert origin.time.ns == pytest.approx(truth.events[0].origin_time_ns, abs=1000)
    assert len(origin.arrivals) == 3


def test_no_truth_outside_its_folder(archive: Archive):
    names = set(contents(archive))
    outside = {name.split("/")[0] for name in names}
    assert outside == {"waveforms", "stations.xml", "velocity.csv", "scenario.json", "truth"}


def test_one_seed_gives_the_same_bytes_with_any_number_of_processes(
    archive: Archive, tmp_path: Path
):
    again = write_archive(SMALL, tmp_path, workers=2)
    assert contents(again) == contents(archive)


def test_another_seed_gives_another_archive(archive: Archive, tmp_path: Path):
    other = write_archive(SMALL.with_seed(2), tmp_path)
    ours, theirs = contents(archive), contents(other)
    waveforms = [name for name in ours if name.startswith("waveforms/") and name in theirs]
    assert waveforms
    assert all(ours[name] != theirs[name] for name in waveforms)


def test_a_finished_archive_is_found_and_an_outdated_one_written_anew(tmp_path: Path):
    first = replace(SMALL, n_stations=1)
    said: list[tuple[float, str]] = []
    archive = write_archive(first, tmp_path, lambda share, text: said.append((share, text)))
    assert said[0][0] == 0.0
    assert said[-1][0] == 1.0
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mseed")}
    foreign = tmp_path / "waveforms" / "notes.txt"
    foreign.write_text("mine")
    write_archive(first, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mseed")} == stamps
    write_archive(first.with_seed(5), tmp_path)
    assert read_truth(archive.folder).seed == 5
    assert len(list(tmp_path.rglob("*.mseed"))) == 1
    assert foreign.read_text() == "mine"


def test_a_reversed_station_has_z_upside_down(archive: Archive, awry: Archive):
    for channel, sign in (("HHZ", -1), ("HHN", 1), ("HHE", 1)):
        plain, turned = (
            stream(a, "XS.S001").select(channel=channel)[0].data for a in (archive, awry)
        )
        assert np.array_equal(turned, sign * plain)


def test_a_wrong_clock_stamps_the_same_data_late(archive: Archive, awry: Archive):
    plain, late = (stream(a, "XS.S002")[0] for a in (archive, awry))
    assert late.stats.starttime - plain.stats.starttime == pytest.approx(1.5)
    assert np.array_equal(plain.data, late.data)


def test_a_gap_has_no_data_and_nothing_moves_around_it(archive: Archive, awry: Archive):
    whole = stream(archive, "XS.S003").select(channel="HHZ")[0]
    parts = stream(awry, "XS.S003").select(channel="HHZ").sort(["starttime"])
    assert len(parts) == 2
    assert np.array_equal(parts[0].data, whole.data[:2000])
    assert np.array_equal(parts[1].data, whole.data[3000:])
    assert parts[1].stats.starttime - whole.stats.starttime == pytest.approx(30.0)


def test_a_damaged_truth_is_named(tmp_path: Path):
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(InputFileError, match=r"truth\.json"):
        read_truth(tmp_path)
    with pytest.raises(InputFileError, match="simulate"):
        read_truth(tmp_path / "nowhere")


def test_waveforms_that_no_simulation_wrote_are_never_removed(tmp_path: Path):
    recorded = tmp_path / "waveforms" / "XX.REAL.mseed"
    recorded.parent.mkdir()
    recorded.write_bytes(b"recorded by an observatory")
    with pytest.raises(ConfigError, match="no simulation wrote"):
        write_archive(SMALL, tmp_path)
    assert recorded.read_bytes() == b"recorded by an observatory"
