"""The pickers, behind one protocol: those of seisbench, and the demo's own."""

import json
import pickle
import re
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from seisbench import models as seisbench_models
from seisbench.models import PhaseNet, WaveformModel

from streamstress.errors import ConfigError, WeightsError
from streamstress.picking.seisbench_picker import SeisbenchPicker
from streamstress.picking.sta_lta import StaLtaPicker

DEMO_WEIGHTS = Path(__file__).parent / "weights" / "demo_phasenet"

STA_LTA = "sta-lta"

MISSING_GAIN = ("phasenet:", "phasenet:original")
"""Weights whose input grows by three over the number of components that are there: files, a name.

Zhu & Beroza trained PhaseNet so (``adjust_missingchannels`` of AI4EPS/PhaseNet); seisbench leaves
it out. Of the P of 39 single verticals of NCEDC 0.77 are found without it, and all with it. Weights
say ``"missing_gain": true`` or ``false`` in the ``default_args`` of their .json.
"""


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


def architectures() -> dict[str, type[WaveformModel]]:
    """Every waveform model of seisbench by its name in small letters."""
    found = vars(seisbench_models).items()
    return {
        name.lower(): kind
        for name, kind in found
        if isinstance(kind, type) and issubclass(kind, WaveformModel) and kind is not WaveformModel
    }


def load_picker(
    spec: str, threads: int = 1, batch_size: int = 32, device: str = "auto"
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
    device : str
        Where a model runs, see `choose_device`.

    Raises
    ------
    ConfigError
        There is no such device.
    WeightsError
        No such model, or its files are missing, unreadable or of another architecture.
    """
    torch.set_num_threads(threads)
    if spec == "demo":
        model = _from_file(PhaseNet, DEMO_WEIGHTS)
        return SeisbenchPicker(model, "demo", batch_size, device=choose_device(device))
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
        model, name, origin = _from_file(architecture, path), f"{kind}:{path.name}", f"{kind}:"
    else:
        model, name, origin = _pretrained(architecture, kind, source), spec, spec
    return SeisbenchPicker(
        model,
        name,
        batch_size,
        missing_gain=origin in MISSING_GAIN,
        device=choose_device(device),
    )


def choose_device(name: str) -> torch.device:
    """``auto``: the first GPU that torch sees, else the processor; or a device by torch's name.

    Raises
    ------
    ConfigError
        torch does not know the name, or sees no such GPU.
    """
    seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda" if seen else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device '{name}': expected auto, cpu, cuda or cuda:N") from error
    if device.type != "cpu" and (device.type != "cuda" or (device.index or 0) >= seen):
        raise ConfigError(
            f"device '{name}': torch {torch.__version__} sees {seen} GPUs; take auto or cpu, or a "
            "build of torch for this GPU"
        )
    return device


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
    if isinstance(error, TypeError):
        return f"the .json is that of another model ({error})"
    return str(error).strip().split("\n")[0]


def _pretrained(architecture: type[WaveformModel], kind: str, name: str) -> WaveformModel:
    try:
        return architecture.from_pretrained(name)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{kind}:{name}: seisbench has no such weights in its cache and could not fetch them "
            f"({_first_line(error)}); give a file as {kind}:PATH"
        ) from error
