"""The simplest reader of first motions: the first swing after the pick that leaves the noise."""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float64]

# Deviations of the noise that the swing has to leave; 3 is what automatic readers take.
LEAST_SWING = 3.0
SEARCHED_S = 0.3
TOLERANCE_S = 0.05


def first_swing(waveform: Floats, rate_hz: float, pick: int) -> NDArray[np.int8]:
    """Signs (n,) +1 up, -1 down, 0 where no swing leaves the noise within 0.3 s.

    Parameters
    ----------
    waveform
        (n, samples); a causal 1 Hz high-pass is applied, as for the network.
    pick
        Sample of all picks. The search starts 0.05 s before it, since picks come late too.
    """
    high_pass = signal.butter(2, 1.0, "highpass", fs=rate_hz, output="sos")
    filtered = signal.sosfilt(high_pass, waveform - waveform[:, :1], axis=1)
    start = pick - round(TOLERANCE_S * rate_hz)
    settled = round(0.5 * rate_hz)
    noise = filtered[:, settled : start - round(0.05 * rate_hz)]
    level = LEAST_SWING * noise.std(axis=1, keepdims=True)
    part = filtered[:, start : pick + round(SEARCHED_S * rate_hz)]
    out = np.abs(part) > level
    first = np.argmax(out, axis=1)
    sign = np.sign(part[np.arange(part.shape[0]), first])
    return np.where(out.any(axis=1), sign, 0).astype(np.int8)
