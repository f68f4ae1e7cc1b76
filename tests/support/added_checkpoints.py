"""Checkpoints of two models, tiny and random in the layout of the real ones: Kandinsky and its prior, a ControlNet."""

from pathlib import Path

import torch
from diffusers import (
    ControlNetModel,
    DDPMScheduler,
    DiffusionPipeline,
    KandinskyV22InpaintPipeline,
    KandinskyV22PriorPipeline,
    PriorTransformer,
    UnCLIPScheduler,
    UNet2DConditionModel,
    VQModel,
)
from transformers import (
    CLIPImageProcessor,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from tests.support.tiny_checkpoints import BUILDERS, WIDE, clip_config, clip_tokenizer, enliven


def _kandinsky(folder: Path) -> DiffusionPipeline:
    return KandinskyV22InpaintPipeline(
        unet=UNet2DConditionModel(
            in_channels=9,
            out_channels=8,  # the noise and its variance
            addition_embed_type="image",
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn",
            block_out_channels=(8, 16),
            layers_per_block=1,
            encoder_hid_dim=WIDE,
            encoder_hid_dim_type="image_proj",
            cross_attention_dim=16,
            attention_head_dim=4,
            norm_num_groups=4,
            resnet_time_scale_shift="scale_shift",
            sample_size=64,
        ),
        scheduler=DDPMScheduler(
            beta_schedule="linear",
            beta_start=0.00085,
            beta_end=0.012,
            clip_sample=True,
            clip_sample_range=2.0,
            sample_max_value=2.0,
            thresholding=True,
            variance_type="learned_range",
        ),
        movq=VQModel(
            block_out_channels=(32,) * 4,  # of the spatial norm, which has 32 groups
            down_block_types=(*("DownEncoderBlock2D",) * 3, "AttnDownEncoderBlock2D"),
            up_block_types=("AttnUpDecoderBlock2D", *("UpDecoderBlock2D",) * 3),
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=8,
            norm_type="spatial",
            num_vq_embeddings=12,
            vq_embed_dim=4,
        ),
    )


def _kandinsky_prior(folder: Path) -> DiffusionPipeline:
    vision = CLIPVisionConfig(
        hidden_size=WIDE,
        projection_dim=WIDE,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        image_size=28,
        patch_size=14,
    )
    return KandinskyV22PriorPipeline(
        prior=PriorTransformer(
            num_attention_heads=2, attention_head_dim=12, embedding_dim=WIDE, num_layers=1, additional_embeddings=4
        ),
        image_encoder=CLIPVisionModelWithProjection(vision).eval(),
        text_encoder=CLIPTextModelWithProjection(clip_config(hidden_act="gelu")).eval(),
        tokenizer=clip_tokenizer(folder),
        scheduler=UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", num_train_timesteps=1000, clip_sample_range=5.0
        ),
        image_processor=CLIPImageProcessor(crop_size=28, size=28),
    )


def tiny_controlnet(checkpoint: Path, folder: Path) -> Path:
    """Save a ControlNet for the UNet of a checkpoint, whose last layers are not zero as in one that nobody trained."""
    torch.manual_seed(7)
    config = UNet2DConditionModel.load_config(checkpoint / "unet")
    unet = UNet2DConditionModel.from_config({**config, "in_channels": 4})
    made = ControlNetModel.from_unet(unet, load_weights_from_unet=False)
    enliven(made)
    made.save_pretrained(folder)
    return folder


BUILDERS |= {"kandinsky": _kandinsky, "kandinsky-prior": _kandinsky_prior}
