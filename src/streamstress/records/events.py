"""Earthquakes: candidates of one zone, and events with an identity."""

from typing import Literal

import msgspec

from streamstress.records.picking import Amplitude, Levels, Onset, Phase, Polarity

Status = Literal["provisional", "final", "tombstone"]
EventKind = Literal["earthquake", "teleseism", "tremor", "blast", "noise"]
"""``teleseism``: an earthquake far outside the network, whose location is none. ``tremor``:
low-frequency earthquakes and bursts of them. ``noise``: a chance alignment, no source at all."""


class Relocation(msgspec.Struct, frozen=True, kw_only=True):
    """How well a place is known next to its neighbours, where it was made to fit theirs."""

    method: str
    """``double-difference``."""
    horizontal_error_km: float
    """The larger half axis of the ellipse."""
    depth_error_km: float
    n_differences: int
    """Differences of travel times with neighbours, one a station and phase."""
    n_correlated: int
    """Those of them that are of waveforms."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Hypocentre with its uncertainty."""

    time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    depth_fixed: bool
    covariance: tuple[tuple[float, ...], ...]
    """4x4 of east, north, depth (km) and time (s)."""
    horizontal_error_km: float
    depth_error_km: float
    rms_s: float
    gap_deg: float
    velocity_model: str
    relocation: Relocation | None = None
    """None where it was located alone. Its errors are next to the neighbours, those above are of
    the single location."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A pick in an event, with the ray that brought it."""

    pick_id: str
    station: str
    """``NET.STA``."""
    channel: str
    location: str
    phase: Phase
    time_ns: int
    sigma_s: float
    residual_s: float
    weight: float
    distance_km: float
    azimuth_deg: float
    """At the source, clockwise from north."""
    azimuth_sigma_deg: float
    takeoff_deg: float
    """From straight down."""
    takeoff_sigma_deg: float
    azimuth_turn_deg: tuple[float, ...] = ()
    """How far the ray turns as the origin moves by one sigma along each principal axis of its
    covariance, then as the velocity model is off by one sigma in each way that is known: the part
    of the sigma that is common to the event's rays."""
    takeoff_turn_deg: tuple[float, ...] = ()
    """The same of the take-off."""
    snr: float
    polarity: Polarity | None = None
    amplitude: Amplitude | None = None
    picker: str = ""
    """Model that made the pick; empty where it is not known."""
    probability: float | None = None
    """The picker's own."""
    levels: Levels | None = None
    onset: Onset | None = None
    """On candidates alone, once a pick, for the relocation of events next to one another."""


class Magnitude(msgspec.Struct, frozen=True, kw_only=True):
    """A magnitude and how it was made."""

    value: float
    kind: str
    sigma: float
    n_stations: int


class Candidate(msgspec.Struct, frozen=True, kw_only=True, tag="candidate"):
    """An associated and located earthquake of one zone, before it has an identity."""

    candidate_id: str
    """``zone.k.ordinal``."""
    zone: str
    origin: Origin
    arrivals: tuple[Arrival, ...]
    quality: float
    """Sum of the weights of its readings."""
    complete: bool
    """Whether its window reached past the last S that the zone can see of it."""
    magnitude: Magnitude | None = None
    sent_ns: int


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of event it is, and how sure that is."""

    probabilities: dict[EventKind, float]
    """Of all kinds; they add up to 1."""
    model: str
    reason: str
    """What tells for or against the kind, in words."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag="event"):
    """An earthquake with an identity; a higher version replaces a lower."""

    event_id: str
    version: int
    status: Status
    region: str
    kind: EventKind
    """What it is taken for, of `EventKind`; an earthquake unless something else is sure."""
    origin: Origin
    arrivals: tuple[Arrival, ...]
    magnitude: Magnitude | None = None
    classified: EventType | None = None
    """None where the kind was not looked at, or a person gave it."""
    flagged_backfill: bool = False
    """Whether data that came in after the fact made this version."""
    sent_ns: int
