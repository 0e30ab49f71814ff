"""What can be read from a first motion at best: a reader that knows all but onset, sign and chance.

It knows each onset's pulse, the law of its coda, and the spectrum of its noise, and takes coda and
noise for Gaussian. It does not know when, within the error of the pick, the onset comes. Its choice
between up and down is the likelihood ratio, summed over onset times: no reader of the same windows
knows as much, so its accuracy is near the most that any can reach.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, linalg

from streamstress.simulate.noise_colours import noise_colour, sensor_response
from streamstress.simulate.onset_spectra import (
    OnsetGrid,
    OnsetSettings,
    draw_coda,
    instruments,
    paths,
    reflectivity,
    source_pulses,
)

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]

RATE_HZ = 100.0
# Of the window, what is looked at; and the step of onset times, a third of a sample.
LOOKED_BEFORE_S = 0.3
STEP_S = 1.0 / RATE_HZ / 3.0
SNR_BAND_HZ, SNR_WINDOW_S = 1.0, 0.2


def best_accuracy(count: int, seed: int, snr: float, pick_error_s: float) -> tuple[float, float]:
    """Share right of simulated onsets at 100 Hz, and its standard error.

    Parameters
    ----------
    snr
        As the simulator has it: peak of the first 0.2 s over the noise, both above 1 Hz.
    pick_error_s
        Picks are wrong by up to this, alike for all times.
    """
    rng = np.random.default_rng(seed)
    settings = OnsetSettings()
    grid = OnsetGrid.of(RATE_HZ, settings)
    late_s = rng.uniform(-pick_error_s, pick_error_s, count)
    onset_s = grid.pick_index / RATE_HZ - late_s
    direct = source_pulses(count, rng, grid, settings) * paths(onset_s, rng, grid, settings)
    direct = direct * instruments(count, rng, grid, settings)
    law = draw_coda(count, rng, grid, settings)
    wave = direct * reflectivity(law, rng, grid)
    scale = snr / _first_peak(wave, onset_s, grid)
    variance = law.probability * law.amplitude**2
    variance[:, 0] = 0.0
    earlier_s = np.arange(-pick_error_s, pick_error_s + 1e-9, STEP_S)
    right = []
    for row in range(count):
        colour = noise_colour(rng, grid.frequency_hz, RATE_HZ)
        phases = rng.standard_normal(colour.size) + 1j * rng.standard_normal(colour.size)
        seen = _looked_at(scale[row] * wave[row] + colour * phases, grid)
        # The pulse at every onset that the pick allows.
        turns = np.exp(-2j * np.pi * np.outer(late_s[row] - earlier_s, grid.frequency_hz))
        pulses = _looked_at(scale[row] * direct[row] * turns, grid)
        right.append(_log_odds(seen, pulses, variance[row], _covariance(colour, grid)) > 0.0)
    share = float(np.mean(right))
    return share, float(np.sqrt(share * (1.0 - share) / count))


def _first_peak(spectra: Spectra, onset_s: Floats, grid: OnsetGrid) -> Floats:
    banded = fft.irfft(spectra * sensor_response(grid.frequency_hz, SNR_BAND_HZ), grid.fft_length)
    since_s = np.arange(grid.fft_length) / RATE_HZ - onset_s[:, None]
    first = (since_s >= 0) & (since_s <= SNR_WINDOW_S)
    peak: Floats = np.where(first, np.abs(banded), 0.0).max(axis=1)
    return peak


def _looked_at(spectra: Spectra, grid: OnsetGrid) -> Floats:
    start = grid.pick_index - round(LOOKED_BEFORE_S * RATE_HZ)
    waves: Floats = fft.irfft(spectra, grid.fft_length)[..., start : grid.samples]
    return waves


def _covariance(colour: Floats, grid: OnsetGrid) -> Floats:
    """Of the noise, with a millionth of white noise to keep it invertible."""
    # A bin holds two normals: twice the power; the inverse transform divides by the length.
    lagged = 2.0 * fft.irfft(colour**2, grid.fft_length) / grid.fft_length
    length = grid.samples - grid.pick_index + round(LOOKED_BEFORE_S * RATE_HZ)
    covariance: Floats = linalg.toeplitz(lagged[:length])
    return covariance + 1e-6 * lagged[0] * np.eye(length)


def _log_odds(seen: Floats, pulses: Floats, coda_variance: Floats, noise: Floats) -> float:
    """Log odds of up against down, summed over the pulses (onset times, samples)."""
    up, down = [], []
    samples = np.flatnonzero(coda_variance)
    for pulse in pulses:
        delayed = linalg.toeplitz(pulse, np.zeros(max(samples, default=0) + 1))[:, samples]
        coda = delayed * np.sqrt(coda_variance[samples])
        factor = linalg.cho_factor(noise + coda @ coda.T, lower=True)
        whitened = linalg.solve_triangular(
            factor[0], np.stack([seen, pulse], axis=1), lower=True, check_finite=False
        )
        size = -np.log(np.diag(factor[0])).sum() - 0.5 * np.sum(whitened**2)
        likeness = float(whitened[:, 0] @ whitened[:, 1])
        up.append(size + likeness)
        down.append(size - likeness)
    return float(np.logaddexp.reduce(up) - np.logaddexp.reduce(down))
