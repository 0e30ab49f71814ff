"""The picker without a model: STA/LTA finds an onset (Allen 1978), AIC times it (Maeda 1985).

P is sought on the vertical, S on the horizontals after a P. The ratio of short to long average is
turned into a number from 0 to 1 by `score_of_ratio`, so that the thresholds of other pickers serve.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Floats = NDArray[np.float64]

_LABEL_SAMPLES = 6
_FEW = 1e-12


@dataclass(frozen=True, slots=True)
class StaLtaSettings:
    """Windows in seconds, band in Hz, ratios of mean squares (energy)."""

    band_hz: tuple[float, float] = (2.0, 20.0)
    sta_s: float = 0.5
    lta_s: float = 8.0
    least_lta_s: float = 2.0
    least_ratio: float = 3.0
    aic_before_s: float = 1.5
    aic_after_s: float = 0.6
    s_sta_s: float = 0.5
    s_lta_s: float = 3.0
    least_s_ratio: float = 2.0
    s_within_s: float = 25.0
    least_s_p_s: float = 0.3
    half_score_ratio: float = 18.0
    """Ratio whose score is 0.5."""
    half_s_score_ratio: float = 5.0


def score_of_ratio(ratio: float, half_score_ratio: float) -> float:
    """A number from 0 to 1 that grows with a ratio of averages; no probability."""
    return ratio / (ratio + half_score_ratio)


class StaLtaPicker:
    """STA/LTA with AIC as a `Picker`; needs no weights, no torch and no training."""

    name = "sta-lta"
    sampling_rate_hz = 100.0
    window_samples = 3001
    blinding_samples = (0, 0)
    default_thresholds = (0.3, 0.35)

    def __init__(self, settings: StaLtaSettings | None = None) -> None:
        self.settings = settings or StaLtaSettings()
        self._band = butter(
            2, self.settings.band_hz, "bandpass", fs=self.sampling_rate_hz, output="sos"
        )

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores ``(n, samples, 2)`` (P, S) of windows ``(n, 3, samples)`` (Z, N, E).

        A peak of a few samples stands at each onset, as high as its score.
        """
        filtered = np.asarray(sosfilt(self._band, batch.astype(np.float64), axis=2))
        scores = np.zeros((*batch.shape[::2], 2), dtype=np.float32)
        for window, raw, found in zip(filtered, batch, scores, strict=True):
            self._pick_window(window, raw, found)
        return scores

    def _pick_window(
        self, window: Floats, raw: NDArray[np.float32], found: NDArray[np.float32]
    ) -> None:
        settings, rate = self.settings, self.sampling_rate_hz
        present: NDArray[np.bool_] = np.asarray(raw.any(axis=1))
        if not present.any():
            return
        # Zeros in front of the data (a gap) are no quiet noise.
        first = int(np.argmax(raw.any(axis=0)))
        vertical = window[0] if present[0] else window[1:].sum(axis=0)
        sideways = window[1:] if present[1:].any() else window[:1]
        ratio = _ratio(
            vertical**2,
            first,
            round(settings.sta_s * rate),
            round(settings.lta_s * rate),
            round(settings.least_lta_s * rate),
        )
        p_onsets = self._onsets(vertical, ratio)
        s_onsets = self._s_onsets(np.square(sideways).sum(axis=0), sideways, p_onsets)
        for onset, height in p_onsets:
            if not any(abs(onset - s) <= settings.least_s_p_s * rate for s, _ in s_onsets):
                _write_peak(found[:, 0], onset, score_of_ratio(height, settings.half_score_ratio))
        for onset, height in s_onsets:
            _write_peak(found[:, 1], onset, score_of_ratio(height, settings.half_s_score_ratio))

    def _onsets(self, trace: Floats, ratio: Floats) -> list[tuple[int, float]]:
        """P onsets with their ratio, in time order."""
        settings, rate = self.settings, self.sampling_rate_hz
        onsets = []
        for peak in _peaks(ratio, settings.least_ratio, round(settings.sta_s * rate)):
            start = max(0, peak - round(settings.aic_before_s * rate))
            end = min(len(trace), peak + round(settings.aic_after_s * rate))
            onsets.append((start + _aic_minimum(trace[start:end]), float(ratio[peak])))
        return onsets

    def _s_onsets(
        self, energy: Floats, sideways: Floats, p_onsets: list[tuple[int, float]]
    ) -> list[tuple[int, float]]:
        """The strongest rise of the horizontals after each P, up to the next stronger P."""
        settings, rate = self.settings, self.sampling_rate_hz
        loudest = sideways[int(np.argmax(np.square(sideways).sum(axis=1)))]
        onsets = []
        for p_onset, height in p_onsets:
            first = p_onset + round(settings.least_s_p_s * rate)
            last = min(len(energy), p_onset + round(settings.s_within_s * rate))
            # A stronger onset on the vertical is the P of something else: this one was noise.
            stronger = (at for at, other in p_onsets if at > p_onset and other > height)
            last = min(last, next(stronger, last) - round(0.1 * rate))
            if last - first < round(settings.s_sta_s * rate):
                continue
            ratio = _ratio(
                energy[p_onset:last],
                0,
                round(settings.s_sta_s * rate),
                round(settings.s_lta_s * rate),
                round(settings.least_s_p_s * rate),
            )
            # What grows to the loudest part counts: weigh a rise by what it reaches.
            peak = int(np.argmax(ratio * np.sqrt(_ahead(energy[p_onset:last], rate))))
            if ratio[peak] < settings.least_s_ratio:
                continue
            start = max(first, p_onset + peak - round(settings.aic_before_s * rate))
            end = min(last, p_onset + peak + round(settings.aic_after_s * rate))
            if end - start > 20:
                onsets.append((start + _aic_minimum(loudest[start:end]), float(ratio[peak])))
        return onsets


def _ahead(energy: Floats, rate: float) -> Floats:
    """Mean of the half second ahead of each sample."""
    n = round(0.5 * rate)
    total = np.concatenate(([0.0], np.cumsum(energy), np.full(n, energy.sum())))
    return np.asarray(np.maximum(total[n : n + len(energy)] - total[: len(energy)], 0.0) / n)


@numba.njit(cache=True)
def _ratio(energy: Floats, first: int, sta: int, lta: int, least: int) -> Floats:
    """Mean of ``sta`` samples ahead over that of up to ``lta`` behind; 0 near the ends."""
    n = len(energy)
    total = np.zeros(n + 1)
    for i in range(n):
        total[i + 1] = total[i] + energy[i]
    ratio = np.zeros(n)
    for i in range(first + least, n - sta + 1):
        start = max(first, i - lta)
        long = (total[i] - total[start]) / (i - start)
        short = (total[i + sta] - total[i]) / sta
        ratio[i] = short / (long + _FEW * total[n] + 1e-300)
    return ratio


@numba.njit(cache=True)
def _peaks(ratio: Floats, least: float, rise: int) -> list[int]:
    """Largest value within ``rise`` samples of each passing of ``least``.

    The next may come when the ratio has fallen below it: a strong S soon after does not stand for
    its P.
    """
    found = []
    i, n = 0, len(ratio)
    while i < n:
        if ratio[i] < least:
            i += 1
            continue
        best = i
        for j in range(i, min(i + rise, n)):
            if ratio[j] > ratio[best]:
                best = j
        found.append(best)
        i = best
        while i < n and ratio[i] >= least:
            i += 1
    return found


@numba.njit(cache=True)
def _aic_minimum(trace: Floats) -> int:
    """Sample that best divides a trace into two of different variance (Maeda 1985)."""
    n = len(trace)
    sums, squares = np.zeros(n + 1), np.zeros(n + 1)
    for i in range(n):
        sums[i + 1] = sums[i] + trace[i]
        squares[i + 1] = squares[i] + trace[i] * trace[i]
    floor = 1e-12 * squares[n] / n + 1e-300
    best, least = 0, np.inf
    for k in range(5, n - 5):
        before = squares[k] / k - (sums[k] / k) ** 2
        after = (squares[n] - squares[k]) / (n - k) - ((sums[n] - sums[k]) / (n - k)) ** 2
        aic = k * np.log(max(before, floor)) + (n - k - 1) * np.log(max(after, floor))
        if aic < least:
            best, least = k, aic
    return best


def _write_peak(column: NDArray[np.float32], onset: int, score: float) -> None:
    """Put a triangle of a score at an onset; the higher of two stays."""
    for offset in range(-_LABEL_SAMPLES, _LABEL_SAMPLES + 1):
        place = onset + offset
        if 0 <= place < len(column):
            height = score * (1.0 - abs(offset) / (_LABEL_SAMPLES + 1))
            column[place] = max(column[place], round(height, 4))
