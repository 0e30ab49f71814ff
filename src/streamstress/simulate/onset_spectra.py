"""Spectra of simulated P onsets: source, path, reflectivity, instrument.

The source is a Brune (1970, J. Geophys. Res. 75, 4997) or a Haskell pulse (two boxcars), the path
a causal t* operator (Azimi's dispersion; Aki & Richards 2002, eq. 5.72), the reflectivity random
arrivals after the direct one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from streamstress.simulate.onset_noise import sensor_response

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]

# Broadband sensors, and geophones of 1, 2, 4.5 and 10 Hz.
_SENSOR_CORNERS_HZ = (0.0, 0.03, 0.5, 1.0, 2.0, 4.5, 10.0)
_SENSOR_SHARES = (0.4, 0.2, 0.06, 0.12, 0.06, 0.1, 0.06)


@dataclass(frozen=True, slots=True)
class OnsetSettings:
    """What the simulated onsets are drawn from; every share is a probability.

    ``snr_range`` bounds a log-uniform SNR: peak of the first 0.2 s over the standard deviation of
    the noise, both above 1 Hz. A pick is late by ``pick_bias_s`` plus a normal error plus, for
    ``wide_pick_share`` of the windows, a uniform one of half-width ``wide_pick_s``. Corner
    frequencies go up to 0.4 of the sampling rate, t* down to a third of a sample. Later arrivals
    have ``coda_amplitude`` times the direct one, summed over ``coda_pulse_s``; with 0 each of
    them alone, so that dense ones drown the direct arrival. They set in over ``coda_rise_s``: with
    a large amplitude this is a ray near a nodal plane, whose coda comes from all around.
    """

    before_s: float = 1.6
    after_s: float = 0.8
    snr_range: tuple[float, float] = (0.7, 60.0)
    pick_sigma_s: float = 0.04
    pick_bias_s: float = 0.0
    wide_pick_share: float = 0.3
    wide_pick_s: float = 0.1
    corner_hz: tuple[float, float] = (1.0, np.inf)
    t_star_s: tuple[float, float] = (0.0006, 0.06)
    coda_amplitude: tuple[float, float] = (0.05, 2.0)
    coda_pulse_s: float = 0.1
    coda_rise_s: tuple[float, float] | None = None
    accelerometer_share: float = 0.12
    zero_phase_share: float = 0.4
    no_signal_share: float = 0.05
    noise_bank_share: float = 0.7
    defect_share: float = 0.0


@dataclass(frozen=True, slots=True)
class OnsetGrid:
    """Samples and frequencies of one call."""

    sampling_rate_hz: float
    samples: int
    pick_index: int
    fft_length: int
    frequency_hz: Floats

    @classmethod
    def of(cls, rate: float, settings: OnsetSettings) -> "OnsetGrid":
        """Grid of a sampling rate in Hz."""
        pick_index = round(settings.before_s * rate)
        samples = pick_index + round(settings.after_s * rate)
        # Half a second of room, so that a circular tail does not come back before the onset.
        length = int(fft.next_fast_len(samples + round(0.5 * rate), real=True))
        length += length % 2
        return cls(rate, samples, pick_index, length, fft.rfftfreq(length, 1.0 / rate))


def onset_spectra(
    onset_s: Floats, rng: np.random.Generator, grid: OnsetGrid, settings: OnsetSettings
) -> Spectra:
    """Upward onsets at ``onset_s`` (n,) after the window's start; (n, frequencies)."""
    count = onset_s.size
    direct = source_pulses(count, rng, grid, settings) * paths(onset_s, rng, grid, settings)
    later = reflectivity(draw_coda(count, rng, grid, settings), rng, grid)
    spectra: Spectra = direct * later * instruments(count, rng, grid, settings)
    return spectra


def source_pulses(
    count: int, rng: np.random.Generator, grid: OnsetGrid, settings: OnsetSettings
) -> Spectra:
    """Moment-rate pulses, half Brune, half Haskell; corner frequency log-uniform."""
    omega: Spectra = np.asarray(2j * np.pi * grid.frequency_hz, np.complex128)
    low, high = settings.corner_hz
    high = min(high, 0.4 * grid.sampling_rate_hz)
    corner_hz = np.exp(rng.uniform(np.log(low), np.log(high), (count, 1)))
    aspect = rng.uniform(0.05, 0.9, (count, 1))
    half = count // 2
    brune = 1.0 / (1.0 + omega / (2 * np.pi * corner_hz[:half])) ** 2
    # A boxcar's corner is near 0.6 over its duration.
    duration_s = 0.6 / corner_hz[half:]
    haskell = _boxcar(omega * duration_s) * _boxcar(omega * duration_s * aspect[half:])
    pulses: Spectra = np.concatenate([brune, haskell])
    return pulses


def _boxcar(x: Spectra) -> Spectra:
    """Spectrum of a causal boxcar of unit area; ``x`` is i omega duration."""
    result = np.ones_like(x)
    np.divide(-np.expm1(-x), x, out=result, where=x != 0)
    return result


def paths(
    onset_s: Floats, rng: np.random.Generator, grid: OnsetGrid, settings: OnsetSettings
) -> Spectra:
    """Delay to the onset, and attenuation whose dispersion keeps it causal."""
    low, high = np.log(settings.t_star_s)
    # Attenuation within a third of a sample changes nothing that is recorded.
    low = max(low, min(high, np.log(0.3 / grid.sampling_rate_hz)))
    t_star = np.exp(rng.uniform(low, high, onset_s.size))
    omega = 2 * np.pi * grid.frequency_hz
    # Late low frequencies: referred to the highest frequency, nothing arrives before the onset.
    ratio = np.log(omega[-1] / np.maximum(omega, omega[1]))
    attenuation = -omega * (0.5 + 1j / np.pi * ratio)
    result: Spectra = np.exp(np.outer(t_star, attenuation) - 1j * np.outer(onset_s, omega))
    return result


@dataclass(frozen=True, slots=True)
class CodaLaw:
    """What later arrivals are drawn from, for each onset and sample since it.

    ``amplitude`` (n, samples) their deviation over the direct one's amplitude; ``probability``
    (n, samples) of an arrival at a sample.
    """

    amplitude: Floats
    probability: Floats


def draw_coda(
    count: int, rng: np.random.Generator, grid: OnsetGrid, settings: OnsetSettings
) -> CodaLaw:
    """Draw laws of few to many arrivals, weak to stronger than the direct one."""
    rate = grid.sampling_rate_hz
    time_s = np.arange(grid.samples - grid.pick_index) / rate
    most = np.log(0.6 * rate)
    arrivals_per_s = np.exp(rng.uniform(np.log(3.0), most, (count, 1)))
    gap_s = rng.exponential(1.0, (count, 1)) * np.exp(rng.uniform(-5.3, -2.3, (count, 1)))
    decay_s = np.exp(rng.uniform(np.log(0.1), np.log(2.0), (count, 1)))
    low, high = np.log(settings.coda_amplitude)
    amplitude = np.exp(rng.uniform(low, high, (count, 1)) - time_s / decay_s)
    if settings.coda_rise_s is not None:
        shortest, longest = np.log(settings.coda_rise_s)
        rise_s = np.exp(rng.uniform(shortest, longest, (count, 1)))
        amplitude *= -np.expm1(-time_s / rise_s)
    # Many arrivals a pulse add up: the amplitude is that of their sum over a pulse's length.
    amplitude /= np.sqrt(1.0 + arrivals_per_s * settings.coda_pulse_s)
    return CodaLaw(amplitude, np.where(time_s > gap_s, arrivals_per_s / rate, 0.0))


def reflectivity(law: CodaLaw, rng: np.random.Generator, grid: OnsetGrid) -> Spectra:
    """Spectra (n, frequencies) of the direct arrival and random later ones."""
    arrives = rng.random(law.amplitude.shape) < law.probability
    series = np.where(arrives, law.amplitude * rng.standard_normal(law.amplitude.shape), 0.0)
    series[:, 0] = 1.0
    spectra: Spectra = fft.rfft(series, grid.fft_length)
    return spectra


def instruments(
    count: int, rng: np.random.Generator, grid: OnsetGrid, settings: OnsetSettings
) -> Spectra:
    """Velocity or acceleration, the sensor's corner, and the digitiser's anti-alias filter."""
    frequency = grid.frequency_hz
    omega = 2j * np.pi * frequency
    velocity_or_acceleration = np.stack([omega, omega**2])
    sensors = np.stack([sensor_response(frequency, hz) for hz in _SENSOR_CORNERS_HZ])
    filters = np.concatenate([_causal_filters(grid), _zero_phase_filters(grid)])
    zero_phase = rng.random(count) < settings.zero_phase_share
    which_filter = rng.integers(0, 4, count) + 4 * zero_phase
    motion = (rng.random(count) < settings.accelerometer_share).astype(int)
    sensor = rng.choice(len(_SENSOR_SHARES), count, p=_SENSOR_SHARES)
    responses = np.einsum("if,jf,kf->ijkf", velocity_or_acceleration, sensors, filters)
    result: Spectra = responses[motion, sensor, which_filter]
    return result


def _causal_filters(grid: OnsetGrid) -> Spectra:
    """Four Butterworth low-pass filters below the Nyquist frequency; the onset comes later."""
    shapes = ((4, 0.5), (4, 0.8), (8, 0.7), (8, 0.85))
    return np.stack([_butterworth(grid, order, corner) for order, corner in shapes])


def _butterworth(grid: OnsetGrid, order: int, corner: float) -> Spectra:
    s = 1j * grid.frequency_hz / (corner * grid.sampling_rate_hz / 2)
    poles = np.exp(1j * np.pi * (2 * np.arange(1, order + 1) + order - 1) / (2 * order))
    result: Spectra = 1.0 / np.prod(s[:, None] - poles, axis=1)
    return result


def _zero_phase_filters(grid: OnsetGrid) -> Spectra:
    """Four linear-phase filters with their delay removed: they ring before the onset."""
    nyquist_hz = grid.sampling_rate_hz / 2
    edges = ((0.6, 0.8), (0.75, 0.9), (0.8, 0.98), (0.88, 0.95))
    tapers = []
    for start, end in edges:
        x = np.clip((grid.frequency_hz / nyquist_hz - start) / (end - start), 0.0, 1.0)
        tapers.append(0.5 * (1.0 + np.cos(np.pi * x)))
    filters: Spectra = np.stack(tapers).astype(complex)
    return filters
