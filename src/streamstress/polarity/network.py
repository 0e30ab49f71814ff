"""The polarity network: small, convolutional, and odd by construction.

``logit(x) = g(x) - g(-x)``. A waveform turned over gets exactly the negative logit, so the network
cannot prefer up to down, and noise has an expected probability of one half. The task is that of
Hara et al. (2019, Earth Planets Space 71:127).
"""

import torch
from torch import Tensor, nn

from streamstress.polarity.grids import NETWORK_SAMPLES
from streamstress.polarity.preparation import FEATURES

_CHANNELS = (24, 40, 64, 96)
_KERNELS = (15, 7, 5, 3)
_HIDDEN = 64


class Layers(nn.Module):
    """What follows the first convolution: each convolution halves the length."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(_CHANNELS[0], 1))
        layers: list[nn.Module] = [nn.ReLU()]
        for i, kernel in enumerate(_KERNELS[1:]):
            inputs, outputs = _CHANNELS[i : i + 2]
            layers += [nn.Conv1d(inputs, outputs, kernel, stride=2, padding=kernel // 2), nn.ReLU()]
        flat = _CHANNELS[-1] * NETWORK_SAMPLES // 2 ** len(_CHANNELS)
        layers += [nn.Flatten(), nn.Linear(flat, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, filtered: Tensor) -> Tensor:
        """Map filtered features (n, channels, 128) to (n,)."""
        logits: Tensor = self.layers(filtered + self.bias)[:, 0]
        return logits


def _first_filters() -> nn.Conv1d:
    """Linear filters without a constant: odd, and so computed once for a waveform and its turn."""
    kernel = _KERNELS[0]
    return nn.Conv1d(FEATURES, _CHANNELS[0], kernel, stride=2, padding=kernel // 2, bias=False)


class FirstMotionNetwork(nn.Module):
    """Features (n, 3, 256) to logits (n,) of an upward first motion."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = _first_filters()
        self.g = Layers()

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n,). Two passes of the same shape: row i meets the same arithmetic in both."""
        filtered = self.filters(features)
        logits: Tensor = self.g(filtered) - self.g(-filtered)
        return logits


class PlainNetwork(nn.Module):
    """The same layers without the symmetry: for comparison, trained on turned copies."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = _first_filters()
        self.g = Layers()

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n,)."""
        logits: Tensor = self.g(self.filters(features))
        return logits


# What a weight file may hold, by the name in it.
NETWORKS: dict[str, type[nn.Module]] = {
    "odd-cnn-2": FirstMotionNetwork,
    "plain-cnn-2": PlainNetwork,
}


def architecture(network: nn.Module) -> str:
    """Name of a network in its weight file; the class's for one that no file can hold."""
    names = {made: name for name, made in NETWORKS.items()}
    return names.get(type(network), type(network).__name__)


def is_odd(network: nn.Module) -> bool:
    """Whether a waveform turned over gets the opposite logit by construction."""
    return isinstance(network, FirstMotionNetwork)
