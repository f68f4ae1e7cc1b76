"""A LoRA of random weights on a tiny checkpoint, against the plain pipeline with the same file."""

from pathlib import Path

import pytest

pytest.importorskip("peft", reason="needs riptui[lora]")

import numpy as np
import peft
import torch
from diffusers import StableDiffusionInpaintPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from safetensors.torch import save_file

from riptui.errors import InputError
from tests.inpainters.test_diffusion import loaded, paint, plain, plain_pipeline, squares
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]


@pytest.fixture
def lora(checkpoints: Checkpoints, tmp_path: Path) -> Path:
    unet = plain_pipeline(checkpoints["sd2"], "sd2").unet
    unet.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
    torch.manual_seed(0)
    for name, weight in unet.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.5)  # peft's own begin at zero, and change nothing
    layers = convert_state_dict_to_diffusers(peft.get_peft_model_state_dict(unet))
    StableDiffusionInpaintPipeline.save_lora_weights(tmp_path, unet_lora_layers=layers)
    return tmp_path / "pytorch_lora_weights.safetensors"


def test_a_lora_paints_as_the_plain_pipeline_with_it_and_is_noted(lora: Path, checkpoints: Checkpoints) -> None:
    adapted = loaded(checkpoints["sd2"], lora=str(lora))
    assert adapted.notes["lora"].startswith("pytorch_lora_weights.safetensors, SHA-256 ")
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2")
    pipeline.load_lora_weights(str(lora))
    expected = plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=1.0)
    assert np.array_equal(paint(adapted), expected)
    assert not np.array_equal(paint(loaded(checkpoints["sd2"])), expected)


def test_a_lora_for_another_model_is_said(lora: Path, checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match="does not fit"):
        loaded(checkpoints["sdxl"], "sdxl", lora=str(lora))


def test_a_lora_that_would_change_nothing_is_said(checkpoints: Checkpoints, tmp_path: Path) -> None:
    layers = {f"transformer.blocks.0.attn.to_q.lora_{half}.weight": torch.ones(2, 2) for half in "AB"}
    save_file(layers, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="does not fit: it changes no part of a StableDiffusionInpaintPipeline"):
        loaded(checkpoints["sd2"], lora=str(tmp_path / "other.safetensors"))
