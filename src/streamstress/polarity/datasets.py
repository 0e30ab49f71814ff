"""Labelled onsets of a seisbench WaveformDataset, or of windows cut from an archive."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import InputFileError, UnusableDataError
from streamstress.polarity.labelled import LabelledOnsets

Floats = NDArray[np.float64]

BEFORE_S, AFTER_S = 2.0, 1.0
"""What is kept around an arrival, s: enough for the features and for picks moved in training."""

ARRIVALS = ("p", "P", "Pg", "pPg", "Pn", "p1")
"""Phases whose ``trace_<phase>_arrival_sample`` is taken for the first arrival, in this order."""

SIGNS = {
    "up": 1, "positive": 1, "u": 1, "+": 1, "1": 1, "+1": 1, "1.0": 1, "c": 1,
    "down": -1, "negative": -1, "d": -1, "-": -1, "-1": -1, "-1.0": -1,
    "unknown": 0, "undecidable": 0, "undecideable": 0, "x": 0, "n": 0, "0": 0, "0.0": 0,
}  # fmt: skip
"""Words for a first motion: of seisbench's data sets, QuakeML, HASH files. Compression is up.
Signs beside missing values come out of a table as 1.0 and -1.0."""


class Table(Protocol):
    """What is asked of a pandas table."""

    @property
    def columns(self) -> Iterable[str]:
        """Names of the columns."""

    def __len__(self) -> int: ...


class WaveformDataset(Protocol):
    """What is asked of a ``seisbench.data.WaveformDataset``."""

    @property
    def metadata(self) -> Table:
        """A row a trace."""

    @property
    def component_order(self) -> str:
        """Order of the components of the samples."""

    def get_sample(self, idx: int) -> tuple[NDArray[Any], dict[str, Any]]:
        """Waveform (components, samples) and metadata of a trace."""


@dataclass(frozen=True, slots=True)
class DatasetOnsets:
    """One set a sampling rate, and how many traces were set aside for what reason."""

    sets: list[LabelledOnsets]
    set_aside: Counter[str]


def onsets_of_dataset(
    dataset: WaveformDataset,
    *,
    polarity_column: str = "trace_polarity",
    arrival_column: str | None = None,
    keep_unknown: bool = False,
    report: Callable[[int, int], None] | None = None,
) -> DatasetOnsets:
    """Labelled onsets of a data set; earthquakes are told apart by ``source_id``, where it is.

    Parameters
    ----------
    dataset
        With ``trace_polarity`` (``trace_P_polarity`` and the like by ``polarity_column``).
    arrival_column
        Sample of the P arrival; the first of ``trace_p_arrival_sample``, ``trace_P_...``,
        ``trace_Pg_...`` that a trace has, where None.
    keep_unknown
        Whether traces nobody could read are kept as sign 0, taught as probability one half. Leave
        them out where "unknown" also means that nobody looked.
    report
        Called with (traces done, traces) now and then.

    Raises
    ------
    InputFileError
        The data set has no such column, or no vertical component.
    UnusableDataError
        No trace of it can be used.
    """
    columns = set(dataset.metadata.columns)
    if polarity_column not in columns:
        has = ", ".join(sorted(name for name in columns if "polarity" in name)) or "none"
        raise InputFileError(f"data set: no column {polarity_column}; polarity columns: {has}")
    arrivals = [arrival_column] if arrival_column else _arrival_columns(columns)
    vertical = dataset.component_order.find("Z")
    if vertical < 0:
        raise InputFileError(f"data set: no vertical component in {dataset.component_order}")
    windows, aside = [], Counter[str]()
    for number in range(len(dataset.metadata)):
        if report and number % 500 == 0:
            report(number, len(dataset.metadata))
        try:
            waveform, metadata = dataset.get_sample(number)
            windows.append(
                _window(waveform[vertical], metadata, polarity_column, arrivals, keep_unknown)
            )
        except UnusableDataError as error:
            aside[str(error)] += 1
    if not windows:
        raise UnusableDataError(f"data set: no trace of {len(dataset.metadata)} can be used")
    return DatasetOnsets(labelled_sets(windows), aside)


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """One onset: samples (n,), the pick's place in them from 0, sign, and name of the event."""

    samples: Floats
    sampling_rate_hz: float
    pick_index: float
    sign: int
    event: str = ""


def labelled_sets(windows: Sequence[LabelledWindow]) -> list[LabelledOnsets]:
    """One set a sampling rate, all cut alike around the pick.

    What a window lacks repeats its first or last value; the features refuse it only if it is
    needed. Without any event name the sets have no groups.
    """
    without_any = all(not window.event for window in windows)
    # An onset of no known earthquake is one of its own.
    names = [window.event or (i,) for i, window in enumerate(windows)]
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    sets = []
    for rate in sorted({window.sampling_rate_hz for window in windows}):
        rows = [i for i, window in enumerate(windows) if window.sampling_rate_hz == rate]
        chosen = [windows[i] for i in rows]
        before = round(BEFORE_S * rate)
        offsets = np.arange(-before, round(AFTER_S * rate))
        sets.append(
            LabelledOnsets(
                np.stack([_cut(window, offsets) for window in chosen]),
                np.array([window.sign for window in chosen], np.int8),
                rate,
                before,
                None if without_any else np.array([numbers[names[i]] for i in rows]),
            )
        )
    return sets


def _cut(window: LabelledWindow, offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    index = round(window.pick_index) + offsets
    samples = window.samples - window.samples[max(0, min(index[0], window.samples.size - 1))]
    cut = samples[np.clip(index, 0, samples.size - 1)]
    # Nothing recorded after the pick cannot be made up for.
    missing = index >= samples.size
    return np.where(missing, np.nan, cut).astype(np.float32)


def _window(
    samples: Floats,
    metadata: Mapping[str, Any],
    polarity_column: str,
    arrivals: Sequence[str],
    keep_unknown: bool,
) -> LabelledWindow:
    sign = SIGNS.get(str(metadata[polarity_column]).strip().lower())
    if sign is None or (sign == 0 and not keep_unknown):
        raise UnusableDataError("no polarity")
    picks = [float(metadata[name]) for name in arrivals]
    pick = next((value for value in picks if np.isfinite(value)), np.nan)
    rate = float(metadata["trace_sampling_rate_hz"])
    if not np.isfinite(rate) or rate <= 0:
        raise UnusableDataError("no sampling rate")
    if not 0 <= pick < samples.size:
        raise UnusableDataError("no P arrival inside the trace")
    # A copy: a view would keep the whole trace in memory.
    first = max(0, int(pick - (BEFORE_S + 1.0) * rate))
    last = int(pick + (AFTER_S + 1.0) * rate)
    event = str(metadata.get("source_id", ""))
    # An empty cell comes out of a table as nan: not all those are one earthquake.
    event = "" if event == "nan" else event
    return LabelledWindow(np.array(samples[first:last], float), rate, pick - first, sign, event)


def _arrival_columns(columns: set[str]) -> list[str]:
    names = [f"trace_{phase}_arrival_sample" for phase in ARRIVALS]
    found = [name for name in names if name in columns]
    if not found:
        raise InputFileError(f"data set: none of the columns {', '.join(names)}")
    return found
