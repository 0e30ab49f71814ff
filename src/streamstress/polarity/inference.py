"""Logits of many windows: the network's convolutions as matrix products.

torch's convolutions of one dimension spend much of their time on rearranging. With the channels
last, a convolution that halves the length is one product of overlapping rows with a matrix: 101
against 127 microseconds a window in batches of 64, 101 against 161 in batches of 16 (least
processor time of 14 runs in turns, one busy core).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from streamstress.polarity.network import FirstMotionNetwork, Layers, PlainNetwork

BATCH = 16
"""Inference always runs this many windows, so that company does not change the arithmetic."""


def network_logits(network: nn.Module, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits (n,) of features (n, 3, 256), in batches padded with zeros to a fixed size."""
    logits = np.zeros(features.shape[0])
    network.eval()
    with torch.inference_mode():
        for start in range(0, features.shape[0], BATCH):
            part = features[start : start + BATCH]
            padded = np.zeros((BATCH, *features.shape[1:]), np.float32)
            padded[: part.shape[0]] = part
            answer = _logits(network, torch.from_numpy(padded)).numpy()
            logits[start : start + part.shape[0]] = answer[: part.shape[0]]
    return logits


def _logits(network: nn.Module, features: Tensor) -> Tensor:
    if not isinstance(network, FirstMotionNetwork | PlainNetwork):
        other: Tensor = network(features)
        return other
    filtered = _convolved(features.transpose(1, 2).contiguous(), network.filters)
    upward = _layers(network.g, filtered)
    if isinstance(network, PlainNetwork):
        return upward
    # Two passes of the same shape: row i meets the same arithmetic in both.
    return upward - _layers(network.g, -filtered)


def _layers(layers: Layers, filtered: Tensor) -> Tensor:
    """Apply what follows the first filters, (n, length, channels) to (n,)."""
    values = (filtered + layers.bias[:, 0]).relu_()
    for layer in layers.layers:
        if isinstance(layer, nn.Conv1d):
            values = _convolved(values, layer).relu_()
    # The weights of the first dense layer count channel by channel.
    values = values.transpose(1, 2).flatten(1)
    hidden, last = (layer for layer in layers.layers if isinstance(layer, nn.Linear))
    values = linear(values, hidden.weight, hidden.bias).relu_()
    return linear(values, last.weight, last.bias)[:, 0]


def _convolved(values: Tensor, layer: nn.Conv1d) -> Tensor:
    """Apply a convolution of stride 2, (n, length, channels) to (n, length / 2, channels)."""
    count, length, channels = values.shape
    kernel = layer.weight.shape[2]
    padded = pad(values, (0, 0, kernel // 2, kernel // 2))
    strides = (padded.shape[1] * channels, 2 * channels, 1)
    rows = padded.as_strided((count, length // 2, kernel * channels), strides)
    matrix = layer.weight.permute(2, 1, 0).reshape(kernel * channels, -1)
    flat = rows.reshape(-1, kernel * channels)
    made = flat @ matrix if layer.bias is None else torch.addmm(layer.bias, flat, matrix)
    return made.view(count, length // 2, -1)
