"""The readings of an event as the solver takes them."""

import hashlib
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import PolarityData
from streamstress.records import Amplitude, Arrival
from streamstress.stream.controls import ControlTable

ALL_COMPONENTS = "ZNE"
"""Name of an amplitude that is the length of the vector (`picking.measure`)."""


def readings_digest(data: PolarityData) -> bytes:
    """A short sum of every reading; equal only where a solver would see the same."""
    digest = hashlib.sha256()
    for column in fields(data):
        values = getattr(data, column.name)
        digest.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.digest()


def polarity_data(
    arrivals: Sequence[Arrival], sp_snr: float | None, controls: ControlTable | None = None
) -> PolarityData:
    """Rays, polarities and S/P ratios of an event's P arrivals; reversed stations turned."""
    first_p = {a.station: a for a in reversed(arrivals) if a.phase == "P" and a.polarity}
    s_arrivals = [arrival for arrival in arrivals if arrival.phase == "S"]
    used = [first_p[station] for station in sorted(first_p)]

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(arrival, name) for arrival in used], dtype=np.float64)

    return PolarityData(
        azimuth_deg=column("azimuth_deg"),
        takeoff_deg=column("takeoff_deg"),
        azimuth_sigma_deg=column("azimuth_sigma_deg"),
        takeoff_sigma_deg=column("takeoff_sigma_deg"),
        up_probability=np.array([_up_probability(arrival, controls) for arrival in used]),
        sp_log_ratio=None if sp_snr is None else log_ratios(used, s_arrivals, sp_snr),
    )


def _up_probability(arrival: Arrival, controls: ControlTable | None) -> float:
    """As the ground moved: a reversed station's reading is turned over."""
    if arrival.polarity is None:
        return 0.5
    p = arrival.polarity.up_probability
    is_reversed = controls is not None and controls.is_reversed(arrival.station, arrival.time_ns)
    return 1.0 - p if is_reversed else p


def log_ratios(
    p_arrivals: Sequence[Arrival], s_arrivals: Sequence[Arrival], least_snr: float
) -> NDArray[np.float64]:
    """log10 S/P of vector amplitudes, of one instrument and band; NaN where there is none.

    None also where either is clipped, too near the noise, or read on fewer than three components.
    """
    s_of = {_instrument(arrival): arrival.amplitude for arrival in reversed(s_arrivals)}
    ratios = np.full(len(p_arrivals), np.nan)
    for index, arrival in enumerate(p_arrivals):
        p, s = arrival.amplitude, s_of.get(_instrument(arrival))
        if p is not None and s is not None and _comparable(p, s, least_snr):
            ratios[index] = np.log10(s.value / p.value)
    return ratios


def _instrument(arrival: Arrival) -> tuple[str, str, str]:
    return arrival.station, arrival.location, arrival.channel


def _comparable(p: Amplitude, s: Amplitude, least_snr: float) -> bool:
    alike = p.band_hz == s.band_hz and p.component == s.component == ALL_COMPONENTS
    clear = all(a.value >= least_snr * max(a.noise, 1e-12) for a in (p, s))
    return alike and clear and not (p.clipped or s.clipped)
