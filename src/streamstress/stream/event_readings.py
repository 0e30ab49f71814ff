"""The readings of an event as the solver takes them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import PolarityData
from streamstress.records import Amplitude, Arrival, Event
from streamstress.stream.controls import ControlTable
from streamstress.stream.event_trials import trial_rays_of

ALL_COMPONENTS = "ZNE"
"""Name of an amplitude that is the length of the vector (`picking.measure`)."""


def readings_digest(data: PolarityData) -> bytes:
    """A short sum of every reading; equal only where a solver would see the same."""
    digest = hashlib.sha256()
    for column in fields(data):
        values = getattr(data, column.name)
        digest.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.digest()


PathEffect = Callable[[Arrival, Arrival], float]
"""What path and surface make of log10 S/P, from the P and the S of a station."""


def used_arrivals(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The P arrivals with a polarity, one a station, by the name of the station."""
    first_p = {a.station: a for a in reversed(arrivals) if a.phase == "P" and a.polarity}
    return [first_p[station] for station in sorted(first_p)]


def polarity_data(
    arrivals: Sequence[Arrival],
    sp_snr: float | None,
    controls: ControlTable | None = None,
    path_effect: PathEffect | None = None,
    trials: tuple[int, int] | None = None,
) -> PolarityData:
    """Rays, polarities and S/P ratios of the `used_arrivals`; reversed stations turned.

    ``trials`` are the number and the seed of trial rays, where the solver is to be given them.
    """
    s_arrivals = [arrival for arrival in arrivals if arrival.phase == "S"]
    used = used_arrivals(arrivals)

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(arrival, name) for arrival in used], dtype=np.float64)

    rays = trial_rays_of(used, *trials) if trials else None
    return PolarityData(
        azimuth_deg=column("azimuth_deg"),
        takeoff_deg=column("takeoff_deg"),
        azimuth_sigma_deg=column("azimuth_sigma_deg"),
        takeoff_sigma_deg=column("takeoff_sigma_deg"),
        up_probability=np.array([_up_probability(arrival, controls) for arrival in used]),
        sp_log_ratio=(
            None if sp_snr is None else log_ratios(used, s_arrivals, sp_snr, path_effect)
        ),
        trial_azimuth_deg=rays and rays[0],
        trial_takeoff_deg=rays and rays[1],
    )


def rays_hold(former: Event, event: Event) -> bool:
    """Whether every first motion's ray is within its stated error of that of a former version.

    The solvers draw the rays with these errors: such a turn is in the answer to the former one.
    """
    before, now = used_arrivals(former.arrivals), used_arrivals(event.arrivals)
    if [a.pick_id for a in before] != [a.pick_id for a in now]:
        return False
    return all(
        abs((b.azimuth_deg - a.azimuth_deg + 180.0) % 360.0 - 180.0) <= a.azimuth_sigma_deg
        and abs(b.takeoff_deg - a.takeoff_deg) <= a.takeoff_sigma_deg
        for a, b in zip(before, now, strict=True)
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
    s_arrivals: Sequence[Arrival],
    least_snr: float,
    path_effect: PathEffect | None = None,
) -> NDArray[np.float64]:
    """log10 S/P of vector amplitudes, of one instrument and band; NaN where there is none.

    None also where either is clipped, too near the noise, or read on fewer than three components.
    What path and surface make of it is taken off.
    """
    s_of = {instrument(arrival): arrival for arrival in reversed(s_arrivals)}
    ratios = np.full(len(p_arrivals), np.nan)
    for index, p in enumerate(p_arrivals):
        s = s_of.get(instrument(p))
        if s is None or p.amplitude is None or s.amplitude is None:
            continue
        if _comparable(p.amplitude, s.amplitude, least_snr):
            effect = path_effect(p, s) if path_effect else 0.0
            ratios[index] = np.log10(s.amplitude.value / p.amplitude.value) - effect
    return ratios


def instrument(arrival: Arrival) -> str:
    """``NET.STA.LOC.HH`` of what read an arrival: P is picked on its Z, S on its N or E."""
    return f"{arrival.station}.{arrival.location}.{arrival.channel[:2]}"


def _comparable(p: Amplitude, s: Amplitude, least_snr: float) -> bool:
    alike = p.band_hz == s.band_hz and p.component == s.component == ALL_COMPONENTS
    clear = all(a.value >= least_snr * max(a.noise, 1e-12) for a in (p, s))
    return alike and clear and not (p.clipped or s.clipped)
