"""Where the stations stand."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamstress.errors import InputFileError

COLUMNS = ("network", "station", "latitude", "longitude", "elevation_m")


@dataclass(frozen=True, slots=True)
class Station:
    """Coordinates of one station; the elevation is above sea level."""

    network: str
    station: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0

    @property
    def code(self) -> str:
        """The key of a station everywhere: ``NET.STA``."""
        return f"{self.network}.{self.station}"


def read_stations(path: Path) -> dict[str, Station]:
    """Read stations from StationXML, or from CSV with the columns of ``COLUMNS``.

    Of several epochs of one code the last counts; elevation may be left out of a CSV.

    Returns
    -------
    Stations by ``NET.STA``, in the order of the file.

    Raises
    ------
    InputFileError
        The file cannot be read, or a line of it is wrong (the message names the line).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read ({error})") from error
    stations = _from_xml(path) if text.lstrip().startswith("<") else _from_csv(path, text)
    found = {station.code: station for station in stations}
    if not found:
        raise InputFileError(f"{path}: holds no station")
    return found


def _from_csv(path: Path, text: str) -> Iterable[Station]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    names = [name.strip() for name in rows.fieldnames or ()]
    missing = [name for name in COLUMNS[:4] if name not in names]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; expected {','.join(COLUMNS)}"
        )
    rows.fieldnames = names
    return [_from_row(path, rows.line_num, row) for row in rows]


def _from_row(path: Path, line: int, row: Mapping[str, str | None]) -> Station:
    try:
        latitude, longitude = float(row["latitude"] or ""), float(row["longitude"] or "")
        elevation = float(row.get("elevation_m") or 0.0)
    except ValueError as error:
        raise InputFileError(
            f"{path}, line {line}: {error}; expected degrees and metres"
        ) from error
    network, name = (row["network"] or "").strip(), (row["station"] or "").strip()
    if not name:
        raise InputFileError(f"{path}, line {line}: the station has no name")
    if not (abs(latitude) <= 90 and abs(longitude) <= 360 and math.isfinite(elevation)):
        raise InputFileError(
            f"{path}, line {line}: {network}.{name} at {latitude}, {longitude}, {elevation} m; "
            "expected latitude -90 to 90, longitude -180 to 180"
        )
    return Station(network, name, latitude, longitude, elevation)


def _from_xml(path: Path) -> Iterable[Station]:
    # obspy costs half a second to import; a CSV does not need it.
    from obspy import read_inventory

    try:
        inventory = read_inventory(str(path), format="STATIONXML", level="station")
    except (ValueError, TypeError, SyntaxError, AttributeError) as error:
        raise InputFileError(f"{path}: not a StationXML file ({error})") from error
    return [
        Station(
            network.code,
            station.code,
            float(station.latitude),
            float(station.longitude),
            float(station.elevation or 0.0),
        )
        for network in inventory
        for station in network
    ]
