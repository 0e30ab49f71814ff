"""Sensors, filters and digitisers between the ground and a record, old ones among them."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfiltfilt

Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0
_KINDS = ("broadband", "short-period", "accelerometer", "geophone")
_KIND_SHARES = (0.35, 0.3, 0.2, 0.15)
LOW_PASS_SHARE = 0.5
ZERO_PHASE_SHARE = 0.5
SINGLE_COMPONENT_SHARE = 0.2
QUANTISED_SHARE = 0.25
CLIPPED_SHARE = 0.1
_LOG_CORNERS_HZ = {"short-period": np.log([0.5, 2.5]), "geophone": np.log([4.0, 10.0])}


def recorded(ground: Array32, rng: np.random.Generator) -> Array32:
    """Ground velocity (3, n), signal and noise together, as a random station would write it.

    Sensor response, anti-alias or telemetry filter (a zero-phase one rings ahead of the onset),
    a channel's own gain, coarse counts, clipping, absent horizontals, offset.
    """
    record = _low_passed(_sensed(ground.astype(np.float64), rng), rng)
    record *= np.exp(rng.normal(0.0, 0.2, (3, 1)))
    if rng.random() < CLIPPED_SHARE:
        full = float(np.abs(record).max()) * rng.uniform(0.1, 0.9)
        record = np.clip(record, -full, full)
    if rng.random() < QUANTISED_SHARE:
        record = _quantised(record, rng)
    if rng.random() < SINGLE_COMPONENT_SHARE:
        record[1:] = 0.0
    if rng.random() < 0.3:
        record += rng.normal(0.0, 3.0, (3, 1)) * record.std() * (record.std(axis=1) > 0)[:, None]
    largest = max(float(np.abs(record).max()), 1e-30)
    return np.asarray(record / largest, np.float32)


def _sensed(ground: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    kind = rng.choice(_KINDS, p=_KIND_SHARES)
    if kind == "accelerometer":
        return np.diff(ground, axis=1, prepend=ground[:, :1])
    if kind == "broadband":
        return ground
    corner = float(np.exp(rng.uniform(*_LOG_CORNERS_HZ[kind])))
    sections = butter(2, corner, "highpass", fs=SAMPLING_HZ, output="sos")
    return np.asarray(sosfilt(sections, ground - ground[:, :1], axis=1))


def _low_passed(record: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    if rng.random() > LOW_PASS_SHARE:
        return record
    corner = float(np.exp(rng.uniform(np.log(8.0), np.log(45.0))))
    sections = butter(int(rng.integers(2, 7)), corner, "lowpass", fs=SAMPLING_HZ, output="sos")
    if rng.random() < ZERO_PHASE_SHARE:
        return np.asarray(sosfiltfilt(sections, record, axis=1))
    return np.asarray(sosfilt(sections, record, axis=1))


def _quantised(record: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Counts as coarse as the quiet part's deviation, or finer."""
    quiet = float(np.median(np.abs(np.diff(record[0])))) + 1e-30
    step = quiet * np.exp(rng.uniform(np.log(0.05), np.log(3.0)))
    return np.asarray(np.rint(record / step) * step)
