"""Where stations stand: HASH's fixed-width list, SKHASH's CSV, our CSV, StationXML."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streamstress.earth.stations import read_stations
from streamstress.errors import InputFileError
from streamstress.mechanism.readers.lines import text_lines

Place = tuple[float, float]
"""Latitude and longitude, degrees."""

SHORT_PERIOD = {"V": "E", "E": "V"}
"""Short-period channels are called by either letter (HASH v1.2, `GETSTAT_TRI`)."""

ANY_CHANNEL = ""


@dataclass(slots=True)
class StationBook:
    """Places by network, station and the first two letters of the channel.

    An entry without network or channel stands for any.
    """

    places: dict[tuple[str, str, str], Place] = field(default_factory=dict)

    def add(self, network: str, station: str, channel: str, place: Place) -> None:
        """Enter a station; of several entries of one key the first counts (HASH v1.2)."""
        self.places.setdefault((network, station, channel[:2]), place)

    def find(self, name: str) -> Place | None:
        """Place of ``NET.STA.CHA`` (network and channel may be empty), None if unknown."""
        network, station, channel = [*name.split("."), "", ""][:3]
        bands = [channel[:2], SHORT_PERIOD.get(channel[:1], channel[:1]) + channel[1:2]]
        for band in (*bands, ANY_CHANNEL):
            for code in (network, ""):
                place = self.places.get((code, station, band))
                if place is not None:
                    return place
        return None


def read_station_book(path: Path) -> StationBook:
    """Read stations of any of the four formats.

    Raises
    ------
    InputFileError
        The file cannot be read or holds no station.
    """
    first = next((line for _, line in text_lines(path)), "")
    book = StationBook()
    if first.lstrip("\xef\xbb\xbf \t").startswith("<"):
        for station in read_stations(path).values():
            place = (station.latitude_deg, station.longitude_deg)
            book.add(station.network, station.station, ANY_CHANNEL, place)
    else:
        rows = _csv_rows(path) if "latitude" in first.lower() else _fixed_rows(path)
        for network, name, channel, place in rows:
            book.add(network, name, channel, place)
    if not book.places:
        raise InputFileError(f"{path}: holds no station")
    return book


def _csv_rows(path: Path) -> Iterator[tuple[str, str, str, Place]]:
    rows = csv.DictReader((line for _, line in text_lines(path)), skipinitialspace=True)
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    if not {"station", "latitude", "longitude"} <= set(rows.fieldnames):
        raise InputFileError(f"{path}, line 1: expected columns station, latitude, longitude")
    for row in rows:
        network, name, channel = (
            (row.get(key) or "").strip() for key in ("network", "station", "channel")
        )
        yield network, name, channel, _place(path, rows.line_num, row["latitude"], row["longitude"])


def _fixed_rows(path: Path) -> Iterator[tuple[str, str, str, Place]]:
    """Format ``a4,1x,a3,33x,f9.5,1x,f10.5,1x,i5,23x,a2`` of `GETSTAT_TRI` (HASH v1.2)."""
    for number, line in text_lines(path):
        place = _place(path, number, line[41:50], line[51:61])
        yield line[90:92].strip(), line[:4].strip(), line[5:8].strip(), place


def _place(path: Path, number: int, latitude: str | None, longitude: str | None) -> Place:
    try:
        place = float(latitude or ""), float(longitude or "")
    except ValueError as error:
        raise InputFileError(f"{path}, line {number}: {error}; expected degrees") from error
    if not (abs(place[0]) <= 90.0 and abs(place[1]) <= 360.0):
        raise InputFileError(f"{path}, line {number}: no such place {place[0]}, {place[1]}")
    return place
