"""The readings of an event as the solver takes them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import PolarityData
from streamstress.records import Amplitude, Arrival
from streamstress.stream.controls import ControlTable


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
    s_amplitudes = {a.station: a.amplitude for a in reversed(arrivals) if a.phase == "S"}
    used = [first_p[station] for station in sorted(first_p)]

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(arrival, name) for arrival in used], dtype=np.float64)

    return PolarityData(
        azimuth_deg=column("azimuth_deg"),
        takeoff_deg=column("takeoff_deg"),
        azimuth_sigma_deg=column("azimuth_sigma_deg"),
        takeoff_sigma_deg=column("takeoff_sigma_deg"),
        up_probability=np.array([_up_probability(arrival, controls) for arrival in used]),
        sp_log_ratio=None if sp_snr is None else log_ratios(used, s_amplitudes, sp_snr),
    )


def _up_probability(arrival: Arrival, controls: ControlTable | None) -> float:
    """As the ground moved: a reversed station's reading is turned over."""
    if arrival.polarity is None:
        return 0.5
    p = arrival.polarity.up_probability
    is_reversed = controls is not None and controls.is_reversed(arrival.station, arrival.time_ns)
    return 1.0 - p if is_reversed else p


def log_ratios(
    p_arrivals: Sequence[Arrival],
    s_amplitudes: Mapping[str, Amplitude | None],
    least_snr: float,
) -> NDArray[np.float64]:
    """log10 S/P of vector amplitudes, NaN where either is clipped or too near the noise."""
    ratios = np.full(len(p_arrivals), np.nan)
    for index, arrival in enumerate(p_arrivals):
        p, s = arrival.amplitude, s_amplitudes.get(arrival.station)
        if p is None or s is None or p.clipped or s.clipped:
            continue
        if min(p.value / max(p.noise, 1e-12), s.value / max(s.noise, 1e-12)) >= least_snr:
            ratios[index] = np.log10(s.value / p.value)
    return ratios
