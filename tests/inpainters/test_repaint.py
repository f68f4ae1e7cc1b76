"""RePaint in pixels, against diffusers' own pipeline; tiny random weights in the layouts of the real ones."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
import torch
from diffusers import RePaintPipeline, RePaintScheduler

from riptui import inpainters
from riptui.arrays import Image, Images, Masks
from riptui.errors import InputError, WeightsError
from riptui.events import Ended
from riptui.inpainters import LoadedInpainter
from riptui.inpainters.models import identity
from riptui.inpainters.pipeline.assembly import pipeline_class
from riptui.inpainters.resampling_scheduler import Jumps, make_scheduler
from riptui.inpainters.silence import silence_libraries
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.pixel_checkpoints import pixel_checkpoint, pixel_network, save_flat, save_folders
from tests.support.running import run_trajectory
from tests.support.tiny_checkpoints import one_thread_and_no_network
from tests.support.trajectories import MakeTrajectory

__all__ = ["one_thread_and_no_network", "pixel_checkpoint"]
pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")

SHORT: dict[str, Any] = {"steps": 4, "jump_length": 1, "jump_samples": 2}
CALLS = 4 + 3  # a jump of 1 from levels 0, 1 and 2


def told(folder: Path, **given: Any) -> dict[str, Any]:
    return inpainters.spec_parameters("repaint", {"model": str(folder), "revision": None, **SHORT, **given})


def load(folder: Path, **given: Any) -> LoadedInpainter:
    return inpainters.load("repaint", told(folder, **given), device="cpu")


@pytest.fixture(scope="module")
def repaint(pixel_checkpoint: Path) -> LoadedInpainter:
    return load(pixel_checkpoint)


def paint(inpaint: Any, images: Images, masks: Masks, seed: int = 5) -> Images:
    painted: Images = inpaint(images, masks, seeds=[seed] * len(images), on_step=ignore_step)
    return painted


def plain(folder: Path, image: Image, mask: Any, seed: int, eta: float) -> Image:
    """What diffusers' pipeline gives; its mask is 0 where it paints."""
    with silence_libraries():
        pipeline = RePaintPipeline.from_pretrained(folder, scheduler=RePaintScheduler.from_pretrained(folder))
        pipeline.set_progress_bar_config(disable=True)
        painted = pipeline(
            image=torch.from_numpy(image)[None].permute(0, 3, 1, 2).float() / 255 * 2 - 1,
            mask_image=torch.from_numpy(~mask)[None, None].float(),
            num_inference_steps=SHORT["steps"],
            eta=eta,
            jump_length=SHORT["jump_length"],
            jump_n_sample=SHORT["jump_samples"],
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
        ).images[0]
    return np.asarray((painted * 255).round().astype(np.uint8))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_it_keeps_the_rules_of_inpainters(repaint: LoadedInpainter) -> None:
    check_inpainter(repaint, size=64, tolerance=1)


@pytest.mark.slow
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_it_is_the_pipeline_of_diffusers(eta: float, pixel_checkpoint: Path) -> None:
    images, masks = make_images(1, 64), make_masks(1, 64)
    painted = paint(load(pixel_checkpoint, eta=eta), images, masks)
    assert np.array_equal(painted[0], plain(pixel_checkpoint, images[0], masks[0], 5, eta))
    assert np.array_equal(painted[~masks], images[~masks])
    assert (painted != images)[masks].mean() > 0.5


@pytest.mark.exhaustive
def test_the_seed_decides_and_what_lies_under_the_mask_does_not(repaint: LoadedInpainter) -> None:
    images, masks = make_images(1, 64), make_masks(1, 64)
    hidden = np.where(masks[..., None], 255 - images, images)
    assert np.array_equal(paint(repaint, hidden, masks), paint(repaint, images, masks))
    assert not np.array_equal(paint(repaint, images, masks, seed=6), paint(repaint, images, masks))


def test_each_call_of_the_network_is_told(repaint: LoadedInpainter) -> None:
    steps: list[tuple[int, int]] = []
    repaint(make_images(1, 32), make_masks(1, 32), seeds=[1], on_step=lambda step, of: steps.append((step, of)))
    assert steps == [(step, CALLS) for step in range(1, CALLS + 1)]


def test_with_its_defaults_it_calls_the_network_2410_times() -> None:
    scheduler = make_scheduler({"beta_start": 1e-4}, Jumps(10, 10, 0.0), "x", clip=True)
    scheduler.set_timesteps(250)
    assert len(scheduler.timesteps) == 2410
    assert scheduler.timesteps[0] == 996


@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
def test_whatever_the_network_predicts_becomes_the_noise(prediction: str) -> None:
    jumps = Jumps(2, 1, 0.0)
    by_noise = make_scheduler({"beta_start": 1e-4}, jumps, "x", clip=False)
    other = make_scheduler({"beta_start": 1e-4, "prediction_type": prediction}, jumps, "x", clip=False)
    picture, noise = torch.randn(2, 1, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    signal, spread = by_noise.alphas_cumprod[500] ** 0.5, (1 - by_noise.alphas_cumprod[500]) ** 0.5
    sample = signal * picture + spread * noise
    predicted = picture if prediction == "sample" else signal * noise - spread * picture
    outcomes = []
    for scheduler, output in ((by_noise, noise), (other, predicted)):
        scheduler.set_timesteps(2)
        scheduler.known, scheduler.kept = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
        outcomes.append(scheduler.step(output, 500, sample)[0])
    torch.testing.assert_close(*outcomes, atol=1e-5, rtol=1e-5)


def test_a_batch_has_a_noise_for_each_of_its_pictures(repaint: LoadedInpainter) -> None:
    same = np.repeat(make_images(1, 32), 2, axis=0), np.repeat(make_masks(1, 32), 2, axis=0)
    first, second = repaint(*same, seeds=[5, 6], on_step=ignore_step)
    assert not np.array_equal(first, second)


# --- its checkpoint


@pytest.mark.exhaustive
def test_a_checkpoint_paints_alike_in_either_layout_and_as_pickle(
    repaint: LoadedInpainter, pixel_checkpoint: Path, tmp_path: Path
) -> None:
    folders, pickled = save_folders(tmp_path / "folders"), save_folders(tmp_path / "pickled")
    torch.save(pixel_network().state_dict(), pickled / "unet" / "diffusion_pytorch_model.bin")
    (pickled / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"unet only as pickle .*allow_pickle=true"):
        load(pickled)
    images, masks = make_images(1, 32), make_masks(1, 32)
    for other in (load(folders), load(pickled, allow_pickle=True)):
        assert np.array_equal(paint(other, images, masks), paint(repaint, images, masks))
    notes = load(folders).notes
    assert notes["weights of scheduler"] == repaint.notes["weights of scheduler"]
    assert {key for key in notes if key.startswith("weights of")} == {
        *("weights of model_index", "weights of unet", "weights of scheduler")
    }
    assert identity.used_weights({"model": str(folders)}, notes)
    assert not identity.used_weights({"model": str(pixel_checkpoint)}, notes)


@pytest.mark.parametrize(
    ("network", "scheduler", "said"),
    [
        ({"in_channels": 1}, {}, "takes 1 and gives 3 channels, not 3"),
        ({"num_class_embeds": 4}, {}, "needs the class of what it paints"),
        ({}, {"rescale_betas_zero_snr": True}, "DDPMScheduler is for betas rescaled to no signal"),
        ({}, {"beta_schedule": "laplace"}, "RePaint knows no betas of the kind laplace"),
    ],
)
def test_a_network_that_repaint_cannot_use_is_refused_in_a_line(
    network: dict[str, Any], scheduler: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said) as refusal:
        load(save_folders(tmp_path / "x", pixel_network(**network), **scheduler))
    assert "\n" not in str(refusal.value)


def test_what_is_no_network_of_pixels_or_no_inpainter_is_told_with_what_takes_it(
    pixel_checkpoint: Path, tmp_path: Path
) -> None:
    index = save_flat(tmp_path) / "model_index.json"
    index.write_text(index.read_text().replace("UNet2DModel", "UNet2DConditionModel").replace("DDPM", "LDM"))
    with pytest.raises(InputError, match=r"a checkpoint for LDMPipeline, .* latent-resampling takes any Stable"):
        load(tmp_path)
    checkpoint = identity.read_weights({"model": str(pixel_checkpoint)}).checkpoint
    with pytest.raises(InputError, match=r"no inpainting pipeline. RePaint can use it: -i repaint --set model=x"):
        pipeline_class(checkpoint, "x")


@pytest.mark.parametrize("damage", ["truncated", "another network", "no scheduler"])
def test_damaged_weights_are_named(damage: str, tmp_path: Path) -> None:
    folder = save_flat(tmp_path)
    weights = folder / "diffusion_pytorch_model.safetensors"
    match damage:
        case "truncated":
            weights.write_bytes(weights.read_bytes()[:-100])
        case "another network":
            pixel_network(block_out_channels=(4, 4, 4, 4)).save_pretrained(folder)
            (folder / "config.json").write_text(
                (folder / "config.json").read_text().replace("4,\n    4\n", "4,\n    8\n")
            )
        case _:
            (folder / "scheduler_config.json").unlink()
    with pytest.raises(WeightsError, match=r"is damaged or truncated|does not fit its config|cannot be read") as error:
        load(folder)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_steps_and_jumps_that_cannot_be_are_refused(pixel_checkpoint: Path) -> None:
    with pytest.raises(InputError, match="jump_length=4 of 4 steps leaves no jump: take a shorter one, or"):
        load(pixel_checkpoint, jump_length=4)
    load(pixel_checkpoint, jump_length=4, jump_samples=1)
    with pytest.raises(InputError, match="leaves no jump"):
        inpainters.require_usable("repaint", told(pixel_checkpoint, jump_length=9), 64, 256)
    with pytest.raises(InputError, match=r"steps=200: .* has at most 40"):
        load(pixel_checkpoint, steps=200)
    for parameter, value, said in [("eta", 1.5, "from 0 to 1"), ("jump_samples", 0, "a whole number above 0")]:
        with pytest.raises(InputError, match=said):
            told(pixel_checkpoint, **{parameter: value})


def test_a_size_it_was_not_made_for_is_told_and_one_it_cannot_paint_refused(pixel_checkpoint: Path) -> None:
    made = load(pixel_checkpoint)
    made.prepare(10, 1, 32)
    assert made.notices == []
    made.prepare(10, 1, 64)
    made.prepare(10, 1, 64)
    assert made.notices == ["the network was made for 32 px and paints 64 px here: --size 32"]
    with pytest.raises(InputError, match="33 x 33 px: this network needs sides that are multiples of 8 px"):
        paint(made, make_images(1, 64)[:, :33, :33].copy(), np.ones((1, 33, 33), bool))


# --- in a trajectory


@pytest.mark.slow
def test_a_trajectory_stopped_and_resumed_has_the_same_bytes(
    pixel_checkpoint: Path, make_trajectory: MakeTrajectory
) -> None:
    parameters = told(pixel_checkpoint, steps=2)
    given: dict[str, Any] = {"inpainter": "repaint", "parameters": parameters, "amount": 50.0, "mask": 128}
    whole, parts = make_trajectory("a/whole", **given), make_trajectory("a/parts", **given)
    assert list(run_trajectory(whole))[-1] == Ended(2, done=True)
    assert list(run_trajectory(parts, should_stop=lambda: True))[-1] == Ended(1, done=False)
    assert list(run_trajectory(parts))[-1] == Ended(2, done=True)
    assert (parts.path / "patches.bin").read_bytes() == (whole.path / "patches.bin").read_bytes()
    [session] = whole.read_sessions()
    assert session.notes["dtype"] == "float32"
    assert session.notes["scheduler"] == "ResamplingScheduler"
    assert session.versions.keys() >= {"diffusers", "torch"}
