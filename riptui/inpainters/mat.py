"""MAT: Li et al. 2022, "MAT: mask-aware transformer for large hole image inpainting".

Its network draws random numbers at two places: a latent `z`, and a dropout that stays on when it paints. Here both come
from one generator per picture, on the CPU, so that the seed alone decides them, on any device and in any batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from riptui.errors import InputError
from riptui.inpainters import OnStep
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.inpainters.network_inpainter import NetworkInpainter, prepare_network
from riptui.inpainters.silence import silence_libraries
from riptui.inpainters.spandrel_files import load_network

with silence_libraries():  # another architecture of that package uses what torch deprecates
    from spandrel_extra_arches.architectures.MAT import MATArch


def mat(weights: str, **options: Any) -> NetworkInpainter:
    """Load MAT. weights, options: as `prepare_network`.

    A batch is painted picture by picture: the sums of a batch differ from theirs in the last bits.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError; its calls InputError, for pictures of
    another size.
    """
    preparation = prepare_network("mat", weights, **options)
    preparation.notices.append(PUBLISHED["mat-places"].terms)
    network: Any = load_network(preparation.weights, MATArch(), preparation.device).model

    def paint(images: torch.Tensor, holes: torch.Tensor, seeds: Sequence[int], on_step: OnStep) -> torch.Tensor:
        _require_size(images, network.img_resolution)
        rows = zip(images, holes, seeds, strict=True)
        return torch.cat([paint_row(network, image[None], hole[None], seed) for image, hole, seed in rows])

    return NetworkInpainter("mat", paint, preparation)


def paint_row(network: Any, image: torch.Tensor, hole: torch.Tensor, seed: int) -> torch.Tensor:
    """One picture [1, 3, h, w] in [0, 1] with its hole [1, 1, h, w], 1 = repaint, filled; about [0, 1].

    MAT itself takes [-1, 1], and a mask in which 1 is known.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    z = torch.randn(1, network.z_dim, generator=generator).to(image.device)
    no_class = torch.zeros(1, network.c_dim, device=image.device)
    with SeededDropout(generator):
        painted: torch.Tensor = network(image * 2 - 1, 1 - hole, z, no_class, truncation_psi=1, noise_mode="none")
    return painted * 0.5 + 0.5


class SeededDropout(TorchFunctionMode):
    """While active: torch's dropout draws from a CPU generator instead of the device's own."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is functional.dropout:
            return self._drop_out(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _drop_out(
        self, values: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> torch.Tensor:
        if not training or p == 0:
            return values
        kept = torch.rand(values.shape, generator=self._generator) >= p
        return values * kept.to(values.device) / (1 - p)


def _require_size(images: torch.Tensor, resolution: int) -> None:
    height, width = images.shape[2:]
    if height != width or width % resolution:
        raise InputError(f"{width} x {height} px: mat needs square pictures of {resolution} px, or a multiple of it")
