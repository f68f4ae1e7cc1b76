"""A feature extractor made of a network and a function that prepares pictures for it."""

import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import torch
from PIL.Image import Image as PilImage

from riptui.arrays import FeatureVectors
from riptui.features.cpu_fallback import compute_where_it_fits
from riptui.features.float32_network import force_float32

Prepare = Callable[[PilImage], torch.Tensor]
"""From a picture in RGB to the network's input, without the batch dimension."""
Forward = Callable[[Any, torch.Tensor], torch.Tensor]
"""From a network and its input to features, [batch, dimension]."""


class NetworkExtractor:
    """A FeatureExtractor. A CPU takes pictures one by one, which costs no time there: a vector then depends on no other
    picture, not even by rounding. A GPU takes successive pictures of one size at once; where its memory does not
    suffice, they are computed on the CPU.
    """

    def __init__(
        self, name: str, identity: str, dimension: int, network: Any, prepare: Prepare, forward: Forward, device: str
    ) -> None:
        """network: a torch module on the CPU, in float32. device: as in `load_extractor`."""
        self.name, self.identity, self.dimension = name, identity, dimension
        self._network = network.eval().requires_grad_(False)
        self._prepare, self._forward = prepare, forward
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        inputs = [self._prepare(image.convert("RGB")) for image in images]
        rows = [row for _, same in groupby(inputs, key=lambda pixels: pixels.shape) for row in self._run([*same])]
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)

    def _run(self, inputs: list[torch.Tensor]) -> list[FeatureVectors]:
        if self._device == "cpu":
            return self._run_on_cpu(inputs)
        return compute_where_it_fits(
            self.name,
            self._device,
            lambda: [*self._compute(self._on_device, torch.stack(inputs))],
            lambda: self._run_on_cpu(inputs),
        )

    def _run_on_cpu(self, inputs: list[torch.Tensor]) -> list[FeatureVectors]:
        return [row for pixels in inputs for row in self._compute(self._network, pixels[None])]

    @torch.inference_mode()
    def _compute(self, network: Any, batch: torch.Tensor) -> FeatureVectors:
        device = "cpu" if network is self._network else self._device
        found: FeatureVectors = self._forward(network, batch.to(device)).float().cpu().numpy()
        return found

    @cached_property
    def _on_device(self) -> Any:
        return force_float32(copy.deepcopy(self._network).to(self._device))
