"""A pick as the location sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhaseReading:
    """Arrival of a phase (``"P"`` or ``"S"``) at a station (``NET.STA``).

    ``sigma_s`` is the standard deviation of the time; ``probability`` the picker's own; ``snr`` the
    signal over noise at the pick, where known.
    """

    reading_id: str
    station: str
    phase: str
    time_ns: int
    sigma_s: float = 0.1
    probability: float = 1.0
    snr: float | None = None
