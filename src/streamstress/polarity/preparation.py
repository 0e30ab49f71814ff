"""From recorded onsets to the network's features; every step turns over with the waveform.

An isolated spike of one sample is taken out, the window is put on the network's grid and
high-passed (``grids``), its noise level is measured, and three scalings of it are the features.
"""

from collections.abc import Sequence

import numpy as np
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
    if rows.shape[1] < 5:
        return rows
    inner = rows[:, 1:-1]
    second = inner - 0.5 * (rows[:, :-2] + rows[:, 2:])
    size = np.abs(second)
    usual = np.median(size, axis=1, keepdims=True)
    centre, height = second[:, 2:-2], size[:, 2:-2]
    tolerance = _SPIKE_PURITY * height
    spike = (
        (height > _SPIKE_HEIGHT * usual)
        & (np.abs(second[:, 1:-3] + 0.5 * centre) <= tolerance)
        & (np.abs(second[:, 3:-1] + 0.5 * centre) <= tolerance)
        & (size[:, :-4] <= tolerance)
        & (size[:, 4:] <= tolerance)
    )
    if not spike.any():
        return rows
    cleaned = rows.copy()
    cleaned[:, 3:-3][spike] -= centre[spike]
    return cleaned


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
    offsets = np.arange(-grid.lead, grid.after)
    cut = np.zeros((_BLOCK, offsets.size))
    lengths = np.array([len(rows[i]) for i in which])
    whole = (picks >= grid.before) & (picks + grid.after <= lengths)
    index = np.clip(picks[:, None] + offsets, 0, np.maximum(lengths - 1, 0)[:, None])
    if isinstance(rows, np.ndarray):
        good = np.flatnonzero(whole)
        cut[good] = rows[which[good, None], index[good]]
    else:
        for i in np.flatnonzero(whole):
            cut[i] = rows[which[i]][index[i]]
    finite = np.isfinite(cut)
    cut[~finite.all(axis=1)] = 0.0
    return cut - cut[:, :1], whole & finite[: which.size].all(axis=1)


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
