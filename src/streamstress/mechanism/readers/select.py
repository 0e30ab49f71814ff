"""A format's name to its reader."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from streamstress.errors import ConfigError
from streamstress.mechanism.readers.amplitudes import (
    MIN_SNR,
    AmplitudeBook,
    read_amplitudes,
    read_corrections,
)
from streamstress.mechanism.readers.events import Events
from streamstress.mechanism.readers.hash1 import read_hash1
from streamstress.mechanism.readers.quakeml import read_quakeml
from streamstress.mechanism.readers.reversals import read_reversals
from streamstress.mechanism.readers.scedc import StationTables, read_scedc
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM
from streamstress.mechanism.readers.skhash import read_skhash
from streamstress.mechanism.readers.stations import StationBook, read_station_book

PhaseFormat = Literal["hash1", "hash2", "hash3", "skhash", "quakeml"]
TRACED: tuple[PhaseFormat, ...] = ("hash2", "hash3")
"""Formats without rays: they need stations and velocity models."""


@dataclass(frozen=True, slots=True)
class PhaseFiles:
    """The files of a catalogue; ``min_snr`` is that of S/P amplitudes."""

    phases: Path
    phase_format: PhaseFormat
    stations: Path | None = None
    reversals: Path | None = None
    amplitudes: Path | None = None
    corrections: Path | None = None
    max_distance_km: float = MAX_DISTANCE_KM
    min_snr: float = MIN_SNR


def open_events(files: PhaseFiles) -> Events:
    """Events of a catalogue in any format.

    Raises
    ------
    ConfigError
        The format is unknown, or lacks a file that it needs.
    InputFileError
        A file cannot be read.
    """
    if files.phase_format not in get_args(PhaseFormat):
        raise ConfigError(
            f"format {files.phase_format!r} is unknown; expected {', '.join(get_args(PhaseFormat))}"
        )
    reversals = read_reversals(files.reversals) if files.reversals else {}
    stations = read_station_book(files.stations) if files.stations else None
    amplitudes = _amplitudes(files)
    if files.phase_format == "hash1":
        return read_hash1(files.phases, reversals, files.max_distance_km)
    if files.phase_format == "skhash":
        return read_skhash(files.phases, stations, reversals, amplitudes, files.max_distance_km)
    if files.phase_format == "quakeml":
        return read_quakeml(files.phases, stations, reversals, files.max_distance_km)
    tables = StationTables(stations or StationBook(), reversals, amplitudes)
    return read_scedc(files.phases, tables, files.max_distance_km)


def _amplitudes(files: PhaseFiles) -> AmplitudeBook | None:
    needs = {"hash3": ("--amplitudes", files.amplitudes)}.get(files.phase_format)
    if files.phase_format in TRACED and files.stations is None:
        raise ConfigError(f"format {files.phase_format} has no rays: give --stations")
    if needs and needs[1] is None:
        raise ConfigError(f"format {files.phase_format} needs {needs[0]}")
    if files.amplitudes is None:
        if files.corrections is not None:
            raise ConfigError("--statcor corrects S/P amplitudes: give --amplitudes too")
        return None
    book = read_amplitudes(files.amplitudes, files.min_snr)
    if files.corrections is not None:
        book.corrections = read_corrections(files.corrections)
    return book
