"""From recorded onsets to the network's features; every step turns over with the waveform.

An isolated spike of one sample is taken out, the window is put on the network's grid and
high-passed (``grids``), its noise level is measured, and three scalings of it are the features.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from streamstress.polarity.grids import (
    HIGHEST_GRID_HZ,
    NETWORK_SAMPLES,
    SLOWEST_RATE_HZ,
    Grid,
    on_grid,
)

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

FEATURES = 3
NOISE_SAMPLES = 94
"""Of the 256, those that ought to be noise: the onset of a pick 0.1 s late at 500 Hz is next."""

NOISE_FLOOR = 1e-4
"""Weakest noise against the largest amplitude in training, for records dead before the onset."""

READING_FLOOR = 2e-3
"""The same where onsets are read. Training has SNR up to 60, and 99 % of its windows a largest
amplitude of 133 deviations or less; a stronger onset is read as if its noise were stronger. Of 600
simulated onsets of SNR 3000 at 500 Hz 84 % are decided with it, 67 % without, all right; at SNR 60
and less nothing changed. It was chosen among 1e-4 to 1e-2 with the onsets of Buan in sight."""

# Windows go through the arithmetic in blocks of this size, so that company does not change it.
_BLOCK = 64
# Median of |x| of a normal variable over its standard deviation.
_NORMAL_MEDIAN = 0.6745
# A spike's second difference over the median one; the share its neighbours may differ by.
_SPIKE_HEIGHT = 20.0
_SPIKE_PURITY = 0.1


def onset_features(
    onsets: ArrayLike | Sequence[ArrayLike],
    sampling_rate_hz: ArrayLike,
    pick_index: ArrayLike,
    highest_grid_hz: float = HIGHEST_GRID_HZ,
    noise_floor: float = NOISE_FLOOR,
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
    highest_grid_hz
        Recordings up to this rate are read at their own; 500 to 4000.
    noise_floor
        Least ``sigma`` as a share of the largest amplitude.

    Returns
    -------
    features : (n, 3, 256) float32
        ``x / max|x|``, ``tanh(x / 4 sigma)`` and ``sign(x) log(1 + |x| / sigma) / 5``, sigma the
        noise level by the median of ``|x|`` over the first 94 samples; zero where the onset cannot
        be read.
    readable : (n,) bool
        False for NaN, infinite, flat or short windows and rates below 20 Hz.

    Raises
    ------
    ValueError
        The three arguments do not match in length.
    """
    rows = _rows(onsets)
    rates = np.broadcast_to(np.asarray(sampling_rate_hz, float), (len(rows),))
    picks = np.broadcast_to(np.asarray(pick_index, float), (len(rows),))
    # A pick nobody gave lies outside every window.
    picks = np.rint(np.where(np.isfinite(picks), picks, -1.0)).astype(np.int64)
    features = np.zeros((len(rows), FEATURES, NETWORK_SAMPLES), np.float32)
    readable = np.zeros(len(rows), bool)
    for rate in np.unique(rates[np.isfinite(rates) & (rates >= SLOWEST_RATE_HZ)]):
        which = np.flatnonzero(rates == rate)
        grid = Grid.of(float(rate), highest_grid_hz)
        for start in range(0, which.size, _BLOCK):
            part = which[start : start + _BLOCK]
            cut, whole = _around_pick(rows, part, picks[part], grid)
            windows = on_grid(without_spikes(cut), grid)[: part.size]
            features[part], usable = _features(windows, noise_floor)
            readable[part] = whole & usable
    features[~readable] = 0.0
    return features, readable


def without_spikes(rows: Floats) -> Floats:
    """Rows (n, samples) with isolated one-sample spikes replaced by their neighbours' mean.

    A spike stands alone: its second difference is far above the row's usual one, those beside it
    are half as large and of the other sign, those two samples away are small. Waves are not so.
    """
    if rows.shape[1] < 7:
        return rows
    at = _alone(np.ascontiguousarray(rows, float))
    if at.shape[0] == 0:
        return rows
    row, sample = at.T
    # Few samples stand alone in their shape; only their rows need the row's usual difference.
    with_one, which = np.unique(row, return_inverse=True)
    second = _second_differences(rows[with_one])
    usual = np.median(np.abs(second), axis=1)
    height = second[which, sample - 1]
    spike = np.abs(height) > _SPIKE_HEIGHT * usual[which]
    if not spike.any():
        return rows
    cleaned = rows.copy()
    cleaned[row[spike], sample[spike]] -= height[spike]
    return cleaned


def _second_differences(rows: Floats) -> Floats:
    """Of samples 1 to the last but one, (n, samples - 2): sample less its neighbours' mean."""
    return np.asarray(rows[:, 1:-1] - 0.5 * (rows[:, :-2] + rows[:, 2:]))


@njit(cache=True)
def _alone(rows: Floats) -> NDArray[np.int64]:
    """Rows and samples (k, 2) whose second difference stands alone among its neighbours'."""
    length = rows.shape[1] - 2
    second, alone = np.empty(length), np.zeros(length, np.bool_)
    found = []
    for row in range(rows.shape[0]):
        left, centre, right = rows[row, :-2], rows[row, 1:-1], rows[row, 2:]
        for i in range(length):
            second[i] = centre[i] - 0.5 * (left[i] + right[i])
        # No branch: most samples are looked at several at a time.
        some = False
        for i in range(2, length - 2):
            size = second[i]
            tolerance = _SPIKE_PURITY * abs(size)
            alone[i] = (
                (abs(second[i - 2]) <= tolerance)
                & (abs(second[i + 2]) <= tolerance)
                & (abs(second[i - 1] + 0.5 * size) <= tolerance)
                & (abs(second[i + 1] + 0.5 * size) <= tolerance)
                & (tolerance > 0.0)
            )
            some |= alone[i]
        if some:
            found.extend([(row, i + 1) for i in range(2, length - 2) if alone[i]])
    at = np.empty((len(found), 2), np.int64)
    for k in range(len(found)):
        at[k] = found[k]
    return at


def _rows(onsets: ArrayLike | Sequence[ArrayLike]) -> Floats | list[Floats]:
    """Return a table as it is, and anything else as a list of one-dimensional arrays."""
    if isinstance(onsets, np.ndarray) and onsets.ndim == 2:
        return onsets
    return [np.asarray(row, float).ravel() for row in onsets]  # type: ignore[union-attr]


def _around_pick(
    rows: Floats | list[Floats], which: NDArray[np.int64], picks: NDArray[np.int64], grid: Grid
) -> tuple[Floats, NDArray[np.bool_]]:
    """Rows ``which`` with every pick in one column, padded to a block, and which reach far enough.

    Missing lead repeats the first value: the high-pass then starts at rest. Rows that hold NaN or
    infinity where they are read come back as zeros.
    """
    cut = np.zeros((_BLOCK, grid.lead + grid.after))
    lengths = np.array([len(rows[i]) for i in which])
    whole = (picks >= grid.before) & (picks + grid.after <= lengths)
    for i in np.flatnonzero(whole):
        row, start = np.asarray(rows[int(which[i])]), int(picks[i]) - grid.lead
        missing = max(0, -start)
        cut[i, missing:] = row[start + missing : picks[i] + grid.after]
        cut[i, :missing] = row[0]
    finite = np.asarray(np.isfinite(cut).all(axis=1))
    cut[~finite] = 0.0
    cut -= cut[:, :1].copy()
    return cut, whole & finite[: which.size]


def _features(windows: Features, noise_floor: float) -> tuple[Features, NDArray[np.bool_]]:
    noise = windows[:, :NOISE_SAMPLES]
    windows = windows - np.median(noise, axis=1, keepdims=True)
    size = np.abs(windows)
    largest = size.max(axis=1, keepdims=True)
    usable = largest[:, 0] > 0
    largest[~usable] = 1.0
    sigma = np.median(size[:, :NOISE_SAMPLES], axis=1, keepdims=True) / np.float32(_NORMAL_MEDIAN)
    # A flat record leaves only the rounding of its filter.
    ratio = size / np.maximum(sigma, np.float32(noise_floor) * largest)
    # Functions of the absolute value: odd to the last bit, whatever the platform's tanh does.
    features = np.stack([size / largest, np.tanh(ratio / 4.0), np.log1p(ratio) / 5.0], axis=1)
    return np.copysign(features, windows[:, None]), usable
