"""Where the stations stand."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamstress.earth.projection import LocalFrame
from streamstress.errors import InputFileError

COLUMNS = ("network", "station", "latitude", "longitude", "elevation_m")

LOCAL_COLUMNS = ("network", "station", "x_m", "y_m", "elevation_m")
"""Of a mine or a laboratory: metres east and north of a point of its own."""

LOCAL_ORIGIN = LocalFrame(0.0, 0.0)
"""Where that point is put: within 100 km of it the scale is right to 0.01 %."""

FARTHEST_LOCAL_KM = 300.0
"""Local metres beyond are those of a map grid (UTM), counted from far away: there the frame is bent
by more than 0.1 %."""

ELEVATION_M = (-12_000.0, 9_000.0)
"""From the deepest sea and borehole to the highest mountain."""


@dataclass(frozen=True, slots=True)
class Station:
    """Coordinates of one station; the elevation is the sensor's, above sea level."""

    network: str
    station: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0

    @property
    def code(self) -> str:
        """The key of a station everywhere: ``NET.STA``."""
        return f"{self.network}.{self.station}"


def read_stations(path: Path, impossible: dict[str, str] | None = None) -> dict[str, Station]:
    """Read stations from StationXML, or from CSV with `COLUMNS` or `LOCAL_COLUMNS`.

    Of several epochs of one code the last counts; elevation may be left out of a CSV. A column
    ``depth_m`` is a sensor's depth below the ground at that elevation; of StationXML, that of the
    station's deepest channel. Lines without coordinates are passed over.

    Parameters
    ----------
    impossible
        Takes the stations of a CSV whose coordinates are on no Earth, with the reason, by
        ``NET.STA``: the others are then read. Without it such a line stops.

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
    if text.lstrip().startswith("<"):
        stations = _from_xml(path)
    else:
        stations = _from_csv(path, text, impossible)
    found = {station.code: station for station in stations}
    if not found:
        told = "".join(f"; {code} {why}" for code, why in list((impossible or {}).items())[:1])
        raise InputFileError(f"{path}: holds no station{told}")
    return found


def _from_csv(path: Path, text: str, impossible: dict[str, str] | None) -> Iterator[Station]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    names = [name.strip() for name in rows.fieldnames or ()]
    missing = [name for name in COLUMNS[:4] if name not in names]
    if {"x_m", "y_m"} <= set(names):
        missing = [name for name in LOCAL_COLUMNS[:4] if name not in names]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; expected {','.join(COLUMNS)}"
        )
    rows.fieldnames = names
    for row in rows:
        if _is_without_place(row):
            continue
        station = _from_row(path, rows.line_num, row)
        wrong = _on_no_earth(station)
        if wrong and impossible is None:
            raise InputFileError(
                f"{path}, line {rows.line_num}: {station.code} {wrong}; "
                "expected latitude -90 to 90, longitude -180 to 180"
            )
        if wrong and impossible is not None:
            impossible[station.code] = wrong
        else:
            yield station


def _on_no_earth(station: Station) -> str:
    """Why no station can be at these coordinates; nothing where one can."""
    latitude, longitude = station.latitude_deg, station.longitude_deg
    if abs(latitude) <= 90 and abs(longitude) <= 360:
        return ""
    told = f"at {latitude:g}, {longitude:g}"
    swapped = abs(longitude) <= 90 and abs(latitude) <= 360
    return f"{told}: latitude and longitude seem swapped" if swapped else f"{told}: no such place"


def _is_without_place(row: Mapping[str, str | None]) -> bool:
    """Whether both coordinates are blank: the station is then as unknown as one not in the file."""
    names = ("x_m", "y_m") if row.get("x_m") is not None else ("latitude", "longitude")
    return not any((row.get(name) or "").strip() for name in names)


def _from_row(path: Path, line: int, row: Mapping[str, str | None]) -> Station:
    try:
        latitude, longitude = _place(row)
        elevation = float(row.get("elevation_m") or 0.0) - float(row.get("depth_m") or 0.0)
    except ValueError as error:
        raise InputFileError(
            f"{path}, line {line}: {error} (expected degrees, or metres in x_m and y_m)"
        ) from error
    network, name = (row["network"] or "").strip(), (row["station"] or "").strip()
    if not name:
        raise InputFileError(f"{path}, line {line}: the station has no name")
    low, high = ELEVATION_M
    if not low <= elevation <= high:
        raise InputFileError(
            f"{path}, line {line}: {network}.{name} at {elevation:g} m above sea level; "
            f"expected {low:g} to {high:g} m, depth_m below the ground taken off"
        )
    return Station(network, name, latitude, longitude, elevation)


def _place(row: Mapping[str, str | None]) -> tuple[float, float]:
    if row.get("x_m") is None:
        return float(row["latitude"] or ""), float(row["longitude"] or "")
    east, north = float(row["x_m"] or "") / 1000.0, float(row["y_m"] or "") / 1000.0
    if not math.hypot(east, north) <= FARTHEST_LOCAL_KM:
        raise ValueError(
            f"x_m, y_m {1000 * east:.0f}, {1000 * north:.0f} is no local place: count metres from "
            f"a point within {FARTHEST_LOCAL_KM:g} km, or give latitude and longitude"
        )
    latitude, longitude = LOCAL_ORIGIN.to_degrees(east, north)
    return float(latitude), float(longitude)


def is_local(path: Path) -> bool:
    """Whether a file of stations has local metres, so that places mean something only there."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        names = {name.strip() for name in file.readline().split(",")}
    return {"x_m", "y_m"} <= names


def _from_xml(path: Path) -> Iterable[Station]:
    # obspy costs half a second to import; a CSV does not need it.
    from obspy import read_inventory

    try:
        inventory = read_inventory(str(path), format="STATIONXML", level="channel")
    except (ValueError, TypeError, SyntaxError, AttributeError) as error:
        raise InputFileError(f"{path}: not a StationXML file ({error})") from error
    return [
        Station(
            network.code,
            station.code,
            float(station.latitude),
            float(station.longitude),
            float(station.elevation or 0.0) - _buried_m(station),
        )
        for network in inventory
        for station in network
    ]


def _buried_m(station: Any) -> float:  # noqa: ANN401 - obspy has no types
    """Depth of the deepest sensor below the station's ground; 0 without channels."""
    depths = [
        float(station.elevation or 0.0) - float(channel.elevation or 0.0) + float(channel.depth)
        for channel in station.channels
        if channel.depth
    ]
    return max(depths, default=0.0)
