"""Window k of many sensors, in batches, to picks with their measurements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.picking.extract import Phase, PickCandidate, find_peaks
from streamstress.picking.measure import Measurement, measure
from streamstress.picking.models import Picker
from streamstress.picking.sigma import PickSigma
from streamstress.picking.station_window import ModelInput, StationWindow, model_input
from streamstress.picking.windows import WindowGrid

_PHASES: tuple[Phase, Phase] = ("P", "S")
_S_AFTER_P_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class PickerSettings:
    """How picks are taken. Times in seconds, thresholds are probabilities."""

    step_s: float = 10.0
    after_s: float = 5.0
    p_threshold: float = 0.3
    s_threshold: float = 0.3
    min_separation_s: float = 0.5
    gap_guard_s: float = 0.5


@dataclass(frozen=True, slots=True)
class StationPick:
    """A pick with all that later stages need of the waveform.

    ``channel`` is the vertical's code for a P, a horizontal's for an S (where there is one).
    ``(station, location, channel, phase, k, ordinal)`` names the pick.
    """

    phase: Phase
    channel: str
    time_ns: int
    sigma_s: float
    probability: float
    ordinal: int
    measurement: Measurement
    up_probability: float | None = None


@dataclass(frozen=True, slots=True)
class StationPicks:
    """Picks of window ``k`` of one sensor, in time order, and how many were dropped at gaps.

    ``set_aside`` says why the window could not be used, and is empty where it could.
    """

    station: str
    location: str
    k: int
    picks: tuple[StationPick, ...]
    dropped_at_gaps: int = 0
    set_aside: str = ""


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Picks of one view of a window before it is decided which are its own."""

    found: list[PickCandidate]
    at_gaps: list[PickCandidate]


class PickerStage:
    """Picks windows of many sensors with one model.

    The result for a window depends on its data alone: not on the others of the call, their number
    or their order, nor on what was picked before.
    """

    def __init__(
        self,
        picker: Picker,
        settings: PickerSettings | None = None,
        sigma: PickSigma | None = None,
    ) -> None:
        self.picker = picker
        self.sigma = sigma or PickSigma()
        self.settings = settings or PickerSettings()
        self.grid = WindowGrid(
            self.settings.step_s,
            self.settings.after_s,
            picker.window_samples,
            picker.sampling_rate_hz,
            picker.blinding_samples,
        )
        # How far two views of one onset may lie apart.
        self._guard_ns = round(self.settings.min_separation_s * 1e9)

    def pick(self, windows: Sequence[StationWindow]) -> list[StationPicks]:
        """Pick each window's own part, in the order of the windows.

        Parameters
        ----------
        windows : sequence of StationWindow
            Cut as ``grid.data(window.k)`` says; shorter data are taken as ending in a gap. A
            window whose channels are not one each of Z, N, E is set aside with the reason.
        """
        results: dict[int, StationPicks] = {}
        inputs: dict[int, ModelInput] = {}
        for i, window in enumerate(windows):
            try:
                inputs[i] = self._input(window)
            except UnusableDataError as error:
                results[i] = StationPicks(
                    window.station, window.location, window.k, (), set_aside=str(error)
                )
        peaks = self._peaks(inputs, lead=self.grid.step_samples)
        near = {i: inputs[i] for i in peaks if self._is_near_start(peaks[i], windows[i].k)}
        former = self._peaks(near, lead=0)
        for i in peaks:
            results[i] = self._station_picks(windows[i], peaks[i], former.get(i))
        return [results[i] for i in range(len(windows))]

    def _input(self, window: StationWindow) -> ModelInput:
        start_ns = self.grid.data(window.k)[0]
        return model_input(window, start_ns, self.grid.data_samples, self.picker.sampling_rate_hz)

    def _is_near_start(self, peaks: _Peaks, k: int) -> bool:
        start_ns = self.grid.own(k)[0]
        return any(abs(pick.time_ns - start_ns) < self._guard_ns for pick in peaks.found)

    def _peaks(self, inputs: Mapping[int, ModelInput], lead: int) -> dict[int, _Peaks]:
        """Peaks seen in the views that start ``lead`` samples into the data.

        The view without the lead is the window's own; the one from 0 on is the window before's.
        """
        if not inputs:
            return {}
        n_samples = self.picker.window_samples
        views = np.stack([_centred(data, lead, n_samples) for data in inputs.values()])
        probabilities = self.picker.probabilities(views)
        return {
            i: self._read(probability, data, lead)
            for (i, data), probability in zip(inputs.items(), probabilities, strict=True)
        }

    def _read(self, probability: NDArray[np.float32], data: ModelInput, lead: int) -> _Peaks:
        rate = self.picker.sampling_rate_hz
        settings = self.settings
        separation = round(settings.min_separation_s * rate)
        guard = round(settings.gap_guard_s * rate)
        peaks = _Peaks([], [])
        for column, phase in enumerate(_PHASES):
            threshold = settings.p_threshold if phase == "P" else settings.s_threshold
            for peak in find_peaks(probability[:, column], threshold, separation):
                position = peak.position + lead
                time_ns = data.start_ns + round(position * 1e9 / rate)
                up = _up_probability(probability, peak.position) if phase == "P" else None
                pick = PickCandidate(phase, time_ns, round(peak.probability, 4), 0, up)
                sound = _is_sound(data.valid, round(position), guard, phase)
                (peaks.found if sound else peaks.at_gaps).append(pick)
        return peaks

    def _own(
        self, picks: list[PickCandidate], k: int, former: _Peaks | None
    ) -> list[PickCandidate]:
        """Choose the picks that window k emits.

        A pick on the boundary may lie on this side of it in one window and on that side in the
        next: window k takes what lies shortly before its start too, less all that window k - 1
        emitted.
        """
        start_ns, end_ns = self.grid.own(k)
        taken = [pick for pick in (former.found if former else []) if pick.time_ns < start_ns]
        return [
            pick
            for pick in picks
            if start_ns - self._guard_ns < pick.time_ns < end_ns
            and not any(self._is_same(pick, other) for other in taken)
        ]

    def _is_same(self, pick: PickCandidate, other: PickCandidate) -> bool:
        return pick.phase == other.phase and abs(pick.time_ns - other.time_ns) < self._guard_ns

    def _station_picks(
        self, window: StationWindow, peaks: _Peaks, former: _Peaks | None
    ) -> StationPicks:
        picks = []
        counts = {"P": 0, "S": 0}
        for pick in sorted(self._own(peaks.found, window.k, former), key=lambda p: p.time_ns):
            numbered = replace(pick, ordinal=counts[pick.phase])
            counts[pick.phase] += 1
            picks.append(_measured(window, numbered, peaks.found, self.sigma))
        start_ns, end_ns = self.grid.own(window.k)
        dropped = sum(start_ns <= pick.time_ns < end_ns for pick in peaks.at_gaps)
        return StationPicks(window.station, window.location, window.k, tuple(picks), dropped)


def _centred(data: ModelInput, lead: int, n_samples: int) -> NDArray[np.float32]:
    """One view, demeaned over what is valid in it, zero elsewhere."""
    samples = data.samples[:, lead : lead + n_samples]
    valid = data.valid[:, lead : lead + n_samples]
    count = np.maximum(valid.sum(axis=1, keepdims=True), 1)
    mean = np.sum(samples, axis=1, keepdims=True, where=valid, dtype=np.float64) / count
    return np.where(valid, samples - mean, 0.0).astype(np.float32)


def _up_probability(probability: NDArray[np.float32], position: float) -> float | None:
    """What a picker says of the first motion at a P, where it says anything."""
    if probability.shape[1] < 3:
        return None
    return round(float(probability[round(position), 2]), 4)


def _is_sound(valid: NDArray[np.bool_], position: int, guard: int, phase: Phase) -> bool:
    """Whether no component begins or ends near the pick, and one that shows the phase is there."""
    near = valid[:, max(0, position - guard) : position + guard + 1]
    whole: NDArray[np.bool_] = np.asarray(near.all(axis=1))
    if (near.any(axis=1) & ~whole).any():
        return False
    vertical_exists = bool(valid[0].any())
    return bool(whole[0]) if phase == "P" and vertical_exists else bool(whole.any())


def _measured(
    window: StationWindow, pick: PickCandidate, seen: list[PickCandidate], sigma: PickSigma
) -> StationPick:
    later_s = [o.time_ns for o in seen if o.phase == "S" and o.time_ns > pick.time_ns]
    former_p = [
        o.time_ns for o in seen if o.phase == "P" and 0 < pick.time_ns - o.time_ns < _S_AFTER_P_NS
    ]
    if pick.phase == "P":
        until_ns = min(later_s, default=None)
        measured = measure(window, "P", pick.time_ns, until_ns=until_ns)
    else:
        noise_before_ns = max(former_p, default=None)
        measured = measure(window, "S", pick.time_ns, noise_before_ns=noise_before_ns)
    return StationPick(
        pick.phase,
        _channel(window, pick.phase),
        pick.time_ns,
        round(sigma.sigma_s(pick.phase, pick.probability, measured.snr), 4),
        pick.probability,
        pick.ordinal,
        measured,
        pick.up_probability,
    )


def _channel(window: StationWindow, phase: Phase) -> str:
    vertical, north, east = window.rows()
    order = (vertical, north, east) if phase == "P" else (north, east, vertical)
    return next(row.channel for row in order if row is not None)
