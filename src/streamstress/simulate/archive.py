"""A scenario as the files an observatory would have, with the truth kept apart.

::

    FOLDER/
      waveforms/NET.STA.YYYYMMDDTHHMMSS.mseed   STEIM2, 512-byte records, a file a station and span
      stations.xml                              StationXML with sensitivity
      velocity.csv                              a model not quite the true one
      truth/truth.json, truth/truth.qml         never read by the monitor
      scenario.json                             fingerprint, to know a finished archive again
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymseed import DataEncoding, MS3TraceList

from streamstress.earth.stations import Station
from streamstress.errors import ConfigError
from streamstress.simulate.continuous import World, make_world, station_record
from streamstress.simulate.metadata import (
    COUNTS_PER_M_S,
    known_velocity,
    write_quakeml,
    write_stations,
    write_velocity,
)
from streamstress.simulate.noise import SAMPLING_HZ
from streamstress.simulate.scenario import Scenario
from streamstress.simulate.truth import truth_of, write_truth

FILE_S = 1200.0
"""Span of one waveform file in seconds."""

RECORD_BYTES = 512
FULL_SCALE = 2**23 - 1
"""Counts at which a 24-bit digitiser clips."""

_FINGERPRINT_FILE = "scenario.json"
_VELOCITY_STREAM = 5
_NO_PART_OF_AN_ARCHIVE = ("kind", "onset", "replay", "seedlink", "training")
_SAMPLE_NS = round(1e9 / SAMPLING_HZ)
_NO_PUNCTUATION = str.maketrans("", "", "-:")


@dataclass(frozen=True, slots=True)
class Archive:
    """Where the files of a scenario are, and its span in integer nanoseconds UTC."""

    folder: Path
    waveforms: Path
    stations: Path
    velocity: Path
    truth: Path
    start_ns: int
    end_ns: int


def write_archive(
    scenario: Scenario,
    folder: Path,
    progress: Callable[[float, str], None] | None = None,
    *,
    workers: int = 1,
) -> Archive:
    """Write a scenario's waveforms, metadata and truth; at once where they are there already.

    Parameters
    ----------
    scenario
        What to simulate.
    folder
        Where to; made if missing.
    progress
        Called with the share done (0 to 1) and what is being done.
    workers
        Processes that write waveforms. The bytes do not depend on it.

    Raises
    ------
    ConfigError
        The folder holds waveforms that no simulation wrote.
    """
    report = progress or (lambda _share, _text: None)
    world = make_world(scenario)
    archive = _archive(world, folder)
    fingerprint = scenario_fingerprint(scenario)
    if _is_finished(folder, fingerprint):
        report(1.0, "found the archive finished")
        return archive
    _clear(archive)
    report(0.0, f"{len(world.stations)} stations, {scenario.n_events} events")
    _write_metadata(world, archive)
    for done, code in enumerate(_write_stations(world, archive.waveforms, workers), start=1):
        report(done / len(world.stations), f"waveforms of {code}")
    (folder / _FINGERPRINT_FILE).write_text(
        json.dumps({"fingerprint": fingerprint, "scenario": scenario.name, "seed": scenario.seed})
    )
    return archive


def scenario_fingerprint(scenario: Scenario) -> str:
    """Digest of a scenario and of the code that makes its files."""
    digest = hashlib.sha256(json.dumps(asdict(scenario), sort_keys=True).encode())
    package = Path(__file__).resolve().parents[1]
    for part in ("simulate", "earth", "geometry"):
        for source in sorted((package / part).glob("*.py")):
            if not source.name.startswith(_NO_PART_OF_AN_ARCHIVE):
                digest.update(source.read_bytes())
    return digest.hexdigest()


def _archive(world: World, folder: Path) -> Archive:
    start_ns = world.scenario.start_ns
    return Archive(
        folder=folder,
        waveforms=folder / "waveforms",
        stations=folder / "stations.xml",
        velocity=folder / "velocity.csv",
        truth=folder / "truth",
        start_ns=start_ns,
        end_ns=start_ns + world.n_samples * _SAMPLE_NS,
    )


def _is_finished(folder: Path, fingerprint: str) -> bool:
    path = folder / _FINGERPRINT_FILE
    try:
        return bool(json.loads(path.read_text())["fingerprint"] == fingerprint)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _clear(archive: Archive) -> None:
    """Remove what an earlier scenario wrote here, and nothing else."""
    ours = archive.folder / _FINGERPRINT_FILE
    old = list(archive.waveforms.glob("*.mseed"))
    if old and not ours.exists():
        raise ConfigError(
            f"{archive.waveforms} holds {len(old)} miniSEED files that no simulation wrote; give "
            "another folder"
        )
    archive.waveforms.mkdir(parents=True, exist_ok=True)
    archive.truth.mkdir(exist_ok=True)
    # Marked as ours before the first file, so that a run cut short can be taken up.
    ours.write_text(json.dumps({"fingerprint": "unfinished"}))
    for path in old:
        path.unlink()


def _write_metadata(world: World, archive: Archive) -> None:
    scenario = world.scenario
    write_stations(archive.stations, world.stations, scenario.start_ns)
    rng = np.random.default_rng([scenario.seed, _VELOCITY_STREAM])
    known = known_velocity(scenario.velocity, scenario.velocity_error, rng)
    write_velocity(archive.velocity, known)
    truth = truth_of(world)
    write_truth(truth, archive.truth)
    write_quakeml(archive.truth / "truth.qml", truth)


def _write_stations(world: World, folder: Path, workers: int) -> Iterator[str]:
    """Write the waveforms of all stations; yield each code when its files are there."""
    numbers = range(len(world.stations))
    if workers <= 1:
        for number in numbers:
            yield _write_station(world, number, folder)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_write_station, repeat(world), numbers, repeat(folder))


def _write_station(world: World, number: int, folder: Path) -> str:
    station = world.stations[number]
    step = round(FILE_S * SAMPLING_HZ)
    for start in range(0, world.n_samples, step):
        stop = min(start + step, world.n_samples)
        spans = _spans(world.scenario, station.code, start, stop)
        if not spans:
            continue
        counts = _counts(world, number, start, stop)
        stamp = _stamp(world.scenario.start_ns + start * _SAMPLE_NS)
        _write_miniseed(
            folder / f"{station.code}.{stamp}.mseed",
            station,
            [(low, counts[:, low - start : high - start]) for low, high in spans],
            world.scenario.start_ns + _clock_error_ns(world.scenario, station.code),
        )
    return station.code


def _counts(world: World, number: int, start: int, stop: int) -> NDArray[np.int32]:
    """Digitised record (3, n): counts, rows Z, N, E; Z upside down at a reversed station."""
    signal = station_record(world, number, start, stop) * np.float32(COUNTS_PER_M_S)
    if world.stations[number].code in world.scenario.reversed_stations:
        signal[0] *= -1.0
    return np.asarray(np.clip(np.rint(signal), -FULL_SCALE, FULL_SCALE), np.int32)


def _spans(scenario: Scenario, code: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Stretches ``(first, last + 1)`` of samples with data between ``start`` and ``stop``."""
    spans = [(start, stop)]
    for gap in scenario.gaps:
        if gap.station == code:
            low = round(gap.start_s * SAMPLING_HZ)
            high = low + round(gap.length_s * SAMPLING_HZ)
            spans = [
                part
                for first, last in spans
                for part in ((first, min(last, low)), (max(first, high), last))
                if part[1] > part[0]
            ]
    return spans


def _clock_error_ns(scenario: Scenario, code: str) -> int:
    return round(dict(scenario.clock_error_s).get(code, 0.0) * 1e9)


def _stamp(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")).translate(_NO_PUNCTUATION)


def _write_miniseed(
    path: Path, station: Station, pieces: list[tuple[int, NDArray[np.int32]]], start_ns: int
) -> None:
    with MS3TraceList() as traces:
        for first, counts in pieces:
            for row, component in enumerate("ZNE"):
                traces.add_data(
                    f"FDSN:{station.network}_{station.station}__H_H_{component}",
                    np.ascontiguousarray(counts[row]),
                    "i",
                    SAMPLING_HZ,
                    starttime=start_ns + first * _SAMPLE_NS,
                )
        traces.to_file(
            path,
            overwrite=True,
            max_record_length=RECORD_BYTES,
            encoding=DataEncoding.STEIM2,
            format_version=2,
        )
