"""The trajectories of a prompt: their specs, their folders, their originals."""

from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.images import pixels_sha256
from riptui.inpainters.models.catalogue import MODELS
from riptui.planning import submit as submitting
from riptui.planning.generation import make_grey_picture, plan_generation, submit_generation
from riptui.store.frames import read_original
from riptui.store.records import Request


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "require_weights", lambda *_: None)


@pytest.mark.parametrize(
    ("prompt", "folder"),
    [
        ("an owl", "an-owl"),
        ("An owl. By night/at 3 a.m.", "An-owl-By-night-at-3-a-m"),
        ("猫", "猫"),
        ("  ", "no-prompt"),
        ("../..", "picture"),
    ],
)
def test_the_folder_has_the_words_of_the_prompt(prompt: str, folder: str, tmp_path: Path) -> None:
    sweeps = plan_generation(prompt, ["org/name"], [], [7], {}, 256)
    [trajectory] = submit_generation(tmp_path, prompt, sweeps, Request(), group="seeds")
    path = trajectory.path.relative_to(tmp_path)
    assert path.parent.name.startswith(folder)
    assert (path.parts[0], path.name) == ("seeds", "m256-s7-name-revisionmain-256px")


def test_a_trajectory_repaints_the_whole_of_a_grey_picture_once(tmp_path: Path) -> None:
    sweeps = plan_generation("an owl", ["org/name", "./other"], ["sd2"], [0, 1], {"steps": "20"}, 256)
    made = submit_generation(tmp_path, "an owl", sweeps, Request())
    specs = [trajectory.spec for trajectory in made]
    assert [spec.inpainter for spec in specs] == [*["text-to-image"] * 4, "sd2", "sd2"]
    assert {(spec.mask, spec.size, spec.iterations, spec.parameters["steps"]) for spec in specs} == {(256, 256, 1, 20)}
    assert {spec.parameters["prompt"] for spec in specs} == {"an owl"}
    assert "strength" not in specs[0].parameters
    assert (read_original(made[0]) == 128).all()
    assert specs[0].original_sha256 == pixels_sha256(make_grey_picture("a cat", 256).image)


def test_prompts_of_one_name_are_told_apart(tmp_path: Path) -> None:
    made = [
        submit_generation(tmp_path, prompt, plan_generation(prompt, ["org/name"], [], [0], {}, 256), Request())[0]
        for prompt in ("an owl!", "an owl?", "an owl!")
    ]
    assert made[0].path == made[2].path != made[1].path


def test_what_cannot_be_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no parameter strength"):
        plan_generation("an owl", ["org/name"], [], [0], {"strength": "0.5"}, 256)
    with pytest.raises(InputError, match="'a b' is not a model"):
        plan_generation("an owl", ["a b"], [], [0], {}, 256)
    with pytest.raises(InputError, match="sd2 makes no pictures from a prompt: --inpainter sd2 repaints"):
        plan_generation("an owl", ["sd2"], [], [0], {}, 256)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("model", ["sd2-base", "sd3", "flux2-klein", "qwen-image", "z-image", "chroma"])
def test_a_known_model_that_was_made_for_text_to_image_is_used(model: str) -> None:
    for name in (model, MODELS[model].repository):
        [sweep] = plan_generation("an owl", [name], [], [0], {}, 512)
        assert sweep.parameters["model"] == MODELS[model].repository
