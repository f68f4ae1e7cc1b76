"""What a pipeline of diffusers is loaded for: to inpaint, or to make pictures from others, or from words alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import diffusers
from diffusers.pipelines import auto_pipeline

EVERY_CALL = frozenset({"height", "width", "num_inference_steps", "generator", "output_type", "callback_on_step_end"})
"""Arguments that every pipeline must take."""

MAPPINGS: tuple[Mapping[str, Any], ...] = (
    auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
    auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING,
)
"""diffusers' own tables, one per task: by family, the class that carries it out."""


@dataclass(frozen=True)
class PipelineTask:
    """What a pipeline does with a checkpoint."""

    verb: str
    """To complete "a checkpoint cannot ..."."""
    title: str
    """To complete "diffusers has no ... pipeline"."""
    classes: Mapping[str, Any]
    """Family to class, as diffusers' AutoPipeline maps them."""
    arguments: Collection[str]
    """Arguments that a call must take."""
    channels: Collection[int]
    """How many input channels a UNet may have."""
    unmapped: Mapping[str, str] = field(default_factory=dict)
    """By the class in a checkpoint's index: the class that does this, where diffusers 0.42's AutoPipeline has none."""
    own_mark: str | None = None
    """A part of the names of the classes that do this: a checkpoint for one needs no other."""

    def find_class(self, pipeline: str) -> Any:
        """The class that does this with a checkpoint whose index names the class `pipeline`; None if there is none."""
        if pipeline in self.unmapped:
            return getattr(diffusers, self.unmapped[pipeline], None)
        if self.own_mark and self.own_mark in pipeline:
            return getattr(diffusers, pipeline, None)
        families = [family for mapping in MAPPINGS for family, kind in mapping.items() if kind.__name__ == pipeline]
        return next((self.classes[family] for family in families if family in self.classes), None)


INPAINTING = PipelineTask(
    "inpaint",
    "inpainting",
    auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING,
    EVERY_CALL | {"image", "mask_image", "strength"},
    channels=(9, 4),  # latents, mask and masked latents; or latents, which diffusers blends at each step
    unmapped={
        "FluxFillPipeline": "FluxFillPipeline",
        "FluxKontextPipeline": "FluxKontextInpaintPipeline",
        "Flux2KleinPipeline": "Flux2KleinInpaintPipeline",
        "ChromaPipeline": "ChromaInpaintPipeline",
    },
    own_mark="Inpaint",
)

INPAINTING_WITH_PRIOR = replace(
    INPAINTING,
    arguments=EVERY_CALL | {"image", "mask_image", "prior_num_inference_steps"},
    channels=(9,),
    unmapped={"KandinskyV22InpaintPipeline": "KandinskyV22InpaintCombinedPipeline"},
)
"""By two checkpoints. It begins with noise alone, whatever lies under the mask."""

IMAGE_TO_IMAGE = PipelineTask(
    "make a picture from another",
    "image-to-image",
    auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    (EVERY_CALL - {"height", "width"}) | {"image", "strength", "prompt"},
    channels=(4,),
    own_mark="Img2Img",
)

TEXT_TO_IMAGE = PipelineTask(
    "make pictures from a prompt alone",
    "text-to-image",
    auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
    EVERY_CALL | {"prompt"},
    channels=(4,),
)
