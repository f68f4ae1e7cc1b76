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
    tensors = _name_parts(pipeline) if hasattr(pipeline, "unet") else _name_parts_of_sd3(pipeline)
    tensors = {key: tensor.contiguous().clone() for key, tensor in (tensors | more).items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".safetensors":
        save_file(tensors, file)
    else:
        torch.save({"state_dict": tensors, "global_step": 1}, file)
    return file


def _name_parts(pipeline: Any) -> Tensors:
    """Stable Diffusion 1, 2 or XL."""
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
    return tensors


def _name_parts_of_sd3(pipeline: Any) -> Tensors:
    tensors = {f"model.diffusion_model.{key}": tensor for key, tensor in original_sd3(pipeline.transformer).items()}
    tensors |= {f"first_stage_model.{key}": tensor for key, tensor in original_vae(pipeline.vae).items()}
    for name, encoder in {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}.items():
        clip = original_clip(getattr(pipeline, encoder), f"text_encoders.{name}.transformer.")
        tensors |= {key.replace("text_model.text_projection", "text_projection"): clip[key] for key in clip}
    t5 = pipeline.text_encoder_3.state_dict()
    return tensors | {f"text_encoders.t5xxl.transformer.{key}": tensor for key, tensor in t5.items()}


SD3_PARTS = {
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "pos_embed.pos_embed": "pos_embed",
    "pos_embed.proj": "x_embedder.proj",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    "transformer_blocks": "joint_blocks",
    ".attn.to_out.0": ".x_block.attn.proj",
    ".attn.to_add_out": ".context_block.attn.proj",
    ".norm1.linear": ".x_block.adaLN_modulation.1",
    ".norm1_context.linear": ".context_block.adaLN_modulation.1",
    ".ff.net.0.proj": ".x_block.mlp.fc1",
    ".ff.net.2": ".x_block.mlp.fc2",
    ".ff_context.net.0.proj": ".context_block.mlp.fc1",
    ".ff_context.net.2": ".context_block.mlp.fc2",
}
SD3_JOINED = {("to_q", "to_k", "to_v"): "x_block", ("add_q_proj", "add_k_proj", "add_v_proj"): "context_block"}


def original_sd3(transformer: Any) -> Tensors:
    """The original code joins the products of attention, and has scale and shift of the last norms the other way."""
    last, tensors, names = transformer.config.num_layers - 1, transformer.state_dict(), {}
    for key, tensor in tensors.items():
        if key.startswith(("norm_out.", f"transformer_blocks.{last}.norm1_context.")):
            tensor = torch.cat([*reversed(tensor.chunk(2))])
        new = key
        for old, part in SD3_PARTS.items():
            new = new.replace(old, part)
        if not re.search(r"\.attn\.(to|add)_[qkv]", key):
            names[new] = tensor
    for i in range(last + 1):
        for parts, block in SD3_JOINED.items():
            for kind in ("weight", "bias"):
                joined = [tensors[f"transformer_blocks.{i}.attn.{part}.{kind}"] for part in parts]
                names[f"joint_blocks.{i}.{block}.attn.qkv.{kind}"] = torch.cat(joined)
    return names


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
