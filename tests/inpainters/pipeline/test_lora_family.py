"""Adapters that are no LoRA in the narrow sense are called what they are, by the names of their tensors."""

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from riptui.inpainters.pipeline.lora_family import unread_kind

LAYER = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{LAYER}.hada_w1_a", "a LoHa"),
        (f"{LAYER}.lokr_w1", "a LoKr"),
        (f"{LAYER}.lora_mid.weight", "a LoCon in Tucker's form"),
        (f"{LAYER}.diff_b", "whole differences"),
        (f"{LAYER}.oft_blocks", "an OFT"),
        ("model.diffusion_model.input_blocks.0.0.weight", "a whole model: give it as the inpainter"),
        (f"{LAYER}.lora_down.weight", ""),
        (f"{LAYER}.dora_scale", ""),
        ("unet.down_blocks.0.attn1.to_q.lora_A.weight", ""),
        ("unet.down_blocks.0.attn1.to_q.lora_magnitude_vector", ""),
    ],
)
def test_the_kind_of_an_adapter_is_read_from_names(name: str, kind: str) -> None:
    assert kind in unread_kind({name: None})
    assert bool(kind) == bool(unread_kind({name: None}))
