"""Networks that compute in true float32, whatever torch's global settings, so that a GPU gives what a CPU gives."""

from functools import partial
from typing import Any

import torch


def force_float32(network: Any) -> Any:
    """Make the network convolve in true float32, whatever torch's global settings."""
    convolutions: list[Any] = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    for layer in convolutions:
        layer.forward = partial(_convolve_float32, layer)
    return network


def _convolve_float32(layer: Any, rows: torch.Tensor) -> torch.Tensor:
    """A Conv2d in true float32. cuDNN convolves in TF32, to three digits, unless a switch of the whole process forbids
    it, and an inpainter may be at work in another thread. This call, the one below conv2d, takes switches of its own.
    """
    geometry = (layer.stride, layer.padding, layer.dilation, False, (0, 0), layer.groups)
    benchmark, deterministic, cudnn, tf32 = False, True, True, False
    return torch._convolution(rows, layer.weight, layer.bias, *geometry, benchmark, deterministic, cudnn, tf32)
