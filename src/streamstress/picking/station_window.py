"""The data of one sensor for one window: three components, each with its gaps."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from streamstress.earth.channels import split_channel
from streamstress.errors import UnusableDataError

# Row of a component letter in (Z, N, E) order; 1, 2, 3 name unoriented sensors.
_ROW = {"Z": 0, "3": 0, "N": 1, "1": 1, "E": 2, "2": 2}


@dataclass(frozen=True, slots=True)
class ComponentTrace:
    """One component at its own rate; ``samples``, ``valid`` and ``clipped`` have shape ``(n,)``.

    ``start_ns`` is the time of the first sample (integer ns UTC).
    """

    channel: str
    start_ns: int
    sampling_rate_hz: float
    samples: NDArray[np.floating[Any]]
    valid: NDArray[np.bool_]
    clipped: NDArray[np.bool_] | None = None

    def index(self, time_ns: int) -> int:
        """Nearest sample to a time; may lie outside the trace."""
        return round((time_ns - self.start_ns) * self.sampling_rate_hz / 1e9)


@dataclass(frozen=True, slots=True)
class StationWindow:
    """Data of one sensor for window ``k``, cut as `WindowGrid.data` says.

    ``station`` is the key ``NET.STA``; ``components`` holds any of Z, N, E (or 1, 2, 3) once.
    """

    station: str
    location: str
    k: int
    components: tuple[ComponentTrace, ...]

    def rows(self) -> tuple[ComponentTrace | None, ComponentTrace | None, ComponentTrace | None]:
        """Components in the order Z, N, E; None where there is none.

        Raises
        ------
        UnusableDataError
            Two components claim one direction, or a channel code ends in another letter.
        """
        rows: list[ComponentTrace | None] = [None, None, None]
        for component in self.components:
            row = _ROW.get(split_channel(component.channel)[1])
            if row is None or rows[row] is not None:
                raise UnusableDataError(
                    f"{self.station}.{self.location}: channels "
                    f"{[c.channel for c in self.components]} are not one each of Z, N, E (1, 2, 3)"
                )
            rows[row] = component
        return rows[0], rows[1], rows[2]


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A window at the model's rate: ``samples`` and ``valid`` have shape ``(3, n)``, rows Z, N, E.

    ``start_ns`` is the time of the first sample.
    """

    start_ns: int
    samples: NDArray[np.float32]
    valid: NDArray[np.bool_]


def model_input(
    window: StationWindow, start_ns: int, n_samples: int, sampling_rate_hz: float
) -> ModelInput:
    """Bring a window's components to the model's rate and length; gaps and absences are zero.

    Resampling is by polyphase filter (zero phase). The first component's sample times count; one
    that lies a part of a sample beside it is used as it is (error below half a sample).

    Raises
    ------
    UnusableDataError
        There is no component, or they are not one each of Z, N, E.
    """
    rows = window.rows()
    first = next((row for row in rows if row is not None), None)
    if first is None:
        raise UnusableDataError(f"{window.station}.{window.location}: a window without channels")
    shift = round((start_ns - first.start_ns) * sampling_rate_hz / 1e9)
    start_ns = first.start_ns + round(shift * 1e9 / sampling_rate_hz)
    samples = np.zeros((3, n_samples), dtype=np.float32)
    valid = np.zeros((3, n_samples), dtype=np.bool_)
    for i, row in enumerate(rows):
        if row is not None:
            data, mask = _resampled(row, sampling_rate_hz)
            offset = round((row.start_ns - start_ns) * sampling_rate_hz / 1e9)
            into = slice(max(0, offset), max(0, min(n_samples, offset + len(data))))
            part = slice(into.start - offset, into.stop - offset)
            if into.start < into.stop:
                samples[i, into], valid[i, into] = data[part], mask[part]
    return ModelInput(start_ns, samples, valid)


def _resampled(
    trace: ComponentTrace, sampling_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    centred = np.zeros(len(trace.samples))
    if trace.valid.any():
        # Demean before filling, or every gap would be two steps of the offset's height.
        centred[trace.valid] = trace.samples[trace.valid] - np.mean(
            trace.samples[trace.valid], dtype=np.float64
        )
    ratio = Fraction(sampling_rate_hz / trace.sampling_rate_hz).limit_denominator(1000)
    if ratio == 1:
        return centred, trace.valid
    resampled = resample_poly(centred, ratio.numerator, ratio.denominator)
    nearest = np.round(np.arange(len(resampled)) / float(ratio)).astype(np.int64)
    return resampled, trace.valid[np.minimum(nearest, len(trace.valid) - 1)]
