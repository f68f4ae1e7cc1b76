"""A VAE in a file of its own, in the original layout, in diffusers', or inside a whole model."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from riptui import inpainters
from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters.models import identity
from riptui.inpainters.models.model_parts import find_checkpoint
from riptui.inpainters.models.moved_weights import find_moved
from riptui.inpainters.models.weight_check import FILE, read_place
from riptui.inpainters.pipeline.single_file_tensors import load_vae_file
from tests.inpainters.test_diffusion import assert_same_model, loaded, paint
from tests.support.single_files import original_vae, write_single_file
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, enliven, one_thread_and_no_network, vae

__all__ = ["checkpoints", "one_thread_and_no_network"]
pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with another VAE, and files with the same."""
    folder = tmp_path_factory.mktemp("vae")
    torch.manual_seed(9)
    enliven(made := vae())
    made.save_pretrained(folder / "folder")
    original = {key: tensor.contiguous().clone() for key, tensor in original_vae(made).items()}
    save_file(original, folder / "original.safetensors")
    torch.save({"state_dict": original | {"loss.logvar": torch.zeros(1)}}, folder / "it.vae.pt")
    save_file(made.state_dict(), folder / "new names.safetensors")
    save_file({f"first_stage_model.{key}": original[key] for key in original}, folder / "in a model.safetensors")
    for file in folder.glob("*.*"):
        os.utime(file, (0, 0))  # what has only just been written could change again unseen: its digest is not kept
    return folder


@pytest.mark.slow
@pytest.mark.exhaustive
def test_each_layout_paints_as_the_folder_and_is_recorded(other: Path, checkpoints: Checkpoints) -> None:
    model = checkpoints["sd2"]
    wanted = paint(loaded(model, vae=str(other / "folder")))
    assert not np.array_equal(wanted, paint(loaded(model)))
    assert np.array_equal(paint(loaded(model, vae=str(other / "original.safetensors"))), wanted)
    weights = load_file(other / "new names.safetensors")
    for name in ("it.vae.pt", "new names.safetensors", "in a model.safetensors"):
        built = loaded(model, vae=str(other / name), allow_pickle=name.endswith(".pt"))
        assert built.notes["weights of vae"] == read_place(str(other / name))[FILE], name
        found = built.pipeline.vae.state_dict()
        assert all(torch.equal(found[key], weights[key]) for key in weights), name


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_model_in_one_file_takes_it_as_well(other: Path, checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder, file = checkpoints["sd1.5"], tmp_path / "model.safetensors"
    write_single_file(folder, file)
    given = {"config": str(folder), "vae": str(other / "original.safetensors")}
    assert_same_model(loaded(file, "diffusion", **given), loaded(folder, "diffusion", vae=given["vae"]))


def early(model: Path, **given: object) -> None:
    """What is looked at before a trajectory is made."""
    identity.require_places(inpainters.spec_parameters("diffusion", {"model": str(model), **given}))  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (lambda other, models: other / "it.vae.pt", r"is a pickle, which can run any code.*allow_pickle=true"),
        (
            lambda other, models: models["sd2"] / "unet" / "diffusion_pytorch_model.safetensors",
            "is not a VAE: it is one part",
        ),
        (lambda other, models: other / "none.safetensors", "does not exist"),
        (
            lambda other, models: models["sd3"] / "vae" / "diffusion_pytorch_model.safetensors",
            "16 latent channels; .* 4",
        ),
        (lambda other, models: models["sd3"] / "vae", "16 latent channels; .* needs one with 4"),
        (lambda other, models: "org/vaes/sharp.safetensors", "fetch it with: riptui fetch org/vaes/sharp.safetensors"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(
    file: Callable[[Path, Checkpoints], object],
    said: str,
    other: Path,
    checkpoints: Checkpoints,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(RiptuiError, match=said):
        early(checkpoints["sd2"], vae=str(file(other, checkpoints)))


CHANGES: dict[str, Callable[[dict[str, torch.Tensor]], object]] = {
    r"lacks tensors: decoder\.conv_out\.bias": lambda tensors: tensors.pop("decoder.conv_out.bias"),
    "tensors, and .* are used": lambda tensors: tensors.update({"decoder.extra": torch.zeros(1)}),
    r"another shape: .*\[4\], not \[3\]": lambda tensors: tensors.update({"decoder.conv_out.bias": torch.zeros(4)}),
}


@pytest.mark.slow
def test_a_file_that_lacks_tensors_or_has_more_is_refused(
    other: Path, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    checkpoint = find_checkpoint({"model": str(checkpoints["sd2"])})
    for said, change in CHANGES.items():
        change(tensors := load_file(other / "original.safetensors"))
        save_file(tensors, file := tmp_path / "broken.safetensors")
        with pytest.raises(WeightsError, match=rf"the VAE {file} does not fit .*{said}.*Is it for another model"):
            load_vae_file(file, checkpoint, "it", dtype=torch.float32, allow_pickle=False)


def test_a_file_that_was_replaced_or_moved_is_known_by_its_content(
    other: Path, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    def parameters(path: Path) -> dict[str, str]:
        return {"model": str(checkpoints["sd2"]), "vae": str(path)}

    original = other / "original.safetensors"
    recorded = identity.read_weights(parameters(original)).identity
    assert recorded["vae configuration"]
    assert find_moved(parameters(tmp_path / "gone.safetensors"), recorded)["vae"] == str(original)
    assert identity.unlike_parts(recorded, identity.read_weights(parameters(other / "folder")).identity) == ["vae"]
    with pytest.raises(InputError, match="does not exist"):
        identity.read_weights(parameters(tmp_path / "gone.safetensors"))
