"""`riptui models` against a hub on the loopback."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")

from huggingface_hub import constants
from safetensors.numpy import load, save

from riptui import features
from riptui.cli import main
from riptui.inpainters.models import locate
from riptui.inpainters.models.catalogue import MODELS
from riptui.inpainters.models.published_weights import PUBLISHED
from tests.support.hub_client import UNET, content, server, trunks, whole
from tests.support.hub_server import COMMIT, Hub, Repository

__all__ = ["server", "trunks"]


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    return {one["name"]: one for one in json.loads(capsys.readouterr().out)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (
            "text_encoder/model.safetensors",
            "text_encoder does not fit its config.json (CLIPTextModel): its file lacks",
        ),
        ("tokenizer/tokenizer.json", "tokenizer has no vocabulary, so that every prompt would be ignored"),
    ],
)
@pytest.mark.exhaustive
def test_a_model_that_would_not_load_is_refused_once_it_is_fetched_and_listed_as_incomplete(
    server: Hub,
    spoilt: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tiny_checkpoints = pytest.importorskip("tests.support.tiny_checkpoints")
    files = content(tiny_checkpoints.tiny_checkpoint("sd2", tmp_path / "sd2"))
    repository = server.repositories[MODELS["sd2"].repository] = Repository(files)
    capsys.readouterr()
    assert main(["fetch", "sd2"]) == 0
    repository.files = without(files, spoilt)
    monkeypatch.setitem(MODELS, "sd2", replace(MODELS["sd2"], revision=COMMIT[::-1]))
    for arguments in (["sd2"], ["sd2", "--offline"]):
        assert main(["fetch", *arguments]) == 1
        assert said in capsys.readouterr().err
    main(["models", "--json"])
    [sd2] = [weights for weights in json.loads(capsys.readouterr().out) if weights["name"] == "sd2"]
    assert sd2["state"] == "incomplete"
    assert said in sd2["problem"]


def without(files: dict[str, bytes], spoilt: str) -> dict[str, bytes]:
    """A repository without a file, or without a tensor of it."""
    if not spoilt.endswith(".safetensors"):
        return {path: data for path, data in files.items() if path != spoilt}
    _, *rest = load(files[spoilt]).items()
    return {**files, spoilt: save(dict(rest), {"format": "pt"})}


@pytest.mark.slow
def test_models_are_listed_before_and_after_a_fetch(trunks: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    trunks.repositories[MODELS["sd2"].repository] = Repository(whole())
    before = listed(capsys)
    assert {name for name, one in before.items() if one["state"] in {"missing", "unknown"}} == {
        *MODELS, *(published.inpainter for published in PUBLISHED.values()), "lpips-squeeze", "lpips-alex", "lpips-vgg",
        *(name for name in features.REGISTRY if name != "phash"), "iopaint", "a1111", "comfyui",
    }  # fmt: skip
    assert {name for name, one in before.items() if one["kind"] == "inpainter"} >= {"telea", "identity"}
    assert before["sd3"]["gated"]
    assert before["sd2"]["licence"] == "CreativeML Open RAIL++-M"
    assert main(["fetch", "sd2", "lpips-alex"]) == 0
    trunks.seen.clear()
    after = listed(capsys)
    assert {name for name, one in after.items() if one["state"] == "here"} == {"sd2", "lpips-alex"}
    assert after["sd2"]["path"] == str(locate.locate_model(MODELS["sd2"].repository, MODELS["sd2"].revision))
    assert trunks.seen == []


@pytest.mark.slow
def test_a_damaged_model_is_listed_as_incomplete(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    server.repositories[MODELS["sd2"].repository] = Repository(whole())
    assert main(["fetch", "sd2"]) == 0
    blob = (locate.locate_model(MODELS["sd2"].repository, MODELS["sd2"].revision) / UNET).resolve()
    blob.write_bytes(blob.read_bytes()[:-1])
    assert listed(capsys)["sd2"]["state"] == "incomplete"
    assert main(["models"]) == 0
    assert "Fetch it again with: riptui fetch sd2" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_model_is_compared_with_its_configurations_once(server: Hub, tmp_path: Path) -> None:
    tiny_checkpoints = pytest.importorskip("tests.support.tiny_checkpoints")
    files = content(tiny_checkpoints.tiny_checkpoint("sd2", tmp_path / "sd2"))
    server.repositories[MODELS["sd2"].repository] = Repository(files)
    assert main(["fetch", "sd2"]) == 0
    code = "import sys; from riptui.cli import main; main(['models']); print('torch' in sys.modules)"
    environment = os.environ | {"HF_HUB_CACHE": constants.HF_HUB_CACHE}
    listed = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).splitlines()
    assert any(line.startswith("✓ sd2") for line in listed)
    assert listed[-1] == "False"


def test_the_list_fits_80_columns(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "○ sd2                     5.2 GB  CreativeML Open RAIL++-M" in lines
    assert server.seen == []


def test_without_the_extra_the_list_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from riptui.cli import models

    monkeypatch.setattr(models, "find_spec", lambda name: None)
    assert listed(capsys)["sd2"]["state"] == "unknown"
    assert main(["models"]) == 0
    assert "pip install 'riptui[diffusion]'" in capsys.readouterr().err


@pytest.mark.slow
def test_listing_the_models_imports_no_torch() -> None:
    code = "import sys; from riptui.cli import main; main(['models']); print(*sys.modules)"
    modules = set(subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1].split())
    assert "riptui.cli.models" in modules
    assert not {"torch", "diffusers", "transformers", "numpy"} & modules
