"""Models by name, and what is said of those that are missing, damaged, unsafe or of another kind. No network."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import httpx2
import huggingface_hub.constants
import numpy as np
import torch
from huggingface_hub import errors as hub_errors
from safetensors.torch import save_file

from riptui import inpainters
from riptui.cli import main
from riptui.errors import InputError, MissingExtraError, RiptuiError, WeightsError
from riptui.inpainters.devices import torch_device
from riptui.inpainters.models import catalogue, locate
from riptui.inpainters.models.catalogue import MODELS, resolve_model
from riptui.inpainters.models.checkpoint import inspect_checkpoint
from riptui.inpainters.models.hub_errors import explain_error
from riptui.inpainters.pipeline import loras
from riptui.inpainters.pipeline.embeddings import EMBEDDING_TOKEN
from riptui.inpainters.silence import silence_libraries
from riptui.planning.sweep import Sweep
from tests.inpainters.test_diffusion import STEPS, loaded, paint, plain, plain_pipeline, squares, told
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network, unet
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def copied(checkpoints: Checkpoints, tmp_path: Path) -> Callable[[str], Path]:
    """A checkpoint's copy, to be spoilt."""
    return lambda family: Path(shutil.copytree(checkpoints[family], tmp_path / family))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def in_cache(cache: Path, repository: str, checkpoint: Path, revision: str = "main", commit: str = COMMIT) -> Path:
    """Put a checkpoint where the hub's client would."""
    home = cache / ("models--" + repository.replace("/", "--"))
    (home / "refs").mkdir(parents=True)
    (home / "refs" / revision).write_text(commit)
    return Path(shutil.copytree(checkpoint, home / "snapshots" / commit))


def one_line(error: pytest.ExceptionInfo[RiptuiError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    return said


# --- names


@pytest.mark.parametrize("name", MODELS)
def test_a_short_name_stands_for_a_repository(name: str) -> None:
    assert resolve_model(name) == catalogue.ModelRef(MODELS[name].repository, MODELS[name].revision, name)
    assert resolve_model(MODELS[name].repository).name == name
    assert inpainters.REGISTRY[name].parameters["model"] == MODELS[name].repository


@pytest.mark.parametrize(
    ("text", "model", "revision"),
    [
        ("org/name", "org/name", "main"),
        ("org/name@v1.0", "org/name", "v1.0"),
        ("org/na.me_x-1@refs/pr/3", "org/na.me_x-1", "refs/pr/3"),
        ("/some/where", "/some/where", None),
        ("~/where", str(Path("~/where").expanduser()), None),
        ("./here", str(Path("here").absolute()), None),
    ],
)
def test_hub_ids_and_folders_are_told_apart(text: str, model: str, revision: str | None) -> None:
    assert resolve_model(text) == catalogue.ModelRef(model, revision)


@pytest.mark.parametrize("text", ["", "name", "a/b/c", "org/name@", "org/name@-x", "org/", "org /name", "-x/y"])
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a model\. Available: sd2, .*, flux-fill, .*, a hub id such as"):
        resolve_model(text)


def test_the_removed_original_is_understood_as_its_mirror_with_a_notice() -> None:
    choice = inpainters.resolve_inpainter("stabilityai/stable-diffusion-2-inpainting")
    assert choice.name == "sd2"
    assert "removed from the hub" in choice.notice
    assert MODELS["sd2"].repository in choice.notice
    assert inpainters.resolve_inpainter("sd2").notice == ""


def test_a_sweep_takes_hub_ids_folders_and_short_names(checkpoints: Checkpoints) -> None:
    folder = checkpoints["sd2"]
    texts = ["sd2", "org/name@v1", str(folder), "stable-diffusion-v1-5/stable-diffusion-inpainting@fp16"]
    given = {"steps": "20", "guidance": "3", "allow_pickle": "true", "prompt": "007", "negative_prompt": "none"}
    specs = Sweep(texts, [64], [0], given).specs("", "0" * 64, "0" * 64)
    assert [spec.inpainter for spec in specs] == ["sd2", "diffusion", "diffusion", "sd1.5"]
    keys = ("model", "revision")
    assert [tuple(spec.parameters[key] for key in keys) for spec in specs] == [
        (MODELS["sd2"].repository, MODELS["sd2"].revision),
        ("org/name", "v1"),
        (str(folder), None),
        (MODELS["sd1.5"].repository, "fp16"),
    ]
    parameters = specs[0].parameters
    assert [parameters[key] for key in given] == [20, 3, True, "007", None]
    info = inpainters.find_inpainter("sd2")
    assert parameters.keys() == info.parameters.keys() - {*info.added_parameters}


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("steps", 0, "a whole number above 0 and at most 1000"),
        ("steps", 2.5, "a whole number above 0 and at most 1000"),
        ("steps", True, "a whole number"),
        ("strength", 1.01, "a number above 0 and at most 1"),
        ("guidance", "much", "a number from 0 to 100, or none"),
        ("dtype", "int8", "auto or float32 or float16 or bfloat16"),
        ("prompt", None, "text"),
        ("model", "", "non-empty text"),
        ("allow_pickle", "yes", "true or false"),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused(key: str, value: Any, wanted: str) -> None:
    with pytest.raises(InputError) as refused:
        inpainters.complete_parameters("sd2", {key: value})
    assert f"sd2's {key} is {value!r}; it must be {wanted}" in one_line(refused)


def test_what_cannot_be_painted_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(InputError, match="mask 4 px: sd2 needs squares on multiples of 8 px"):
        Sweep(["sd2"], [4], [0], {})
    with pytest.raises(InputError, match="diffusion needs a model"):
        Sweep(["diffusion"], [64], [0], {})
    Sweep(["navier-stokes"], [4], [0], {})


def test_the_registry_knows_the_models_without_torch() -> None:
    names = "REGISTRY, resolve_inpainter"
    code = f"import sys; from riptui.inpainters import {names}; resolve_inpainter('sd2'); print(*sys.modules)"
    modules = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert "riptui.inpainters.models.catalogue" in modules
    assert not {"torch", "diffusers", "transformers", "huggingface_hub", "safetensors", "numpy"} & modules


# --- the cache of the hub


def test_a_model_in_the_cache_is_used_and_its_commit_noted(cache: Path, checkpoints: Checkpoints) -> None:
    in_cache(cache, MODELS["sd2"].repository, checkpoints["sd2"], commit=MODELS["sd2"].revision)
    found: Any = inpainters.load("sd2", {"steps": STEPS}, device="cpu")
    assert found.notes["model"] == MODELS["sd2"].revision
    assert np.array_equal(paint(found), paint(loaded(checkpoints["sd2"])))


def test_a_revision_is_that_of_the_cache(cache: Path, checkpoints: Checkpoints) -> None:
    in_cache(cache, "org/name", checkpoints["sd2"], "v1")
    assert locate.locate_model("org/name", "v1").name == COMMIT
    assert locate.locate_model("org/name", COMMIT).name == COMMIT
    with pytest.raises(WeightsError, match=r"org/name \(looked for in .*/hub\) is not on .*: riptui fetch org/name$"):
        locate.locate_model("org/name", "main")


@pytest.mark.parametrize(
    ("name", "given", "command"),
    [
        ("sd2", {}, "riptui fetch sd2"),
        ("sd2", {"revision": "v2"}, "riptui fetch sd2-community/stable-diffusion-2-inpainting@v2"),
        ("diffusion", {"model": "org/name"}, "riptui fetch org/name"),
        ("diffusion", {"model": "stabilityai/stable-diffusion-2-inpainting"}, "riptui fetch sd2"),
    ],
)
def test_a_model_that_is_not_here_is_said_at_once_with_the_command_that_fetches_it(
    name: str, given: dict[str, Any], command: str, cache: Path
) -> None:
    started = time.monotonic()
    with pytest.raises(WeightsError) as missing:
        inpainters.load(name, given, device="cpu")
    assert one_line(missing).endswith(f"is not on this machine; fetch it with: {command}")
    assert time.monotonic() - started < 5  # and not after 23 s of asking the hub


@pytest.mark.parametrize("name", ["sd3", "flux-fill"])
def test_of_a_gated_model_that_is_not_here_its_terms_are_said(name: str, cache: Path) -> None:
    with pytest.raises(WeightsError) as missing:
        inpainters.load(name, {}, device="cpu")
    assert f"fetch it with: riptui fetch {name} " in one_line(missing)
    assert "hf auth login" in one_line(missing)


def response(status: int) -> httpx2.Response:
    return httpx2.Response(status, request=httpx2.Request("GET", "https://hub.invalid"))


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (hub_errors.GatedRepoError("x", response=response(403)), WeightsError, "is gated.*hf auth login"),
        (hub_errors.RepositoryNotFoundError("x", response=response(404)), InputError, "the hub has no model org/name"),
        (hub_errors.RevisionNotFoundError("x", response=response(404)), InputError, "no revision v1"),
        (hub_errors.HFValidationError("x"), InputError, "expected org/name"),
        (hub_errors.OfflineModeIsEnabled("x"), WeightsError, "HF_HUB_OFFLINE.*riptui fetch org/name@v1"),
        (hub_errors.LocalEntryNotFoundError("x"), WeightsError, "cannot be reached"),
        (ConnectionResetError("x"), WeightsError, "cannot be reached"),
        (RuntimeError("first\nsecond"), WeightsError, "could not be fetched: first$"),
    ],
)
def test_an_error_of_the_hub_is_explained(error: Exception, kind: type[RiptuiError], said: str) -> None:
    explained = explain_error(error, "org/name", "v1")
    assert type(explained) is kind
    with pytest.raises(kind, match=said) as raised:
        raise explained
    assert one_line(raised)


# --- files that are not as they should be


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        loaded(tmp_path / "absent")
    with pytest.raises(InputError, match=r"it has no model_index\.json"):
        loaded(tmp_path)


@pytest.mark.parametrize("kept", [0, 4, 100, -1], ids=["empty", "no header", "half a header", "a byte short"])
def test_weights_cut_short_are_named(kept: int, copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"unet/.*\.safetensors \([\d,]+ bytes\) is damaged or truncated: "):
        loaded(folder)


def test_of_weights_damaged_in_the_cache_the_file_behind_the_link_is_named(
    cache: Path, checkpoints: Checkpoints
) -> None:
    snapshot = in_cache(cache, MODELS["sd2"].repository, checkpoints["sd2"], commit=MODELS["sd2"].revision)
    link, blob = snapshot / "vae" / "diffusion_pytorch_model.safetensors", cache / "blob"
    blob.write_bytes(link.read_bytes()[:1000])
    link.unlink()
    link.symlink_to(blob)
    with pytest.raises(WeightsError) as damaged:
        inpainters.load("sd2", {}, device="cpu")
    assert one_line(damaged).endswith(f". Delete {blob}. Fetch it again with: riptui fetch sd2")


@pytest.mark.parametrize("missing", ["unet", "unet/diffusion_pytorch_model.safetensors", "tokenizer"])
def test_a_checkpoint_that_lacks_something_is_incomplete(missing: str, copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    path = folder / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(WeightsError, match=r"is incomplete: .*Copy it again from its source$"):
        loaded(folder)


def test_a_shard_that_is_missing_is_named(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    index = {"weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors"}}
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match=r"unet/diffusion_pytorch_model-00001-of-00002\.safetensors is missing"):
        loaded(folder)


def as_pickle(folder: Path) -> None:
    """Turn a folder's safetensors into pickles."""
    from safetensors.torch import load_file

    for file in folder.glob("*/*.safetensors"):
        name = "pytorch_model.bin" if file.name == "model.safetensors" else "diffusion_pytorch_model.bin"
        torch.save(load_file(file), file.with_name(name))
        file.unlink()


@pytest.mark.exhaustive
def test_weights_that_are_only_pickles_are_refused_unless_allowed(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    before = paint(loaded(folder))
    as_pickle(folder)
    with pytest.raises(WeightsError, match=r"only as pickle \(.*\.bin\), which can run any code"):
        loaded(folder)
    assert np.array_equal(paint(loaded(folder, allow_pickle=True)), before)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_an_index_that_is_no_json_object_is_damage(content: bytes, copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    (folder / "model_index.json").write_bytes(content)
    with pytest.raises(WeightsError, match=r"model_index\.json"):
        loaded(folder)


def edited(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_code_in_a_checkpoint_is_never_run(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    (folder / "evil.py").write_text("raise SystemExit('it ran')")
    edited(folder / "model_index.json", _class_name=["evil", "Evil"])
    with pytest.raises(InputError, match="riptui never runs code from a checkpoint"):
        loaded(folder)
    edited(folder / "model_index.json", _class_name="StableDiffusionInpaintPipeline", scheduler=["evil", "Evil"])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        loaded(folder)


@pytest.mark.parametrize("pipeline", ["DDPMPipeline", "StableDiffusionInstructPix2PixPipeline", "NoSuchPipeline"])
def test_a_checkpoint_of_another_kind_cannot_inpaint(pipeline: str, copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    edited(folder / "model_index.json", _class_name=pipeline)
    with pytest.raises(InputError, match=f"cannot inpaint: it is a checkpoint for {pipeline}"):
        loaded(folder)


@pytest.mark.parametrize("pipeline", ["IFPipeline", "KandinskyV22Pipeline"])
def test_a_pipeline_that_cannot_be_called_alike_is_refused(pipeline: str, copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    edited(folder / "model_index.json", _class_name=pipeline)
    with pytest.raises(InputError, match=r"cannot (be used|inpaint)"):
        loaded(folder)


@pytest.mark.exhaustive
def test_a_unet_of_a_text_to_image_model_inpaints_by_blending_latents_and_that_is_noted(
    tmp_path: Path, checkpoints: Checkpoints
) -> None:
    pipeline = plain_pipeline(checkpoints["sd1.5"], "sd1.5")
    torch.manual_seed(0)
    parts = pipeline.components | {"unet": unet(in_channels=4)}
    pipeline = diffusers.StableDiffusionPipeline(**parts, requires_safety_checker=False)
    pipeline.save_pretrained(tmp_path / "text")
    found = loaded(tmp_path / "text")
    assert found.notes["pipeline"] == "StableDiffusionInpaintPipeline"
    assert found.notes["inpainting"].startswith("by blending latents")
    again = plain_pipeline(tmp_path / "text", "sd2")
    assert np.array_equal(paint(found), plain(again, picture(), squares((64, 128))[0], 5, guidance_scale=1.0))


def test_a_unet_with_other_inputs_cannot_inpaint(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    edited(folder / "unet" / "config.json", in_channels=8)
    with pytest.raises(InputError, match="cannot inpaint: its UNet takes 8 channels; it must take 9, or 4"):
        loaded(folder)


def test_weights_that_do_not_fit_their_configuration_are_an_error(copied: Callable[[str], Path]) -> None:
    folder = copied("sd2")
    edited(folder / "unet" / "config.json", block_out_channels=[8, 16, 16, 32])
    with pytest.raises(
        WeightsError, match=r"its file has tensors of another shape: .* \(shape \[?16.*, not .*32"
    ) as refused:
        loaded(folder)
    assert one_line(refused)


@pytest.mark.parametrize(
    ("shard", "file"),
    [("10GB", "diffusion_pytorch_model.fp16.safetensors"), ("50KB", "diffusion_pytorch_model.fp16-00001-of-*")],
)
@pytest.mark.exhaustive
def test_weights_there_in_half_precision_only_are_used(
    shard: str, file: str, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2", torch_dtype=torch.float16)
    pipeline.save_pretrained(tmp_path / "half", variant="fp16", max_shard_size=shard)
    assert list((tmp_path / "half" / "unet").glob(file))
    difference = abs(paint(loaded(tmp_path / "half")).astype(int) - paint(loaded(checkpoints["sd2"])))
    assert difference.max() > 0  # half of the weights' digits are gone
    assert difference.mean() < 2
    next((tmp_path / "half" / "unet").glob("*.safetensors")).unlink()
    with pytest.raises(WeightsError, match="is incomplete"):
        loaded(tmp_path / "half")


@pytest.mark.exhaustive
def test_the_safety_checker_is_left_out(copied: Callable[[str], Path]) -> None:
    folder = copied("sd1.5")
    unused = {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
    unused["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    before = paint(loaded(folder, "sd1.5"))
    edited(folder / "model_index.json", requires_safety_checker=True, **unused)
    assert np.array_equal(paint(loaded(folder, "sd1.5")), before)


# --- devices, schedulers, files beside the checkpoint


@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_cuda_that_is_absent_is_said(device: str, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=f"no device {device}: torch sees no CUDA device"):
        inpainters.load("sd2", told(checkpoints["sd2"], "sd2"), device=device)


@pytest.mark.parametrize("device", ["gpu", "meta"])
def test_what_is_no_device_is_refused(device: str, checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match="unknown device"):
        inpainters.load("sd2", told(checkpoints["sd2"], "sd2"), device=device)


@pytest.mark.parametrize(
    ("family", "stored", "half"),
    [
        ("sd2", torch.float32, "float16"),
        ("sd2", torch.bfloat16, "bfloat16"),
        ("sd3", torch.float16, "float16"),
        ("flux-fill", torch.float32, "bfloat16"),
        ("flux-fill", torch.bfloat16, "bfloat16"),
    ],
)
def test_on_a_gpu_half_precision_is_that_of_the_weights_or_of_their_kind(
    family: str, stored: torch.dtype, half: str, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    with silence_libraries():
        diffusers.DiffusionPipeline.from_pretrained(checkpoints[family], torch_dtype=stored).save_pretrained(
            tmp_path / "it"
        )
    found = inspect_checkpoint(tmp_path / "it", "it", repair_hint="")
    assert found.half_dtype == half
    gpu = torch.device("cuda")
    assert torch_device.pick_dtype("auto", found.half_dtype, gpu) == getattr(torch, half)
    assert torch_device.pick_dtype("auto", found.half_dtype, torch.device("cpu")) == torch.float32
    assert torch_device.pick_dtype("float32", found.half_dtype, gpu) == torch.float32


def test_a_scheduler_that_does_not_fit_is_answered_with_those_that_do(checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match=r"no scheduler Euclid fits this checkpoint\. Available: .*DDIMScheduler"):
        loaded(checkpoints["sd2"], scheduler="Euclid")


@pytest.fixture
def embedding(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    save_file({"<mine>": torch.randn(2, 32)}, tmp_path / "learned.safetensors")
    return tmp_path / "learned.safetensors"


@pytest.mark.exhaustive
def test_a_learned_embedding_is_the_prompt(embedding: Path, checkpoints: Checkpoints) -> None:
    learned = loaded(checkpoints["sd2"], embedding=str(embedding))
    assert learned.notes["embedding"].startswith("learned.safetensors, SHA-256 ")
    assert "guidance" not in learned.notes
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2")
    pipeline.load_textual_inversion(str(embedding.parent), weight_name=embedding.name, token="<x>")
    mask = squares((64, 128))[0]
    assert np.array_equal(paint(learned), plain(pipeline, picture(), mask, 5, prompt="<x>", guidance_scale=7.5))
    within = loaded(checkpoints["sd2"], embedding=str(embedding), prompt=f"a {EMBEDDING_TOKEN} cat")
    assert np.array_equal(paint(within), plain(pipeline, picture(), mask, 5, prompt="a <x> cat", guidance_scale=7.5))


@pytest.mark.exhaustive
def test_an_embedding_that_cannot_be_used_is_refused(embedding: Path, checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = checkpoints["sd2"]
    with pytest.raises(InputError, match="does not use the embedding: write <learned> in it"):
        loaded(folder, embedding=str(embedding), prompt="a cat")
    with pytest.raises(InputError, match="does not exist"):
        loaded(folder, embedding=str(tmp_path / "absent.safetensors"))
    torch.save({"<mine>": torch.zeros(32)}, tmp_path / "learned.bin")
    with pytest.raises(InputError, match="a pickle can run any code"):
        loaded(folder, embedding=str(tmp_path / "learned.bin"))
    assert loaded(folder, embedding=str(tmp_path / "learned.bin"), allow_pickle=True).notes["embedding"]
    save_file({"<mine>": torch.randn(7)}, tmp_path / "narrow.safetensors")
    with pytest.raises(InputError, match="does not fit"):
        loaded(folder, embedding=str(tmp_path / "narrow.safetensors"))
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be read"):
        loaded(folder, embedding=str(tmp_path / "torn.safetensors"))
    with pytest.raises(InputError, match="FluxFillPipeline takes no"):
        loaded(checkpoints["flux-fill"], "flux-fill", negative_prompt="blur")


def test_a_lora_without_peft_names_the_extra(
    embedding: Path, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loras, "is_peft_available", lambda: False)
    with pytest.raises(MissingExtraError, match=r"a LoRA needs the package peft.*riptui\[lora\]"):
        loaded(checkpoints["sd2"], lora=str(embedding))


@pytest.mark.exhaustive
def test_the_asymmetric_decoder_is_that_of_a_plain_pipeline(checkpoints: Checkpoints, tmp_path: Path) -> None:
    torch.manual_seed(1)
    down = {"down_block_types": ("DownEncoderBlock2D",) * 4, "down_block_out_channels": (4, 4, 4, 8)}
    up = {"up_block_types": ("UpDecoderBlock2D",) * 4, "up_block_out_channels": (4, 4, 8, 8)}
    layers = {"layers_per_down_block": 1, "layers_per_up_block": 1, "norm_num_groups": 2}
    decoder = diffusers.AsymmetricAutoencoderKL(**down, **up, **layers)
    decoder.save_pretrained(tmp_path / "decoder")
    found = loaded(checkpoints["sd2"], vae=str(tmp_path / "decoder"))
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2", vae=decoder.eval())
    mask = squares((64, 128))[0]
    assert np.array_equal(paint(found), plain(pipeline, picture(), mask, 5, guidance_scale=1.0))
    assert not np.array_equal(paint(found), paint(loaded(checkpoints["sd2"])))


def test_a_decoder_that_is_none_is_refused(checkpoints: Checkpoints, tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match="is a UNet2DConditionModel; vae must be an AutoencoderKL"):
        loaded(checkpoints["sd2"], vae=str(checkpoints["sd2"] / "unet"))
    shutil.copytree(checkpoints["sd2"] / "vae", tmp_path / "parts" / "vae")
    as_pickle(tmp_path / "parts")
    with pytest.raises(WeightsError, match="its vae only as pickle"):
        loaded(checkpoints["sd2"], vae=str(tmp_path / "parts" / "vae"))
    with pytest.raises(WeightsError, match="riptui fetch org/decoder"):
        loaded(checkpoints["sd2"], vae="org/decoder")
    with pytest.raises(InputError, match=r"it has no config\.json"):
        loaded(checkpoints["sd2"], vae=str(tmp_path))


# --- from the command line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "many"], "sd2's steps is 'many'; it must be a whole number"),
        (["--mask", "4"], "mask 4 px: sd2 needs squares on multiples of 8 px"),
        (["-i", "sd2,a/b/c"], "'a/b/c' is not a model"),
        (["-i", "telea", "--steps", "3"], "telea has no parameter steps"),
    ],
)
def test_what_is_mistyped_is_said_before_the_picture_is_read(
    options: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "absent.png"), "-i", "sd2", *options, "--metrics", "psnr"]) == 2
    assert said in capfd.readouterr().err
