"""Diffusion models against plain diffusers scripts with PIL in and out; tiny random weights in the real layout."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from PIL import Image as Pictures

from riptui import inpainters
from riptui.arrays import Image, Images, Masks
from riptui.errors import InpainterError, InputError
from riptui.events import Ended
from riptui.inpainters.pipeline import diffusion_inpainter
from riptui.inpainters.pipeline.prompts import encode
from riptui.inpainters.silence import silence_libraries
from riptui.recursion import ignore_step
from riptui.store.frames import read_frame
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory
from riptui.testing import check_inpainter
from tests.support.exhaustive import some_of
from tests.support.running import run_trajectory
from tests.support.tiny_checkpoints import FAMILIES, Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import MakeTrajectory, advance, picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

STEPS = 3
ITERATIONS = 3
AMOUNT = 100 * ITERATIONS / 16
GUIDANCE = {"sd2": 7.5, "sd1.5": 7.5, "sdxl": 7.5, "sd3": 7.0, "flux-fill": 30.0}
PASSES = [family for family in FAMILIES if family != "flux-fill"]
"""The families whose guidance is a second pass over the negative prompt."""
SEEDS = (5, 2**53 - 1, 7)


def told(folder: Path, family: str, **given: Any) -> dict[str, Any]:
    return inpainters.spec_parameters(family, {"model": str(folder), "revision": None, "steps": STEPS, **given})


def loaded(folder: Path, family: str = "sd2", **given: Any) -> Any:
    return inpainters.load(family, told(folder, family, **given), device="cpu")


def squares(*corners: tuple[int, int]) -> Masks:
    masks = np.zeros((len(corners), 256, 256), bool)
    for mask, (x, y) in zip(masks, corners, strict=True):
        mask[y : y + 64, x : x + 64] = True
    return masks


def paint(inpaint: Any, seed: int = 5) -> Image:
    return inpaint(picture()[None], squares((64, 128)), seeds=[seed], on_step=ignore_step)[0]


def assert_same_model(first: Any, second: Any) -> None:
    """All weights are equal, and the pixels to one level: CPUs round products of weights at other addresses otherwise,
    and where they lie in memory depends on their file.
    """
    networks = {name: part for name, part in first.pipeline.components.items() if isinstance(part, torch.nn.Module)}
    assert networks
    for name, network in networks.items():
        weights = second.pipeline.components[name].state_dict()
        torch.testing.assert_close(weights, network.state_dict(), rtol=0, atol=0)
    assert np.abs(paint(first).astype(int) - paint(second)).max() <= 1


# --- what a plain script gives


def plain_pipeline(folder: Path, family: str, **given: Any) -> Any:
    kind = diffusers.FluxFillPipeline if family == "flux-fill" else diffusers.AutoPipelineForInpainting
    with silence_libraries():
        pipeline = kind.from_pretrained(folder, **given)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def plain(pipeline: Any, image: Image, mask: Any, seed: int, **given: Any) -> Image:
    if "negative_prompt" not in given and type(pipeline) is not diffusers.FluxFillPipeline:
        given["negative_prompt"] = ""
    with silence_libraries():
        painted = pipeline(
            **{"prompt": "", "strength": 1.0, "num_inference_steps": STEPS, **given},
            image=Pictures.fromarray(image),
            mask_image=Pictures.fromarray(mask.astype(np.uint8) * 255),
            height=256,
            width=256,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
    return np.asarray(painted)


def plain_trajectory(pipeline: Any, rows: Sequence[IterationRow], guidance: float) -> Image:
    """The paper's loop with PIL pictures and the rows' seeds and squares; its last frame."""
    image = Pictures.fromarray(picture())
    for row in rows:
        x, y, width, height = row.box
        mask = np.zeros((256, 256), bool)
        mask[y : y + height, x : x + width] = True
        painted = Pictures.fromarray(plain(pipeline, np.asarray(image), mask, row.noise_seed, guidance_scale=guidance))
        image.paste(painted.crop((x, y, x + width, y + height)), (x, y))
    return np.asarray(image)


def finished(trajectory: Trajectory) -> Trajectory:
    assert list(run_trajectory(trajectory))[-1] == Ended(ITERATIONS, done=True)
    return trajectory


@pytest.fixture(scope="module")
def made(checkpoints: Checkpoints) -> dict[str, Any]:
    """Families to loaded inpainters, for the tests that change nothing of them."""

    class Loaded(dict[str, Any]):
        def __missing__(self, family: str) -> Any:
            self[family] = loaded(checkpoints[family], family)
            return self[family]

    return Loaded()


@pytest.mark.parametrize("family", some_of(FAMILIES, "sd2", "sdxl", "flux-fill"))
def test_a_trajectory_is_that_of_a_plain_diffusers_script(
    family: str, checkpoints: Checkpoints, make_trajectory: MakeTrajectory
) -> None:
    folder = checkpoints[family]
    trajectory = finished(make_trajectory(inpainter=family, parameters=told(folder, family), amount=AMOUNT))
    rows, last = trajectory.read_rows(), read_frame(trajectory, ITERATIONS)
    pipeline = plain_pipeline(folder, family)
    once = 1.0 if family in PASSES else GUIDANCE[family]
    assert np.array_equal(last, plain_trajectory(pipeline, rows, once))
    difference = abs(last.astype(int) - plain_trajectory(pipeline, rows, GUIDANCE[family]))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 1e-4
    assert (last != picture()).mean() > 0.1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_a_trajectory_stopped_and_resumed_has_the_same_bytes(
    family: str, checkpoints: Checkpoints, make_trajectory: MakeTrajectory
) -> None:
    given = {"inpainter": family, "parameters": told(checkpoints[family], family), "amount": AMOUNT}
    whole = finished(make_trajectory("a/whole", **given))
    parts = make_trajectory("a/parts", **given)
    assert list(run_trajectory(parts, should_stop=lambda: True))[-1] == Ended(1, done=False)
    finished(parts)
    assert [row.sha256 for row in parts.read_rows()] == [row.sha256 for row in whole.read_rows()]
    assert (parts.path / "patches.bin").read_bytes() == (whole.path / "patches.bin").read_bytes()


def test_a_session_records_what_the_spec_leaves_open(checkpoints: Checkpoints, make_trajectory: MakeTrajectory) -> None:
    trajectory = finished(make_trajectory(inpainter="sd2", parameters=told(checkpoints["sd2"], "sd2"), amount=AMOUNT))
    (session,) = trajectory.read_sessions()
    assert session.versions["diffusers"] == diffusers.__version__
    parts = ("model_index", "scheduler", "text_encoder", "tokenizer", "unet", "vae")
    weights = {f"weights of {part}": session.notes[f"weights of {part}"] for part in parts}
    assert all(len(digest) == 64 for digest in weights.values())
    assert session.notes == weights | {
        "model": str(checkpoints["sd2"]),
        "pipeline": "StableDiffusionInpaintPipeline",
        "dtype": "float32",
        "scheduler": "PNDMScheduler",
        "guidance": "skipped: the embeddings of prompt and negative prompt are equal",
    }


# --- the exact savings


@pytest.mark.parametrize("family", PASSES)
@pytest.mark.exhaustive
def test_guidance_between_equal_prompts_is_skipped_and_changes_nothing_else(
    family: str, checkpoints: Checkpoints, made: dict[str, Any]
) -> None:
    skipped = made[family]
    assert skipped.settings["guidance_scale"] == 1.0
    assert skipped.notes["guidance"].startswith("skipped")
    never = loaded(checkpoints[family], family, guidance=1.0)
    assert "guidance" not in never.notes
    assert np.array_equal(paint(skipped), paint(never))
    both = plain(plain_pipeline(checkpoints[family], family), picture(), squares((64, 128))[0], 5, guidance_scale=7.5)
    assert abs(paint(skipped).astype(int) - both).max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_with_a_prompt_guidance_is_kept(family: str, checkpoints: Checkpoints) -> None:
    guided = loaded(checkpoints[family], family, prompt="a cat", guidance=GUIDANCE[family])
    assert guided.settings["guidance_scale"] == GUIDANCE[family]
    assert "guidance" not in guided.notes
    expected = plain(
        plain_pipeline(checkpoints[family], family),
        picture(),
        squares((64, 128))[0],
        5,
        prompt="a cat",
        guidance_scale=GUIDANCE[family],
    )
    assert np.array_equal(paint(guided), expected)
    assert abs(expected.astype(int) - paint(loaded(checkpoints[family], family, guidance=1.0))).max() > 1


@pytest.mark.exhaustive
def test_sdxl_takes_zeros_for_no_negative_prompt_and_guidance_matters_then(checkpoints: Checkpoints) -> None:
    guided = loaded(checkpoints["sdxl"], "sdxl", negative_prompt=None)
    assert "guidance" not in guided.notes
    pipeline = plain_pipeline(checkpoints["sdxl"], "sdxl")
    expected = plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=7.5, negative_prompt=None)
    assert np.array_equal(paint(guided), expected)


@pytest.mark.parametrize("where", ["aesthetics", "distilled"])
def test_guidance_is_not_skipped_where_it_is_more_than_the_prompts(where: str, checkpoints: Checkpoints) -> None:
    pipeline = plain_pipeline(checkpoints["sdxl"], "sdxl")
    if where == "aesthetics":
        pipeline.register_to_config(requires_aesthetics_score=True)
    else:
        pipeline.unet.register_to_config(time_cond_proj_dim=8)
    assert not encode(pipeline, "", "", 7.5).guidance_is_idle


@pytest.mark.parametrize("family", FAMILIES)
def test_the_text_encoders_are_dropped_once_the_prompt_is_encoded(family: str, made: dict[str, Any]) -> None:
    parts = made[family].pipeline.components
    encoders = {name for name in parts if name.startswith(("text_encoder", "tokenizer"))}
    assert encoders
    assert all(parts[name] is None for name in encoders)


@pytest.mark.parametrize("family", some_of(FAMILIES, "sd2"))
def test_a_batch_gives_what_single_calls_give(
    family: str, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    quantised = diffusion_inpainter.quantise

    def kept(painted: torch.Tensor, dtype: str) -> Images:
        seen.append(painted)
        return quantised(painted, dtype)

    monkeypatch.setattr(diffusion_inpainter, "quantise", kept)
    images = np.stack([picture(), 255 - picture(), picture()[::-1]])
    masks = squares((0, 0), (64, 128), (192, 192))
    made[family](images, masks, seeds=SEEDS, on_step=ignore_step)
    for i, seed in enumerate(SEEDS):
        made[family](images[i : i + 1], masks[i : i + 1], seeds=[seed], on_step=ignore_step)
    singles = torch.cat(seen[1:])
    assert (seen[0] - singles).abs().max() <= 1e-5
    assert (singles[0] - singles[1]).abs().mean() > 0.01


# --- further pipelines


@pytest.mark.parametrize("kind", ["FluxPipeline", "FluxKontextPipeline"])
def test_a_pipeline_that_needs_its_class_by_name_is_that_of_a_plain_script(
    kind: str, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    parts = plain_pipeline(checkpoints["flux-fill"], "flux-fill").components
    torch.manual_seed(2)
    parts["transformer"] = diffusers.FluxTransformer2DModel.from_config(
        {**parts["transformer"].config, "in_channels": 64}
    )
    with silence_libraries():
        getattr(diffusers, kind)(**parts).save_pretrained(tmp_path / kind)
    found = loaded(tmp_path / kind, "diffusion", guidance=2.0)
    inpaint = getattr(diffusers, kind.replace("Pipeline", "InpaintPipeline"))
    assert type(found.pipeline) is inpaint
    assert found.notes["inpainting"].startswith("by blending latents")
    with silence_libraries():
        pipeline = inpaint.from_pretrained(tmp_path / kind)
    fixed = {"_auto_resize": False} if kind == "FluxKontextPipeline" else {}
    expected = plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=2.0, negative_prompt=None, **fixed)
    assert np.array_equal(paint(found), expected)


# --- steps


@pytest.mark.parametrize(
    ("family", "calls"), [("sd2", STEPS + 1), ("sdxl", STEPS), ("sd3", STEPS), ("flux-fill", STEPS)]
)
def test_each_call_of_the_network_is_told(family: str, calls: int, made: dict[str, Any]) -> None:
    steps: list[tuple[int, int]] = []
    made[family](picture()[None], squares((0, 0)), seeds=[1], on_step=lambda step, of: steps.append((step, of)))
    assert steps == [(step, calls) for step in range(1, calls + 1)]  # PNDM makes one more than its steps


class StopError(Exception):
    pass


@pytest.mark.parametrize("family", FAMILIES)
def test_raising_at_a_step_stops_there_and_leaves_nothing_behind(family: str, made: dict[str, Any]) -> None:
    before = paint(made[family])
    steps: list[int] = []

    def stop(step: int, of: int) -> None:
        steps.append(step)
        if step == 2:
            raise StopError

    with pytest.raises(StopError):
        made[family](picture()[None], squares((0, 0)), seeds=[1], on_step=stop)
    assert steps == [1, 2]
    assert np.array_equal(paint(made[family]), before)


# --- what it is given


def test_what_is_painted_depends_on_the_seed_and_not_on_what_lies_under_the_mask(made: dict[str, Any]) -> None:
    other = picture()
    other[128:192, 64:128] = 0
    mask = squares((64, 128))
    again = made["sd2"](other[None], mask, seeds=[5], on_step=ignore_step)[0]
    assert np.array_equal(again, paint(made["sd2"]))
    assert not np.array_equal(paint(made["sd2"], seed=6), paint(made["sd2"]))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_it_keeps_the_rules_of_inpainters(family: str, made: dict[str, Any]) -> None:
    check_inpainter(made[family], size=128, grid=32, tolerance=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_given_arrays_are_left_alone(family: str, made: dict[str, Any]) -> None:
    images, masks = picture()[None].copy(), squares((0, 0))
    images.setflags(write=False)
    masks.setflags(write=False)
    made[family](images, masks, seeds=[1], on_step=ignore_step)
    assert np.array_equal(images[0], picture())
    assert np.array_equal(masks, squares((0, 0)))


def test_a_mask_off_the_grid_of_the_latents_is_refused(made: dict[str, Any]) -> None:
    for shift in (1, 4):
        mask = np.roll(squares((64, 64)), shift, axis=1)
        with pytest.raises(InputError, match="the mask is not aligned to multiples of 8 px"):
            made["sd2"](picture()[None], mask, seeds=[1], on_step=ignore_step)


def test_a_picture_that_is_not_finite_is_an_error(checkpoints: Checkpoints) -> None:
    broken = loaded(checkpoints["sd2"])
    torch.nn.init.constant_(broken.pipeline.vae.decoder.conv_out.bias, float("nan"))
    with pytest.raises(InpainterError, match="in float32: try dtype="):
        paint(broken)


@pytest.mark.parametrize("family", ["sd2", "flux-fill"])
@pytest.mark.exhaustive
def test_in_half_precision_it_is_the_plain_pipeline_too(family: str, checkpoints: Checkpoints) -> None:
    half = loaded(checkpoints[family], family, dtype="bfloat16", guidance=1.0)
    assert half.notes["dtype"] == "bfloat16"
    pipeline = plain_pipeline(checkpoints[family], family, torch_dtype=torch.bfloat16)
    expected = plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=1.0)
    assert np.array_equal(paint(half), expected)


@pytest.mark.parametrize("scheduler", ["DDIM", "DDIMScheduler"])
def test_another_scheduler_takes_the_checkpoints_noise_schedule(scheduler: str, checkpoints: Checkpoints) -> None:
    other = loaded(checkpoints["sd2"], scheduler=scheduler)
    assert other.notes["scheduler"] == "DDIMScheduler"
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2")
    pipeline.scheduler = diffusers.DDIMScheduler.from_config(pipeline.scheduler.config)
    assert pipeline.scheduler.config.beta_schedule == "scaled_linear"
    assert np.array_equal(paint(other), plain(pipeline, picture(), squares((64, 128))[0], 5, guidance_scale=1.0))


def test_a_strength_below_1_keeps_something_of_what_lay_there(checkpoints: Checkpoints) -> None:
    half = loaded(checkpoints["sd2"], strength=0.5, steps=4)
    pipeline = plain_pipeline(checkpoints["sd2"], "sd2")
    mask = squares((64, 128))[0]
    expected = plain(pipeline, picture(), mask, 5, guidance_scale=1.0, strength=0.5, num_inference_steps=4)
    assert np.array_equal(paint(half), expected)


@pytest.mark.exhaustive
def test_nothing_reaches_the_terminal(checkpoints: Checkpoints, capfd: pytest.CaptureFixture[str]) -> None:
    for family in FAMILIES:
        paint(loaded(checkpoints[family], family))
    assert capfd.readouterr() == ("", "")


# --- schedules


def test_changed_parameters_give_what_an_inpainter_loaded_with_them_gives(checkpoints: Checkpoints) -> None:
    folder = checkpoints["sd2"]
    inpaint = inpainters.load(
        "sd2", told(folder, "sd2", guidance=2.0), device="cpu", later_prompts=("a red barn", "a cat")
    )
    first = paint(inpaint)
    changed: list[dict[str, Any]] = [
        {"prompt": "a cat", "strength": 0.7},
        {"prompt": "", "steps": 2},
        {"strength": 0.4},
    ]
    for changes in changed:
        expected = paint(loaded(folder, guidance=2.0, **changes))
        assert np.array_equal(paint(inpaint.with_parameters(changes)), expected)
        assert not np.array_equal(expected, first)
    assert np.array_equal(paint(inpaint), first)


def test_a_trajectory_with_schedules_resumes_as_if_it_had_not_stopped(
    checkpoints: Checkpoints, make_trajectory: MakeTrajectory
) -> None:
    parameters = told(checkpoints["sd2"], "sd2", guidance=2.0)
    schedule = "prompt=a cat|a red barn\nstrength=1..0.4"
    fields: dict[str, Any] = {"parameters": parameters, "amount": AMOUNT, "schedule": schedule}
    whole, cut = (make_trajectory(f"a/{name}", inpainter="sd2", **fields) for name in ("whole", "cut"))
    list(run_trajectory(whole))
    advance(cut, 2)
    list(run_trajectory(cut))
    assert [row.sha256 for row in cut.read_rows()] == [row.sha256 for row in whole.read_rows()]
    assert len({row.sha256 for row in whole.read_rows()}) == ITERATIONS
