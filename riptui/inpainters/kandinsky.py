"""Kandinsky 2.2: a prior turns the prompt into features of a picture, and a model inpaints by these."""

from __future__ import annotations

from typing import Any

from riptui.inpainters.diffusion import diffusion
from riptui.inpainters.pipeline.combined_inpainter import CombinedInpainter
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter


def kandinsky(prior_steps: int = 25, prior_guidance: float = 4.0, **parameters: Any) -> DiffusionInpainter:
    """Load a model and its prior, with the parameters of `diffusion`. prior_steps, prior_guidance: of the prior's own
    diffusion.

    The default negative prompt, None, stands for the features of a black picture. Raises as `diffusion`.
    """
    own = {"prior_num_inference_steps": prior_steps, "prior_guidance_scale": prior_guidance}
    return diffusion(**parameters, kind=CombinedInpainter, own={"own_settings": own})
