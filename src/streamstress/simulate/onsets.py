"""Simulated P first motions of known sign, by the thousand: what the polarity network learns from.

Each window is ``source * path * reflectivity * instrument * anti-alias filter + noise``: a product
of spectra (``onset_spectra``) plus noise (``onset_noise``). The sign is the direct arrival's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from streamstress.simulate.onset_defects import coarse_counts, defective
from streamstress.simulate.onset_noise import noise_from_bank, sensor_response, station_noise
from streamstress.simulate.onset_spectra import OnsetGrid, OnsetSettings, onset_spectra

__all__ = ["OnsetSettings", "SimulatedOnsets", "draw_sampling_rate", "simulate_onsets"]

Floats = NDArray[np.float64]

# SNR is that of the band above 1 Hz: microseisms would otherwise decide it.
SNR_BAND_HZ = 1.0
# The first motion's strength is the peak of this long after the onset.
SNR_WINDOW_S = 0.2


@dataclass(frozen=True, slots=True)
class SimulatedOnsets:
    """Windows with known first motion.

    ``waveform`` (n, samples) float32, arbitrary units; ``sign`` (n,) +1 up, -1 down, 0 no signal;
    ``snr`` (n,), 0 without signal; ``pick_offset_s`` (n,) pick minus true onset. All windows have
    the pick at sample ``pick_index``.
    """

    waveform: NDArray[np.float32]
    sign: NDArray[np.int8]
    snr: Floats
    pick_offset_s: Floats
    sampling_rate_hz: float
    pick_index: int


def simulate_onsets(
    count: int,
    seed: int | np.random.Generator,
    *,
    sampling_rate_hz: float = 100.0,
    settings: OnsetSettings | None = None,
    noise_bank: NDArray[np.floating[Any]] | None = None,
    snr: Floats | None = None,
    pick_offset_s: Floats | None = None,
) -> SimulatedOnsets:
    """Simulate P onsets on a vertical component.

    Parameters
    ----------
    count
        Windows to make.
    seed
        Seed or generator; the same seed gives the same windows.
    sampling_rate_hz
        50 to 500 Hz; one for all windows of a call.
    settings
        What to draw from; the defaults where None.
    noise_bank
        (m, samples) real noise at this sampling rate, each row at least as long as a window.
        ``noise_bank_share`` of the windows take their noise from it.
    snr, pick_offset_s
        (count,) to be used in place of those drawn.

    Returns
    -------
    The windows with their truth.

    Raises
    ------
    ValueError
        The bank's rows are shorter than a window.
    """
    rng = np.random.default_rng(seed)
    settings = settings or OnsetSettings()
    grid = OnsetGrid.of(sampling_rate_hz, settings)
    drawn = _pick_offsets(count, rng, settings)
    pick_offset = drawn if pick_offset_s is None else np.asarray(pick_offset_s, float)
    onset_s = grid.pick_index / sampling_rate_hz - pick_offset
    spectrum = onset_spectra(onset_s, rng, grid, settings)
    signal = fft.irfft(spectrum, grid.fft_length)[:, : grid.samples]
    band = sensor_response(grid.frequency_hz, SNR_BAND_HZ)
    banded = fft.irfft(spectrum * band, grid.fft_length)[:, : grid.samples]
    noise = station_noise(count, rng, grid.frequency_hz, grid.samples, sampling_rate_hz)
    if noise_bank is not None:
        real = noise_from_bank(count, rng, noise_bank, grid.samples, sampling_rate_hz)
        noise = np.where(rng.random((count, 1)) < settings.noise_bank_share, real, noise)
    sign, snr = _signs_and_snr(count, rng, settings, snr)
    strength = _first_peak(banded, onset_s, sampling_rate_hz)
    waveform = noise + (sign * snr / strength)[:, None] * signal
    waveform = coarse_counts(waveform, rng)
    waveform = defective(waveform, rng, onset_s * sampling_rate_hz, settings.defect_share)
    return SimulatedOnsets(
        waveform.astype(np.float32), sign, snr, pick_offset, sampling_rate_hz, grid.pick_index
    )


def draw_sampling_rate(rng: np.random.Generator) -> float:
    """Draw a sampling rate (Hz) as networks use them, mostly 100."""
    rates = (50.0, 80.0, 100.0, 125.0, 200.0, 250.0, 500.0)
    return float(rng.choice(rates, p=(0.08, 0.04, 0.45, 0.05, 0.14, 0.1, 0.14)))


def _pick_offsets(count: int, rng: np.random.Generator, settings: OnsetSettings) -> Floats:
    """Pick minus onset, in seconds."""
    wide = rng.uniform(-1.0, 1.0, count) * (rng.random(count) < settings.wide_pick_share)
    normal = rng.normal(0.0, 1.0, count) * settings.pick_sigma_s
    return settings.pick_bias_s + normal + settings.wide_pick_s * wide


def _signs_and_snr(
    count: int, rng: np.random.Generator, settings: OnsetSettings, wanted: Floats | None
) -> tuple[NDArray[np.int8], Floats]:
    low, high = np.log(settings.snr_range)
    drawn = np.exp(rng.uniform(low, high, count))
    snr = drawn if wanted is None else np.asarray(wanted, float)
    sign = rng.choice(np.array([-1, 1], np.int8), count)
    silent = rng.random(count) < settings.no_signal_share
    return np.where(silent, 0, sign).astype(np.int8), np.where(silent, 0.0, snr)


def _first_peak(signal: Floats, onset_s: Floats, rate: float) -> Floats:
    """Largest absolute value of the first 0.2 s after the onset."""
    since_onset_s = np.arange(signal.shape[1]) / rate - onset_s[:, None]
    first = (since_onset_s >= 0) & (since_onset_s <= SNR_WINDOW_S)
    peak: Floats = np.where(first, np.abs(signal), 0.0).max(axis=1)
    return np.maximum(peak, np.finfo(float).tiny)
