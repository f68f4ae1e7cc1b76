"""Refuses values that cannot work with a checkpoint, by its configurations alone: before a trajectory is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models.added_models import PRIOR_PREFIX
from riptui.inpainters.models.catalogue import KANDINSKY
from riptui.inpainters.models.checkpoint import SCHEDULER, SCHEDULER_CONFIG, Checkpoint, read_json
from riptui.inpainters.models.scheduler_names import require_scheduler
from riptui.inpainters.parameters import CONTROLNET, PRIOR
from riptui.spec import ParameterValue

MASKED_CHANNELS = 9
"""Input channels of a UNet that takes latents, mask and masked latents."""
INPAINT_ONLY = {"FluxFillPipeline"}
"""Classes of checkpoints that cannot make pictures from a prompt alone, beside those with such a UNet."""
NEED_PRIOR = ("KandinskyV22InpaintPipeline", "KandinskyV22InpaintCombinedPipeline")
"""Classes of checkpoints that inpaint with the help of a prior."""
CONTROLLED_FAMILIES = ("StableDiffusionPipeline", "StableDiffusionInpaint", "StableDiffusionXL")
"""How the classes of checkpoints begin that take a ControlNet."""
OF_PICTURES = {"strength", "jump_length"}
"""Parameters of inpainters that begin with a picture: text to image has none of them."""

MAX_TOKENS = 100_000
"""A tokenizer that was saved without its length has 10^30 instead, and CLIP's prompts would be padded to that."""


def require_possible(checkpoint: Checkpoint, parameters: Mapping[str, ParameterValue], vae: Path | None) -> None:
    """Raise InputError or WeightsError for a scheduler, steps, a tokenizer or a VAE that cannot work.

    vae: the folder of another VAE; None for the checkpoint's own, or one in a file.
    """
    name = str(parameters["model"])
    _require_scheduler(checkpoint, parameters, name)
    for component, (_, class_name) in checkpoint.classes.items():
        if class_name.startswith("CLIPTokenizer"):
            require_token_limit(checkpoint.folder_of(component), f"{name}'s {component}", checkpoint.repair_hint)
    if vae is not None:
        require_latents(_read_config(vae), _read_config(checkpoint.folder / "vae"), name)
    if parameters.keys().isdisjoint({*OF_PICTURES, PRIOR}):
        _require_text_to_image(checkpoint, name)
    if parameters.get(PRIOR):
        _require_fitting_prior(checkpoint, name, str(parameters[PRIOR]))
    elif checkpoint.pipeline in NEED_PRIOR:
        raise InputError(explain_prior(name))
    if parameters.get(CONTROLNET):
        _require_fitting_controlnet(checkpoint, name, str(parameters[CONTROLNET]))


def explain_prior(name: str) -> str:
    """Why a model cannot be used by an inpainter that takes no prior, and what to do."""
    return f"{name} needs its prior, another checkpoint: -i {KANDINSKY} --set model={name}"


def _require_fitting_prior(checkpoint: Checkpoint, name: str, prior: str) -> None:
    """Raise InputError unless a model paints by the features that this prior makes."""
    config = _read_config(checkpoint.folder / "unet")
    if checkpoint.pipeline not in NEED_PRIOR or config.get("in_channels") != MASKED_CHANNELS:
        raise InputError(f"{name} does not inpaint with a prior: it is a checkpoint for {checkpoint.pipeline}")
    made = _read_config(checkpoint.folder_of(f"{PRIOR_PREFIX}prior")).get("embedding_dim")
    if made != (wanted := config.get("encoder_hid_dim")):
        raise InputError(f"the prior {prior} makes {made} features of a picture; {name} needs {wanted}")


def _require_fitting_controlnet(checkpoint: Checkpoint, name: str, controlnet: str) -> None:
    """Raise InputError unless a ControlNet was made for the family of a model, and reads a picture."""
    if not checkpoint.pipeline.startswith(CONTROLLED_FAMILIES):
        raise InputError(f"{name} takes no ControlNet: they are for Stable Diffusion 1, 2 and XL")
    control, unet = (_read_config(checkpoint.folder_of(part)) for part in (CONTROLNET, "unet"))
    width, wanted = control.get("cross_attention_dim"), unet.get("cross_attention_dim")
    if width != wanted:
        raise InputError(
            f"the ControlNet {controlnet} is for another family than {name}: it attends to {width} channels of a "
            f"prompt, and the model to {wanted}"
        )
    if (channels := control.get("conditioning_channels", 3)) != 3:
        raise InputError(f"the ControlNet {controlnet} takes {channels} channels, and a picture has 3")


def _require_scheduler(checkpoint: Checkpoint, parameters: Mapping[str, ParameterValue], name: str) -> None:
    path = checkpoint.folder_of(SCHEDULER) / SCHEDULER_CONFIG
    config = read_json(path, name) if path.is_file() else {}
    own, steps, limit = str(config.get("_class_name")), parameters.get("steps"), config.get("num_train_timesteps", 1000)
    if isinstance(scheduler := parameters.get("scheduler"), str):
        require_scheduler(scheduler, own)
    if isinstance(steps, int) and isinstance(limit, int) and steps > limit:
        raise InputError(f"steps={steps}: {own} has at most {limit} in {name}")


def _require_text_to_image(checkpoint: Checkpoint, name: str) -> None:
    """Raise InputError for a model that is known, without diffusers, to be made to inpaint."""
    channels = _read_config(checkpoint.folder / "unet").get("in_channels")
    if channels == MASKED_CHANNELS or checkpoint.pipeline in INPAINT_ONLY:
        raise InputError(
            f"{name} was made to inpaint, and cannot make pictures from a prompt alone: riptui generate --inpainter "
            "repaints a grey picture as a whole with it"
        )


def require_token_limit(folder: Path, title: str, repair_hint: str) -> None:
    """Raise WeightsError for a CLIP tokenizer that does not say how long a prompt may be."""
    path = folder / "tokenizer_config.json"
    limit = read_json(path, title).get("model_max_length") if path.is_file() else None
    if not isinstance(limit, int) or limit > MAX_TOKENS:
        raise WeightsError(
            f"{title} does not say how long a prompt may be: {path} needs a model_max_length, 77 for CLIP. "
            f"{repair_hint}"
        )


def require_latents(vae: Mapping[str, Any], own: Mapping[str, Any], name: str) -> None:
    """Raise InputError for the configuration of a VAE with other latents than a model's own."""
    found, wanted = vae.get("latent_channels", 4), own.get("latent_channels", 4)
    if found != wanted:
        raise InputError(f"the VAE has {found} latent channels; {name} needs one with {wanted}")


def _read_config(folder: Path) -> Mapping[str, Any]:
    path = folder / "config.json"
    return read_json(path, str(folder)) if path.is_file() else {}
