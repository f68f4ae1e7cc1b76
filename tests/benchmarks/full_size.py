"""Stable Diffusion 2 inpainting at its true size, with random weights, as a checkpoint's folder."""

from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionInpaintPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from tests.support.tiny_checkpoints import clip_tokenizer, pndm

UNET, VAE = 865.93, 83.65  # million parameters


def full_checkpoint(folder: Path, device: str) -> Path:
    """Save it in float16, 2.6 GB. The weights are drawn on the device: on a CPU that takes half a minute."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float16)
    try:
        with torch.device(device):
            pipeline = StableDiffusionInpaintPipeline(
                vae=_vae(),
                text_encoder=_text_encoder(),
                tokenizer=clip_tokenizer(folder.parent),
                unet=_unet(),
                scheduler=pndm(),
                safety_checker=None,
                feature_extractor=None,
                requires_safety_checker=False,
            )
    finally:
        torch.set_default_dtype(torch.float32)
    _require_size(pipeline.unet, UNET)
    _require_size(pipeline.vae, VAE)
    pipeline.save_pretrained(folder)
    return folder


def _require_size(network: torch.nn.Module, millions: float) -> None:
    found = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    assert abs(found - millions) < 0.005, f"{type(network).__name__} has {found:.3f} M parameters, not {millions} M"


def _unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=9,
        out_channels=4,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
        cross_attention_dim=1024,
        attention_head_dim=(5, 10, 20, 20),
        use_linear_projection=True,
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
    )


def _text_encoder() -> CLIPTextModel:
    ends = {"bos_token_id": 54, "eos_token_id": 55, "pad_token_id": 55}
    size = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23, "num_attention_heads": 16}
    return CLIPTextModel(CLIPTextConfig(vocab_size=56, hidden_act="gelu", projection_dim=512, **size, **ends)).eval()
