"""Tiny checkpoints written as web UIs keep models: one file, with the tensors' names of the original code.

The reverse of what diffusers does when it reads such a file. Which layers are which is derived from the shapes of the
networks, not from diffusers' tables, except for the few names at the ends.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel

Tensors = dict[str, torch.Tensor]

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
OPEN_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def write_single_file(checkpoint: Path, file: Path, **more: torch.Tensor) -> Path:
    """Write a checkpoint in diffusers' layout as one file, .safetensors or .ckpt, with other tensors in addition."""
    pipeline: Any = DiffusionPipeline.from_pretrained(checkpoint)
    tensors = {f"model.diffusion_model.{key}": tensor for key, tensor in original_unet(pipeline.unet).items()}
    tensors |= {f"first_stage_model.{key}": tensor for key, tensor in original_vae(pipeline.vae).items()}
    encoders = [getattr(pipeline, name) for name in ("text_encoder", "text_encoder_2") if hasattr(pipeline, name)]
    if len(encoders) == 2:
        tensors |= original_clip(encoders[0], "conditioner.embedders.0.transformer.")
        tensors |= original_open_clip(encoders[1], "conditioner.embedders.1.model.")
    elif encoders[0].config.hidden_act == "gelu":
        tensors |= original_open_clip(encoders[0], "cond_stage_model.model.")
    else:
        tensors |= original_clip(encoders[0], "cond_stage_model.transformer.")
    tensors = {key: tensor.contiguous().clone() for key, tensor in (tensors | more).items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".safetensors":
        save_file(tensors, file)
    else:
        torch.save({"state_dict": tensors, "global_step": 1}, file)
    return file


def original_unet(unet: UNet2DConditionModel) -> Tensors:
    """With one more resnet in each block of the way up than on the way down."""
    layers = unet.config.layers_per_block
    places = dict(_unet_places(unet, layers))
    names: Tensors = {}
    for key, tensor in unet.state_dict().items():
        old = next(old for old in places if key.startswith(f"{old}."))
        rest = key.removeprefix(f"{old}.")
        if "resnets" in old:
            part, _, last = rest.partition(".")
            rest = f"{RESNET[part]}.{last}"
        names[f"{places[old]}.{rest}"] = tensor
    return names


def _unet_places(unet: UNet2DConditionModel, layers: int) -> Iterator[tuple[str, str]]:
    yield from UNET_ENDS.items()
    for i in range(len(unet.down_blocks)):
        first = 1 + i * (layers + 1)
        for j in range(layers):
            yield f"down_blocks.{i}.resnets.{j}", f"input_blocks.{first + j}.0"
            yield f"down_blocks.{i}.attentions.{j}", f"input_blocks.{first + j}.1"
        yield f"down_blocks.{i}.downsamplers.0.conv", f"input_blocks.{first + layers}.0.op"
    for i, block in enumerate(unet.up_blocks):
        first = i * (layers + 1)
        for j in range(layers + 1):
            yield f"up_blocks.{i}.resnets.{j}", f"output_blocks.{first + j}.0"
            yield f"up_blocks.{i}.attentions.{j}", f"output_blocks.{first + j}.1"
        position = 2 if hasattr(block, "attentions") else 1
        yield f"up_blocks.{i}.upsamplers.0.conv", f"output_blocks.{first + layers}.{position}.conv"
    for old, new in (("resnets.0", 0), ("attentions.0", 1), ("resnets.1", 2)):
        yield f"mid_block.{old}", f"middle_block.{new}"


def original_vae(vae: AutoencoderKL) -> Tensors:
    count = len(vae.config.block_out_channels)
    changes = [
        (r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2"),
        (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
        (r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{count - 1 - int(m[1])}.block.{m[2]}"),
        (r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{count - 1 - int(m[1])}.upsample"),
        (r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}"),
        (r"mid_block\.attentions\.0\.group_norm", "mid.attn_1.norm"),
        (r"mid_block\.attentions\.0\.to_out\.0", "mid.attn_1.proj_out"),
        (r"mid_block\.attentions\.0\.to_([qkv])", r"mid.attn_1.\1"),
        ("conv_shortcut", "nin_shortcut"),
        ("conv_norm_out", "norm_out"),
    ]
    names: Tensors = {}
    for key, tensor in vae.state_dict().items():
        new = key
        for pattern, replacement in changes:
            new = re.sub(pattern, replacement, new)  # type: ignore[call-overload]
        is_convolution = ".attn_1." in new and tensor.dim() == 2
        names[new] = tensor[:, :, None, None] if is_convolution else tensor
    return names


def _text_model(encoder: CLIPTextModel) -> Mapping[str, torch.Tensor]:
    """The tensors without the prefix that some versions of transformers give them."""
    return {key.removeprefix("text_model."): tensor for key, tensor in encoder.state_dict().items()}


def original_clip(encoder: CLIPTextModel, prefix: str) -> Tensors:
    return {f"{prefix}text_model.{key}": tensor for key, tensor in _text_model(encoder).items()}


def original_open_clip(encoder: CLIPTextModel, prefix: str) -> Tensors:
    tensors = dict(_text_model(encoder))
    names = {OPEN_CLIP[key]: tensors[key] for key in OPEN_CLIP}
    if "text_projection.weight" in tensors:
        names["text_projection"] = tensors["text_projection.weight"].T
    for i in range(encoder.config.num_hidden_layers):
        layer, place = f"encoder.layers.{i}.", f"transformer.resblocks.{i}."
        for kind in ("weight", "bias"):
            parts = [tensors[f"{layer}self_attn.{part}_proj.{kind}"] for part in "qkv"]
            names[f"{place}attn.in_proj_{kind}"] = torch.cat(parts)
            for old, new in OPEN_CLIP_LAYER.items():
                names[f"{place}{new}.{kind}"] = tensors[f"{layer}{old}.{kind}"]
    return {f"{prefix}{key}": tensor for key, tensor in names.items()}
