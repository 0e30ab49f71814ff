"""An event as the classifier of kinds looks at it, with everything known."""

from dataclasses import replace

import numpy as np

from streamstress.event_type.observation import Observation, PhaseTable

NOON_NS = 1_740_830_400_000_000_000
"""2025-03-01T12:00:00Z."""


def table(n: int, rng: np.random.Generator, size: float) -> PhaseTable:
    """Readings of ``n`` stations around an event, as of a small earthquake."""
    distance = rng.uniform(5.0, 60.0, n)
    noise = rng.uniform(5.0, 10.0, (n, 6))
    return PhaseTable(
        station=np.arange(n),
        time_s=distance / 6.0 + 0.05 * rng.standard_normal(n),
        residual_s=0.05 * rng.standard_normal(n),
        distance_km=distance,
        azimuth_deg=rng.uniform(0.0, 360.0, n),
        snr=rng.uniform(5.0, 50.0, n),
        probability=rng.uniform(0.4, 0.99, n),
        up_probability=rng.uniform(0.0, 1.0, n),
        rise=rng.uniform(0.4, 0.7, n),
        signal=size * rng.uniform(50.0, 100.0, (n, 6)) / distance[:, None],
        noise=noise / distance[:, None],
        whole=np.ones(n, bool),
    )


def observation(seed: int = 0, n: int = 10) -> Observation:
    """An event with ``n`` stations at the Greenwich meridian, at noon."""
    rng = np.random.default_rng(seed)
    return Observation(
        p=table(n, rng, 1.0),
        s=table(n, rng, 4.0),
        depth_km=8.0,
        depth_error_km=1.0,
        horizontal_error_km=0.5,
        rms_s=0.1,
        gap_deg=120.0,
        latitude_deg=45.0,
        longitude_deg=0.0,
        origin_time_ns=NOON_NS,
        magnitude=1.5,
    )


def rows(readings: PhaseTable, order: np.ndarray) -> PhaseTable:
    """The readings in another order."""
    return PhaseTable(*(getattr(readings, name)[order] for name in PhaseTable.__slots__))


def unknown() -> Observation:
    """An event of which nothing is known but that it was located."""
    nothing = rows(table(1, np.random.default_rng(0), 1.0), np.array([], np.int64))
    blank = float("nan")
    return replace(
        observation(),
        p=nothing,
        s=nothing,
        depth_km=blank,
        depth_error_km=blank,
        horizontal_error_km=blank,
        rms_s=blank,
        gap_deg=blank,
        magnitude=blank,
    )
