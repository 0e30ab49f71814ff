"""What a reader gives: events with their picks, and what was set aside."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A pick or an event that is not used, and why.

    Attributes
    ----------
    event_id
        Empty where it could not be read.
    line_number
        In the file, from 1; 0 where the format has no lines.
    station
        Empty where the whole event is set aside.
    reason
        A name that can be counted, as ``duplicate-pick``.
    detail
        The sentence that says it.
    """

    event_id: str
    line_number: int
    station: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One reading: a polarity, an S/P ratio or both.

    Attributes
    ----------
    station
        Name as in the file, with network and channel where the format has them.
    up_probability
        1 up, 0 down, 0.5 unknown.
    impulsive
        Whether the onset is impulsive.
    azimuth_deg
        At the source, clockwise from north.
    takeoff_deg
        From straight down; NaN where it is still to be traced through velocity models.
    azimuth_sigma_deg, takeoff_sigma_deg
        Standard deviations.
    azimuth_turn_deg, takeoff_turn_deg
        The part of them that is common to the event (`turned_rays`); empty where the format has
        none.
    distance_km
        Epicentral; NaN where the format has none.
    sp_log_ratio
        log10 of S over P amplitude, NaN where there is none.
    line_number
        In the file.
    """

    station: str
    up_probability: float
    impulsive: bool
    azimuth_deg: float
    takeoff_deg: float = NAN
    azimuth_sigma_deg: float = 0.0
    takeoff_sigma_deg: float = 0.0
    distance_km: float = NAN
    sp_log_ratio: float = NAN
    line_number: int = 0
    azimuth_turn_deg: tuple[float, ...] = ()
    takeoff_turn_deg: tuple[float, ...] = ()

    @property
    def has_ratio(self) -> bool:
        """Whether the pick carries an S/P ratio."""
        return bool(np.isfinite(self.sp_log_ratio))


@dataclass(frozen=True, slots=True)
class SourceOrigin:
    """Time and place of an event; NaN and None where the file does not tell.

    ``depth_sigma_km`` is one standard deviation.
    """

    event_id: str
    time_ns: int | None
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    depth_sigma_km: float = 0.0
    magnitude: float | None = None


@dataclass(frozen=True, slots=True)
class PickedEvent:
    """An event with its picks in the order of the file.

    ``bytes_read`` tells how much of the file is behind it.
    """

    origin: SourceOrigin
    picks: tuple[Pick, ...]
    set_aside: tuple[SetAside, ...] = ()
    bytes_read: int = 0

    @property
    def event_id(self) -> str:
        """As in the file."""
        return self.origin.event_id


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that cannot be read at all."""

    set_aside: SetAside
    bytes_read: int = 0


Events: TypeAlias = Iterator[PickedEvent | RefusedEvent]
