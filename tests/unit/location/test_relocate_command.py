"""``streamstress locate --double-difference`` as its user meets it."""

import csv
import json

import numpy as np
import pytest
from obspy import Stream, Trace, UTCDateTime
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.outputs.json_view import iso_time

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
RUNNER = CliRunner()
RATE = 100.0


def _onset(rng_of_station: np.random.Generator, noise: np.random.Generator) -> np.ndarray:
    """8 s with the onset after 4: the same at one station for all earthquakes, but for noise."""
    times = np.arange(round(8 * RATE)) / RATE - 4.0
    samples = np.zeros(times.size)
    for start, frequency, size in rng_of_station.uniform((0, 2, -1), (0.7, 9, 1), (12, 3)):
        after = np.clip(times - start, 0, None)
        samples += size * after * np.exp(-6 * after) * np.sin(2 * np.pi * frequency * after)
    return 1e4 * samples / np.abs(samples).max() + noise.normal(0, 100, times.size)


@pytest.fixture(scope="module")
def files(tmp_path_factory, world):
    """Four earthquakes in one place: stations, picks with errors, and verticals around the P."""
    folder = tmp_path_factory.mktemp("relocate")
    rng, noise = np.random.default_rng(2), np.random.default_rng(3)
    with (folder / "stations.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "latitude", "longitude", "elevation_m"])
        for s in world.stations.values():
            rows.writerow([s.network, s.station, s.latitude_deg, s.longitude_deg, s.elevation_m])
    stream = Stream()
    with (folder / "picks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "channel", "phase", "time", "amplitude", "event_id"])
        for n in range(4):
            origin = (2.0, 3.0, 9.0, EPOCH_NS + 600 * n * NS)
            due = world.arrivals(rng, origin, f"e{n}", sigma_s=0.0, missing=0.0)
            for k, r in enumerate(due):
                late_ns = round(rng.normal(0, 0.06) * NS)
                network, station = r.station.split(".")
                told = iso_time(r.time_ns + late_ns)
                counts = 10.0**n if r.phase == "S" else 5.0
                rows.writerow([network, station, "HHZ", r.phase, told, counts, f"e{n}"])
                if r.phase == "P":
                    trace = Trace(_onset(np.random.default_rng([7, k]), noise).astype(np.float32))
                    trace.stats.update(
                        {"network": network, "station": station, "channel": "HHZ",
                         "sampling_rate": RATE, "starttime": UTCDateTime(ns=r.time_ns - 4 * NS)}
                    )  # fmt: skip
                    stream.append(trace)
    stream.write(str(folder / "waves.mseed"), format="MSEED")
    return folder


def locate(files, out, *options: str):
    return RUNNER.invoke(
        app,
        ["locate", str(files / "picks.csv"), "-o", str(out), "--velocity", "iasp91",
         "--stations", str(files / "stations.csv"), "--json", *options],
    )  # fmt: skip


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def apart_km(path) -> float:
    """Largest distance (km) of two of the earthquakes of a file."""
    rows = rows_of(path)
    place = np.array(
        [
            [111.2 * float(r["latitude"]), 91.1 * float(r["longitude"]), float(r["depth_km"])]
            for r in rows
        ]
    )
    return float(np.linalg.norm(place[:, None] - place[None], axis=2).max())


def test_repeating_earthquakes_come_to_lie_in_one_place(files, tmp_path):
    alone, together = tmp_path / "alone.csv", tmp_path / "together.csv"
    assert locate(files, alone).exit_code == 0
    result = locate(files, together, "--waveforms", str(files / "waves.mseed"))
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout.splitlines()[-1])
    assert summary["relocated"] == 4
    assert summary["differential_times"]["correlated"] > 60
    assert apart_km(together) < apart_km(alone) / 3
    for row in rows_of(together):
        single = float(row["horizontal_error_km"])
        assert 0 < float(row["relative_horizontal_error_km"]) < single / 2
    assert "relative_depth_error_km" not in rows_of(alone)[0]


def test_each_earthquake_has_the_magnitude_of_its_s_amplitudes(files, tmp_path):
    """Ten times the counts are one magnitude more; without responses it is a relative one."""
    out = tmp_path / "events.csv"
    assert locate(files, out).exit_code == 0
    rows = rows_of(out)
    assert {row["magnitude_type"] for row in rows} == {"Mrel"}
    steps = np.diff([float(row["magnitude"]) for row in rows])
    assert steps == pytest.approx(1.0, abs=0.15)


def test_without_waveforms_the_picks_are_compared(files, tmp_path):
    result = locate(files, tmp_path / "events.csv", "--double-difference")
    assert result.exit_code == 0, result.output
    used = json.loads(result.stdout.splitlines()[-1])["differential_times"]
    assert used["correlated"] == 0
    assert used["catalogue"] > 100


def test_an_archive_that_is_not_there_is_told(files, tmp_path):
    result = locate(files, tmp_path / "events.csv", "--waveforms", str(tmp_path / "none"))
    assert result.exit_code != 0
    assert "no such file" in str(result.exception or result.output)


def test_the_regions_attenuation_makes_the_magnitudes(files, tmp_path):
    """All stations are nearer than 100 km: the steeper the decay, the less is added back."""
    usual, steep = tmp_path / "usual.csv", tmp_path / "steep.csv"
    assert locate(files, usual).exit_code == 0
    assert locate(files, steep, "--magnitude-geometric", "2").exit_code == 0
    for before, after in zip(rows_of(usual), rows_of(steep), strict=True):
        assert 0.1 < float(before["magnitude"]) - float(after["magnitude"]) < 1.5
    assert locate(files, steep, "--magnitude-per-km", "-1").exit_code == 2
