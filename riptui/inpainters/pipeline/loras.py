"""Adds LoRAs to a pipeline, and finds out what of each file it uses.

diffusers leaves out what does not fit, drops the scales of a DoRA and the alphas of single layers, and only its log
says so. Here the alphas are kept, a LoRA that fits in part is reported and recorded, and one for another model, or a
DoRA in that layout, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import diffusers
from diffusers.utils import is_peft_available

from riptui.errors import InputError, MissingExtraError, first_line
from riptui.inpainters.inpainter import LORA_TENSORS_NOTE
from riptui.inpainters.models import file_digests, locate
from riptui.inpainters.models.checkpoint import describe_tensors
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.pipeline.adapter_file import (
    SAFE_SUFFIX,
    LoadedAdapter,
    describe_file,
    read_metadata,
    read_tensors,
)
from riptui.inpainters.pipeline.lora_family import TEXT_ENCODERS, lora_family, pipeline_families, unread_kind
from riptui.inpainters.pipeline.lora_layout import LayerTensor, LoraLayout, convert_layout, find_alpha, list_weights

ALPHAS_NOTE = "lora alphas"
"""The note of a session that scaled layers as the file says, where diffusers by itself does not."""

TRAINED_SETTINGS = "lora_adapter_metadata"
"""The key in a file's metadata under which diffusers and peft write rank and alpha."""


def load_loras(pipeline: Any, value: str, *, allow_pickle: bool, recorded: Mapping[str, str]) -> LoadedAdapter:
    """Add the LoRAs that the parameter's value names (`lora_list`), each at its weight.

    recorded: the notes of the session that ran the trajectory last. If that was one of an older release, with the same
    files, they are loaded as it did. Raises InputError, WeightsError, MissingExtraError.
    """
    if not hasattr(pipeline, "load_lora_weights"):
        raise InputError(f"{type(pipeline).__name__} takes no LoRA")
    if not is_peft_available():
        raise MissingExtraError("a LoRA", "peft", "lora")
    choices = read_loras(value)
    files = [_LoraFile(choice.file, f"default_{number}", allow_pickle) for number, choice in enumerate(choices)]
    loaded = LoadedAdapter({"lora": "; ".join(describe_file(choice.file) for choice in choices)})
    as_before = ALPHAS_NOTE not in recorded and all(
        file_digests.file_sha256(file.path) in recorded.get("lora", "") for file in files
    )
    for file in files:
        if problem := file.find_misfit(pipeline):
            if not as_before:
                raise InputError(problem)
            loaded.notices.append(f"{problem}. It is used as in the session before")
        layout = file.add_to(pipeline, with_settings=not as_before)
        if not as_before and (file.set_alphas(pipeline, layout) or file.has_settings):
            loaded.notes[ALPHAS_NOTE] = "as the file says"
        if unused := file.describe_unused(pipeline, layout):
            loaded.notices.append(f"of the LoRA {file.path} {unused}")
            earlier = loaded.notes.get(LORA_TENSORS_NOTE)
            loaded.notes[LORA_TENSORS_NOTE] = "; ".join(filter(None, [earlier, f"of {file.path.name} {unused}"]))
    if len(choices) > 1 or choices[0].weight != 1:
        pipeline.set_adapters([file.adapter for file in files], [choice.weight for choice in choices])
    return loaded


class _LoraFile:
    """A LoRA's file, and where its tensors go."""

    def __init__(self, path: str, adapter: str, allow_pickle: bool) -> None:
        self.path = locate.locate_adapter(path)
        self.adapter = adapter
        self.tensors = read_tensors(path, allow_pickle)
        self.metadata = read_metadata(path)

    @property
    def has_settings(self) -> bool:
        """Whether the file says its rank and alpha beside the tensors."""
        return TRAINED_SETTINGS in self.metadata

    def find_misfit(self, pipeline: Any) -> str:
        """Why this LoRA would not do what it was trained for; "" if nothing shows that."""
        family, families = lora_family(self.tensors, self.metadata), pipeline_families(pipeline)
        if family and families and family not in families:
            return (
                f"the LoRA {self.path} does not fit: it was trained for {family}, and this model is a "
                f"{' or a '.join(sorted(families))}"
            )
        if kind := unread_kind(self.tensors):
            return f"the LoRA {self.path} is {kind}"
        scales = [name for name in self.tensors if "dora_scale" in name]
        if scales:
            return (
                f"the LoRA {self.path} is a DoRA with {len(scales)} scales (dora_scale), which diffusers "
                f"{diffusers.__version__} drops: convert it to peft's layout (lora_magnitude_vector)"
            )
        return ""

    def add_to(self, pipeline: Any, *, with_settings: bool) -> LoraLayout:
        """Load it. with_settings: use its metadata, too, which may have rank and alpha. Raises InputError: no fit."""
        try:
            layout = convert_layout(pipeline, self.tensors)
        except Exception as error:  # of any kind: how the library fails depends on the file
            raise self._misfit_error(first_line(error)) from error
        source: dict[str, Any] = {"pretrained_model_name_or_path_or_dict": self.tensors}
        if with_settings and self.path.suffix == SAFE_SUFFIX:
            source = {"pretrained_model_name_or_path_or_dict": str(self.path.absolute().parent)}
            source |= {"weight_name": self.path.name, "local_files_only": True}
        try:
            pipeline.load_lora_weights(**source, adapter_name=self.adapter)
        except Exception as error:
            raise self._misfit_error(_describe_shapes(pipeline, layout) or first_line(error)) from error
        self._require_use(pipeline, layout)
        return layout

    def set_alphas(self, pipeline: Any, layout: LoraLayout) -> bool:
        """Scale each layer by its own alpha; diffusers takes the most frequent one. Returns whether any differed."""
        differed = False
        for tensor in layout.tensors if layout.has_alphas else ():
            for source in tensor.sources if tensor.name.endswith("lora_A") else ():
                layer = _find_layer(pipeline, tensor)
                alpha = find_alpha(self.tensors, source)
                if alpha is None or self.adapter not in getattr(layer, "scaling", ()):
                    continue
                scaling = alpha / layer.r[self.adapter]
                if layer.scaling[self.adapter] != scaling:
                    layer.lora_alpha[self.adapter], layer.scaling[self.adapter] = alpha, scaling
                    differed = True
        return differed

    def describe_unused(self, pipeline: Any, layout: LoraLayout) -> str:
        """Which tensors of the file have no layer here; "" if all have."""
        weights, used = list_weights(self.tensors), self._used(pipeline, layout)
        unused = [name for name in weights if name not in used]
        if not unused:
            return ""
        return f"{len(unused)} of {len(weights)} tensors were not used: {describe_tensors(unused)}"

    def _used(self, pipeline: Any, layout: LoraLayout) -> set[str]:
        taken = _adapter_tensors(pipeline, self.adapter)
        return {
            source for tensor in layout.tensors if (tensor.component, tensor.name) in taken for source in tensor.sources
        }

    def _require_use(self, pipeline: Any, layout: LoraLayout) -> None:
        """Raise InputError if nothing of it is used, nothing for the denoising network, or a layer lacks a half."""
        used = self._used(pipeline, layout)
        if not used:
            raise self._misfit_error(f"it changes no part of a {type(pipeline).__name__}")
        for_denoiser = [name for name in list_weights(self.tensors) if not name.startswith(TEXT_ENCODERS)]
        if for_denoiser and used.isdisjoint(for_denoiser):
            raise self._misfit_error(
                f"{len(used)} tensors fit a text encoder, but none of the {len(for_denoiser)} others fits this model"
            )
        loaded = {(tensor.component, tensor.name) for tensor in layout.tensors}
        if lacking := [name for component, name in _adapter_tensors(pipeline, self.adapter) - loaded]:
            raise self._misfit_error(f"it lacks {describe_tensors(lacking)}")

    def _misfit_error(self, cause: str) -> InputError:
        return InputError(f"the LoRA {self.path} does not fit: {cause}")


def _adapter_tensors(pipeline: Any, adapter: str) -> set[tuple[str, str]]:
    """The tensors of an adapter that are in the pipeline, by component and by name in peft's way."""
    return {
        (component, name.replace(f".{adapter}", "").removesuffix(".weight"))
        for component in pipeline._lora_loadable_modules
        if (model := getattr(pipeline, component, None)) is not None
        for name, _ in model.named_parameters()
        if f".{adapter}." in f"{name}."
    }


def _find_layer(pipeline: Any, tensor: LayerTensor) -> Any:
    """The layer that a tensor belongs to; None if there is none."""
    try:
        return getattr(pipeline, tensor.component).get_submodule(tensor.layer)
    except AttributeError:
        return None


def _describe_shapes(pipeline: Any, layout: LoraLayout) -> str:
    """The layers whose channels differ from the LoRA's; "" if none does."""
    unlike: dict[str, None] = {}
    for tensor in layout.tensors:
        layer = _find_layer(pipeline, tensor)
        weight = getattr(getattr(layer, "base_layer", layer), "weight", None)
        half = tensor.name.removeprefix(f"{tensor.layer}.")
        if weight is None or half not in ("lora_A", "lora_B"):
            continue
        wanted, got = (weight.shape[1], tensor.shape[1]) if half == "lora_A" else (weight.shape[0], tensor.shape[0])
        if wanted != got:
            unlike[f"{tensor.layer} ({got} channels, not {wanted})"] = None
    return f"layers of another size: {describe_tensors(unlike)}" if unlike else ""
