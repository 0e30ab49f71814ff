"""The pickers, behind one protocol: those of seisbench, and the demo's own."""

import json
import pickle
import re
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from seisbench import models as seisbench_models
from seisbench.models import PhaseNet, WaveformModel

from streamstress.errors import WeightsError
from streamstress.picking.sta_lta import StaLtaPicker

DEMO_WEIGHTS = Path(__file__).parent / "weights" / "demo_phasenet"

# Digits kept of a probability: the last bits of a forward pass depend on the batch's size.
_DECIMALS = 4

STA_LTA = "sta-lta"

DEFAULT_THRESHOLD = 0.3
"""Least probability of a pick where weights name none, as in seisbench's PhaseNet."""

MISSING_GAIN = frozenset({"phasenet"})
"""Architectures whose input grows by three over the number of components that are there.

Zhu & Beroza trained theirs so (``adjust_missingchannels`` of AI4EPS/PhaseNet); seisbench leaves it
out. Of the P of 39 single verticals of NCEDC 0.77 are found without it, and all with it. Weights
trained otherwise say ``"missing_gain": false`` in the ``default_args`` of their .json.
"""

# What a dead channel's constant leaves when its mean is taken off, beside the largest sample.
_STILL = 1e-9

_POLARITY_LABELS = ("Polarity_U", "Polarity_D")
# Samples around a pick in which the largest polarity score counts, as in seisbench's EQTP.
_POLARITY_SAMPLES = 7


class Picker(Protocol):
    """Gives the probability of a P and of an S onset at each sample of a window."""

    @property
    def name(self) -> str:
        """Model and weights, as recorded with a pick."""
        ...

    @property
    def sampling_rate_hz(self) -> float:
        """Rate of the input."""
        ...

    @property
    def window_samples(self) -> int:
        """Length of the input."""
        ...

    @property
    def blinding_samples(self) -> tuple[int, int]:
        """Samples at the start and the end of the input without an answer."""
        ...

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities ``(n, samples, 2)`` (P, S) of windows ``(n, 3, samples)`` (Z, N, E).

        The result of a window does not depend on the others of the batch. A picker that also reads
        first motions gives a third column: the probability that a P there moves up.
        """
        ...


class SeisbenchPicker:
    """A seisbench picking model, with the preprocessing that its weights ask for.

    Component order, normalisation, detrend, blinding and filters come from the model. Filters run
    on the window, where seisbench filters the whole stream, so the first seconds may differ.
    """

    def __init__(
        self, model: WaveformModel, name: str, batch_size: int = 32, *, missing_gain: bool = False
    ) -> None:
        self._model = model.eval()
        self._name = name
        self._batch_size = batch_size
        self._missing_gain = bool(model.default_args.get("missing_gain", missing_gain))
        _check_output(model, name)
        order = model.component_order or "ZNE"
        labels = list(model.labels)
        if sorted(order) != ["E", "N", "Z"] or not {"P", "S"} <= set(labels):
            raise WeightsError(
                f"{name}: needs components Z, N, E and phases P, S; the model has components "
                f"{order} and phases {labels}"
            )
        self._rows = ["ZNE".index(component) for component in order]
        self._columns = [labels.index("P"), labels.index("S")]
        if set(_POLARITY_LABELS) <= set(labels):
            self._columns += [labels.index(label) for label in _POLARITY_LABELS]

    @property
    def name(self) -> str:
        """Model and weights."""
        return self._name

    @property
    def sampling_rate_hz(self) -> float:
        """Rate of the input."""
        return float(self._model.sampling_rate)

    @property
    def window_samples(self) -> int:
        """Length of the input."""
        return int(self._model.in_samples)

    @property
    def blinding_samples(self) -> tuple[int, int]:
        """Samples at the start and the end of the input without an answer."""
        default = self._model._annotate_args["blinding"][1]
        front, back = self._model.default_args.get("blinding", default)
        return int(front), int(back)

    @property
    def default_thresholds(self) -> tuple[float, float]:
        """Least probabilities of P and S that the weights were published with."""
        own = self._model.default_args
        p, s = (own.get(f"{phase}_threshold", DEFAULT_THRESHOLD) for phase in "PS")
        return float(p), float(s)

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities ``(n, samples, 2 or 3)`` of windows ``(n, 3, samples)``, see `Picker`."""
        filtered = self._filtered(batch)[:, self._rows]
        found = np.empty((len(batch), self.window_samples, len(self._columns)), dtype=np.float32)
        for first in range(0, len(batch), self._batch_size):
            part = filtered[first : first + self._batch_size]
            found[first : first + len(part)] = self._forward(part)[: len(part)]
        return found if len(self._columns) == 2 else _with_up_probability(found)

    def _forward(self, part: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.zeros((self._batch_size, 3, self.window_samples), dtype=np.float32)
        # Models add 1e-10 before they divide: ground velocity in m/s must not drown in it.
        largest = np.abs(part).max(axis=(1, 2), keepdims=True)
        padded[: len(part)] = part / np.where(largest > 0, largest, 1.0)
        arguments = {**self._model.default_args, "blinding": (0, 0)}
        with torch.inference_mode():
            ready = self._model.annotate_batch_pre(torch.from_numpy(padded), arguments)
            if self._missing_gain:
                ready = ready * torch.from_numpy(_gain_of_missing(padded))
            output = self._model.annotate_batch_post(self._model(ready), None, arguments)
        return np.asarray(output.numpy()[:, :, self._columns].round(_DECIMALS), dtype=np.float32)

    def _filtered(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._model.filter_args is None and self._model.filter_kwargs is None:
            return batch
        filtered = np.empty_like(batch)
        for i, window in enumerate(batch):
            for row, component in enumerate("ZNE"):
                filtered[i, row] = self._filtered_trace(window[row], component)
        return filtered

    def _filtered_trace(self, samples: NDArray[np.float32], component: str) -> NDArray[np.float32]:
        from obspy import Stream, Trace

        header = {"channel": f"HH{component}", "sampling_rate": self.sampling_rate_hz}
        stream = Stream([Trace(samples - samples.mean(dtype=np.float64), header=header)])
        self._model._filter_stream(stream)
        return np.asarray(stream[0].data, dtype=np.float32)


def _gain_of_missing(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Three over the number of components that move ``(n, 1, 1)``; the largest sample is 1."""
    present = np.ptp(batch, axis=2, keepdims=True) > _STILL
    return np.asarray(3.0 / np.maximum(present.sum(axis=1, keepdims=True), 1), dtype=np.float32)


def _with_up_probability(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """P, S and the up probability ``(n, samples, 3)``; what is neither up nor down counts half."""
    near = maximum_filter1d(scores[:, :, 2:], _POLARITY_SAMPLES, axis=1, mode="nearest")
    up = np.clip(0.5 + 0.5 * (near[:, :, 0] - near[:, :, 1]), 0.0, 1.0).round(_DECIMALS)
    return np.concatenate([scores[:, :, :2], up[:, :, None]], axis=2)


def _check_output(model: WaveformModel, name: str) -> None:
    """Refuse a model that does not answer at each sample of its input."""
    whole = (0, model.in_samples)
    if model.output_type != "array" or tuple(model.pred_sample or whole) != whole:
        raise WeightsError(
            f"{name}: gives no probability at each sample of its input; PhaseNet and EQTransformer "
            "do"
        )


def architectures() -> dict[str, type[WaveformModel]]:
    """Every waveform model of seisbench by its name in small letters."""
    found = vars(seisbench_models).items()
    return {
        name.lower(): kind
        for name, kind in found
        if isinstance(kind, type) and issubclass(kind, WaveformModel) and kind is not WaveformModel
    }


def load_picker(
    spec: str, threads: int = 1, batch_size: int = 32
) -> SeisbenchPicker | StaLtaPicker:
    """Load a picker.

    Parameters
    ----------
    spec : str
        ``demo`` (comes with the package, trained on simulated data); ``sta-lta`` (no model);
        ``phasenet:PATH``, ``eqtransformer:PATH``, ``eqtp:PATH`` (which reads first motions, too) or
        another model of seisbench with a pair ``PATH.json`` and ``PATH.pt``; ``phasenet:NAME`` and
        so on, a name that seisbench can fetch.
    threads : int
        Threads of a forward pass, for the whole process.
    batch_size : int
        Windows of a forward pass; shorter batches are padded to it.

    Raises
    ------
    WeightsError
        No such model, or its files are missing, unreadable or of another architecture.
    """
    torch.set_num_threads(threads)
    if spec == "demo":
        return SeisbenchPicker(_from_file(PhaseNet, DEMO_WEIGHTS), "demo", batch_size)
    if spec == STA_LTA:
        return StaLtaPicker()
    kind, _, source = spec.partition(":")
    architecture = architectures().get(kind)
    if architecture is None or not source:
        raise WeightsError(
            f"picker '{spec}': expected demo, sta-lta, phasenet:PATH_OR_NAME, "
            "eqtransformer:PATH_OR_NAME or another model of seisbench"
        )
    path = Path(re.sub(r"\.(pt|json)$", "", source))
    if "/" in source or Path(f"{path}.json").exists() or Path(f"{path}.pt").exists():
        model, name = _from_file(architecture, path), f"{kind}:{path.name}"
    else:
        model, name = _pretrained(architecture, kind, source), spec
    return SeisbenchPicker(model, name, batch_size, missing_gain=kind in MISSING_GAIN)


def _from_file(architecture: type[WaveformModel], path: Path) -> WaveformModel:
    try:
        return architecture.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(architecture, path, error) from error
    except (ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise _unreadable(architecture, path, error) from error


def _unreadable(architecture: type[WaveformModel], path: Path, error: Exception) -> WeightsError:
    files = [f"{path}{suffix}" for suffix in (".json", ".pt")]
    missing = [file for file in files if not Path(file).is_file()]
    what = f"{' and '.join(missing)} missing" if missing else _first_line(error)
    return WeightsError(
        f"{path}: not readable as weights of {architecture.__name__}: {what}; a picker is a pair "
        "PATH.json and PATH.pt as seisbench's save() writes it"
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"the .json is no JSON (line {error.lineno})"
    return str(error).strip().split("\n")[0]


def _pretrained(architecture: type[WaveformModel], kind: str, name: str) -> WaveformModel:
    try:
        return architecture.from_pretrained(name)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{kind}:{name}: seisbench has no such weights in its cache and could not fetch them "
            f"({_first_line(error)}); give a file as {kind}:PATH"
        ) from error
