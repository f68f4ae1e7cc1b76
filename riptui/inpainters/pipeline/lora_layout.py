"""Follows each tensor of a LoRA's file to the layer that it ends in.

The files of kohya's, diffusers' and peft's trainers name the same layers in other ways, and some join what others
split. diffusers knows all of them: it converts a copy here, and autograd tells which tensors a result was made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.loaders import StableDiffusionXLLoraLoaderMixin
from diffusers.utils import (
    convert_state_dict_to_diffusers,
    convert_state_dict_to_peft,
    convert_unet_state_dict_to_peft,
)

ALPHA_SUFFIX = ".alpha"


@dataclass(frozen=True)
class LayerTensor:
    """A tensor as diffusers hands it to a part of the pipeline."""

    component: str
    """The part, e.g. unet."""
    name: str
    """As peft names it: the layer, then lora_A, lora_B or lora_magnitude_vector."""
    sources: frozenset[str]
    """The names of the file's tensors that it was made of."""
    shape: tuple[int, ...]

    @property
    def layer(self) -> str:
        return self.name.partition(".lora_")[0]


@dataclass(frozen=True)
class LoraLayout:
    """All tensors of a file, where diffusers puts them."""

    tensors: tuple[LayerTensor, ...]
    has_alphas: bool
    """Whether the file's alphas are still to be applied; if not, the conversion has done so."""


def convert_layout(pipeline: Any, tensors: Mapping[str, torch.Tensor]) -> LoraLayout:
    """Convert a file's tensors as `pipeline.load_lora_weights` does. Raises whatever diffusers does."""
    leaves = {
        name: tensor.detach().clone().requires_grad_() if _is_weight(name, tensor) else tensor
        for name, tensor in tensors.items()
    }
    options: dict[str, Any] = {"return_lora_metadata": True, "return_alphas": True}
    if isinstance(pipeline, StableDiffusionXLLoraLoaderMixin):
        options["unet_config"] = pipeline.unet.config
    copies = {name: leaf.clone() for name, leaf in leaves.items()}
    converted, *alphas, _ = pipeline.lora_state_dict(copies, **options)
    names = {id(leaf): name for name, leaf in leaves.items()}
    found = []
    for component in pipeline._lora_loadable_modules:
        prefix = f"{component}."
        own = {key.removeprefix(prefix): key for key in converted if key.startswith(prefix)}
        model = getattr(pipeline, component, None)
        for name, key in _peft_names(component, model, own).items() if own and model is not None else ():
            sources = frozenset(_sources(converted[key], names))
            found.append(LayerTensor(component, name.removesuffix(".weight"), sources, tuple(converted[key].shape)))
    return LoraLayout(tuple(found), bool(alphas and alphas[0]))


def list_weights(tensors: Mapping[str, Any]) -> list[str]:
    """The names of a file's tensors without the alphas, which are numbers."""
    return [name for name, tensor in tensors.items() if not _is_alpha(name, tensor)]


def find_alpha(tensors: Mapping[str, Any], source: str) -> float | None:
    """The alpha of the layer that a tensor of the file belongs to."""
    alpha = tensors.get(source.partition(".lora_")[0] + ALPHA_SUFFIX)
    return None if alpha is None else float(alpha)


def _is_alpha(name: str, tensor: Any) -> bool:
    return name.endswith(ALPHA_SUFFIX) and tensor.numel() == 1


def _is_weight(name: str, tensor: Any) -> bool:
    return bool(tensor.is_floating_point()) and not _is_alpha(name, tensor)


def _peft_names(component: str, model: Any, own: dict[str, str]) -> dict[str, str]:
    """By peft's names: those of the converted file, as `load_lora_into_...` of diffusers changes them."""
    if not component.startswith("text_encoder"):
        names: dict[str, str] = own if "lora_A" in next(iter(own)) else convert_unet_state_dict_to_peft(own)
        return names
    names = convert_state_dict_to_peft(convert_state_dict_to_diffusers(own))
    return names if hasattr(model, "text_model") else {key.removeprefix("text_model."): names[key] for key in names}


def _sources(tensor: torch.Tensor, names: Mapping[int, str]) -> set[str]:
    """The leaves of a tensor's graph, by name."""
    found, pending, seen = set(), [tensor.grad_fn], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.add(names[id(node.variable)])
        pending.extend(following for following, _ in node.next_functions)
    return found
