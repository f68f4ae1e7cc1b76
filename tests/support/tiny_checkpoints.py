"""Checkpoints with tiny random weights in the layout of the real ones: the same classes, files and configurations.

Only widths and vocabularies are small. The factor between pixels and latents, 8, is the real one.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxFillPipeline,
    FluxTransformer2DModel,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from tests.support.shared_folder import shared_folder

FAMILIES = ("sd2", "sd1.5", "sdxl", "sd3", "flux-fill")
WIDE = 32
"""Channels of a text encoder's output."""


def tiny_checkpoint(family: str, folder: Path) -> Path:
    """Save the family's tiny checkpoint; the same bytes each time."""
    torch.manual_seed(sum(family.encode()))
    pipeline = BUILDERS[family](folder.parent)
    for model in pipeline.components.values():
        if isinstance(model, torch.nn.Module):
            enliven(model)
    pipeline.save_pretrained(folder)
    return folder


def enliven(model: torch.nn.Module) -> None:
    """Draw all weights anew, so wide that every input shows in the output; PyTorch's own are too tame at this size."""
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            spread = parameter[0].numel() ** -0.5
            torch.nn.init.normal_(parameter, std=1.0 if "embed" in name and "token" in name else spread)
        elif name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> "Checkpoints":
    return Checkpoints(tmp_path_factory)


@pytest.fixture
def one_thread_and_no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] == "127.0.0.1", "the network was used"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Checkpoints(dict[str, Path]):
    """Family to folder, which is only read; each is built when it is first asked for."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        super().__init__()
        self._factory = factory

    def __missing__(self, family: str) -> Path:
        made = shared_folder(self._factory, f"checkpoint-{family}", lambda new: tiny_checkpoint(family, new / family))
        self[family] = made / family
        return self[family]


# --- the parts


def clip_tokenizer(folder: Path) -> CLIPTokenizer:
    """Bytes and a few words; padded with the end token, as SD's."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*letters, *(letter + "</w>" for letter in letters), "ca", "cat</w>", "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\nc a\nca t</w>\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def t5_tokenizer() -> T5TokenizerFast:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0)]
    pieces += [(letter, -2.0) for letter in "abcdefghijklmnopqrstuvwxyz"]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0, model_max_length=512)


def clip_config(width: int = WIDE, **more: Any) -> CLIPTextConfig:
    ends = {"bos_token_id": 54, "eos_token_id": 55, "pad_token_id": 55}
    size = {"hidden_size": width, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2}
    return CLIPTextConfig(vocab_size=56, max_position_embeddings=77, projection_dim=width, **ends, **size, **more)


def t5_encoder() -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=30, d_model=WIDE, d_kv=8, d_ff=37, num_layers=1, num_heads=4)).eval()


def vae(latent_channels: int = 4, **more: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(4, 4, 4, 8),
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        sample_size=512,
        **more,
    )


def unet(in_channels: int = 9, **more: Any) -> UNet2DConditionModel:
    shape = {
        "block_out_channels": (8, 16, 16, 16),
        "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
        "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
        "cross_attention_dim": WIDE,
        "attention_head_dim": 2,
    }
    return UNet2DConditionModel(
        in_channels=in_channels,
        out_channels=4,
        sample_size=64,
        layers_per_block=1,
        norm_num_groups=4,
        **(shape | more),
    )


def pndm() -> PNDMScheduler:
    betas = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return PNDMScheduler(skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False, **betas)


# --- the families


def _sd2(folder: Path) -> DiffusionPipeline:
    return _stable_diffusion(folder, unet(use_linear_projection=True, attention_head_dim=(1, 2, 2, 2)), "gelu")


def _sd15(folder: Path) -> DiffusionPipeline:
    return _stable_diffusion(folder, unet(), "quick_gelu")


def _stable_diffusion(folder: Path, denoiser: UNet2DConditionModel, activation: str) -> DiffusionPipeline:
    return StableDiffusionInpaintPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(clip_config(hidden_act=activation)).eval(),
        tokenizer=clip_tokenizer(folder),
        unet=denoiser,
        scheduler=pndm(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sd15_text(folder: Path) -> DiffusionPipeline:
    """Text to image: the UNet takes the latents alone."""
    return StableDiffusionPipeline(
        **_stable_diffusion(folder, unet(4), "quick_gelu").components, requires_safety_checker=False
    )


def _sdxl(folder: Path, second_width: int = WIDE) -> DiffusionPipeline:
    denoiser = unet(
        block_out_channels=(8, 16, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 1, 2),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + second_width,
        cross_attention_dim=WIDE + second_width,
    )
    return StableDiffusionXLInpaintPipeline(
        vae=vae(force_upcast=True),
        text_encoder=CLIPTextModel(clip_config()).eval(),
        text_encoder_2=CLIPTextModelWithProjection(clip_config(second_width, hidden_act="gelu")).eval(),
        tokenizer=clip_tokenizer(folder),
        tokenizer_2=clip_tokenizer(folder),
        unet=denoiser,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )


def _sd3(folder: Path, second_width: int = WIDE) -> DiffusionPipeline:
    width = WIDE + second_width
    denoiser = SD3Transformer2DModel(
        sample_size=64,
        patch_size=2,
        in_channels=16,
        out_channels=16,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=WIDE,
        joint_attention_dim=width,
        pooled_projection_dim=width,
        pos_embed_max_size=96,
    )
    t5 = T5EncoderModel(T5Config(vocab_size=30, d_model=width, d_kv=8, d_ff=37, num_layers=1, num_heads=4)).eval()
    return StableDiffusion3Pipeline(
        transformer=denoiser,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.0609, scaling_factor=1.5305),
        text_encoder=CLIPTextModelWithProjection(clip_config()).eval(),
        text_encoder_2=CLIPTextModelWithProjection(clip_config(second_width, hidden_act="gelu")).eval(),
        text_encoder_3=t5,
        tokenizer=clip_tokenizer(folder),
        tokenizer_2=clip_tokenizer(folder),
        tokenizer_3=t5_tokenizer(),
    )


def _flux_fill(folder: Path) -> DiffusionPipeline:
    return FluxFillPipeline(**flux_parts(folder, in_channels=384))


def flux_parts(folder: Path, in_channels: int) -> dict[str, Any]:
    denoiser = FluxTransformer2DModel(
        patch_size=1,
        in_channels=in_channels,
        out_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDE,
        pooled_projection_dim=WIDE,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )
    return {
        "transformer": denoiser,
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        "vae": vae(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1159, scaling_factor=0.3611),
        "text_encoder": CLIPTextModel(clip_config()).eval(),
        "text_encoder_2": t5_encoder(),
        "tokenizer": clip_tokenizer(folder),
        "tokenizer_2": t5_tokenizer(),
    }


def _sdxl_of_two_widths(folder: Path) -> DiffusionPipeline:
    """With text encoders that are told apart by their width, as the real ones are."""
    return _sdxl(folder, 2 * WIDE)


def _sd3_of_two_widths(folder: Path) -> DiffusionPipeline:
    return _sd3(folder, 2 * WIDE)


BUILDERS = {"sd2": _sd2, "sd1.5": _sd15, "sdxl": _sdxl, "sd3": _sd3, "flux-fill": _flux_fill}
BUILDERS |= {"sd1.5-text": _sd15_text, "sdxl-two-widths": _sdxl_of_two_widths, "sd3-two-widths": _sd3_of_two_widths}
