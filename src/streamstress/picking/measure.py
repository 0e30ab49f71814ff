"""What is read off the waveform at a pick: signal over noise, amplitudes, the onset of a P.

Amplitudes are taken after a causal band-pass, so that microseisms do not swamp them and nothing of
a later phase leaks ahead of it. The onset window of a P keeps the trace's full bandwidth.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from streamstress.earth.channels import split_channel
from streamstress.picking.extract import Phase
from streamstress.picking.spectrum import BandLevels, band_levels
from streamstress.picking.station_window import ComponentTrace, StationWindow

BAND_HZ = (1.0, 15.0)
_SIGNAL_S = {"P": 1.0, "S": 2.0}
_NOISE_S = 5.0
_NOISE_END_S = 0.3
_LEAST_NOISE_S = 1.0
# Filter run-in kept in front of the noise window.
_RUN_IN_S = 3.0

ONSET_HALF_S = 1.0
_ONSET_NOISE_END_S = 0.1

# So many equal samples in a row at the extreme, far above the noise, are a saturated digitiser.
_FLAT_RUN = 4
_FLAT_SNR = 10.0


@dataclass(frozen=True, slots=True)
class Amplitude:
    """Peak of the band-passed trace after a pick, in the unit of the samples.

    ``component`` is ``ZNE`` for the length of the vector of all three, else the one component read.
    ``noise`` is the rms of the same quantity before the pick, ``band_hz`` the pass band.
    """

    value: float
    noise: float
    band_hz: tuple[float, float]
    component: str
    clipped: bool


@dataclass(frozen=True, slots=True)
class OnsetWindow:
    """The vertical around a P: float32 ``samples`` ``(2 * pick_index + 1,)`` at the trace's rate.

    From 1 s before to 1 s after the sample nearest to the pick, unfiltered, less the mean before
    the pick. The pick lies ``pick_offset_s`` after the sample ``pick_index``.
    """

    samples: NDArray[np.float32]
    sampling_rate_hz: float
    pick_index: int
    pick_offset_s: float
    channel: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that is read at a pick; None where the data do not allow it."""

    snr: float | None
    amplitude: Amplitude | None
    onset: OnsetWindow | None
    levels: BandLevels | None = None


def measure(
    window: StationWindow,
    phase: Phase,
    time_ns: int,
    *,
    noise_before_ns: int | None = None,
    until_ns: int | None = None,
) -> Measurement:
    """Measure at a pick.

    Parameters
    ----------
    window : StationWindow
        Data around the pick.
    phase : {"P", "S"}
        P: peak of the first 1 s. S: peak of the first 2 s.
    time_ns : int
        The pick.
    noise_before_ns : int, optional
        Noise ends here instead of at the pick: for an S, its P. ``snr`` always compares with what
        is just before the pick.
    until_ns : int, optional
        The signal ends here at the latest: for a P, its S.
    """
    traces = _readable(window, time_ns)
    if not traces:
        return Measurement(None, None, None)
    signal_s = _SIGNAL_S[phase]
    if until_ns is not None:
        signal_s = max(0.1, min(signal_s, (until_ns - time_ns) / 1e9))
    local = _peak_and_noise(traces, time_ns, signal_s, time_ns)
    quiet = local
    if noise_before_ns is not None:
        quiet = _peak_and_noise(traces, time_ns, signal_s, noise_before_ns) or local
    onset = onset_window(window, time_ns) if phase == "P" else None
    snr = local[0] / local[1] if local and local[1] > 0 else None
    levels = band_levels(traces, phase, time_ns, noise_before_ns, until_ns)
    return Measurement(snr, _amplitude(traces, quiet, time_ns, signal_s), onset, levels)


def onset_window(window: StationWindow, time_ns: int) -> OnsetWindow | None:
    """Cut the onset window of a P; None without a gap-free vertical around it."""
    vertical = window.rows()[0]
    if vertical is None:
        return None
    half = round(ONSET_HALF_S * vertical.sampling_rate_hz)
    pick = vertical.index(time_ns)
    part = slice(pick - half, pick + half + 1)
    if pick < half or part.stop > len(vertical.samples) or not vertical.valid[part].all():
        return None
    samples = vertical.samples[part].astype(np.float64)
    samples -= samples[: half - round(_ONSET_NOISE_END_S * vertical.sampling_rate_hz)].mean()
    sample_ns = vertical.start_ns + round(pick * 1e9 / vertical.sampling_rate_hz)
    return OnsetWindow(
        samples.astype(np.float32),
        vertical.sampling_rate_hz,
        half,
        (time_ns - sample_ns) / 1e9,
        vertical.channel,
    )


def _readable(window: StationWindow, time_ns: int) -> list[ComponentTrace]:
    """All three components if they share rate and start and hold the pick, else one of them."""
    present = [
        row
        for row in window.rows()
        if row is not None
        and 0 <= row.index(time_ns) < len(row.samples)
        and row.valid[row.index(time_ns)]
    ]
    rates = {row.sampling_rate_hz for row in present}
    return present if len(present) == 3 and len(rates) == 1 else present[:1]


def _peak_and_noise(
    traces: list[ComponentTrace], time_ns: int, signal_s: float, noise_before_ns: int
) -> tuple[float, float] | None:
    rate = traces[0].sampling_rate_hz
    pick = traces[0].index(time_ns)
    noise_end = traces[0].index(noise_before_ns) - round(_NOISE_END_S * rate)
    first = max(0, noise_end - round((_NOISE_S + _RUN_IN_S) * rate))
    last = pick + max(2, round(signal_s * rate))
    lengths = [len(trace.samples) for trace in traces]
    if last > min(lengths) or not all(trace.valid[first:last].all() for trace in traces):
        first, last = _unbroken(traces, pick, first, min(last, *lengths))
    filtered = np.array([_filtered(trace.samples[first:last], rate) for trace in traces])
    length = np.sqrt((filtered**2).sum(axis=0))
    noise = length[max(0, noise_end - first - round(_NOISE_S * rate)) : max(0, noise_end - first)]
    if len(noise) < _LEAST_NOISE_S * rate or last <= pick:
        return None
    return float(length[pick - first :].max()), float(np.sqrt(np.mean(noise**2)))


def _unbroken(traces: list[ComponentTrace], pick: int, first: int, last: int) -> tuple[int, int]:
    """Largest gap-free part of ``[first, last)`` that holds the pick."""
    valid = np.logical_and.reduce([trace.valid[first:last] for trace in traces])
    gaps = np.flatnonzero(~valid) + first
    before, after = gaps[gaps < pick], gaps[gaps > pick]
    return (
        int(before[-1]) + 1 if len(before) else first,
        int(after[0]) if len(after) else last,
    )


def _amplitude(
    traces: list[ComponentTrace],
    peak_and_noise: tuple[float, float] | None,
    time_ns: int,
    signal_s: float,
) -> Amplitude | None:
    if peak_and_noise is None:
        return None
    value, noise = peak_and_noise
    rate = traces[0].sampling_rate_hz
    pick = traces[0].index(time_ns)
    part = slice(pick, pick + round(signal_s * rate) + 1)
    clipped = any(_is_clipped(trace, part, value > _FLAT_SNR * noise) for trace in traces)
    component = "ZNE" if len(traces) == 3 else split_channel(traces[0].channel)[1]
    return Amplitude(value, noise, _band(rate), component, clipped)


def _is_clipped(trace: ComponentTrace, part: slice, strong: bool) -> bool:
    if trace.clipped is not None and trace.clipped[part].any():
        return True
    samples = trace.samples[part]
    if not strong or len(samples) < _FLAT_RUN:
        return False
    at_extreme = (samples == samples.max()) | (samples == samples.min())
    runs = np.convolve(at_extreme & np.append(np.diff(samples) == 0, False), np.ones(_FLAT_RUN - 1))
    return bool(samples.max() > samples.min() and runs.max() >= _FLAT_RUN - 1)


def _band(rate: float) -> tuple[float, float]:
    return BAND_HZ[0], min(BAND_HZ[1], 0.4 * rate)


@lru_cache(maxsize=32)
def _band_pass(rate: float) -> NDArray[np.float64]:
    return np.asarray(butter(2, _band(rate), "bandpass", fs=rate, output="sos"))


def _filtered(samples: NDArray[np.floating[Any]], rate: float) -> NDArray[np.float64]:
    # Starting from the first sample's level spares most of the run-in.
    return np.asarray(sosfilt(_band_pass(rate), samples.astype(np.float64) - samples[0]))
