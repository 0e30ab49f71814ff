"""S and P amplitudes and station corrections: HASH's ``.amp`` and ``.statcor``, SKHASH's CSV.

An amplitude counts where both phases stand above their noise (HASH v1.2, driver 3: `ratmin`).
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from streamstress.errors import InputFileError
from streamstress.mechanism.readers.lines import FieldError, text_lines

MIN_SNR = 3.0
"""Least ratio of signal to noise of P and of S (HASH v1.2, `ratmin` of example 3)."""

# Station, channel, network, azimuth, distance, two noises, two amplitudes.
_WORDS = 9

_CSV_NUMBERS = ("noise_p", "noise_s", "amp_p", "amp_s")


@dataclass(frozen=True, slots=True)
class AmplitudeLine:
    """Amplitudes of one event at one station ``NET.STA.CHA``; texts until they are needed."""

    station: str
    numbers: tuple[str, str, str, str]
    line_number: int


@dataclass(slots=True)
class AmplitudeBook:
    """Amplitudes by event, and the corrections of the stations.

    ``corrections`` are subtracted from log10 S/P; where there are some, a station without one is
    set aside (driver 3); None corrects nothing.
    """

    lines: dict[str, list[AmplitudeLine]] = field(default_factory=dict)
    corrections: Mapping[str, float] | None = None
    min_snr: float = MIN_SNR

    def of_event(self, event_id: str) -> list[AmplitudeLine]:
        """Amplitudes of an event, none where it has none."""
        return self.lines.get(event_id, [])

    def log_ratio(self, line: AmplitudeLine) -> float:
        """log10 S/P of a line, less the correction of its station.

        Raises
        ------
        FieldError
            An amplitude is missing, zero or too near its noise, or there is no correction.
        """
        noise_p, noise_s, p, s = _numbers(line)
        if p == 0.0 or s == 0.0:
            raise FieldError("zero-amplitude", f"{line.station}: the amplitude of P or S is 0")
        snr = min(p / max(noise_p, 1e-30), s / max(noise_s, 1e-30))
        if snr < self.min_snr:
            raise FieldError(
                "low-snr", f"{line.station}: signal over noise {snr:.1f} is below {self.min_snr:g}"
            )
        return float(np.log10(s / p)) - self._correction(line.station)

    def _correction(self, station: str) -> float:
        if self.corrections is None:
            return 0.0
        network, name, channel = station.split(".")
        for band in (channel[:2], _other_short_period(channel[:2])):
            for code in (network, ""):
                value = self.corrections.get(f"{code}.{name}.{band}")
                if value is not None:
                    return value
        raise FieldError("no-correction", f"{station} is not in the list of S/P corrections")


def read_amplitudes(path: Path, min_snr: float = MIN_SNR) -> AmplitudeBook:
    """Read a ``.amp`` file of HASH driver 3, or SKHASH's CSV.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    first = next((line for _, line in text_lines(path)), "")
    book = AmplitudeBook(min_snr=min_snr)
    rows = _csv_lines(path) if "," in first else _hash_lines(path)
    for event_id, line in rows:
        book.lines.setdefault(event_id, []).append(line)
    return book


def read_corrections(path: Path) -> dict[str, float]:
    """Read a ``.statcor`` file: station, channel, network, value; to ``NET.STA.CH``.

    Raises
    ------
    InputFileError
        The file cannot be read or a line is no correction.
    """
    corrections: dict[str, float] = {}
    for number, line in text_lines(path):
        words = line.replace(",", " ").split()
        try:
            station, channel, network, value = words[0], words[1], words[2], float(words[3])
        except (IndexError, ValueError) as error:
            raise InputFileError(
                f"{path}:{number}: expected 'station channel network correction', got {line!r}"
            ) from error
        corrections[f"{network}.{station}.{channel[:2]}"] = value
    return corrections


def _hash_lines(path: Path) -> Iterator[tuple[str, AmplitudeLine]]:
    """Event line ``id n``, then lines ``a4,1x,a3,1x,a2,17x,4(f10.3,1x)`` (HASH v1.2, driver 3)."""
    event_id, left = "", 0
    for number, line in text_lines(path):
        if left == 0:
            event_id, left = _event_line(path, number, line)
            continue
        left -= 1
        name = ".".join([line[9:11].strip(), line[:4].strip(), line[5:8].strip()])
        words = line.split()
        # Files of other programs keep the words but not the columns.
        whole = len(words) == _WORDS
        texts = words[-4:] if whole else [line[i : i + 10] for i in (28, 39, 50, 61)]
        yield event_id, AmplitudeLine(name, (texts[0], texts[1], texts[2], texts[3]), number)


def _event_line(path: Path, number: int, line: str) -> tuple[str, int]:
    words = line.split()
    if len(words) < 2 or not words[1].isdigit():
        raise InputFileError(
            f"{path}:{number}: expected 'event_id number_of_lines', got {line.strip()!r}"
        )
    return words[0], int(words[1])


def _csv_lines(path: Path) -> Iterator[tuple[str, AmplitudeLine]]:
    rows = csv.DictReader((line for _, line in text_lines(path)), skipinitialspace=True)
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    missing = {"event_id", "station", *_CSV_NUMBERS} - set(rows.fieldnames)
    if missing:
        raise InputFileError(f"{path}, line 1: no column {', '.join(sorted(missing))}")
    for row in rows:
        texts = [(row[name] or "") for name in _CSV_NUMBERS]
        names = ((row.get(key) or "").strip() for key in ("network", "station", "channel"))
        line = AmplitudeLine(".".join(names), (texts[0], texts[1], texts[2], texts[3]), 0)
        yield (row["event_id"] or "").strip(), line


def _numbers(line: AmplitudeLine) -> tuple[float, float, float, float]:
    if any(not text.strip() for text in line.numbers):
        raise FieldError("missing-amplitude", f"{line.station}: an amplitude or noise is missing")
    try:
        values = [abs(float(text)) for text in line.numbers]
    except ValueError as error:
        raise FieldError("unreadable-amplitude", f"{line.station}: {error}") from error
    if not np.isfinite(values).all():
        raise FieldError("missing-amplitude", f"{line.station}: an amplitude or noise is missing")
    return values[0], values[1], values[2], values[3]


def _other_short_period(band: str) -> str:
    return {"V": "E", "E": "V"}.get(band[:1], band[:1]) + band[1:]
