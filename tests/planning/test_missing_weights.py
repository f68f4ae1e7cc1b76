"""Trajectories whose model is not here are refused before any is made; existing ones are not asked for theirs."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from huggingface_hub import constants

from riptui.cli import main
from riptui.errors import MissingExtraError, WeightsError
from riptui.images import PreparedImage
from riptui.inpainters import import_trial
from riptui.planning.submit import repeat_with_next_seed, submit
from riptui.planning.sweep import Sweep
from riptui.store.listing import find_trajectories
from riptui.store.records import Request
from riptui.study.study_file import read_study
from riptui.study.submission import Submission
from tests.support.study_files import save
from tests.support.tiny_checkpoints import Checkpoints, checkpoints
from tests.support.trajectories import picture

__all__ = ["checkpoints"]
CAT = PreparedImage(picture(), "cat.png", "0" * 64, ())


@pytest.fixture(autouse=True)
def nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def sweep(*inpainters: str, seeds: tuple[int, ...] = (0,), **parameters: Any) -> Sweep:
    return Sweep(inpainters, [128], seeds, parameters, amount=50, size=256)


def made(runs: Path) -> int:
    return len([*find_trajectories(runs)]) if runs.exists() else 0


@pytest.mark.parametrize("missing", ["sd2", "org/name", "./none", "./none.safetensors", "org/name/x.safetensors"])
def test_one_missing_model_is_refused_before_any_trajectory_is_made(missing: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"is not on this machine; fetch it with|does not exist"):
        submit(tmp_path / "runs", [CAT], sweep("diffusion", missing, model="sd2"), Request())
    assert made(tmp_path / "runs") == 0


@pytest.mark.parametrize("key", ["vae", "lora", "embedding"])
def test_so_is_a_missing_part(key: str, checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = checkpoints["sd2"]
    with_part = Sweep([str(folder)], [128], [0], {key: str(tmp_path / "none")}, amount=50, size=256)
    with pytest.raises(Exception, match="does not exist"):
        submit(tmp_path / "runs", [CAT], with_part, Request())
    assert made(tmp_path / "runs") == 0
    assert len(submit(tmp_path / "runs", [CAT], sweep(str(folder)), Request())) == 1


def test_an_existing_trajectory_is_not_asked_for_its_model(checkpoints: Checkpoints, tmp_path: Path) -> None:
    runs, model = tmp_path / "runs", tmp_path / "model"
    model.symlink_to(checkpoints["sd2"])
    [first] = submit(runs, [CAT], sweep(str(model)), Request())
    named = submit(runs, [CAT], sweep(str(model)), Request(), group="g", name="it")
    model.unlink()
    assert [one.path for one in submit(runs, [CAT], sweep(str(model)), Request())] == [first.path]
    assert submit(runs, [CAT], sweep(str(model)), Request(), group="g", name="it")[0].path == named[0].path
    with pytest.raises(Exception, match="does not exist"):
        submit(runs, [CAT], sweep(str(model), seeds=(0, 1)), Request())
    with pytest.raises(Exception, match="does not exist"):
        repeat_with_next_seed(runs, first, Request())
    assert made(runs) == 2


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_trial, "find_spec", lambda name: None if name == "torch" else True)
    with pytest.raises(MissingExtraError, match=r"torch.*pip install 'riptui\[diffusion\]'"):
        submit(tmp_path / "runs", [CAT], sweep("sd2"), Request())
    assert made(tmp_path / "runs") == 0


def test_the_command_line_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cat = save(tmp_path / "cat.png")
    assert main(["run", str(cat), "-i", "identity,sd2", "--runs", str(tmp_path / "runs"), "--display", "none"]) == 1
    assert capsys.readouterr().err.endswith("is not on this machine; fetch it with: riptui fetch sd2\n")
    assert not (tmp_path / "runs").exists()


def test_a_study_is_refused_before_anything_is_made_unless_others_compute_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png")
    file = tmp_path / "small.toml"
    table = '[sweep]\ninpainter = ["noise", "sd2"]\namount = 50\nsize = 256\n'
    file.write_text(f'images = ["*.png"]\nmetrics = []\n{table}')
    study = read_study(file)
    with pytest.raises(WeightsError, match="riptui fetch sd2"):
        [*Submission(study, ())]
    assert made(study.folder) == 0
    assert [one.made for one in Submission(study, (), runs_here=False)] == [2]
    assert [one.found for one in Submission(study, ())] == [2]
    save(tmp_path / "b.png", 1)
    with pytest.raises(WeightsError, match="riptui fetch sd2"):
        [*Submission(read_study(file), ())]
    assert made(study.folder) == 2


def test_a_study_says_that_a_model_was_removed_and_what_is_used(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    file = tmp_path / "small.toml"
    file.write_text('images = ["a.png"]\n[sweep]\ninpainter = "runwayml/stable-diffusion-inpainting"\n')
    [notice] = Submission(read_study(file, runs=tmp_path / "runs"), ()).notices
    assert notice.startswith("runwayml/stable-diffusion-inpainting was removed from the hub; its mirror ")


def test_a_study_takes_a_path_with_a_comma(checkpoints: Checkpoints, tmp_path: Path) -> None:
    (tmp_path / "a,b").symlink_to(checkpoints["sd2"])
    save(tmp_path / "c,d.png")
    file = tmp_path / "small.toml"
    file.write_text(
        f'images = ["c,d.png"]\nmetrics = []\n[sweep]\ninpainter = "{tmp_path}/a,b"\namount = 50\nsize = 256\n'
    )
    assert [one.made for one in Submission(read_study(file, runs=tmp_path / "runs"), ())] == [1]
