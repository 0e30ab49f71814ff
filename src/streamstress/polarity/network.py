"""The polarity network: small, convolutional, and odd by construction.

``logit(x) = g(x) - g(-x)``. A waveform turned over gets exactly the negative logit, so the network
cannot prefer up to down, and pure noise has an expected probability of one half. The network it
follows in size and task is that of Hara et al. (2019, Earth Planets Space 71:127).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from streamstress.polarity.preparation import NETWORK_SAMPLES

ARCHITECTURE = "odd-cnn-1"
# Inference always runs this many windows, so that company does not change the arithmetic.
BATCH = 16

_CHANNELS = (24, 40, 56, 64)
_KERNELS = (9, 5, 3, 3)
_HIDDEN = 44


class FirstMotionNetwork(nn.Module):
    """Features (n, 2, 128) to logits (n,) of an upward first motion."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 2
        for outputs, kernel in zip(_CHANNELS, _KERNELS, strict=True):
            layers += [nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU()]
            layers.append(nn.MaxPool1d(2))
            inputs = outputs
        flat = inputs * NETWORK_SAMPLES // 2 ** len(_CHANNELS)
        layers += [nn.Flatten(), nn.Linear(flat, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1)]
        self.g = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n,). Two passes of the same shape: row i meets the same arithmetic in both."""
        logits: Tensor = (self.g(features) - self.g(-features))[:, 0]
        return logits


def network_logits(
    network: FirstMotionNetwork, features: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Logits (n,) of features (n, 2, 128), in batches padded with zeros to a fixed size."""
    logits = np.zeros(features.shape[0])
    network.eval()
    with torch.inference_mode():
        for start in range(0, features.shape[0], BATCH):
            part = features[start : start + BATCH]
            padded = np.zeros((BATCH, *features.shape[1:]), np.float32)
            padded[: part.shape[0]] = part
            answer = network(torch.from_numpy(padded)).numpy()
            logits[start : start + part.shape[0]] = answer[: part.shape[0]]
    return logits
