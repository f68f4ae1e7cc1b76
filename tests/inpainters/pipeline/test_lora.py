"""LoRAs of random weights on tiny checkpoints, against plain pipelines with the same weights merged by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("peft", reason="needs riptui[lora]")

import numpy as np
import torch
from safetensors.torch import load_file

from riptui.arrays import Image
from riptui.errors import InputError
from riptui.inpainters.pipeline.adapter_file import LoadedAdapter
from riptui.inpainters.pipeline.loras import load_loras
from riptui.inpainters.silence import silence_libraries
from tests.inpainters.test_diffusion import loaded, paint, plain, plain_pipeline, squares
from tests.support import lora_files
from tests.support.lora_files import Layers, merge, random_layers, save, save_diffusers, save_kohya, save_peft
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

PROMPT = "a cat"


@pytest.fixture
def pipeline(checkpoints: Checkpoints) -> Any:
    return plain_pipeline(checkpoints["sd1.5"], "sd1.5")


@pytest.fixture
def layers(pipeline: Any) -> Layers:
    return random_layers(pipeline)


def paint_merged(pipeline: Any, *loras: tuple[Layers, float]) -> Image:
    for layers, weight in loras:
        merge(pipeline, layers, weight)
    return plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=7.5, prompt=PROMPT)


def assert_alike(painted: Image, expected: Image) -> None:
    """But for the rounding of a sum in another order."""
    assert abs(painted.astype(int) - expected).max() <= 1


def add(pipeline: Any, *values: str, recorded: dict[str, str] | None = None) -> LoadedAdapter:
    value = values[0] if len(values) == 1 else json.dumps(values)
    with silence_libraries():
        return load_loras(pipeline, value, allow_pickle=False, recorded=recorded or {})


def test_one_lora_paints_the_bytes_of_the_plain_pipeline_with_it_and_is_noted(
    layers: Layers, pipeline: Any, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    path = save_diffusers(tmp_path / "style.safetensors", layers)
    adapted = loaded(checkpoints["sd1.5"], "sd1.5", lora=str(path), prompt=PROMPT)
    assert adapted.notes["lora"].startswith("style.safetensors, SHA-256 ")
    assert not {"lora tensors", "lora alphas"} & adapted.notes.keys()
    pipeline.load_lora_weights(str(path))
    assert np.array_equal(paint(adapted), paint_merged(pipeline))
    assert not np.array_equal(paint(adapted), paint(loaded(checkpoints["sd1.5"], "sd1.5", prompt=PROMPT)))


@pytest.mark.parametrize("save_as", [save_kohya, save_diffusers, save_peft])
@pytest.mark.exhaustive
def test_each_layout_means_the_same_weights_for_unet_and_text_encoder(
    save_as: Callable[[Path, Layers], Path], layers: Layers, pipeline: Any, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    path = save_as(tmp_path / "a, b:c.safetensors", layers)
    adapted = loaded(checkpoints["sd1.5"], "sd1.5", lora=f"{path}:0.5", prompt=PROMPT)
    assert_alike(paint(adapted), paint_merged(pipeline, (layers, 0.5)))


@pytest.mark.exhaustive
def test_several_loras_add_up_each_at_its_weight(pipeline: Any, checkpoints: Checkpoints, tmp_path: Path) -> None:
    first, second = random_layers(pipeline), random_layers(pipeline, components="unet", alphas=(1.0,))
    paths = save_kohya(tmp_path / "1.safetensors", first), save_peft(tmp_path / "2.safetensors", second)
    value = json.dumps([f"{paths[0]}:0.8", f"{paths[1]}:-0.5"])
    adapted = loaded(checkpoints["sd1.5"], "sd1.5", lora=value, prompt=PROMPT)
    assert adapted.notes["lora"].count("SHA-256") == 2
    assert_alike(paint(adapted), paint_merged(pipeline, (first, 0.8), (second, -1.0)))


def test_each_layer_has_the_alpha_of_the_file(pipeline: Any, checkpoints: Checkpoints, tmp_path: Path) -> None:
    layers = random_layers(pipeline, alphas=(1.0, 3.0, 2.0))
    path = save_kohya(tmp_path / "a.safetensors", layers)
    adapted = loaded(checkpoints["sd1.5"], "sd1.5", lora=str(path), prompt=PROMPT)
    assert adapted.notes["lora alphas"] == "as the file says"
    assert_alike(paint(adapted), paint_merged(pipeline, (layers, 1.0)))


def test_a_trajectory_of_an_older_release_keeps_the_alphas_that_it_had(
    pipeline: Any, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    path = save_kohya(tmp_path / "a.safetensors", random_layers(pipeline, alphas=(1.0, 3.0, 2.0)))
    new = loaded(checkpoints["sd1.5"], "sd1.5", lora=str(path), prompt=PROMPT)
    old = {name: note for name, note in new.notes.items() if name != "lora alphas"}
    add(pipeline, str(path), recorded=old)
    expected = plain_pipeline(checkpoints["sd1.5"], "sd1.5")
    with silence_libraries():
        expected.load_lora_weights(load_file(path))
    assert scalings(pipeline, "default_0") == scalings(expected, "default_0")


def scalings(pipeline: Any, adapter: str) -> dict[str, float]:
    models = (pipeline.unet, pipeline.text_encoder)
    return {
        name: layer.scaling[adapter]
        for model in models
        for name, layer in model.named_modules()
        if hasattr(layer, "lora_A")
    }


def test_rank_and_alpha_in_the_metadata_count(layers: Layers, pipeline: Any, tmp_path: Path) -> None:
    names = [name for component, name in layers if component == "unet"]
    settings = {"unet.r": 2, "unet.lora_alpha": 8, "unet.target_modules": names}
    unet = {key: layer for key, layer in layers.items() if key[0] == "unet"}
    path = save_peft(tmp_path / "a.safetensors", unet)
    save(path, load_file(path), lora_adapter_metadata=json.dumps(settings))
    assert add(pipeline, str(path)).notes["lora alphas"] == "as the file says"
    assert set(scalings(pipeline, "default_0").values()) == {4.0}


@pytest.mark.parametrize("save_as", [save_kohya, save_peft])
def test_a_lora_that_fits_in_part_is_told(
    save_as: Callable[[Path, Layers], Path], layers: Layers, pipeline: Any, tmp_path: Path
) -> None:
    (component, name), layer = next(iter(layers.items()))
    strange = {(component, name.replace("blocks.0", "blocks.9")): layer}
    path = save_as(tmp_path / "a.safetensors", {**layers, **strange})
    found = add(pipeline, str(path))
    [notice] = found.notices
    assert f"of the LoRA {path} 2 of {2 * len(layers) + 2} tensors were not used: " in notice
    assert "blocks" in notice
    assert "9" in notice
    assert found.notes["lora tensors"] == notice.replace(str(path), path.name).replace("the LoRA ", "")


def test_a_lora_for_another_family_is_refused_by_its_name(
    layers: Layers, pipeline: Any, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    path = save_peft(tmp_path / "a.safetensors", layers)
    said = save(tmp_path / "said.safetensors", load_file(path), ss_base_model_version="sdxl_base_v1-0")
    with pytest.raises(InputError, match="it was trained for Stable Diffusion XL, and this model is a Stable Diffusio"):
        add(pipeline, str(said))
    said = save(tmp_path / "flux.safetensors", load_file(path), **{"modelspec.architecture": "flux-1-dev/lora"})
    with pytest.raises(InputError, match="it was trained for FLUX"):
        add(pipeline, str(said))
    wide = {f"unet.{name}.lora_A.weight": torch.zeros(2, 2048) for (_, name) in layers if name.endswith("attn2.to_k")}
    with pytest.raises(InputError, match="it was trained for Stable Diffusion XL"):
        add(pipeline, str(save(tmp_path / "wide.safetensors", {**load_file(path), **wide})))
    with pytest.raises(InputError, match="fit"):
        add(plain_pipeline(checkpoints["sdxl"], "sdxl"), str(path))


def test_a_lora_that_fits_not_at_all_is_refused(layers: Layers, pipeline: Any, tmp_path: Path) -> None:
    other = {f"transformer.blocks.0.attn.to_q.lora_{half}.weight": torch.ones(2, 2) for half in "AB"}
    with pytest.raises(InputError, match="does not fit: it changes no part of a StableDiffusionInpaintPipeline"):
        add(pipeline, str(save(tmp_path / "other.safetensors", other)))
    text = {key: layer for key, layer in layers.items() if key[0] == "text_encoder"}
    mixed = {**load_file(save_peft(tmp_path / "a.safetensors", text)), **other}
    with pytest.raises(InputError, match=r"8 tensors fit a text encoder, but none of the 2 others fits this model"):
        add(pipeline, str(save(tmp_path / "mixed.safetensors", mixed)))


def test_layers_of_another_size_are_named(layers: Layers, pipeline: Any, tmp_path: Path) -> None:
    path = save_peft(tmp_path / "a.safetensors", layers)
    wide = {name: torch.ones(2, 7) if "lora_A" in name else tensor for name, tensor in load_file(path).items()}
    with pytest.raises(InputError, match=r"layers of another size: .* \(7 channels, not \d+\) and \d+ other"):
        add(pipeline, str(save(path, wide)))


def test_a_layer_without_its_other_half_is_refused(layers: Layers, pipeline: Any, tmp_path: Path) -> None:
    """peft fills it at random, anew at each load."""
    tensors = load_file(save_peft(tmp_path / "a.safetensors", layers))
    del tensors[next(name for name in tensors if "lora_A" in name)]
    with pytest.raises(InputError, match="does not fit"):
        add(pipeline, str(save(tmp_path / "half.safetensors", tensors)))


def test_the_scales_of_a_dora_are_used_or_it_is_refused(layers: Layers, pipeline: Any, tmp_path: Path) -> None:
    tensors = load_file(save_kohya(tmp_path / "a.safetensors", layers))
    scales = {f"{name.partition('.')[0]}.dora_scale": torch.ones(8) for name in tensors if "lora_down" in name}
    dora = save(tmp_path / "dora.safetensors", tensors | scales)
    with pytest.raises(InputError, match=rf"is a DoRA with {len(layers)} scales \(dora_scale\), which diffusers"):
        add(pipeline, str(dora))
    unet = {key: layer for key, layer in layers.items() if key[0] == "unet"}
    tensors = load_file(save_peft(tmp_path / "b.safetensors", unet))
    weights = {name: pipeline.unet.get_submodule(name).weight.clone() for _, name in unet}
    for (_, name), layer in unet.items():
        tensors[f"unet.{name}.lora_magnitude_vector"] = 2 * (weights[name] + layer.growth).norm(dim=1)
    found = add(pipeline, str(save(tmp_path / "peft.safetensors", tensors)))
    assert found.notices == []
    for (_, name), layer in unet.items():
        given = torch.ones(1, weights[name].shape[1])
        expected = given @ (2 * (weights[name] + layer.growth)).T
        adapted = pipeline.unet.get_submodule(name)
        bias = 0 if adapted.base_layer.bias is None else adapted.base_layer.bias
        assert torch.allclose(adapted(given) - bias, expected, atol=1e-4)


def test_layouts_of_sdxl_and_flux_are_followed(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """kohya's names of SDXL's blocks are another UNet's; its FLUX joins query, key and value."""
    pipeline = plain_pipeline(checkpoints["sdxl"], "sdxl")
    into = pipeline.unet.down_blocks[1].attentions[0].transformer_blocks[0].attn1.to_q.in_features
    key = "lora_unet_input_blocks_3_1_transformer_blocks_0_attn1_to_q"
    text = "lora_te2_text_model_encoder_layers_0_self_attn_out_proj"
    tensors = lora_files.kohya_layer(key, into, into) | lora_files.kohya_layer(text, 32, 32)
    strange = lora_files.kohya_layer(key.replace("blocks_3_1", "blocks_77_1"), into, into)
    found = add(pipeline, str(save(tmp_path / "xl.safetensors", tensors)))
    assert found.notices == []
    with pytest.raises(InputError, match="does not fit"):
        add(pipeline, str(save(tmp_path / "strange.safetensors", strange)))
    pipeline = plain_pipeline(checkpoints["flux-fill"], "flux-fill")
    flux = lora_files.kohya_layer("lora_unet_double_blocks_0_img_attn_qkv", 32, 96)
    assert add(pipeline, str(save(tmp_path / "flux.safetensors", flux))).notices == []
    more = flux | lora_files.kohya_layer("lora_unet_double_blocks_9_img_attn_qkv", 32, 96)
    path = save(tmp_path / "more.safetensors", more)
    [notice] = add(plain_pipeline(checkpoints["flux-fill"], "flux-fill"), str(path)).notices
    assert "2 of 4 tensors were not used: lora_unet_double_blocks_9_img_attn_qkv" in notice
