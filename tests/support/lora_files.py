"""Random LoRAs for a pipeline in the layouts of the three trainers, and the same merged into the weights by hand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

UNET_LAYERS = ("attn1.to_q", "attn2.to_k", "attn2.to_out.0")
TEXT_LAYERS = ("self_attn.q_proj", "self_attn.out_proj")
KOHYA_PREFIXES = {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_"}


@dataclass(frozen=True)
class RandomLayer:
    """down [rank, in], up [out, rank]; the layer's weight grows by alpha / rank * up @ down."""

    down: torch.Tensor
    up: torch.Tensor
    alpha: float

    @property
    def growth(self) -> torch.Tensor:
        return self.up @ self.down * (self.alpha / len(self.down))


Layers = Mapping[tuple[str, str], RandomLayer]
"""By component and name."""


def random_layers(
    pipeline: Any, *, alphas: Collection[float] = (2.0,), components: str = "unet text_encoder"
) -> Layers:
    """Layers of rank 2 for the first blocks; `alphas` in turn. An alpha of 2 is what a file without alphas means."""
    generator = torch.Generator().manual_seed(4)
    layers: dict[tuple[str, str], RandomLayer] = {}
    for component in components.split():
        endings = UNET_LAYERS if component == "unet" else TEXT_LAYERS
        model = getattr(pipeline, component)
        for name in [name for name, _ in model.named_modules() if name.endswith(endings)][:6]:
            out, into = model.get_submodule(name).weight.shape
            down, up = torch.randn(2, into, generator=generator), torch.randn(out, 2, generator=generator)
            layers[component, name] = RandomLayer(down * 0.5, up * 0.5, [*alphas][len(layers) % len(alphas)])
    return layers


def save_kohya(path: Path, layers: Layers) -> Path:
    tensors: dict[str, torch.Tensor] = {}
    for (component, name), layer in layers.items():
        key = KOHYA_PREFIXES[component] + name.replace(".", "_")
        tensors |= {f"{key}.lora_down.weight": layer.down, f"{key}.lora_up.weight": layer.up}
        tensors[f"{key}.alpha"] = torch.tensor(layer.alpha)
    return save(path, tensors)


def save_diffusers(path: Path, layers: Layers) -> Path:
    tensors = {}
    for (component, name), layer in layers.items():
        middle = "lora" if component == "unet" else "lora_linear_layer"
        tensors[f"{component}.{name}.{middle}.down.weight"] = layer.down
        tensors[f"{component}.{name}.{middle}.up.weight"] = layer.up
    return save(path, tensors)


def save_peft(path: Path, layers: Layers) -> Path:
    tensors = {}
    for (component, name), layer in layers.items():
        tensors[f"{component}.{name}.lora_A.weight"] = layer.down
        tensors[f"{component}.{name}.lora_B.weight"] = layer.up
    return save(path, tensors)


def save(path: Path, tensors: dict[str, torch.Tensor], **metadata: str) -> Path:
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, path, metadata=metadata)
    return path


def merge(pipeline: Any, layers: Layers, weight: float = 1.0) -> None:
    """Add the LoRA to the pipeline's weights, without peft."""
    with torch.no_grad():
        for (component, name), layer in layers.items():
            getattr(pipeline, component).get_submodule(name).weight.add_(layer.growth, alpha=weight)


def kohya_layer(key: str, into: int, out: int) -> dict[str, torch.Tensor]:
    """One layer of rank 2 under kohya's name."""
    down, up = torch.ones(2, into) * 0.1, torch.ones(out, 2) * 0.1
    return {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(2.0)}
