"""`riptui fetch repaint` against a hub on the loopback: a checkpoint whose files are all beside its index."""

import json
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from riptui import inpainters
from riptui.cli import main
from riptui.inpainters.models.catalogue import MODELS, REPAINT
from tests.support.hub_client import server
from tests.support.hub_server import Hub, Repository
from tests.support.pixel_checkpoints import pixel_checkpoint

__all__ = ["pixel_checkpoint", "server"]

NAME = MODELS[REPAINT].repository


@pytest.mark.slow
def test_it_is_fetched_listed_and_loaded_by_its_name(
    server: Hub, pixel_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {path.name: path.read_bytes() for path in pixel_checkpoint.iterdir()}
    server.repositories[NAME] = Repository({**files, "README.md": b"#", "images/a.png": b"x"})
    assert state(capsys) == "missing"
    assert main(["fetch", "repaint"]) == 0
    assert "repaint: 4 files" in capsys.readouterr().out
    assert server.downloaded() == sorted(files)
    assert state(capsys) == "here"
    made = inpainters.load(REPAINT, {"steps": 20}, device="cpu")
    assert made.notes["pipeline"] == "DDPMPipeline"
    assert main(["fetch", NAME]) == 0
    assert "already installed" in capsys.readouterr().out


@pytest.mark.slow
def test_one_that_is_only_pickle_is_refused_without_leave(
    server: Hub, pixel_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {path.name.replace(".safetensors", ".bin"): path.read_bytes() for path in pixel_checkpoint.iterdir()}
    server.repositories[NAME] = Repository(files)
    assert main(["fetch", "repaint"]) == 1
    assert "only as pickle (diffusion_pytorch_model.bin)" in capsys.readouterr().err


def state(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    return next(str(model["state"]) for model in json.loads(capsys.readouterr().out) if model["name"] == REPAINT)
