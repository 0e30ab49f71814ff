"""How much later one onset comes than another, by the correlation of their waveforms."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import signal

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CorrelationSettings:
    """Windows around the picks, and what counts as the same waveform."""

    before_s: float = 0.3
    after_s: float = 0.8
    band_hz: tuple[float, float] = (1.0, 12.0)
    max_lag_s: float = 0.3
    min_coefficient: float = 0.7
    # Below, waveforms differ by more than noise (other mechanism, scattering on the way).
    least_sigma_s: float = 0.002


@dataclass(frozen=True, slots=True)
class Trace:
    """Samples (n,) around a pick, which stands at ``pick_index``."""

    samples: Array
    sampling_rate_hz: float
    pick_index: float


@dataclass(frozen=True, slots=True)
class Lag:
    """The second pick should come ``lag_s`` later than it does, to fit the first."""

    lag_s: float
    sigma_s: float
    coefficient: float


def filtered(trace: Trace, settings: CorrelationSettings) -> Trace | None:
    """Band-passed trace; None where it has gaps or is too short for the window and the lags."""
    rate = trace.sampling_rate_hz
    margin = settings.max_lag_s + 0.05
    first = trace.pick_index - (settings.before_s + margin) * rate
    last = trace.pick_index + (settings.after_s + margin) * rate
    if first < 0 or last > len(trace.samples) - 1 or not np.isfinite(trace.samples).all():
        return None
    sections = _band(settings.band_hz[0], min(settings.band_hz[1], 0.45 * rate), rate)
    # Forward only in both: the delay is common, and no onset is smeared ahead of itself.
    samples = signal.sosfilt(sections, trace.samples - trace.samples[: int(first) + 1].mean())
    return Trace(np.asarray(samples, float), rate, trace.pick_index)


@lru_cache(maxsize=16)
def _band(low_hz: float, high_hz: float, rate_hz: float) -> Array:
    """Sections of the filter; its design takes twenty times as long as its use on an onset."""
    return np.asarray(
        signal.butter(2, (low_hz, high_hz), "bandpass", fs=rate_hz, output="sos"), float
    )


def lag_between(first: Trace, second: Trace, settings: CorrelationSettings) -> Lag | None:
    """Lag of two filtered traces; None where rates differ or they are not alike.

    The window of the first, around its pick, slides over the second. Its sigma is the Cramér-Rao
    bound of a delay: ``(1 / c^2 - 1) / (n w^2)`` of n independent samples (two a period of the
    band) and mean square frequency w^2 of the window (Carter 1987, Proc. IEEE 75, 236-255).
    """
    rate = first.sampling_rate_hz
    if rate != second.sampling_rate_hz:
        return None
    reach = int(np.ceil(settings.max_lag_s * rate))
    length = round((settings.before_s + settings.after_s) * rate)
    start = round(first.pick_index - settings.before_s * rate)
    other = round(second.pick_index - settings.before_s * rate) - reach
    template = first.samples[start : start + length]
    searched = second.samples[other : other + length + 2 * reach]
    if len(template) < length or other < 0 or len(searched) < length + 2 * reach:
        return None
    coefficient = _coefficients(template, searched)
    best = int(np.argmax(coefficient))
    peak = float(coefficient[best])
    if peak < settings.min_coefficient or best in (0, len(coefficient) - 1):
        return None
    shift = best - reach + _vertex(coefficient[best - 1 : best + 2])
    # Both windows begin on whole samples: what the picks' fractions differ is put back.
    fraction = (start - first.pick_index) - (other + reach - second.pick_index)
    sigma = _sigma_s(template, rate, peak, settings)
    return Lag((shift - fraction) / rate, sigma, peak)


@njit(cache=True, nogil=True)
def _coefficients(template: Array, searched: Array) -> Array:
    """Correlation coefficient of a template at each place of a longer trace."""
    size = len(template)
    centred = template - template.mean()
    power = (centred**2).sum()
    found = np.empty(len(searched) - size + 1)
    for place in range(len(found)):
        mean = 0.0
        for k in range(size):
            mean += searched[place + k]
        mean /= size
        product, own = 0.0, 0.0
        for k in range(size):
            off = searched[place + k] - mean
            product += off * centred[k]
            own += off * off
        found[place] = product / max(np.sqrt(own * power), 1e-300)
    return found


def _vertex(three: Array) -> float:
    """Place of a parabola's top through three values, in samples from the middle."""
    bend = float(three[0] - 2 * three[1] + three[2])
    return 0.0 if bend >= 0 else float(0.5 * (three[0] - three[2]) / bend)


def _sigma_s(template: Array, rate: float, peak: float, settings: CorrelationSettings) -> float:
    slope = np.diff(template) * rate
    square_rad_s = float((slope**2).mean() / max(template.var(), 1e-300))
    independent = 2 * (settings.band_hz[1] - settings.band_hz[0]) * len(template) / rate
    bound = (1.0 / min(peak, 0.9999) ** 2 - 1.0) / (independent * max(square_rad_s, 1e-9))
    return max(settings.least_sigma_s, float(np.sqrt(bound)))
