"""Labelled records to training windows: crops, louder noise, missing components, gaps, filters."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Array32 = NDArray[np.float32]

# One-sigma width of a label, samples at 100 Hz.
LABEL_SIGMA = 12.0
_KEPT_NOISE = 64
# Noise is judged above about 1 Hz: half of this lag's second difference, samples.
_NOISE_LAG = 30


@dataclass(frozen=True, slots=True)
class LabelledRecord:
    """A record with the arrivals in it.

    ``waveform`` is (3, n), rows Z, N, E. ``p_sample`` and ``s_sample`` count samples (nan: outside
    the record), event by event; both are empty for noise.
    """

    waveform: NDArray[np.floating[Any]]
    p_sample: tuple[float, ...] = ()
    s_sample: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class AugmentationSettings:
    """Shares (probabilities) and ranges of what happens to a window."""

    onset_share: float = 0.7
    louder_noise_share: float = 0.4
    least_snr: float = 1.5
    drop_horizontals_share: float = 0.06
    drop_one_share: float = 0.08
    gap_share: float = 0.06
    high_pass_share: float = 0.3
    high_pass_hz: tuple[float, float] = (0.3, 3.0)
    differentiate_share: float = 0.15


class Augmenter:
    """Makes training windows of labelled records; noise records serve to bury others in."""

    def __init__(
        self,
        rng: np.random.Generator,
        n_samples: int = 3001,
        sampling_rate_hz: float = 100.0,
        settings: AugmentationSettings | None = None,
    ) -> None:
        self._rng = rng
        self._n_samples = n_samples
        self._rate = sampling_rate_hz
        self._settings = settings or AugmentationSettings()
        self._noise: deque[Array32] = deque(maxlen=_KEPT_NOISE)

    def window(self, record: LabelledRecord) -> tuple[Array32, Array32]:
        """One window of a record and its labels.

        Returns
        -------
        waveform : ndarray, shape (3, n_samples)
            Rows Z, N, E.
        labels : ndarray, shape (3, n_samples)
            Rows P, S, neither; columns add up to 1.
        """
        if not record.p_sample:
            self._noise.append(np.asarray(record.waveform, np.float32))
        first = self._first_sample(record)
        part = record.waveform[:, first : first + self._n_samples]
        p_sample = np.array(record.p_sample, np.float64) - first
        waveform = part.astype(np.float32) * self._rng.choice([-1.0, 1.0])
        waveform = self._with_louder_noise(waveform, p_sample)
        waveform = self._spoiled(self._filtered(waveform))
        labels = _labels(p_sample, np.array(record.s_sample, np.float64) - first, self._n_samples)
        return waveform.astype(np.float32), labels

    def _first_sample(self, record: LabelledRecord) -> int:
        """Anywhere; more often so that an arrival is inside, anywhere in the window."""
        last = record.waveform.shape[1] - self._n_samples
        arrivals = np.array([*record.p_sample, *record.s_sample])
        arrivals = arrivals[np.isfinite(arrivals)]
        if len(arrivals) and self._rng.random() < self._settings.onset_share:
            place = int(self._rng.integers(0, self._n_samples))
            return int(np.clip(self._rng.choice(arrivals) - place, 0, last))
        return int(self._rng.integers(0, last + 1))

    def _with_louder_noise(self, waveform: Array32, p_sample: NDArray[np.float64]) -> Array32:
        inside = p_sample[(p_sample >= 0) & (p_sample < self._n_samples - 100)]
        if (
            not self._noise
            or not len(inside)
            or self._rng.random() > self._settings.louder_noise_share
        ):
            return waveform
        onset = int(self._rng.choice(inside))
        peak = float(np.abs(_above_1_hz(waveform[0])[onset : onset + 100]).max())
        noise = self._noise[self._rng.integers(len(self._noise))]
        start = int(self._rng.integers(0, noise.shape[1] - self._n_samples + 1))
        noise = noise[:, start : start + self._n_samples]
        snr = self._settings.least_snr * 10 ** self._rng.uniform(0, 1.3)
        factor = peak / (snr * max(float(_above_1_hz(noise[0]).std()), 1e-20))
        return np.asarray(waveform + np.float32(factor) * noise, np.float32)

    def _filtered(self, waveform: Array32) -> Array32:
        settings = self._settings
        if self._rng.random() < settings.differentiate_share:
            waveform = np.diff(waveform, axis=1, prepend=waveform[:, :1])
        if self._rng.random() < settings.high_pass_share:
            low, high = np.log(settings.high_pass_hz)
            corner = float(np.exp(self._rng.uniform(low, high)))
            sections = butter(2, corner, "highpass", fs=self._rate, output="sos")
            waveform = np.asarray(sosfilt(sections, waveform - waveform[:, :1]), np.float32)
        return np.asarray(waveform - waveform.mean(axis=1, keepdims=True), np.float32)

    def _spoiled(self, waveform: Array32) -> Array32:
        settings, rng = self._settings, self._rng
        kind = rng.random()
        if kind < settings.drop_horizontals_share:
            waveform[1:] = 0
        elif kind < settings.drop_horizontals_share + settings.drop_one_share:
            waveform[rng.integers(0, 3)] = 0
        if rng.random() < settings.gap_share:
            length = int(rng.integers(100, self._n_samples // 2))
            start = int(rng.choice([0, self._n_samples - length]))
            waveform[:, start : start + length] = 0
        return waveform


def _above_1_hz(trace: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    residual = np.zeros_like(trace)
    lag = _NOISE_LAG
    residual[lag:-lag] = trace[lag:-lag] - 0.5 * (trace[: -2 * lag] + trace[2 * lag :])
    return residual


def _labels(
    p_sample: NDArray[np.float64], s_sample: NDArray[np.float64], n_samples: int
) -> Array32:
    time = np.arange(n_samples)
    labels = np.zeros((3, n_samples), dtype=np.float32)
    for row, onsets in enumerate((p_sample, s_sample)):
        for onset in onsets[np.isfinite(onsets)]:
            bump = np.exp(-0.5 * ((time - onset) / LABEL_SIGMA) ** 2)
            labels[row] = np.maximum(labels[row], bump)
    total = labels[:2].sum(axis=0)
    labels[:2] /= np.maximum(total, 1.0)
    labels[2] = 1.0 - labels[:2].sum(axis=0)
    return labels
