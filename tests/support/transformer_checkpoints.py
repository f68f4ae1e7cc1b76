"""Checkpoints of the newer families with tiny random weights, in the layout of the real ones: a transformer denoises, a
language model reads the prompt. Only widths, depths and vocabularies are small."""

import json
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    ChromaPipeline,
    ChromaTransformer2DModel,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxKontextPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
)

from riptui.inpainters.silence import silence_libraries
from tests.support.tiny_checkpoints import BUILDERS, WIDE, flux_parts, t5_encoder, t5_tokenizer, vae

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)
ROPE = {"axes_dims_rope": (4, 6, 6)}
DYNAMIC = {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 0.9, "shift_terminal": 0.02}


def qwen_tokenizer(folder: Path) -> Qwen2Tokenizer:
    """Bytes and a word."""
    pieces = [*sorted(ByteLevel.alphabet()), "ca", "cat", *SPECIAL]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\nc a\nca t\n")
    tokenizer = Qwen2Tokenizer.from_pretrained(
        folder, additional_special_tokens=[*SPECIAL[1:]], pad_token=SPECIAL[0], model_max_length=1024
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def qwen3_config(layers: int = 2) -> Qwen3Config:
    size = {"hidden_size": WIDE, "intermediate_size": 37, "num_attention_heads": 4, "num_key_value_heads": 2}
    return Qwen3Config(vocab_size=261, num_hidden_layers=layers, head_dim=8, max_position_embeddings=1024, **size)


def _chroma(folder: Path) -> DiffusionPipeline:
    with silence_libraries():  # the network uses what diffusers deprecates
        denoiser = ChromaTransformer2DModel(
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDE,
            approximator_num_channels=16,
            approximator_hidden_dim=32,
            approximator_layers=1,
            **ROPE,
        )
    return ChromaPipeline(
        transformer=denoiser,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=_flux_vae(),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(),
    )


def _flux_kontext(folder: Path) -> DiffusionPipeline:
    return FluxKontextPipeline(**flux_parts(folder, in_channels=64))


def _flux2_klein(folder: Path) -> DiffusionPipeline:
    return Flux2KleinPipeline(
        transformer=Flux2Transformer2DModel(
            in_channels=32,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * WIDE,
            timestep_guidance_channels=16,
            guidance_embeds=False,
            axes_dims_rope=(4, 4, 4, 4),
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(
            block_out_channels=(4, 4, 4, 8), layers_per_block=1, latent_channels=8, norm_num_groups=2
        ),
        text_encoder=Qwen3ForCausalLM(qwen3_config(28)).eval(),  # the outputs of layers 9, 18 and 27 are read
        tokenizer=qwen_tokenizer(folder),
        is_distilled=True,
    )


def _qwen_image(folder: Path) -> DiffusionPipeline:
    text = qwen3_config().to_dict() | {"rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default"}}
    vision: dict[str, Any] = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    kept = [
        *("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads", "vocab_size"),
        *("num_hidden_layers", "rope_scaling", "max_position_embeddings"),
    ]
    config = Qwen2_5_VLConfig(
        text_config={key: text[key] for key in kept} | {"bos_token_id": 0, "eos_token_id": 0},
        vision_config=vision | {"out_hidden_size": WIDE, "fullatt_block_indexes": [0]},
    )
    return QwenImagePipeline(
        transformer=QwenImageTransformer2DModel(
            num_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=WIDE, **ROPE
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(**DYNAMIC),
        vae=AutoencoderKLQwenImage(base_dim=4, num_res_blocks=1),
        text_encoder=Qwen2_5_VLForConditionalGeneration(config).eval(),
        tokenizer=qwen_tokenizer(folder),
    )


def _z_image(folder: Path) -> DiffusionPipeline:
    return ZImagePipeline(
        transformer=ZImageTransformer2DModel(
            dim=32,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=WIDE,
            axes_dims=[4, 6, 6],
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_flux_vae(),
        text_encoder=Qwen3Model(qwen3_config()).eval(),
        tokenizer=qwen_tokenizer(folder),
    )


def _flux_vae() -> Any:
    return vae(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1159, scaling_factor=0.3611)


TRANSFORMERS = {
    "chroma": _chroma,
    "flux-kontext": _flux_kontext,
    "flux2-klein": _flux2_klein,
    "qwen-image": _qwen_image,
    "z-image": _z_image,
}
BUILDERS |= TRANSFORMERS
