"""`riptui fetch`, `models` and `measure` about the weights of feature extractors."""

import os
import shutil
from pathlib import Path

import pytest

from riptui.cli import main
from riptui.features.missing_models import NETWORK_FILES
from tests.support.trajectories import MakeTrajectory

pytest_plugins = ["tests.support.random_extractors"]
pytestmark = pytest.mark.needs("diffusion")


def test_fetch_offline_tells_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["fetch", "--offline", "inception", "clip", "phash"]) == 1
    said = capsys.readouterr().err
    assert "riptui fetch inception" in said
    assert "riptui fetch openai/clip-vit-large-patch14@" in said
    assert "phash needs no weights" in said


@pytest.mark.slow
@pytest.mark.needs("sets")
def test_fetch_compares_the_file_with_its_hash(inception_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert NETWORK_FILES["inception"].path.is_relative_to(inception_home)
    assert main(["fetch", "--offline", "inception"]) == 1
    assert "is damaged: its SHA-256 does not begin with 6726825d" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_fetch_compares_a_folders_tensors(tiny_vision_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from riptui.features.vision_models import verify_vision_model

    assert verify_vision_model(tiny_vision_models / "clip", "clip", "Copy it again")
    assert not verify_vision_model(tiny_vision_models, "none", "Copy it again")


def test_measure_offline_says_what_to_fetch(
    tmp_path: Path,
    make_trajectory: MakeTrajectory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    made = make_trajectory()
    assert main(["measure", str(made.path), "--metrics", "inception-torchvision"]) == 1
    assert "downloads are off" in capsys.readouterr().err
    assert main(["measure", str(made.path), "--metrics", "dinov2:./nowhere"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err


@pytest.mark.slow
def test_weights_that_no_trajectory_could_use_are_told_once(
    tmp_path: Path,
    tiny_vision_models: Path,
    make_trajectory: MakeTrajectory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_vision_models / "dinov2", folder)
    os.truncate(folder / "model.safetensors", 1000)
    made = [make_trajectory(f"cat/s{seed}", seed=seed) for seed in (0, 1)]
    assert main(["measure", *(str(one.path) for one in made), "--metrics", f"dinov2:{folder}"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "is damaged or truncated" in line
    assert main(["measure", str(made[0].path), "--metrics", "dinov2:sd2"]) == 2
    assert "'sd2' is not a model: name a hub id" in capsys.readouterr().err
