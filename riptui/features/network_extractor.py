"""A feature extractor made of a network and of how it wants a picture."""

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import torch
from PIL.Image import Image as PilImage

from riptui.arrays import FeatureVectors
from riptui.features.float32_network import force_float32

Prepare = Callable[[PilImage], torch.Tensor]
"""A picture in RGB as the network's input, without the dimension of the batch."""
Forward = Callable[[Any, torch.Tensor], torch.Tensor]
"""The features [batch, dimension] of a network and its input."""


class NetworkExtractor:
    """A FeatureExtractor. On a CPU pictures go through the network one by one, which costs nothing there: a vector then
    depends on no other picture, not even by rounding. A GPU takes those of one size at once; what it has no memory for
    is computed on the CPU.
    """

    def __init__(
        self, name: str, identity: str, dimension: int, network: Any, prepare: Prepare, forward: Forward, device: str
    ) -> None:
        """network: a torch module on the CPU, in float32. device: as torch names it; "" for CUDA if there is one."""
        self.name, self.identity, self.dimension = name, identity, dimension
        self._network = network.eval().requires_grad_(False)
        self._prepare, self._forward = prepare, forward
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        inputs = [self._prepare(image.convert("RGB")) for image in images]
        rows = [row for _, same in groupby(inputs, key=lambda pixels: pixels.shape) for row in self._run([*same])]
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)

    def _run(self, inputs: list[torch.Tensor]) -> list[FeatureVectors]:
        if self._device != "cpu":
            with suppress(torch.OutOfMemoryError):
                return [*self._compute(self._on_device, torch.stack(inputs))]
        return [row for pixels in inputs for row in self._compute(self._network, pixels[None])]

    @torch.inference_mode()
    def _compute(self, network: Any, batch: torch.Tensor) -> FeatureVectors:
        device = "cpu" if network is self._network else self._device
        found: FeatureVectors = self._forward(network, batch.to(device)).float().cpu().numpy()
        return found

    @cached_property
    def _on_device(self) -> Any:
        return force_float32(copy.deepcopy(self._network).to(self._device))
