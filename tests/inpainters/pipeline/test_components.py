"""Components whose weights, vocabulary or variant are not what their configuration says."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from riptui import inpainters
from riptui.errors import InputError, WeightsError
from riptui.inpainters.models.checkpoint import inspect_checkpoint
from riptui.inpainters.pipeline.components import verify_model
from tests.inpainters.test_diffusion import loaded, paint, plain, plain_pipeline, squares, told
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

Spoil = Callable[[dict[str, torch.Tensor]], str]
"""Changes a component's tensors; returns what the error must say."""

COMPONENTS = [
    ("sd2", "text_encoder"),
    ("sd1.5", "unet"),
    ("sdxl", "text_encoder_2"),
    ("sd3", "transformer"),
    ("sd3", "text_encoder_3"),
    ("flux-fill", "text_encoder"),
    ("flux-fill", "vae"),
]


@pytest.fixture
def copied(checkpoints: Checkpoints, tmp_path: Path) -> Callable[[str], Path]:
    return lambda family: Path(shutil.copytree(checkpoints[family], tmp_path / family))


def weights_file(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def change(path: Path, spoil: Spoil) -> str:
    tensors = load_file(path)
    said = spoil(tensors)
    save_file(tensors, path, metadata={"format": "pt"})
    return said


def without_one(tensors: dict[str, torch.Tensor]) -> str:
    name = sorted(tensors)[len(tensors) // 2]
    del tensors[name]
    return f"its file lacks tensors: {name}. "


def with_one_more(tensors: dict[str, torch.Tensor]) -> str:
    tensors["another.weight"] = torch.zeros(2)
    return "its file has tensors that are not used: another.weight. "


def with_one_of_another_shape(tensors: dict[str, torch.Tensor]) -> str:
    name = sorted(tensors)[len(tensors) // 2]
    tensors[name], shape = torch.zeros(3, 5, 7), list(tensors[name].shape)
    return f"its file has tensors of another shape: {name} (shape [3, 5, 7], not {shape}). "


@pytest.mark.parametrize("spoil", [without_one, with_one_more, with_one_of_another_shape])
@pytest.mark.parametrize(("family", "component"), COMPONENTS)
def test_weights_that_do_not_fit_are_named_before_anything_is_painted(
    family: str, component: str, spoil: Spoil, copied: Callable[[str], Path]
) -> None:
    folder = copied(family)
    said = change(weights_file(folder / component), spoil)
    for load in (
        lambda: verify_model(folder, "the model", repair_hint="Mend it"),
        lambda: loaded(folder, family),
    ):
        with pytest.raises(WeightsError) as refused:
            load()
        assert f"'s {component} does not fit its config.json (" in str(refused.value)
        assert said in str(refused.value)


@pytest.mark.parametrize("family", ["sd2", "sdxl", "sd3", "flux-fill"])
def test_a_whole_checkpoint_is_right(family: str, checkpoints: Checkpoints) -> None:
    verify_model(checkpoints[family], family, repair_hint="")


def test_a_decoder_of_its_own_is_checked_as_well(checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints["sd2"] / "vae", tmp_path / "vae"))
    verify_model(folder, "it", repair_hint="")
    said = change(weights_file(folder), without_one)
    with pytest.raises(WeightsError, match=r"the VAE .* does not fit its config\.json \(AutoencoderKL\)") as refused:
        loaded(checkpoints["sd2"], vae=str(folder))
    assert said in str(refused.value)


def test_a_shard_that_lacks_what_its_index_promises_is_named(checkpoints: Checkpoints, tmp_path: Path) -> None:
    plain_pipeline(checkpoints["sd2"], "sd2").save_pretrained(tmp_path / "it", max_shard_size="50KB")
    shard = sorted((tmp_path / "it" / "unet").glob("*.safetensors"))[1]
    lacking = change(shard, without_one).split(": ")[1].rstrip(". ")
    with pytest.raises(WeightsError, match=rf"unet/{shard.name} lacks {lacking}, which"):
        loaded(tmp_path / "it")


@pytest.mark.exhaustive
def test_older_names_of_tensors_are_understood(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    expected = paint(loaded(folder))

    def rename_text_encoder(tensors: dict[str, torch.Tensor]) -> str:
        for name in [*tensors]:
            tensors[f"text_model.{name}"] = tensors.pop(name)
        tensors["text_model.embeddings.position_ids"] = torch.arange(77)[None]
        return ""

    def rename_vae(tensors: dict[str, torch.Tensor]) -> str:
        for new, old in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
            for name in [name for name in tensors if f".{new}." in name]:
                tensors[name.replace(f".{new}.", f".{old}.")] = tensors.pop(name)
        return ""

    change(weights_file(folder / "text_encoder"), rename_text_encoder)
    change(weights_file(folder / "vae"), rename_vae)
    assert np.array_equal(paint(loaded(folder)), expected)


@pytest.mark.parametrize(
    ("family", "tokenizer"), [("sd2", "tokenizer"), ("sdxl", "tokenizer_2"), ("flux-fill", "tokenizer_2")]
)
def test_a_tokenizer_without_a_vocabulary_is_refused(
    family: str, tokenizer: str, copied: Callable[[str], Path]
) -> None:
    folder = copied(family)
    for path in (folder / tokenizer).iterdir():
        if path.name != "tokenizer_config.json":
            path.unlink()
    for load in (lambda: verify_model(folder, "it", repair_hint=""), lambda: loaded(folder, family, prompt="cat")):
        with pytest.raises(WeightsError, match=f"'s {tokenizer} (has no vocabulary|in .* cannot be loaded)"):
            load()


def test_a_tokenizer_without_its_length_is_refused(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    path = folder / "tokenizer" / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": int(1e30)}))
    with pytest.raises(WeightsError, match=r"tokenizer does not say how long .* needs a model_max_length, 77 for CLIP"):
        loaded(folder, prompt="cat")


def in_variant(folder: Path, variant: str, change: Callable[[torch.Tensor], torch.Tensor], keep: bool) -> None:
    """Save a component's weights once more in a variant, or only there."""
    path = weights_file(folder)
    tensors = {name: change(tensor) for name, tensor in load_file(path).items()}
    if not keep:
        path.unlink()
    save_file(tensors, path.with_suffix(f".{variant}.safetensors"), metadata={"format": "pt"})


@pytest.mark.exhaustive
def test_each_component_is_loaded_in_its_own_variant(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    in_variant(folder / "text_encoder", "fp16", torch.Tensor.half, keep=False)
    half = loaded(folder)
    expected = paint(half)
    in_variant(folder / "unet", "fp16", lambda tensor: torch.zeros_like(tensor).half(), keep=True)
    assert np.array_equal(paint(loaded(folder)), expected)
    assert half.notes["variant"] == "fp16 of text_encoder"
    assert "variant" not in loaded(copied("sd1.5"), "sd1.5").notes


@pytest.mark.exhaustive
def test_a_trajectory_of_an_older_release_goes_on_with_the_variant_that_it_had(copied: Callable[[str], Path]) -> None:
    """One part that exists only as fp16 made all parts load their fp16 files, and no note said so."""
    folder = copied("sd2")
    in_variant(folder / "text_encoder", "fp16", torch.Tensor.half, keep=False)
    in_variant(folder / "unet", "fp16", lambda tensor: (tensor * 1.5).half(), keep=True)
    new = loaded(folder)
    old = {name: note for name, note in new.notes.items() if name != "variant" and not name.startswith("weights of")}
    resumed = inpainters.load("sd2", told(folder, "sd2"), device="cpu", recorded=old)
    expected = plain_pipeline(folder, "sd2", variant="fp16", torch_dtype=torch.float32)
    assert np.array_equal(paint(resumed), plain(expected, picture(), squares((64, 128))[0], 5, guidance_scale=1.0))
    again = inpainters.load("sd2", told(folder, "sd2"), device="cpu", recorded=resumed.notes)
    assert again.notes == resumed.notes != new.notes
    assert resumed.notes["variant"] == "fp16 wherever there is one, as in the session before"
    assert [new.suits(notes) for notes in ({}, new.notes, old, resumed.notes)] == [True, True, False, False]
    assert [resumed.suits(notes) for notes in ({}, new.notes, old, resumed.notes)] == [False, False, True, True]


@pytest.mark.parametrize("variant", ["bf16", "non_ema"])
@pytest.mark.parametrize("component", ["unet", "text_encoder"])
def test_weights_in_another_variant_only_are_refused_with_what_there_is(
    component: str, variant: str, copied: Callable[[str], Path]
) -> None:
    folder = copied("sd2")
    in_variant(folder / component, variant, torch.Tensor.bfloat16, keep=False)
    with pytest.raises(InputError, match=rf"its {component} neither .* It has: \w+\.{variant}\.safetensors"):
        loaded(folder)


def test_an_inspected_checkpoint_lists_the_files_that_are_loaded(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    in_variant(folder / "unet", "non_ema", torch.Tensor.half, keep=True)
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle that is not loaded")
    unet = inspect_checkpoint(folder, "it", repair_hint="").components["unet"]
    assert [path.name for path in unet.paths] == ["config.json", "diffusion_pytorch_model.safetensors"]
