"""Logits of many windows: batches of fixed sizes, the weights put in order once for all of them.

One core under load took 65 microseconds a window in batches of 64 and 93 in batches of 16; putting
the weights in order for every batch anew 72 and 110 (least processor time of 12 runs in turns).
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

from streamstress.polarity.network import CHANNELS, FirstMotionNetwork, Layers, PlainNetwork

LARGE_BATCH, BATCH = 64, 16
"""Windows of a batch: many, then the rest in small ones, filled up. Both gave the same logits to
the last bit (2048 windows); rounding covers a machine where they do not."""

Forward = Callable[[Tensor], Tensor]


def network_logits(network: nn.Module, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits (n,) of features (n, 3, 256), in batches padded with zeros to a fixed size."""
    count = features.shape[0]
    logits = np.zeros(count)
    network.eval()
    with torch.inference_mode():
        forward = _forward(network)
        start = 0
        while start < count:
            size = LARGE_BATCH if count - start >= LARGE_BATCH else BATCH
            part = features[start : start + size]
            answer = forward(torch.from_numpy(_filled_up(part, size))).numpy()
            logits[start : start + len(part)] = answer[: len(part)]
            start += size
    return logits


def _filled_up(part: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    if len(part) == size:
        return part
    padded = np.zeros((size, *part.shape[1:]), np.float32)
    padded[: len(part)] = part
    return padded


def _forward(network: nn.Module) -> Forward:
    """Return what the network does to features, with its weights laid out for inference."""
    if not isinstance(network, FirstMotionNetwork | PlainNetwork):
        return network
    filters, rest = _convolution(network.filters), _rest(network.g)
    bias = network.g.bias.unsqueeze(2)

    def plain(features: Tensor) -> Tensor:
        return rest(bias + filters(_channels_last(features.unsqueeze(2))))

    def odd(features: Tensor) -> Tensor:
        filtered = filters(_channels_last(features.unsqueeze(2)))
        # Two passes of the same shape: row i meets the same arithmetic in both.
        return rest(bias + filtered) - rest(bias - filtered)

    return odd if isinstance(network, FirstMotionNetwork) else plain


def _rest(layers: Layers) -> Forward:
    """Return what comes after the first bias, (n, channels, 1, 128) to (n,)."""
    convolutions = [_convolution(layer) for layer in layers.layers if isinstance(layer, nn.Conv1d)]
    hidden, last = (layer for layer in layers.layers if isinstance(layer, nn.Linear))
    # The dense layer's weights count channel by channel, the values sample by sample.
    last_channels = hidden.weight.view(hidden.out_features, CHANNELS[-1], -1)
    by_sample = last_channels.transpose(1, 2).flatten(1).contiguous()

    def apply(values: Tensor) -> Tensor:
        values = values.relu_()
        for convolution in convolutions:
            values = convolution(values).relu_()
        values = values.permute(0, 2, 3, 1).flatten(1)
        values = linear(values, by_sample, hidden.bias).relu_()
        return linear(values, last.weight, last.bias)[:, 0]

    return apply


def _convolution(layer: nn.Conv1d) -> Forward:
    """Return a convolution of stride 2 on (n, channels, 1, length), channels last."""
    weight, padding = _channels_last(layer.weight.unsqueeze(2)), (0, layer.weight.shape[2] // 2)
    return lambda values: conv2d(values, weight, layer.bias, stride=(1, 2), padding=padding)


def _channels_last(values: Tensor) -> Tensor:
    return values.contiguous(memory_format=torch.channels_last)
