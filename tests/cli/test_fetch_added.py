"""`riptui fetch` of models that are used with a model, against a hub on the loopback: a prior, a ControlNet."""

import json
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from riptui import inpainters
from riptui.cli import main
from riptui.inpainters.models.catalogue import KANDINSKY, MODELS
from riptui.inpainters.models.identity import require_places
from tests.support.added_checkpoints import tiny_controlnet
from tests.support.hub_client import content, server
from tests.support.hub_server import Hub, Repository
from tests.support.tiny_checkpoints import Checkpoints, checkpoints

__all__ = ["checkpoints", "server"]

pytestmark = pytest.mark.slow


def test_kandinsky_is_fetched_with_its_prior_and_is_incomplete_without(
    server: Hub, checkpoints: Checkpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    model, prior = MODELS[KANDINSKY].repository, MODELS[KANDINSKY].prior
    server.repositories[model] = Repository(content(checkpoints["kandinsky"]))
    server.repositories[prior] = Repository(content(checkpoints["kandinsky-prior"]))
    assert state(capsys) == ("missing", "")
    assert main(["fetch", model]) == 0
    assert f"{prior}: " in capsys.readouterr().out
    assert state(capsys) == ("here", "")
    assert any(path.startswith("image_encoder/") for path in server.downloaded())
    require_places(inpainters.spec_parameters(KANDINSKY, {}))
    for link in sorted(Path(place(capsys)).parents[2].glob("*prior/snapshots/*/prior/config.json")):
        link.unlink()
    found, problem = state(capsys)
    assert found == "incomplete"
    assert f"riptui fetch {prior}" in problem


def test_a_controlnet_is_fetched_and_found(
    server: Hub, checkpoints: Checkpoints, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_controlnet(checkpoints["sdxl"], tmp_path / "control")
    server.repositories["org/control"] = Repository({path.name: path.read_bytes() for path in folder.iterdir()})
    assert main(["fetch", "org/control"]) == 0
    assert "org/control: 2 files" in capsys.readouterr().out
    parameters = {"model": str(checkpoints["sdxl"]), "controlnet": "org/control"}
    require_places(inpainters.spec_parameters("sdxl", parameters))


def place(capsys: pytest.CaptureFixture[str]) -> str:
    return str(listed(capsys)["path"])


def state(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    one = listed(capsys)
    return str(one["state"]), str(one["problem"])


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    found: dict[str, object] = next(one for one in json.loads(capsys.readouterr().out) if one["name"] == KANDINSKY)
    return found
