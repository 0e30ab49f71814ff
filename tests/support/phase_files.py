"""Phase files of HASH and SKHASH with made-up events, as text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple


@dataclass(frozen=True)
class MadeUp:
    """An event: its mechanism, and whole-degree rays all around it."""

    number: int
    plane: tuple[float, float, float] = (200.0, 60.0, 40.0)
    n: int = 24

    @property
    def event_id(self) -> str:
        return str(5000 + self.number)

    def readings(self) -> list[tuple[str, bool, int, int]]:
        """Station, up, take-off from down and azimuth of each reading."""
        k = np.arange(self.n)
        azimuth = np.round(k * 137.508 + 11 * self.number).astype(int) % 360
        takeoff = np.round(np.degrees(np.arccos(1.0 - 1.4 * (k + 0.5) / self.n))).astype(int)
        p, _, _ = radiation_pattern(double_couple(*self.plane), azimuth, takeoff)
        return [
            (f"S{i:02d}", bool(up), int(t), int(a))
            for i, (up, t, a) in enumerate(zip(p > 0, takeoff, azimuth, strict=True))
        ]


def hash1_event_line(event_id: str) -> str:
    return "94 1211104155034 1455118 3706 181323".ljust(122) + event_id.rjust(16)


def hash1_pick(station: str, up: bool, takeoff: int, azimuth: int, distance: int = 100) -> str:
    head = f"{station:<4}IP{'U' if up else 'D'}0".ljust(58)
    return f"{head}{distance:4d}{takeoff:3d}".ljust(75) + f"{azimuth:3d}   5   5     X   VHZ"


def hash1_block(event: MadeUp) -> list[str]:
    picks = [hash1_pick(*reading) for reading in event.readings()]
    return [hash1_event_line(event.event_id), *picks, " " * 72]


def hash1_text(events: Sequence[MadeUp]) -> str:
    return "\n".join(line for event in events for line in hash1_block(event)) + "\n"


def skhash_rows(events: Sequence[MadeUp]) -> tuple[str, list[str]]:
    """Heading and rows; the take-off counts from straight up."""
    heading = (
        "event_id,network,station,location,channel,p_polarity,takeoff,takeoff_uncertainty,"
        "azimuth,azimuth_uncertainty,sr_dist_km,origin_latitude,origin_longitude,"
        "origin_depth_km,origin_time,magnitude"
    )
    rows = [
        f"{event.event_id},XX,{station},--,HHZ,{1 if up else -1},{180 - takeoff},5,{azimuth},5,10,"
        "34.2425,-118.61767,18.13,1994-01-21T11:04:15.5,2.3"
        for event in events
        for station, up, takeoff, azimuth in event.readings()
    ]
    return heading, rows
