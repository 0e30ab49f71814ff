"""What the store's queries return where a whole record would be too much."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamstress.records import Event, Mechanism, StressChange, StressEstimate


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of an event, without its arrivals."""

    event_id: str
    version: int
    status: str
    region: str
    kind: str
    time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    horizontal_error_km: float
    depth_error_km: float
    rms_s: float
    gap_deg: float
    n_p: int
    n_s: int
    n_polarity: int
    magnitude: float | None
    magnitude_kind: str | None
    sent_ns: int


class MechanismRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a mechanism with its best solution."""

    event_id: str
    version: int
    model: str
    status: str
    region: str
    grade: str
    time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    magnitude: float | None
    strike_deg: float | None
    dip_deg: float | None
    rake_deg: float | None
    plane_uncertainty_deg: float | None
    probability: float | None
    misfit: float | None
    n_polarity: int
    sent_ns: int


class EventDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its arrivals, and its mechanism where there is one."""

    event: Event
    mechanism: Mechanism | None


class KnownThen(msgspec.Struct, frozen=True, kw_only=True):
    """What had been sent when an alarm opened."""

    change: StressChange
    """As it opened."""
    mechanisms: list[Mechanism]
    """In the version of that moment, newest origin time first."""
    estimates: list[StressEstimate]
    """The newest of each cell of the region."""


class KnownCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much had been sent when an alarm opened."""

    mechanisms: int
    are_all: bool
    """Whether there were no more; not all of very many are counted."""
    estimates: int


class StageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far one worker of a stage has come since it started."""

    stage: str
    worker: str
    """Name of the process; several workers of a stage are added up."""
    received: int
    sent: int
    rejected: int
    p50_s: float | None
    """Median wall time between the stages, seconds."""
    p95_s: float | None
    updated_ns: int


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How old and how silent a station's waveforms were at a wall time."""

    station: str
    """``NET.STA``."""
    data_age_s: float
    """Data clock less the end of the newest record."""
    silence_s: float
    """Wall time since the newest record came."""
    updated_ns: int


class StationReading(msgspec.Struct, frozen=True, kw_only=True):
    """An arrival at a station, with the mechanism of its event where there is one."""

    event_id: str
    pick_id: str
    phase: str
    time_ns: int
    residual_s: float
    weight: float
    distance_km: float
    azimuth_deg: float
    takeoff_deg: float
    decision: str | None
    up_probability: float | None
    grade: str | None
    strike_deg: float | None
    dip_deg: float | None
    rake_deg: float | None


class RecordVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an event or of its mechanism."""

    kind: str
    version: int
    model: str
    status: str
    sent_ns: int
    record: Event | Mechanism


@dataclass(frozen=True, slots=True)
class OnsetTrace:
    """The vertical trace around a P pick."""

    sampling_rate_hz: float
    pick_index: float
    """Sample of the pick, with its fraction."""
    samples: NDArray[np.float32]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many records are current, without tombstones."""

    events: int
    mechanisms: dict[str, int]
    """By grade."""
    estimates: int
    changes: int
    dead_letters: dict[str, int]
    """By reason."""
