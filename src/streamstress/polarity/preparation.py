"""From recorded onsets to the network's features; every step turns over with the waveform.

The network reads 128 samples around the pick at the recording's own rate, if that lies between 80
and 250 Hz. Slower recordings are interpolated and faster ones decimated by a whole factor into
that range: high rates carry the first motions of small events, and are not thrown away.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

NETWORK_SAMPLES = 128
SAMPLES_BEFORE_PICK = 72
NOISE_SAMPLES = 44
LOWEST_GRID_HZ = 80.0
HIGHEST_GRID_HZ = 250.0
SLOWEST_RATE_HZ = 20.0
HIGH_PASS_HZ = 1.0
# What the high-pass likes to see before the network's window; less is filled with the first value.
LEAD_S = 0.8
# Weakest noise against the largest amplitude, for records without noise before the onset.
NOISE_FLOOR = 1e-4


def onset_features(
    onsets: ArrayLike | Sequence[ArrayLike],
    sampling_rate_hz: ArrayLike,
    pick_index: ArrayLike,
) -> tuple[Features, NDArray[np.bool_]]:
    """Features of onsets, and which of them can be read.

    Parameters
    ----------
    onsets
        (n, samples), or n one-dimensional arrays of any length; any amplitude unit.
    sampling_rate_hz
        One rate or (n,).
    pick_index
        Sample of the pick, one or (n,), counted from 0; a fraction is rounded.

    Returns
    -------
    features : (n, 2, 128) float32
        ``x / max|x|`` and ``tanh(x / 4 sigma)``, sigma that of the first 44 samples; zero where
        the onset cannot be read.
    readable : (n,) bool
        False for NaN, infinite, flat or short windows and rates below 20 Hz.

    Raises
    ------
    ValueError
        The three arguments do not match in length.
    """
    rows = [np.asarray(row, float).ravel() for row in onsets]  # type: ignore[union-attr]
    rates = np.broadcast_to(np.asarray(sampling_rate_hz, float), (len(rows),))
    picks = np.broadcast_to(np.asarray(pick_index, float), (len(rows),))
    # A pick nobody gave lies outside every window.
    picks = np.rint(np.where(np.isfinite(picks), picks, -1.0)).astype(np.int64)
    features = np.zeros((len(rows), 2, NETWORK_SAMPLES), np.float32)
    readable = np.zeros(len(rows), bool)
    for rate in np.unique(rates[np.isfinite(rates) & (rates >= SLOWEST_RATE_HZ)]):
        which = np.flatnonzero(rates == rate)
        cut, long_enough = _around_pick([rows[i] for i in which], picks[which], float(rate))
        features[which], usable = _features(_on_grid(cut, float(rate)))
        readable[which] = long_enough & usable
    features[~readable] = 0.0
    return features, readable


def grid_factors(sampling_rate_hz: float) -> tuple[int, int]:
    """Whole factors (up, down) that bring a rate into the network's range."""
    if sampling_rate_hz < LOWEST_GRID_HZ:
        return math.ceil(LOWEST_GRID_HZ / sampling_rate_hz), 1
    return 1, math.ceil(sampling_rate_hz / HIGHEST_GRID_HZ)


def samples_needed(sampling_rate_hz: float) -> tuple[int, int]:
    """Tell the samples a window must have before the pick, and from the pick on."""
    up, down = grid_factors(sampling_rate_hz)
    after = NETWORK_SAMPLES - SAMPLES_BEFORE_PICK
    return math.ceil(SAMPLES_BEFORE_PICK * down / up), math.ceil(after * down / up)


def _around_pick(
    rows: list[Floats], picks: NDArray[np.int64], rate: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, samples) with every pick in one column, and which rows reach far enough.

    Missing lead repeats the first value: the high-pass then starts at rest. Rows that hold NaN or
    infinity where they are read come back as zeros.
    """
    before, after = samples_needed(rate)
    _, down = grid_factors(rate)
    # A whole number of decimation steps before the pick keeps the pick on a sample.
    lead = down * math.ceil((before + LEAD_S * rate) / down)
    lengths = np.array([row.size for row in rows])
    enough = (picks >= before) & (picks + after <= lengths)
    offsets = np.arange(-lead, after)
    cut = np.zeros((len(rows), offsets.size))
    for i in np.flatnonzero(enough):
        cut[i] = rows[i][np.clip(picks[i] + offsets, 0, lengths[i] - 1)]
    finite = np.isfinite(cut).all(axis=1)
    cut[~finite] = 0.0
    return cut, enough & finite


def _on_grid(cut: Floats, rate: float) -> Floats:
    """High-passed (n, 128) on the network's grid."""
    up, down = grid_factors(rate)
    cut = cut - cut[:, :1]
    if (up, down) != (1, 1):
        cut = signal.resample_poly(cut, up, down, axis=1)
    high_pass = signal.butter(2, HIGH_PASS_HZ, "highpass", fs=rate * up / down, output="sos")
    pick = cut.shape[1] - math.ceil(samples_needed(rate)[1] * up / down)
    filtered = signal.sosfilt(high_pass, cut, axis=1)
    start = pick - SAMPLES_BEFORE_PICK
    window: Floats = filtered[:, start : start + NETWORK_SAMPLES]
    return window


def _features(window: Floats) -> tuple[Features, NDArray[np.bool_]]:
    largest = np.abs(window).max(axis=1, keepdims=True)
    usable = largest[:, 0] > 0
    scaled = np.divide(window, largest, out=np.zeros_like(window), where=usable[:, None])
    # A flat record leaves only the rounding of its filter.
    sigma = np.maximum(scaled[:, :NOISE_SAMPLES].std(axis=1, keepdims=True), NOISE_FLOOR)
    # tanh of the absolute value: odd to the last bit, whatever the platform's tanh does.
    squashed = np.copysign(np.tanh(np.abs(scaled) / (4.0 * sigma)), scaled)
    return np.stack([scaled, squashed], axis=1).astype(np.float32), usable
