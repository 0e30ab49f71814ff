"""Picks and what is measured at them."""

from typing import Literal

import msgspec

Phase = Literal["P", "S"]
Decision = Literal["up", "down", "unknown"]


class Amplitude(msgspec.Struct, frozen=True, kw_only=True):
    """A largest amplitude and the noise before it, in the unit of the trace (counts)."""

    value: float
    noise: float
    band_hz: tuple[float, float]
    component: str
    clipped: bool


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """Root mean square by octave from 0.5 to 32 Hz, in the unit of the trace (counts).

    None where the window is too short, or the sampling rate too low, for an octave.
    """

    signal: tuple[float | None, ...]
    """Of the 4 s after the pick, a P's to its S, with the noise in it."""
    noise: tuple[float | None, ...]
    """Of the 5 s before; of an S before its P."""


class Onset(msgspec.Struct, frozen=True, kw_only=True):
    """The vertical trace around a P pick, at its own sampling rate."""

    sampling_rate_hz: float
    pick_index: float
    """Sample of the pick, with its fraction."""
    samples: bytes
    """Little-endian float32, demeaned before the pick."""


class Polarity(msgspec.Struct, frozen=True, kw_only=True):
    """First motion of a P."""

    up_probability: float
    decision: Decision
    model: str


class Pick(msgspec.Struct, frozen=True, kw_only=True, tag="pick"):
    """A phase picked at one station; a reading once it carries its polarity."""

    pick_id: str
    """``NET.STA.LOC.CHA.PHASE.k.ordinal``: the same whenever the same data are picked again."""
    network: str
    station: str
    location: str
    channel: str
    """Band and instrument code, as ``HH``."""
    phase: Phase
    time_ns: int
    sigma_s: float
    probability: float
    snr: float
    model: str
    amplitude: Amplitude | None = None
    onset: Onset | None = None
    polarity: Polarity | None = None
    levels: Levels | None = None
    sent_ns: int
    """Wall time of sending, for latency."""

    @property
    def station_code(self) -> str:
        """``NET.STA``."""
        return f"{self.network}.{self.station}"
