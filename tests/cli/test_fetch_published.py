"""`riptui fetch lama` and what `riptui models` says of it, against a server on the loopback."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")
pytest.importorskip("spandrel", reason="needs riptui[lama]")

from riptui.cli import main
from riptui.cli import models as listing
from riptui.inpainters import import_trial
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.inpainters.models.weights_places import published_file
from tests.support.hub_client import server
from tests.support.hub_server import Hub

__all__ = ["server"]
BODY = np.random.default_rng(3).bytes(3_000_000)


@pytest.fixture
def published(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The weights of LaMa on the same server: 3 MB."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    server.others["/big-lama.pt"] = BODY
    here = replace(
        PUBLISHED["big-lama"],
        url=f"{server.url}/big-lama.pt",
        sha256=hashlib.sha256(BODY).hexdigest(),
        size=len(BODY),
    )
    monkeypatch.setitem(PUBLISHED, "big-lama", here)
    return server


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    [found] = [one for one in json.loads(capsys.readouterr().out) if one["name"] == "lama"]
    return found


def test_it_is_fetched_once_verified_and_listed(published: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    path = published_file("big-lama").path
    assert listed(capsys)["state"] == "missing"
    assert main(["fetch", "lama", "lama"]) == 0
    assert capsys.readouterr().out == f"lama: 3.0 MB, complete, {path}\n"
    assert path.read_bytes() == BODY
    assert {"state": "here", "licence": "Apache-2.0", "path": str(path), "kind": "model"}.items() <= listed(
        capsys
    ).items()
    assert main(["fetch", "lama"]) == 0
    assert "already installed" in capsys.readouterr().out
    assert len(published.seen) == 1


def test_an_interrupted_download_continues(published: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    path = published_file("big-lama").path
    path.parent.mkdir(parents=True)
    path.with_name("big-lama.pt.riptui.partial").write_bytes(BODY[:1_000_000])
    assert main(["fetch", "lama"]) == 0
    assert path.read_bytes() == BODY


def test_a_wrong_file_and_no_network_are_one_line(published: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    published.others["/big-lama.pt"] = BODY[::-1]
    assert main(["fetch", "lama"]) == 1
    assert "have the wrong hash and were deleted: try again" in capsys.readouterr().err
    assert main(["fetch", "lama", "--offline"]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert "the inpainter lama needs its weights (3.0 MB)" in said
    assert said.endswith("riptui fetch lama, or copy the file there by hand")
    path = published_file("big-lama").path
    path.write_bytes(BODY[::-1])
    assert main(["fetch", "lama", "--offline"]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert "damaged" in listed(capsys)["problem"]


def test_without_spandrel_the_extra_is_named(
    published: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (import_trial, listing):
        monkeypatch.setattr(module, "find_spec", lambda package: None if package == "spandrel" else package)
    assert main(["fetch", "lama"]) == 2
    assert "'riptui[lama]'" in capsys.readouterr().err
    assert published.seen == []
    assert listed(capsys)["state"] == "unknown"
