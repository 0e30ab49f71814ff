"""How well a picker finds known arrivals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.picking.augmentation import LabelledRecord
from streamstress.picking.extract import Phase
from streamstress.picking.picker_stage import PickerStage, StationPick
from streamstress.picking.station_window import ComponentTrace, StationWindow

_START_NS = 1_600_000_000_000_000_000
_FOUND_S = 0.5
_WELL_TIMED_S = 0.1
_RECORDS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class PhaseScore:
    """Score of one phase over labelled records.

    ``found`` is the share of arrivals with a pick within 0.5 s, ``within_100_ms`` the share with
    one within 0.1 s (both of all arrivals); ``median_s`` and ``mad_s`` describe pick minus arrival
    of those found; ``extra_per_record`` counts picks that match no arrival.
    """

    arrivals: int
    found: float
    within_100_ms: float
    median_s: float
    mad_s: float
    extra_per_record: float


def pick_record(
    stage: PickerStage,
    waveform: NDArray[np.floating[Any]],
    sampling_rate_hz: float = 100.0,
    start_ns: int = _START_NS,
    station: str = "XX.TEST",
) -> list[StationPick]:
    """All picks of one unbroken record (3, n), rows Z, N, E, in time order.

    The ends of the record count as gaps.
    """
    windows = record_windows(stage, waveform, sampling_rate_hz, start_ns, station)
    return [pick for picks in stage.pick(windows) for pick in picks.picks]


def record_windows(
    stage: PickerStage,
    waveform: NDArray[np.floating[Any]],
    sampling_rate_hz: float = 100.0,
    start_ns: int = _START_NS,
    station: str = "XX.TEST",
) -> list[StationWindow]:
    """Windows that cover a record."""
    end_ns = start_ns + round(waveform.shape[1] * 1e9 / sampling_rate_hz)
    return [
        _window(stage, waveform, sampling_rate_hz, start_ns, station, k)
        for k in range(stage.grid.index(start_ns), stage.grid.index(end_ns) + 1)
    ]


def score(stage: PickerStage, records: Sequence[LabelledRecord]) -> dict[Phase, PhaseScore]:
    """Score a picker on records at 100 Hz; arrivals that are nan do not count."""
    picks: list[list[StationPick]] = []
    for first in range(0, len(records), _RECORDS_AT_ONCE):
        picks += _picks_of(stage, records[first : first + _RECORDS_AT_ONCE])
    return {
        "P": _score(picks, [record.p_sample for record in records], "P"),
        "S": _score(picks, [record.s_sample for record in records], "S"),
    }


def _picks_of(stage: PickerStage, records: Sequence[LabelledRecord]) -> list[list[StationPick]]:
    windows = [
        window
        for number, record in enumerate(records)
        for window in record_windows(stage, record.waveform, station=f"XX.{number}")
    ]
    picks: list[list[StationPick]] = [[] for _ in records]
    for found in stage.pick(windows):
        picks[int(found.station[3:])] += found.picks
    return picks


def _score(
    picks: list[list[StationPick]], arrivals: list[tuple[float, ...]], phase: Phase
) -> PhaseScore:
    errors: list[float] = []
    extra = 0
    for found, samples in zip(picks, arrivals, strict=True):
        times_s = np.array([(p.time_ns - _START_NS) / 1e9 for p in found if p.phase == phase])
        true_s = np.array([sample / 100.0 for sample in samples if np.isfinite(sample)])
        difference = times_s[:, None] - true_s[None, :]
        extra += int((np.abs(difference) > _FOUND_S).all(axis=1).sum())
        for column in difference.T:
            errors.append(column[np.argmin(np.abs(column))] if len(column) else np.nan)
    return _phase_score(np.array(errors), extra / max(len(picks), 1))


def _phase_score(error_s: NDArray[np.float64], extra_per_record: float) -> PhaseScore:
    found = error_s[np.abs(error_s) < _FOUND_S]
    median = float(np.median(found)) if len(found) else float("nan")
    return PhaseScore(
        len(error_s),
        len(found) / max(len(error_s), 1),
        float(np.mean(np.abs(error_s) < _WELL_TIMED_S)) if len(error_s) else 0.0,
        median,
        float(np.median(np.abs(found - median))) if len(found) else float("nan"),
        extra_per_record,
    )


def _window(
    stage: PickerStage,
    waveform: NDArray[np.floating[Any]],
    rate: float,
    start_ns: int,
    station: str,
    k: int,
) -> StationWindow:
    data_start_ns, data_end_ns = stage.grid.data(k)
    first = round((data_start_ns - start_ns) * rate / 1e9)
    n = round((data_end_ns - data_start_ns) * rate / 1e9)
    inside = slice(max(0, first), max(0, min(first + n, waveform.shape[1])))
    components = []
    for row, letter in enumerate("ZNE"):
        samples = np.zeros(n, dtype=waveform.dtype)
        valid = np.zeros(n, dtype=np.bool_)
        into = slice(inside.start - first, inside.stop - first)
        samples[into], valid[into] = waveform[row, inside], True
        time_ns = start_ns + round(first * 1e9 / rate)
        components.append(ComponentTrace(f"HH{letter}", time_ns, rate, samples, valid))
    return StationWindow(station, "", k, tuple(components))
