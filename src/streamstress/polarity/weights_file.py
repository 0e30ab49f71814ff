"""Weights on disk: network, calibration temperature and model card in one file."""

import hashlib
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from streamstress.errors import WeightsError
from streamstress.polarity.calibration import UNCALIBRATED, Calibration
from streamstress.polarity.network import NETWORKS, architecture

# The model card: seed, steps, date, command and figures of the training, as plain values.
Card = dict[str, str | int | float]

COMMITTED_WEIGHTS = Path(__file__).parent / "weights" / "first_motion.pt"


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network with the temperature its logits are divided by, and its model card.

    ``calibration`` is what a network's own labels or mechanisms add to that temperature.
    """

    network: nn.Module
    temperature: float
    card: Card
    calibration: Calibration = UNCALIBRATED

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits of the SHA-256 of weights, temperature and calibration."""
        digest = hashlib.sha256(np.float64(self.temperature).tobytes())
        if self.calibration != UNCALIBRATED:
            digest.update(repr(self.calibration).encode())
        for name, tensor in sorted(self.network.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()[:8]


def save_weights(trained: TrainedNetwork, path: Path) -> None:
    """Write a trained network; its folder is made where missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "architecture": architecture(trained.network),
        "state": trained.network.state_dict(),
        "temperature": trained.temperature,
        "card": trained.card,
        "calibration": asdict(trained.calibration),
    }
    torch.save(content, path)


def load_weights(path: Path | None = None) -> TrainedNetwork:
    """Read a trained network.

    Parameters
    ----------
    path
        A file of :func:`save_weights`; the weights that come with the package where None.

    Raises
    ------
    WeightsError
        The file is missing, unreadable, or of another architecture.
    """
    path = path or COMMITTED_WEIGHTS
    content = read_tensors(path)
    name = content.get("architecture")
    if name not in NETWORKS:
        raise WeightsError(
            f"{path}: these are not weights of a polarity network ({' or '.join(NETWORKS)}); "
            "train them with `streamstress polarity train`"
        )
    network = NETWORKS[name]()
    try:
        network.load_state_dict(content["state"])
        temperature, card = float(content["temperature"]), dict(content["card"])
        calibration = Calibration(**content.get("calibration", {}))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise WeightsError(f"{path}: the weight file is incomplete: {error}") from error
    if not temperature > 0 or not np.isfinite(temperature):
        raise WeightsError(f"{path}: temperature {temperature} is not positive")
    network.eval()
    return TrainedNetwork(network, temperature, card, calibration)


def read_tensors(path: Path) -> dict[str, Any]:
    """Read a file of tensors and plain values by name; such a file can never hold code.

    Raises
    ------
    WeightsError
        The file is missing, unreadable or something else.
    """
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: there is no such weight file") from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"{path}: cannot be read as a weight file; expected one that `streamstress polarity "
            "train` wrote"
        ) from error
    return content if isinstance(content, dict) else {}
