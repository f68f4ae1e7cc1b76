"""Models larger than the card: what waits in the computer's memory, what is quantised, what works in tiles."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from safetensors.torch import load_file

from riptui import inpainters
from riptui.errors import DeviceMemoryError, InputError, MissingExtraError, RiptuiError, WeightsError
from riptui.inpainters.models import identity, moved_weights
from riptui.inpainters.models.checkpoint import inspect_checkpoint
from riptui.inpainters.models.weight_check import FILE, read_place
from riptui.inpainters.pipeline import components, gpu_tuning, placement, quantisation
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter
from riptui.planning.sweep import Sweep
from riptui.store import provenance
from riptui.store.records import Session
from tests.inpainters.test_diffusion import assert_same_model, loaded, paint, told
from tests.support.pretend_cuda import pretend_cuda
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]


# --- offloading


def test_parts_that_are_moved_when_they_are_needed_change_no_bit(checkpoints: Checkpoints) -> None:
    made = loaded(checkpoints["sd2"], prompt="a cat")
    expected = made.try_seeds([1])
    placement.place(made.pipeline, torch.device("cpu"), "model", "x")  # the same moves, without a card
    for _ in range(2):
        assert np.array_equal(made.try_seeds([1]), expected)


@pytest.mark.exhaustive
def test_nor_do_layers_and_the_session_tells_the_card_and_no_text_encoder_stays(checkpoints: Checkpoints) -> None:
    with pretend_cuda():
        made: Any = inpainters.load("sd2", told(checkpoints["sd2"], "sd2"), device="cuda", offload="model")
        assert (made.device, made.notes["offload"]) == ("cuda:0 (Pretended)", "model")
        assert made.notes["layout"] == "channels_last"
        assert {weight.device.type for weight in made.pipeline.vae.parameters()} == {"cpu"}
        parts = {type(hook.model).__name__ for hook in made.pipeline._all_hooks}
        assert parts == {"UNet2DConditionModel", "AutoencoderKL"}
        expected = made.try_seeds([1])
        placement.place(made.pipeline, torch.device("cuda"), "sequential", "x")
        assert np.array_equal(made.try_seeds([1]), expected)
        assert made.pipeline.unet.conv_in._hf_hook.offload


def test_where_weights_waited_makes_no_sessions_differ() -> None:
    sessions = [
        Session(number, "", "host", 1, "cuda:0 (A)", 1, {}, notes)
        for number, notes in enumerate([{}, {"offload": "model"}])
    ]
    assert provenance.pixel_traits(sessions[0]) == provenance.pixel_traits(sessions[1])


@pytest.mark.parametrize(
    ("given", "device", "said"),
    [
        ({"offload": "model"}, "cpu", "offload=model is for a model larger than a GPU's memory, and the device is cpu"),
        ({"offload": "sequential", "compile": "on"}, "cpu", "compile=on cannot be combined with offload=sequential"),
        ({"offload": "sequential", "quantise": "4bit"}, "cpu", "moves no weights of bitsandbytes: use offload=model"),
        ({"quantise": "8bit", "gguf": "/x.gguf"}, "cpu", "give quantise or gguf"),
        ({"quantise": "8bit"}, "cpu", "quantise=8bit: bitsandbytes needs a GPU, and the device is cpu.*gguf=FILE"),
        ({"gguf": "/x.gguf"}, "cpu", "/x.gguf does not exist"),
        ({"quantise": "2bit"}, "cpu", "quantise is '2bit'; it must be 8bit or 4bit, or none"),
    ],
)
def test_what_cannot_be_combined_or_is_not_here_is_said(
    given: dict[str, Any], device: str, said: str, checkpoints: Checkpoints
) -> None:
    options = {key: given[key] for key in given.keys() & {"offload", "compile"}}
    parameters = told(checkpoints["sd2"], "sd2") | {key: given[key] for key in given.keys() - options.keys()}
    with pytest.raises(InputError, match=said) as refusal:
        inpainters.load("sd2", parameters, device=device, **options)
    assert "\n" not in str(refusal.value)


def test_a_model_that_does_not_fit_is_told_how_it_might(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A")
    with pytest.raises(DeviceMemoryError, match=r"cuda \(A\) has not enough memory for x.*Try --offload model"):
        placement.place(SimpleNamespace(to=full), torch.device("cuda"), "none", "x")
    made = loaded(checkpoints["sd2"])
    monkeypatch.setattr(DiffusionInpainter, "on_gpu", True)
    monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", full)
    with pytest.raises(DeviceMemoryError, match="Less is needed with --offload model, or with --set tiling=true"):
        made.try_seeds([1])


GIB = 2**30


def test_a_network_that_comes_to_the_gpu_to_work_counts_once_and_not_for_each_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allocated, peaks = iter([0, 6 * GIB]), iter([1 * GIB, 8 * GIB, 3 * GIB])  # weights of 6 GiB; 2 GiB for a row
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: next(allocated))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: next(peaks))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    memory = gpu_tuning.PeakMemory(torch.device("cuda"))
    memory.on_step(1, 2)
    memory.on_step(2, 2)
    row, fixed = memory.finish()
    assert (row, fixed) == (2 * GIB, 8 * GIB)
    assert gpu_tuning.max_batch(20 * GIB, row, fixed) == 4  # 80 % of 20, less 8, in twos


# --- tiles


@pytest.mark.exhaustive
def test_tiles_are_a_setting_of_the_vae_and_a_part_of_the_spec(checkpoints: Checkpoints) -> None:
    made, plain = loaded(checkpoints["sd2"], tiling=True), loaded(checkpoints["sd2"])
    assert made.pipeline.vae.use_tiling
    assert not plain.pipeline.vae.use_tiling
    assert np.array_equal(paint(made), paint(plain))  # smaller than a tile
    made.pipeline.vae.tile_sample_min_size, made.pipeline.vae.tile_latent_min_size = 128, 16
    assert not np.array_equal(paint(made), paint(plain))


def test_a_vae_that_cannot_work_in_tiles_is_named(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(vae: Any) -> None:
        raise NotImplementedError("Tiling doesn't seem to be implemented")

    monkeypatch.setattr(diffusers.AutoencoderKL, "enable_tiling", refuse)
    with pytest.raises(InputError, match="tiling: AutoencoderKL cannot work in tiles"):
        loaded(checkpoints["sd2"], tiling=True)


def specs(**given: str) -> Any:
    (spec,) = Sweep(["sd2"], [128], [0], given).specs("", "0" * 64, "0" * 64)
    return spec


def test_parameters_that_came_later_stand_in_a_spec_only_where_they_change_pixels() -> None:
    assert specs().digest == specs(tiling="false", quantise="none").digest
    assert specs().parameters.keys().isdisjoint({"tiling", "quantise", "gguf"})
    assert specs(tiling="true").parameters["tiling"] is True
    assert len({specs().digest, specs(tiling="true").digest, specs(quantise="4bit").digest}) == 3


# --- quantised weights


@pytest.mark.parametrize("package", ["bitsandbytes", "gguf"])
def test_without_the_package_the_command_that_installs_it_is_told(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantisation, "find_spec", lambda name: None if name == package else name)
    ways: dict[str, Callable[[], object]] = {
        "bitsandbytes": lambda: quantisation.load_quantised("4bit", None, tmp_path, torch.device("cuda")),
        "gguf": lambda: quantisation.load_gguf(tmp_path / "x.gguf", None, tmp_path, torch.float32),
    }
    with pytest.raises(MissingExtraError, match=rf"needs the package {package}.*riptui\[quantised\]"):
        ways[package]()


@pytest.mark.parametrize(("quantise", "kind"), [("8bit", "Linear8bitLt"), ("4bit", "Linear4bit")])
def test_bitsandbytes_quantises_the_products_of_a_network(
    quantise: str, kind: str, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bitsandbytes", reason="needs riptui[quantised]")
    loaded_to: list[Any] = []

    def load_network(*args: Any, **options: Any) -> Any:
        loaded_to.append(options.pop("device_map"))
        return components.load_network(*args, **options, device_map={"": torch.device("cpu")})

    monkeypatch.setattr(quantisation, "load_network", load_network)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # the library insists on a GPU, and computes on CPUs
    files = inspect_checkpoint(checkpoints["sd2"], "x", repair_hint="")
    network = quantisation.load_quantised(
        quantise,
        diffusers.UNet2DConditionModel,
        checkpoints["sd2"] / "unet",
        torch.device("cuda"),
        files=files.components["unet"],
        title="x's unet",
        repair_hint="",
        dtype=torch.float32,
        allow_pickle=False,
    )
    assert loaded_to == [{"": torch.device("cuda")}]
    assert kind in {type(layer).__name__ for layer in network.modules()}
    assert quantisation.describe(quantise, None)["quantised"].startswith(f"{quantise}, bitsandbytes ")


def write_gguf(folder: Path, file: Path, kind: str = "F32", left_out: Sequence[str] = ()) -> Path:
    """The tensors of a network's folder as a GGUF file; whole blocks in `kind`, all others as they are."""
    gguf = pytest.importorskip("gguf", reason="needs riptui[quantised]")
    writer = gguf.GGUFWriter(file, "tiny")
    for name, tensor in load_file(next(folder.glob("*.safetensors"))).items():
        fits = tensor.dim() == 2 and tensor.shape[1] % 32 == 0
        stored = gguf.GGMLQuantizationType[kind if fits else "F32"]
        if name not in left_out:
            writer.add_tensor(name, gguf.quants.quantize(tensor.float().numpy(), stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.mark.parametrize(("family", "part"), [("sd2", "unet"), ("flux-fill", "transformer")])
@pytest.mark.exhaustive
def test_a_gguf_file_takes_the_place_of_the_networks_weights(
    family: str, part: str, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    plain = loaded(checkpoints[family], family, steps=1)
    folder = Path(shutil.copytree(checkpoints[family], tmp_path / "model"))
    painted = {}
    for kind in ("F32", "Q4_0"):
        file = write_gguf(checkpoints[family] / part, tmp_path / f"{kind}.gguf", kind)
        for stored in (folder / part).glob("*.safetensors"):
            stored.unlink()
        made = loaded(folder, family, steps=1, gguf=str(file))
        painted[kind] = paint(made)
        assert made.notes["quantised"].startswith("GGUF, gguf ")
        assert made.notes["dtype"] == "float32"
        found = read_place(str(file))
        assert made.notes[f"weights of {part}"] == found[FILE] != plain.notes[f"weights of {part}"]
        if kind == "F32":
            assert_same_model(made, plain)
    assert not np.array_equal(painted["Q4_0"], painted["F32"])


@pytest.fixture
def cat_gguf(checkpoints: Checkpoints, tmp_path: Path) -> Path:
    return write_gguf(checkpoints["sd2"] / "unet", tmp_path / "cat.gguf", "Q8_0")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file, unet: file.write_bytes(b"<html>"), "cannot be loaded as a UNet2DConditionModel"),
        (lambda file, unet: file.write_bytes(file.read_bytes()[:5000]), "cannot be loaded as a UNet2DConditionModel"),
        (lambda file, unet: write_gguf(unet.parent / "vae", file), "UNet2DConditionModel"),
        (
            lambda file, unet: write_gguf(unet, file, left_out=["conv_in.weight"]),
            "cannot be loaded as a UNet2DConditionModel: it is damaged, incomplete or of another network",
        ),
    ],
    ids=["no GGUF", "cut short", "of another network", "lacks a tensor"],
)
def test_a_gguf_file_that_is_not_the_networks_is_refused_in_a_line(
    spoil: Callable[[Path, Path], object], said: str, checkpoints: Checkpoints, cat_gguf: Path
) -> None:
    spoil(cat_gguf, checkpoints["sd2"] / "unet")
    with pytest.raises(WeightsError, match=said) as refusal:
        loaded(checkpoints["sd2"], gguf=str(cat_gguf))
    assert str(cat_gguf) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_gguf_file_that_leaves_weights_without_memory_is_incomplete(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="needs riptui[quantised]")

    class Network:
        @staticmethod
        def from_single_file(*_: Any, **__: Any) -> torch.nn.Module:
            return torch.nn.Linear(2, 2, device="meta")

    with pytest.raises(WeightsError, match="is an incomplete Network: it lacks bias and 1 other tensor"):
        quantisation.load_gguf(tmp_path / "x.gguf", Network, tmp_path, torch.float32)


def test_a_gguf_file_that_moved_or_changed_is_noticed(
    checkpoints: Checkpoints, cat_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {"model": str(checkpoints["sd2"]), "revision": None, "gguf": str(cat_gguf)}
    weights = identity.read_weights(parameters)
    moved = cat_gguf.rename(tmp_path / "dog.gguf")
    monkeypatch.setattr(identity.file_digests, "known_files", lambda: [moved])
    found, notices = moved_weights.find_weights(parameters, weights.notes)
    assert found.identity == weights.identity
    assert f"{cat_gguf} is gone; {moved} is used" in notices[0]
    write_gguf(checkpoints["sd2"] / "unet", moved, "Q4_0")
    assert not found.is_unchanged
    with pytest.raises(RiptuiError):
        moved_weights.find_weights(parameters, weights.notes)


def test_a_quantised_model_is_compiled_only_on_request(checkpoints: Checkpoints, cat_gguf: Path) -> None:
    made = loaded(checkpoints["sd2"], gguf=str(cat_gguf))
    assert isinstance(made, DiffusionInpainter)
    made.prepare(100_000, batch=1, size=256)
    assert "compile" not in made.notes
