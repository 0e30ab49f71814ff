"""What recorders do to onsets: coarse counts, offsets, spikes, clipping, dead stretches."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def coarse_counts(waveform: Floats, rng: np.random.Generator, share: float = 0.1) -> Floats:
    """Round a share to one to ten counts a deviation of the noise, as low-gain stations give."""
    coarse = rng.random((waveform.shape[0], 1)) < share
    counts_per_sigma = np.exp(rng.uniform(0.0, np.log(10.0), (waveform.shape[0], 1)))
    return np.where(coarse, np.rint(waveform * counts_per_sigma) / counts_per_sigma, waveform)


def defective(
    waveform: Floats, rng: np.random.Generator, onset_index: Floats, share: float
) -> Floats:
    """Give a share of the windows one defect each, and another such share a constant offset.

    Parameters
    ----------
    waveform
        (n, samples) with noise of about unit deviation.
    onset_index
        (n,) sample of the onset: nothing makes the first motion itself unreadable.
    share
        Of windows with a defect, 0 to 1.
    """
    if share == 0.0:
        return waveform
    waveform = waveform.copy()
    makers = (_spike, _clip, _dead_lead, _step)
    for row in np.flatnonzero(rng.random(waveform.shape[0]) < share):
        make = makers[int(rng.integers(0, len(makers)))]
        make(waveform[row], rng, int(max(1, onset_index[row])))
    offset = rng.random(waveform.shape[0]) < share
    size = np.exp(rng.uniform(0.0, np.log(1e4), waveform.shape[0]))
    waveform += (offset * size * rng.choice([-1.0, 1.0], waveform.shape[0]))[:, None]
    return waveform


def _spike(row: Floats, rng: np.random.Generator, onset: int) -> None:
    """One or two samples far out, anywhere but within two samples of the onset."""
    at = int(rng.integers(2, row.size - 2))
    if abs(at - onset) > 2:
        height = np.exp(rng.uniform(np.log(5.0), np.log(300.0))) * rng.choice([-1.0, 1.0])
        row[at : at + int(rng.integers(1, 3))] += height


def _clip(row: Floats, rng: np.random.Generator, onset: int) -> None:
    """Cut off at a twentieth to all of the largest value, but above the noise."""
    before = np.abs(row[:onset]).max()
    largest = np.abs(row).max()
    level = max(1.5 * before, largest * np.exp(rng.uniform(np.log(0.05), 0.0)))
    np.clip(row, -level, level, out=row)


def _dead_lead(row: Floats, rng: np.random.Generator, onset: int) -> None:
    """No signal from the start of the window up to somewhere before the onset."""
    row[: int(rng.uniform(0.2, 0.95) * onset)] = 0.0


def _step(row: Floats, rng: np.random.Generator, onset: int) -> None:
    """The baseline jumps somewhere in the noise."""
    row[: int(rng.uniform(0.0, 0.8) * onset)] += rng.normal(0.0, 10.0)
