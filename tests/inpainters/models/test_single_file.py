"""Models in one file: loaded by diffusers' own conversion, equal to the same model in a folder, never in part."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters.models import catalogue, identity, model_parts, moved_weights, single_file
from riptui.inpainters.models.single_file import DENOISER, FIRST_LAYER, FileHeader
from riptui.inpainters.models.weight_check import FILE, read_place
from riptui.inpainters.pipeline import components
from tests.inpainters.test_diffusion import loaded, paint
from tests.support.single_files import write_single_file
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network

__all__ = ["checkpoints", "one_thread_and_no_network"]
pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")

CACHED = catalogue.MODELS["sd1.5"].repository


@pytest.fixture(scope="module")
def files(checkpoints: Checkpoints, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The family's tiny checkpoint as one file."""
    folder, written = tmp_path_factory.mktemp("single"), {}

    def write(family: str, suffix: str = ".safetensors") -> Path:
        if (family, suffix) not in written:
            written[family, suffix] = write_single_file(checkpoints[family], folder / f"{family}{suffix}")
        return written[family, suffix]

    return write


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "hub"


def in_cache(cache: Path, repository: str, source: Path, *, weights: bool = False) -> Path:
    """A checkpoint in the hub's cache, or its configurations alone."""
    commit = catalogue.resolve_model(repository).revision or "main"
    commit = "0123456789abcdef0123456789abcdef01234567" if commit == "main" or "runwayml" in repository else commit
    folder = cache / f"models--{repository.replace('/', '--')}"
    left_out = () if weights else ("*.safetensors",)
    shutil.copytree(source, folder / "snapshots" / commit, ignore=shutil.ignore_patterns(*left_out))
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    return folder / "snapshots" / commit


def changed(file: Path, target: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> Path:
    """A copy of a file with other tensors."""
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, target)
    return target


# --- the same pictures as in diffusers' layout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "suffix"), [("sd1.5", ".safetensors"), ("sd2", ".ckpt"), ("sdxl-two-widths", ".safetensors")]
)
@pytest.mark.exhaustive
def test_a_file_paints_as_the_folder_that_it_was_made_from(
    family: str, suffix: str, checkpoints: Checkpoints, files: Callable[..., Path], cache: Path
) -> None:
    folder, file = checkpoints[family], files(family, suffix)
    built = loaded(file, "diffusion", config=str(folder), prompt="cat", allow_pickle=suffix == ".ckpt")
    assert np.array_equal(paint(built), paint(loaded(folder, "diffusion", prompt="cat")))
    assert built.notes["model"] == str(file)
    assert built.notes["configuration"] == str(folder)
    assert built.notes["weights of file"] == read_place(str(file))[FILE]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_text_encoder_named_as_early_web_uis_did_is_found(
    checkpoints: Checkpoints, files: Callable[..., Path], tmp_path: Path, cache: Path
) -> None:
    def rename(tensors: dict[str, torch.Tensor]) -> None:
        for key in [key for key in tensors if ".transformer.text_model." in key]:
            tensors[key.replace("text_model.", "")] = tensors.pop(key)
        tensors["cond_stage_model.transformer.embeddings.position_ids"] = torch.arange(77)[None]
        tensors["betas"] = torch.zeros(1000)

    file = changed(files("sd1.5"), tmp_path / "old.safetensors", rename)
    folder = checkpoints["sd1.5"]
    built = loaded(file, "diffusion", config=str(folder), prompt="cat")
    assert np.array_equal(paint(built), paint(loaded(folder, "diffusion", prompt="cat")))


# --- the configurations


def header(channels: int, encoder: str = "", width: int = 8) -> FileHeader:
    attention = f"{DENOISER}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    shapes = {FIRST_LAYER: (320, channels, 3, 3), attention: (320, width)} | ({encoder: (1,)} if encoder else {})
    return FileHeader(Path("x.safetensors"), shapes, frozenset({"F16"}))


V1, V2 = "cond_stage_model.transformer.text_model.x", "cond_stage_model.model.x"
XL, REFINER = "conditioner.embedders.1.model.x", "conditioner.embedders.0.model.x"


@pytest.mark.parametrize(
    ("found", "repository"),
    [
        (header(9, V1), catalogue.MODELS["sd1.5"].repository),
        (header(4, V1), "stable-diffusion-v1-5/stable-diffusion-v1-5"),
        (header(9, V2), catalogue.MODELS["sd2"].repository),
        (header(9, XL), catalogue.MODELS["sdxl"].repository),
        (header(4, XL), "stabilityai/stable-diffusion-xl-base-1.0"),
        (header(4, width=768), "stable-diffusion-v1-5/stable-diffusion-v1-5"),  # without a text encoder
        (header(9, width=1024), catalogue.MODELS["sd2"].repository),
        (header(4, width=2048), "stabilityai/stable-diffusion-xl-base-1.0"),
    ],
)
def test_the_kind_of_a_file_is_read_from_its_names_and_shapes(found: FileHeader, repository: str) -> None:
    assert single_file.configurations_of(found, "x") == repository


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (header(8, V1), "its network takes 8 channels; that of a Stable Diffusion 1, 2 or XL must take 9, or 4"),
        (header(4, REFINER), "name a folder with its configurations: --config FOLDER"),
        (FileHeader(Path(), {"lora_unet_x.lora_up.weight": (1,)}, frozenset()), "it is a LoRA: use it with --lora"),
        (FileHeader(Path(), {"emb_params": (1,)}, frozenset()), "it is a learned prompt: use it with --embedding"),
        (FileHeader(Path(), {"first_stage_model.x": (1,)}, frozenset()), "it is a VAE: use it with --vae"),
        (FileHeader(Path(), {"down_blocks.0.x": (1,)}, frozenset()), "one part of a model in diffusers' layout"),
        (FileHeader(Path(), {"double_blocks.0.x": (1,)}, frozenset()), "finds none of their networks in it"),
    ],
)
def test_a_file_that_is_something_else_is_called_what_it_is(found: FileHeader, said: str) -> None:
    with pytest.raises(InputError, match=f"x cannot inpaint: .*{said}"):
        single_file.configurations_of(found, "x")


@pytest.mark.parametrize("found", [header(4, V2), header(4, width=1024)])
def test_a_kind_that_leaves_a_choice_is_left_to_the_user(found: FileHeader) -> None:
    with pytest.raises(InputError, match=r"for 768 px \(--config \S+2-1\) or for 512 px \(--config \S+2-1-base\)"):
        single_file.configurations_of(found, "x")


@pytest.mark.slow
def test_the_configurations_are_looked_for_in_the_cache_and_never_on_the_network(
    checkpoints: Checkpoints, files: Callable[..., Path], cache: Path
) -> None:
    file = files("sd1.5")
    with pytest.raises(WeightsError, match=f"tokenizer of {CACHED}, a few MB.*Fetch them with: riptui fetch {file};"):
        model_parts.find_checkpoint({"model": str(file)})
    folder = in_cache(cache, CACHED, checkpoints["sd1.5"])
    checkpoint = model_parts.find_checkpoint({"model": str(file)})
    assert checkpoint.folder == folder
    components.verify_checkpoint(checkpoint, "x")


def test_a_file_in_a_repository_is_found_in_the_cache(
    checkpoints: Checkpoints, files: Callable[..., Path], cache: Path
) -> None:
    with pytest.raises(WeightsError, match=r"fetch it with: riptui fetch org/name/a\.safetensors$"):
        model_parts.find_checkpoint({"model": "org/name/a.safetensors"})
    in_cache(cache, CACHED, checkpoints["sd1.5"])
    snapshot = in_cache(cache, "org/name", checkpoints["sd1.5"])
    shutil.copyfile(files("sd1.5"), snapshot / "a.safetensors")
    checkpoint = model_parts.find_checkpoint({"model": "org/name/a.safetensors", "revision": "main"})
    assert checkpoint.place == str(snapshot / "a.safetensors")


def test_an_old_cache_has_a_removed_repository_under_its_name(checkpoints: Checkpoints, cache: Path) -> None:
    folder = in_cache(cache, "runwayml/stable-diffusion-inpainting", checkpoints["sd1.5"], weights=True)
    for name in (CACHED, "runwayml/stable-diffusion-inpainting"):
        assert model_parts.locate_place({"model": name, "revision": "main"}) == folder


def test_configurations_are_only_for_a_file(checkpoints: Checkpoints, cache: Path) -> None:
    folder = str(checkpoints["sd1.5"])
    with pytest.raises(InputError, match="config is for a model in a single file"):
        model_parts.find_checkpoint({"model": folder, "config": folder})


# --- files that are not whole


def refusal(file: Path, folder: Path, **more: Any) -> str:
    def verify() -> None:
        checkpoint = model_parts.find_checkpoint({"model": str(file), "config": str(folder), **more})
        components.verify_checkpoint(checkpoint, "it")

    with pytest.raises(RiptuiError) as refused:
        verify()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda tensors: tensors.pop(f"{DENOISER}out.2.bias"),
            r"it's unet .* the file lacks tensors: conv_out\.bias\. ",
        ),
        (
            lambda tensors: tensors.update({f"{DENOISER}input_blocks.1.0.in_layers.0.bias": torch.zeros(3)}),
            r"it's unet .* tensors of another shape: \S*resnets\.0\.norm1\.bias \(shape \[3\], not \[8\]\)",
        ),
        (
            lambda tensors: tensors.update({f"{DENOISER}input_blocks.40.0.in_layers.0.bias": torch.zeros(3)}),
            r"it's unet .* the file has \d+ tensors, and \d+ are used",
        ),
        (
            lambda tensors: tensors.pop("first_stage_model.decoder.conv_in.weight"),
            r"it's vae .* lacks tensors: decoder\.conv_in\.weight",
        ),
        (
            lambda tensors: tensors.pop("cond_stage_model.transformer.text_model.final_layer_norm.weight"),
            r"it's text_encoder .* lacks tensors: \S*final_layer_norm\.weight",
        ),
        (
            lambda tensors: [tensors.pop(key) for key in [*tensors] if key.startswith("first_stage_model.")],
            "has no vae: name one with --vae",
        ),
        (
            lambda tensors: [tensors.pop(key) for key in [*tensors] if key.startswith("cond_stage_model.")],
            "has no text_encoder: --config FOLDER with its weights",
        ),
        (lambda tensors: tensors.update({"v_pred": torch.zeros(0)}), "predicts velocities, and the scheduler in"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_before_its_weights_are_read(
    change: Callable[[dict[str, torch.Tensor]], Any],
    said: str,
    checkpoints: Checkpoints,
    files: Callable[..., Path],
    tmp_path: Path,
    cache: Path,
) -> None:
    file = changed(files("sd1.5"), tmp_path / "spoilt.safetensors", change)
    configurations = tmp_path / "configurations"
    shutil.copytree(checkpoints["sd1.5"], configurations, ignore=shutil.ignore_patterns("*.safetensors"))
    found = refusal(file, configurations)
    assert re.search(said, found), found


@pytest.mark.slow
@pytest.mark.exhaustive
def test_what_a_file_lacks_is_taken_from_the_folder_with_the_configurations_or_named(
    checkpoints: Checkpoints, files: Callable[..., Path], tmp_path: Path, cache: Path
) -> None:
    def without_vae(tensors: dict[str, torch.Tensor]) -> None:
        for key in [key for key in tensors if key.startswith("first_stage_model.")]:
            del tensors[key]

    folder = checkpoints["sd1.5"]
    file = changed(files("sd1.5"), tmp_path / "pruned.safetensors", without_vae)
    expected = paint(loaded(folder, "diffusion"))
    assert np.array_equal(paint(loaded(file, "diffusion", config=str(folder))), expected)
    configurations = tmp_path / "configurations"
    shutil.copytree(folder, configurations, ignore=shutil.ignore_patterns("*.safetensors"))
    built = loaded(file, "diffusion", config=str(configurations), vae=str(folder / "vae"))
    assert np.array_equal(paint(built), expected)


@pytest.mark.slow
def test_a_file_of_another_kind_than_its_configurations_is_refused(
    checkpoints: Checkpoints, files: Callable[..., Path], cache: Path
) -> None:
    found = refusal(files("sd2"), checkpoints["sd1.5"])
    assert "does not fit the configuration in" in found
    assert "If it is of another kind, name a folder with its configurations: --config FOLDER" in found


def test_a_pickle_is_refused_unless_it_is_allowed_and_runs_nothing(
    checkpoints: Checkpoints, tmp_path: Path, cache: Path
) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    file = tmp_path / "model.ckpt"
    torch.save({"state_dict": {"x": torch.zeros(1)}, "callback": Evil()}, file)
    folder = checkpoints["sd1.5"]
    assert "is a pickle, which can run any code" in refusal(file, folder)
    refusal(file, folder, allow_pickle=True)
    file.write_bytes(b"not a pickle")
    assert "cannot be read as a file of torch" in refusal(file, folder, allow_pickle=True)
    assert not (tmp_path / "ran").exists()


def test_a_truncated_file_is_refused(checkpoints: Checkpoints, files: Callable[..., Path], tmp_path: Path) -> None:
    file = tmp_path / "half.safetensors"
    file.write_bytes(files("sd1.5").read_bytes()[:5000])
    assert "(5,000 bytes) is damaged or truncated" in refusal(file, checkpoints["sd1.5"])


# --- what computed a trajectory


def test_the_identity_of_a_file_is_its_content_and_that_of_its_configurations(
    checkpoints: Checkpoints, files: Callable[..., Path], tmp_path: Path, cache: Path
) -> None:
    file, folder = files("sd1.5"), checkpoints["sd1.5"]
    weights = identity.read_weights({"model": str(file), "config": str(folder)})
    copy, configurations = tmp_path / "other name.safetensors", tmp_path / "other"
    shutil.copyfile(file, copy)
    shutil.copytree(folder, configurations, ignore=shutil.ignore_patterns("*.safetensors"))
    same = {"model": str(copy), "config": str(configurations)}
    assert identity.used_weights(same, weights.notes)
    changed(file, copy, lambda tensors: tensors[f"{DENOISER}out.2.bias"].add_(1))
    assert identity.unlike_parts(weights.identity, identity.read_weights(same).identity) == ["file"]
    (configurations / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "DDIMScheduler"}')
    assert identity.unlike_parts(weights.identity, identity.read_weights(same).identity) == ["scheduler", "file"]
    assert weights.is_unchanged


def test_a_file_that_moved_is_found_by_its_content(
    checkpoints: Checkpoints, files: Callable[..., Path], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity.file_digests, "MIN_AGE_NS", -(10**18))
    place, config = tmp_path / "first.safetensors", str(checkpoints["sd1.5"])
    shutil.copyfile(files("sd1.5"), place)
    parameters = {"model": str(place), "config": config}
    notes = identity.read_weights(parameters).notes
    moved = place.rename(tmp_path / "second.safetensors")
    read_place(str(moved))
    weights, notices = moved_weights.find_weights(parameters, notes)
    assert weights.checkpoint.place == str(moved)
    assert notices == [f"{place} is gone; {moved} is used, which has the same content"]


def test_averaged_weights_that_are_not_used_are_noted() -> None:
    shapes = {f"model_ema.{i}": (1,) for i in range(101)}
    assert single_file.describe_ema(FileHeader(Path(), shapes, frozenset())).startswith("not used")
    assert single_file.describe_ema(header(4)) == ""
