"""Between 8-bit images and what a diffusion pipeline takes and returns: masks on the grid of latents, rounding."""

import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.errors import InpainterError, InputError


def quantise(painted: torch.Tensor, dtype: str) -> Images:
    """Pictures [b, 3, h, w] in [0, 1], as uint8 [b, h, w, 3], rounded as diffusers does for PIL.

    Raises InpainterError for NaN or infinity; `dtype`: the model's, for its message.
    """
    if not bool(painted.isfinite().all()):
        raise InpainterError(f"the model produced NaN or infinity in {dtype}: try dtype=float32 or dtype=bfloat16")
    levels = (painted.float() * 255).round().to(torch.uint8)
    pixels: Images = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels


def require_aligned(masks: Masks, factor: int) -> None:
    """Raise InputError unless masks, bool [b, h, w], are made of whole squares of factor x factor px.

    A latent stands for such a square, and pipelines shrink a mask by taking one pixel of each.
    """
    coarse = masks[:, ::factor, ::factor]
    if not np.array_equal(coarse.repeat(factor, axis=1).repeat(factor, axis=2)[:, : masks.shape[1]], masks):
        raise InputError(f"the mask is not aligned to multiples of {factor} px, as this model requires")
