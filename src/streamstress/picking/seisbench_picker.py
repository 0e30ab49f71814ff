"""Any seisbench picking model as a picker: batches of windows in, probabilities out."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from seisbench.models import WaveformModel

from streamstress.errors import WeightsError

DEFAULT_THRESHOLD = 0.3
"""Least probability of a pick where weights name none, as in seisbench's PhaseNet."""

# Digits kept of a probability: the last bits of a forward pass depend on the batch's size.
_DECIMALS = 4

# What a dead channel's constant leaves when its mean is taken off, beside the largest sample.
_STILL = 1e-9

_POLARITY_LABELS = ("Polarity_U", "Polarity_D")
# Samples around a pick in which the largest polarity score counts, as in seisbench's EQTP.
_POLARITY_SAMPLES = 7


class SeisbenchPicker:
    """A seisbench picking model, with the preprocessing that its weights ask for.

    Component order, normalisation, detrend, blinding and filters come from the model. Filters run
    on the window, where seisbench filters the whole stream, so the first seconds may differ.
    """

    def __init__(
        self,
        model: WaveformModel,
        name: str,
        batch_size: int = 32,
        *,
        missing_gain: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        self._model = model.to(device).eval()
        self.device = torch.device(device)
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
            windows = torch.from_numpy(padded).to(self.device)
            ready = self._model.annotate_batch_pre(windows, arguments)
            if self._missing_gain:
                ready = ready * torch.from_numpy(_gain_of_missing(padded)).to(self.device)
            output = self._model.annotate_batch_post(self._model(ready), None, arguments)
        answer = output.cpu().numpy()[:, :, self._columns]
        return np.asarray(answer.round(_DECIMALS), dtype=np.float32)

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
