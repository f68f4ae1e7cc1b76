"""ControlNets against plain diffusers scripts with PIL in and out; tiny random weights in the real layout."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from PIL import Image as Pictures

from riptui import inpainters
from riptui.errors import InputError, WeightsError
from riptui.inpainters.models.identity import require_places
from riptui.inpainters.models.weight_check import read_place, unlike_place
from riptui.inpainters.pipeline.controlled_inpainter import control_pictures
from riptui.inpainters.silence import silence_libraries
from riptui.planning.sweep import Sweep
from riptui.store.trajectory_names import name_trajectory
from riptui.testing import check_inpainter
from tests.inpainters.test_diffusion import STEPS, loaded, paint, squares, told
from tests.support.added_checkpoints import tiny_controlnet
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

PIPELINES = {
    "sd1.5": "StableDiffusionControlNetInpaintPipeline",
    "sdxl": "StableDiffusionXLControlNetInpaintPipeline",
}


@pytest.fixture(scope="module")
def controlnets(checkpoints: Checkpoints, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("controlnets")
    return {family: tiny_controlnet(checkpoints[family], folder / family) for family in PIPELINES}


def plain_picture(family: str, checkpoint: Path, controlnet: Path, control: Any, **given: Any) -> Any:
    """What a script with the pipeline gives, called as its documentation says."""
    with silence_libraries():
        network = diffusers.ControlNetModel.from_pretrained(controlnet)
        pipeline = getattr(diffusers, PIPELINES[family]).from_pretrained(checkpoint, controlnet=network)
        pipeline.set_progress_bar_config(disable=True)
        return np.asarray(
            pipeline(
                prompt="a cat",
                negative_prompt="",
                image=Pictures.fromarray(picture()),
                mask_image=Pictures.fromarray(squares((64, 128))[0]),
                control_image=control,
                strength=1.0,
                num_inference_steps=STEPS,
                guidance_scale=7.5,
                height=256,
                width=256,
                generator=torch.Generator("cpu").manual_seed(5),
                **given,
            ).images[0]
        )


def inpaint_condition() -> torch.Tensor:
    """The control picture of the inpainting ControlNets, as their card makes it."""
    image = np.array(Pictures.fromarray(picture()).convert("RGB")).astype(np.float32) / 255.0
    image[squares((64, 128))[0]] = -1.0
    return torch.from_numpy(np.expand_dims(image, 0).transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("family", "control"),
    [
        ("sdxl", "hole"),
        pytest.param("sdxl", "frame", marks=pytest.mark.exhaustive),
        pytest.param("sd1.5", "hole", marks=pytest.mark.exhaustive),
    ],
)
def test_it_is_a_plain_diffusers_script(
    family: str, control: str, checkpoints: Checkpoints, controlnets: dict[str, Path]
) -> None:
    added = {"controlnet": str(controlnets[family]), "control": control, "prompt": "a cat"}
    shown = inpaint_condition() if control == "hole" else Pictures.fromarray(picture())
    made = loaded(checkpoints[family], family, **added)
    assert made.notes["pipeline"] == PIPELINES[family]
    assert ("square" in made.notes) == (control == "frame")
    painted = paint(made)
    assert np.array_equal(painted, plain_picture(family, checkpoints[family], controlnets[family], shown))
    made.settings["controlnet_conditioning_scale"] = 0.0
    assert not np.array_equal(painted, paint(made)), "the ControlNet adds nothing"


@pytest.mark.exhaustive
def test_it_keeps_the_rules(checkpoints: Checkpoints, controlnets: dict[str, Path]) -> None:
    made = loaded(checkpoints["sdxl"], "sdxl", controlnet=str(controlnets["sdxl"]), control_scale=0.7)
    check_inpainter(made, size=128, grid=32, tolerance=1)


def test_the_control_picture_is_made_from_the_frame_and_the_mask() -> None:
    images, masks = np.stack([picture(), 255 - picture()]), squares((0, 0), (64, 128))
    frame = control_pictures(images, masks, "frame").permute(0, 2, 3, 1).numpy()
    assert np.array_equal(frame, images.astype(np.float32) / 255)
    for control, value in (("hole", -1.0), ("black", 0.0)):
        shown = control_pictures(images, masks, control).permute(0, 2, 3, 1).numpy()  # type: ignore[arg-type]
        assert np.array_equal(shown[~masks], frame[~masks])
        assert (shown[masks] == value).all()
    edges = control_pictures(images, masks, "canny").numpy()
    assert set(np.unique(edges)) == {0.0, 1.0}
    assert (edges[:, 0] == edges[:, 2]).all()


def test_a_spec_has_the_controlnet_only_where_there_is_one() -> None:
    assert "control" not in inpainters.spec_parameters("sdxl", {})
    assert inpainters.spec_parameters("sdxl", {"controlnet": "org/name"})["controlnet"] == "org/name"
    [spec] = Sweep(["sdxl"], [128], [0], {"controlnet": "/home/me/canny"}).specs("", "0" * 64, "0" * 64)
    assert name_trajectory(spec) == "m128-s0-sdxl-controlnetcanny"
    with pytest.raises(InputError, match="control is 'depth'; it must be hole or black or frame or canny"):
        inpainters.spec_parameters("sdxl", {"control": "depth"})
    with pytest.raises(InputError, match="flux-fill has no parameter controlnet"):
        inpainters.spec_parameters("flux-fill", {"controlnet": "org/name"})


def test_one_that_cannot_work_is_refused_before_anything_is_loaded(
    checkpoints: Checkpoints, controlnets: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place(family: str, controlnet: Path | str, model: str = "") -> None:
        require_places(told(checkpoints[model or family], family, controlnet=str(controlnet)))

    place("sdxl", controlnets["sdxl"])
    with pytest.raises(InputError, match=r"for another family than .*: it attends to 32 channels of a prompt"):
        place("sdxl", controlnets["sd1.5"])
    with pytest.raises(InputError, match="is a UNet2DConditionModel; controlnet must be a ControlNetModel"):
        place("sdxl", checkpoints["sdxl"] / "unet")
    with pytest.raises(InputError, match="takes no ControlNet: they are for Stable Diffusion 1, 2 and XL"):
        place("diffusion", controlnets["sdxl"], "sd3")
    with pytest.raises(WeightsError, match=r"riptui fetch org/control$"):
        place("sdxl", "org/control")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org" / "control").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"For the folder of that name here, write \./org/control"):
        place("sdxl", "org/control")


def test_its_weights_are_recorded_and_compared(checkpoints: Checkpoints, controlnets: dict[str, Path]) -> None:
    parameters = told(checkpoints["sd1.5"], "sd1.5", controlnet=str(controlnets["sd1.5"]))
    made = inpainters.load("sd1.5", parameters, device="cpu")
    recorded = {part.removeprefix("weights of "): note for part, note in made.notes.items() if "weights of" in part}
    found = read_place(str(controlnets["sd1.5"]))
    assert found == {"controlnet": recorded["controlnet"]}
    assert unlike_place(found, [recorded], parameters) == []
    assert unlike_place(read_place(str(controlnets["sdxl"])), [recorded], parameters) == ["controlnet"]
