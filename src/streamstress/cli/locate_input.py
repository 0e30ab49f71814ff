"""Picks of any picker as readings of the location, and what of them cannot be used."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streamstress.earth.stations import Station
from streamstress.errors import ConfigError
from streamstress.location.readings import PhaseReading
from streamstress.outputs.picks_cards import read_hypoinverse, read_scedc_phases
from streamstress.outputs.picks_catalogue import read_catalogue_picks
from streamstress.outputs.picks_csv import PickLine, PickTable, read_picks

READERS: dict[str, Callable[[Path], PickTable]] = {
    "csv": read_picks,
    "quakeml": read_catalogue_picks,
    "scedc": read_scedc_phases,
    "hypoinverse": read_hypoinverse,
}

SUFFIXES = {
    ".csv": "csv",
    ".xml": "quakeml",
    ".qml": "quakeml",
    ".quakeml": "quakeml",
    ".phase": "scedc",
    ".arc": "hypoinverse",
}
"""The format of a file that is not told one."""


@dataclass(slots=True)
class Readings:
    """Usable readings with the pick each came from.

    Attributes
    ----------
    groups
        Readings by the event that the file says they belong to; under None the others.
    picks
        Pick of each reading by its id.
    set_aside
        Count by reason; the stations without coordinates by code.
    """

    groups: dict[str | None, list[PhaseReading]] = field(default_factory=dict)
    picks: dict[str, PickLine] = field(default_factory=dict)
    set_aside: Counter[str] = field(default_factory=Counter)
    unknown_stations: Counter[str] = field(default_factory=Counter)
    bad_lines: tuple[tuple[int, str], ...] = ()

    @property
    def all(self) -> list[PhaseReading]:
        """Every reading."""
        return [reading for group in self.groups.values() for reading in group]


def pick_table(path: Path, format_name: str) -> PickTable:
    """Picks of a file.

    Raises
    ------
    ConfigError
        The format is unknown, or the file's name does not tell it.
    InputFileError
        The file is not of the format.
    """
    name = SUFFIXES.get(path.suffix.lower(), "") if format_name == "auto" else format_name
    known = ", ".join(READERS)
    if not name:
        raise ConfigError(f"{path}: its name does not tell the format; give --format {known}")
    if name not in READERS:
        raise ConfigError(f"--format {format_name} is unknown; expected {known}")
    return READERS[name](path)


def readings_of(
    table: PickTable,
    stations: Mapping[str, Station],
    sigma_s: Mapping[str, float],
    *,
    keep_events: bool,
) -> Readings:
    """Turn picks to readings; what cannot be used is counted.

    Parameters
    ----------
    sigma_s
        Standard deviation of P and S times where the file has no column ``sigma_s``.
    keep_events
        Whether picks of one event id belong together.
    """
    found = Readings(bad_lines=table.rejected)
    found.set_aside["unreadable"] = len(table.rejected)
    networks = {station.station: code for code, station in stations.items()}
    seen: set[tuple[str, str, int]] = set()
    for row in table.rows:
        code = row.station_code if row.network else networks.get(row.station, row.station_code)
        phase = row.phase[:1]
        if code not in stations:
            found.set_aside["unknown-station"] += 1
            found.unknown_stations[code] += 1
        elif phase not in sigma_s:
            found.set_aside["neither-p-nor-s"] += 1
        elif (code, phase, row.time_ns) in seen:
            found.set_aside["duplicate-pick"] += 1
        else:
            seen.add((code, phase, row.time_ns))
            _add(found, row, code, sigma_s[phase], keep_events=keep_events)
    found.set_aside = +found.set_aside
    return found


def _add(found: Readings, row: PickLine, code: str, sigma_s: float, *, keep_events: bool) -> None:
    reading = PhaseReading(
        # Sorts as the picks do, whatever the order of the file.
        f"{code}.{row.phase[:1]}.{row.time_ns}",
        code,
        row.phase[:1],
        row.time_ns,
        sigma_s if row.sigma_s is None else row.sigma_s,
        1.0 if row.probability is None else row.probability,
    )
    event_id = row.event_id if keep_events else None
    found.groups.setdefault(event_id, []).append(reading)
    found.picks[reading.reading_id] = row
