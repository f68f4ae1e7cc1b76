"""CLIP and DINOv2, by the library transformers, from the hub's cache or a folder. Downloads nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL.Image import Image as PilImage

from riptui.errors import InputError, WeightsError, first_line
from riptui.features.missing_models import CONFIG, locate_model_folder
from riptui.features.network_extractor import NetworkExtractor
from riptui.inpainters.models import locate
from riptui.inpainters.models.checkpoint import ComponentFiles, read_json, require_component
from riptui.inpainters.models.file_digests import content_sha256
from riptui.inpainters.pipeline.components import ON_NO_DEVICE, load_network
from riptui.inpainters.silence import silence_libraries

PREPROCESSOR = "preprocessor_config.json"


@dataclass(frozen=True)
class VisionKind:
    """A type of model in transformers, and how it gives features."""

    network: type
    forward: Callable[[Any, torch.Tensor], torch.Tensor]
    dimension: str
    """The key of the network's configuration with the length of a vector."""


def _project(network: Any, pixels: torch.Tensor) -> torch.Tensor:
    rows: torch.Tensor = network.visual_projection(network.vision_model(pixels).pooler_output)
    return rows


def _pool(network: Any, pixels: torch.Tensor) -> torch.Tensor:
    rows: torch.Tensor = network(pixels).pooler_output
    return rows


CLIP_KINDS = {
    "clip": VisionKind(transformers.CLIPModel, _project, "projection_dim"),
    "clip_vision_model": VisionKind(transformers.CLIPVisionModelWithProjection, _project, "projection_dim"),
}
"""By the `model_type` of a configuration, as DINOV2_KINDS."""
DINOV2_KINDS = {
    "dinov2": VisionKind(transformers.Dinov2Model, _pool, "hidden_size"),
    "dinov2_with_registers": VisionKind(transformers.Dinov2WithRegistersModel, _pool, "hidden_size"),
}


def clip(name: str, model: str, device: str = "") -> NetworkExtractor:
    """CLIP's projected picture embedding, Radford et al. 2021, not normalised. Arguments as `load_vision_model`."""
    return load_vision_model(name, model, CLIP_KINDS, device)


def dinov2(name: str, model: str, device: str = "") -> NetworkExtractor:
    """DINOv2's class token, Oquab et al. 2023, after the last layer norm. Arguments as `load_vision_model`."""
    return load_vision_model(name, model, DINOV2_KINDS, device)


def load_vision_model(name: str, model: str, kinds: Mapping[str, VisionKind], device: str) -> NetworkExtractor:
    """name: of the extractor, as it was asked for. model: a hub id with @revision, or a folder. kinds: those allowed.

    device: as in `load_extractor`. Raises InputError for a model of another type, WeightsError.
    """
    folder, ref = locate_model_folder(name)
    hint = locate.repair_hint(ref.model, ref.revision)
    kind = _find_kind(folder, model, kinds)
    files = _require_files(folder, model, hint)
    with silence_libraries():
        network = load_network(kind.network, folder, files, model, hint, dtype=torch.float32, allow_pickle=False)
        prepare = _load_processor(folder, model, hint)
    if hasattr(network, "text_model"):  # the text half of CLIP is not needed
        del network.text_model
    identity = f"{name.partition(':')[0]} {content_sha256(files.paths)}"
    dimension = getattr(network.config, kind.dimension)
    return NetworkExtractor(name, identity, dimension, network, prepare, kind.forward, device)


def verify_vision_model(folder: Path, model: str, repair_hint: str) -> bool:
    """Compare the names and shapes of a model's tensors with its configuration, without reading the tensors.

    Returns False for a model that is neither CLIP nor DINOv2. Raises WeightsError.
    """
    config = read_json(folder / CONFIG, model) if (folder / CONFIG).is_file() else {}
    kind = (CLIP_KINDS | DINOV2_KINDS).get(str(config.get("model_type")))
    if kind is None:
        return False
    files = _require_files(folder, model, repair_hint)
    with silence_libraries():
        options: dict[str, Any] = {"dtype": None, "allow_pickle": False, "device_map": ON_NO_DEVICE}
        load_network(kind.network, folder, files, model, repair_hint, **options)
        _load_processor(folder, model, repair_hint)
    return True


def _find_kind(folder: Path, model: str, kinds: Mapping[str, VisionKind]) -> VisionKind:
    found = str(read_json(folder / CONFIG, model).get("model_type"))
    if found not in kinds:
        raise InputError(f"{model} is a model of the type {found}: expected {' or '.join(kinds)}")
    return kinds[found]


def _require_files(folder: Path, model: str, repair_hint: str) -> ComponentFiles:
    if not any(folder.glob("*.safetensors")) and (pickled := [*folder.glob("*.bin")]):
        raise WeightsError(
            f"{model} has its weights only as pickle ({pickled[0].name}), which can run any code when loaded: choose "
            "a model or a revision with safetensors"
        )
    return require_component(folder, model, repair_hint, allow_pickle=False)


def _load_processor(folder: Path, model: str, repair_hint: str) -> Callable[[PilImage], torch.Tensor]:
    if not (folder / PREPROCESSOR).is_file():
        raise WeightsError(f"{model} is incomplete: {folder / PREPROCESSOR} is missing. {repair_hint}")
    try:
        processor: Any = transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # of any type: how the library fails depends on the file
        raise WeightsError(f"{model}: {folder / PREPROCESSOR} cannot be used: {first_line(error)}") from error

    def prepare(image: PilImage) -> torch.Tensor:
        pixels: torch.Tensor = processor(images=[image], return_tensors="pt")["pixel_values"][0]
        return pixels

    return prepare
