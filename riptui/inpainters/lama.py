"""LaMa: Suvorov et al. 2022, "Resolution-robust large mask inpainting with Fourier convolutions".

A picture is extended to the size that the network needs by reflection at the right and the bottom, its mask likewise,
so that what lies under the mask is not seen in the reflection either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from spandrel.architectures.LaMa import LaMaArch

from riptui.inpainters import OnStep
from riptui.inpainters.network_inpainter import NetworkInpainter, prepare_network
from riptui.inpainters.spandrel_files import load_network

SIDE_MULTIPLE = 8
"""Pixels. The network halves the sides three times."""


def lama(weights: str, **options: Any) -> NetworkInpainter:
    """Load LaMa. weights, options: as `prepare_network`.

    No randomness: pixels depend on the picture and the mask alone, whatever the seed.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    preparation = prepare_network("lama", weights, **options)
    network = load_network(preparation.weights, LaMaArch(), preparation.device)

    def paint(images: torch.Tensor, holes: torch.Tensor, seeds: Sequence[int], on_step: OnStep) -> torch.Tensor:
        height, width = images.shape[2:]
        painted: torch.Tensor = network(_reflect(images), _reflect(holes))
        return painted[..., :height, :width]

    return NetworkInpainter("lama", paint, preparation)


def _reflect(images: torch.Tensor) -> torch.Tensor:
    height, width = images.shape[2:]
    missing = (0, -width % SIDE_MULTIPLE, 0, -height % SIDE_MULTIPLE)
    return torch.nn.functional.pad(images, missing, mode="reflect") if any(missing) else images
