"""Convolutions in true float32, whatever torch's global settings, so that a GPU gives nearly what a CPU gives.

Torch's matrix products are in float32 unless a process says otherwise, and no inpainter of riptui does.
"""

from functools import partial
from typing import Any

import torch


def force_float32(network: Any) -> Any:
    """Make all Conv2d layers of a network compute in true float32; returns the network, which is changed."""
    convolutions: list[Any] = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    for layer in convolutions:
        layer.forward = partial(_convolve_float32, layer)
    return network


def _convolve_float32(layer: Any, rows: torch.Tensor) -> torch.Tensor:
    """A Conv2d in true float32. By default cuDNN convolves in TF32, to three digits. The switch for that is one for the
    whole process, where an inpainter may be computing in another thread; the call that conv2d makes takes its own.
    """
    geometry = (layer.stride, layer.padding, layer.dilation, False, (0, 0), layer.groups)
    benchmark, deterministic, cudnn, tf32 = False, True, True, False
    return torch._convolution(rows, layer.weight, layer.bias, *geometry, benchmark, deterministic, cudnn, tf32)
