"""The autoencoder alone, with tiny random weights in the real layouts, against plain diffusers scripts."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import torch
from diffusers import AsymmetricAutoencoderKL, AutoencoderKL
from diffusers.image_processor import VaeImageProcessor

from riptui import inpainters
from riptui.arrays import Images
from riptui.errors import InpainterError, InputError, WeightsError
from riptui.inpainters import LoadedInpainter
from riptui.inpainters.models import identity, weight_check
from riptui.planning.missing_weights import require_weights
from riptui.planning.same_weights import find_same_weights
from riptui.recursion import ignore_step
from riptui.store.trajectory_names import name_trajectory
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import StepStopped, make_images
from tests.support.running import run_trajectory
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, enliven, vae
from tests.support.trajectories import MakeTrajectory

__all__ = ["checkpoints"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAE in a folder of its own."""
    torch.manual_seed(3)
    network = vae()
    enliven(network)
    network.save_pretrained(made := tmp_path_factory.mktemp("vae") / "vae-one")
    return made


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedInpainter:
    return load(folder)


def load(place: Path | str, recorded: Any = None, **parameters: Any) -> LoadedInpainter:
    return inpainters.load("autoencoder", {"vae": str(place), **parameters}, device="cpu", recorded=recorded)


def passed(inpaint: Any, images: Images, seeds: tuple[int, ...] = (0, 1)) -> Images:
    whole = np.ones(images.shape[:3], bool)
    found: Images = inpaint(images, whole, seeds=list(seeds[: len(images)]), on_step=ignore_step)
    return found


IMAGES = make_images(2, 64)


@torch.inference_mode()
def plain(folder: Path, image: Any, passes: int = 1, seed: int | None = None) -> Any:
    """One picture by diffusers' own processor and a VAE, with as many passes in floating point."""
    network, processor = AutoencoderKL.from_pretrained(folder), VaeImageProcessor()
    row = processor.normalize(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)
    generator = None if seed is None else torch.Generator("cpu").manual_seed(seed)
    for _ in range(passes):
        found = network.encode(row).latent_dist
        row = network.decode(found.mode() if generator is None else found.sample(generator)).sample.clamp(-1, 1)
    return (processor.postprocess(row, output_type="np")[0] * 255).round().astype(np.uint8)


@pytest.mark.slow
def test_it_keeps_the_rules_of_inpainters(loaded: LoadedInpainter, folder: Path) -> None:
    check_inpainter(loaded, size=64, scope="image")
    check_inpainter(load(folder, latents="sample", passes=2), size=64, scope="image")


@pytest.mark.slow
def test_a_pass_is_that_of_a_plain_script(loaded: LoadedInpainter, folder: Path) -> None:
    assert np.array_equal(passed(loaded, IMAGES), [plain(folder, image) for image in IMAGES])
    sampled = passed(load(folder, latents="sample"), IMAGES, (5, 6))
    assert np.array_equal(sampled, [plain(folder, IMAGES[0], seed=5), plain(folder, IMAGES[1], seed=6)])
    assert (sampled != passed(loaded, IMAGES)).any()


@pytest.mark.slow
def test_passes_in_one_iteration_are_not_rounded_between(loaded: LoadedInpainter, folder: Path) -> None:
    three = passed(load(folder, passes=3), IMAGES[:1])
    rounded = passed(loaded, passed(loaded, passed(loaded, IMAGES[:1])))
    assert np.array_equal(three[0], plain(folder, IMAGES[0], passes=3))
    assert (three != rounded).any()


def test_it_can_be_stopped_between_two_passes(folder: Path) -> None:
    def stop(step: int, steps: int) -> None:
        told.append((step, steps))
        if step == 2:
            raise StepStopped

    told = list[tuple[int, int]]()
    with pytest.raises(StepStopped):
        load(folder, passes=5)(IMAGES, np.ones((2, 64, 64), bool), seeds=[0, 0], on_step=stop)
    assert told == [(1, 5), (2, 5)]


@pytest.mark.slow
def test_the_vae_of_a_model_is_found_in_it(checkpoints: Checkpoints) -> None:
    model = checkpoints["sd2"]
    assert np.array_equal(passed(load(model), IMAGES[:1])[0], plain(model / "vae", IMAGES[0]))
    assert load(model).notes["weights of vae"] == load(model / "vae").notes["weights of vae"]


@pytest.mark.slow
def test_a_trajectory_of_it_resumes_and_says_what_computed_it(
    folder: Path, make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    parameters = inpainters.spec_parameters("autoencoder", {"vae": str(folder)})
    given: dict[str, Any] = {"inpainter": "autoencoder", "parameters": parameters, "mask": 256, "amount": 300.0}
    trajectory = make_trajectory("a/b", **given)
    require_weights([trajectory.spec])
    list(run_trajectory(trajectory, should_stop=lambda: True))
    list(run_trajectory(trajectory))
    assert len(trajectory.read_rows()) == 3
    *_, session = trajectory.read_sessions()
    assert session.notes["vae"] == str(folder)
    assert name_trajectory(trajectory.spec) == "m256-s0-autoencoder-vae-one-a300-256px"
    assert identity.used_weights(parameters, session.notes)
    recorded = [identity.recorded_identity(session.notes)]
    found = weight_check.read_place(str(folder))
    assert weight_check.unlike_place(found, recorded, parameters) == []

    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    elsewhere = msgspec.structs.replace(trajectory.spec, parameters=parameters | {"vae": str(moved)})
    trajectory.path.rename(trajectory.path.with_name(name_trajectory(trajectory.spec)))
    assert find_same_weights(trajectory.path.parent, elsewhere) is not None


@pytest.mark.slow
def test_a_folder_that_moved_is_recognised_by_its_content(folder: Path, tmp_path: Path) -> None:
    gone, now = tmp_path / "gone", tmp_path / "now"
    shutil.copytree(folder, gone)
    for file in gone.rglob("*"):
        os.utime(file, (1, 1))  # digests of files that have just been written are not kept
    notes = load(gone).notes
    gone.rename(now)
    load(now)  # this machine reads it there
    found = load(gone, recorded=notes)
    assert "is gone" in found.notices[0]
    assert np.array_equal(passed(found, IMAGES), passed(load(now), IMAGES))


def test_what_cannot_be_a_vae_is_refused_in_a_line(folder: Path, tmp_path: Path, checkpoints: Checkpoints) -> None:
    for place, message in {
        tmp_path / "nowhere": "does not exist",
        tmp_path: "it has no config.json",
        checkpoints["sd2"] / "unet": "vae must be an AutoencoderKL or an AsymmetricAutoencoderKL",
    }.items():
        with pytest.raises(InputError, match=message):
            load(place)
    with pytest.raises(InputError, match="a single file does not say how its VAE is built"):
        load(folder / "diffusion_pytorch_model.safetensors")
    with pytest.raises(InputError, match=r"autoencoder needs a VAE: --vae"):
        inpainters.require_usable("autoencoder", inpainters.complete_parameters("autoencoder", {}), 64, 64)
    with pytest.raises(WeightsError, match=r"org/name .* is not on this machine; fetch it with: riptui fetch org/name"):
        load("org/name")


@pytest.mark.slow
def test_truncated_and_other_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, broken := tmp_path / "broken")
    weights = broken / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(WeightsError, match=r"incomplete|damaged|truncated"):
        load(broken)
    shutil.copytree(folder, other := tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"latent_channels": 16}))
    with pytest.raises(WeightsError, match="tensors of another shape"):
        load(other)


@pytest.mark.slow
def test_an_overflow_in_float16_is_named(folder: Path, tmp_path: Path) -> None:
    network = AutoencoderKL.from_pretrained(folder)
    with torch.no_grad():
        network.decoder.conv_out.bias.fill_(1e38)
    network.save_pretrained(tmp_path / "loud")
    with pytest.raises(InpainterError, match="NaN or infinity in float16: use dtype=float32 or bfloat16"):
        passed(load(tmp_path / "loud", dtype="float16"), IMAGES[:1])


def test_the_asymmetric_decoder_works_without_a_mask(tmp_path: Path) -> None:
    network = AsymmetricAutoencoderKL(
        down_block_out_channels=(4, 8),
        up_block_out_channels=(4, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=2,
    )
    enliven(network)
    network.save_pretrained(tmp_path / "asymmetric")
    assert passed(load(tmp_path / "asymmetric"), IMAGES).shape == IMAGES.shape
