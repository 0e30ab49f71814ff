"""Readings of simulated events whose truth is known: rays, up probabilities, labels."""

from collections.abc import Mapping

import numpy as np

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.outputs.picks_csv import PickLine
from streamstress.polarity.calibration import Calibration

START_NS = 1_772_600_000 * 10**9
HOUR_NS = 3_600 * 10**9
RAY_SIGMA_DEG = 4.0


def located_readings(
    n_events: int,
    temperature: float = 1.0,
    seed: int = 1,
    n_stations: int = 16,
    noise_share: float = 0.0,
    reversed_from: Mapping[str, tuple[int, int]] | None = None,
) -> tuple[dict[str, list[PickLine]], dict[tuple[str, str], bool]]:
    """Events an hour apart with random double couples, and whether the ground went up.

    A reading's logit grows with the radiation and with the station's SNR; it is right as often as
    ``temperature`` says, while its probability claims a temperature of 1. ``noise_share`` of the
    readings see next to nothing. Stations of
    ``reversed_from`` are upside down from one number of event to another. Rays are told with an
    error of `RAY_SIGMA_DEG`.
    """
    rng = np.random.default_rng(seed)
    events: dict[str, list[PickLine]] = {}
    truth: dict[tuple[str, str], bool] = {}
    for number in range(n_events):
        azimuth = rng.uniform(0, 360, n_stations)
        takeoff = rng.uniform(45, 150, n_stations)
        plane = (
            rng.uniform(0, 360),
            np.degrees(np.arccos(rng.uniform(0, 1))),
            rng.uniform(-180, 180),
        )
        tensor = np.sqrt(2.0) * double_couple(*plane)
        radiation = radiation_pattern(tensor, azimuth, takeoff)[0]
        snr = np.abs(radiation) * 12.0 * np.exp(rng.normal(0, 1, n_stations)) + 0.5
        snr = np.where(rng.random(n_stations) < noise_share, 0.05, snr)
        right = rng.random(n_stations) < Calibration(temperature).apply(snr)
        up = (radiation > 0) == right
        p = np.round(Calibration().apply(np.where(up, snr, -snr)), 4)
        told = rng.normal(0, RAY_SIGMA_DEG, (2, n_stations))
        event_id, time_ns = f"e{number:04d}", START_NS + number * HOUR_NS
        events[event_id] = []
        for k in range(n_stations):
            first, last = (reversed_from or {}).get(f"XX.S{k:02d}", (n_events, n_events))
            turned = first <= number < last
            truth[event_id, f"XX.S{k:02d}"] = bool(radiation[k] > 0)
            events[event_id].append(
                PickLine(
                    line_number=0,
                    network="XX",
                    station=f"S{k:02d}",
                    location="",
                    channel="HHZ",
                    phase="P",
                    time_ns=time_ns + k * 10**9,
                    snr=round(float(snr[k]), 2),
                    up_probability=float(round(1 - p[k], 4) if turned else p[k]),
                    label=1 if radiation[k] > 0 else -1,
                    event_id=event_id,
                    azimuth_deg=float((azimuth[k] + told[0, k]) % 360),
                    takeoff_deg=float(np.clip(takeoff[k] + told[1, k], 0, 180)),
                    azimuth_sigma_deg=RAY_SIGMA_DEG,
                    takeoff_sigma_deg=RAY_SIGMA_DEG,
                )
            )
    return events, truth
