"""`riptui fetch` of models in one file, against a hub on the loopback."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import torch
from safetensors.torch import save_file

from riptui import inpainters
from riptui.cli import main
from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import download, locate
from riptui.inpainters.models.catalogue import MODELS
from tests.support.hub_client import content, one_line, server
from tests.support.hub_server import Hub, Repository
from tests.support.single_files import write_single_file
from tests.support.tiny_checkpoints import Checkpoints, checkpoints

__all__ = ["checkpoints", "server"]
BASE = MODELS["sd1.5"].repository
NAME = "org/web-ui/dreamy v8.safetensors"


@pytest.fixture(scope="module")
def file(checkpoints: Checkpoints, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_single_file(checkpoints["sd1.5"], tmp_path_factory.mktemp("one") / "dreamy v8.safetensors")


@pytest.fixture
def hub(server: Hub, file: Path, checkpoints: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """It has the model that files are made from, and a file in a repository of another layout."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    server.repositories[BASE] = Repository(content(checkpoints["sd1.5"]), {"main": MODELS["sd1.5"].revision})
    files = {"README.md": b"# dreamy", file.name: file.read_bytes(), "old.ckpt": b"pickle"}
    server.repositories["org/web-ui"] = Repository(files)
    return server


@pytest.mark.slow
@pytest.mark.exhaustive
def test_for_a_file_on_this_machine_only_configurations_are_fetched(
    hub: Hub, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", str(file), "--offline"]) == 1
    assert f"not on this machine. Fetch them with: riptui fetch '{file}'" in capsys.readouterr().err
    assert main(["fetch", str(file)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(f"{BASE}: its configurations, ")
    assert out[1] == f"{file}: installed in {file}"
    assert not [path for path in hub.downloaded() if path.endswith(".safetensors")]
    hub.seen.clear()
    assert main(["fetch", str(file)]) == 0
    assert hub.seen == []
    built: Any = inpainters.load("diffusion", {"model": str(file), "steps": 1}, device="cpu")
    assert built.notes["configuration"] == MODELS["sd1.5"].revision
    assert main(["models"]) == 0  # the configurations alone are no model
    assert "○ sd1.5" in capsys.readouterr().out
    with pytest.raises(WeightsError, match=r"contains no weights\. Fetch it again with: riptui fetch sd1\.5"):
        download.find_installed(BASE, MODELS["sd1.5"].revision)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_file_in_a_repository_is_fetched_with_its_configurations_by_its_page(
    hub: Hub, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = f"https://huggingface.co/org/web-ui/blob/main/{file.name.replace(' ', '%20')}"
    assert main(["fetch", page]) == 0
    assert "1 file, " in capsys.readouterr().out
    place = locate.locate_file(NAME, "main")
    assert place.read_bytes() == file.read_bytes()
    assert main(["fetch", NAME, "--offline"]) == 0
    assert capsys.readouterr().out == f"{NAME}: installed in {place}\n"


@pytest.mark.slow
def test_loras_and_vaes_are_fetched_by_their_names_on_the_hub(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lora = tmp_path / "it.safetensors"
    save_file({"lora_unet_x.lora_up.weight": torch.ones(2, 2)}, lora)
    hub.repositories["org/lora"] = Repository({"pytorch_lora_weights.safetensors": lora.read_bytes(), "README.md": b""})
    hub.repositories["org/loras"] = Repository({"a.safetensors": lora.read_bytes(), "b.safetensors": lora.read_bytes()})
    with pytest.raises(WeightsError, match=r"org/lora .*is not on this machine; fetch it with: riptui fetch org/lora"):
        locate.locate_adapter("org/lora")
    assert main(["fetch", "org/lora", "org/loras/a.safetensors"]) == 0
    assert main(["fetch", "org/lora", "org/loras/a.safetensors", "--offline"]) == 0
    assert capsys.readouterr().out.count("installed in") == 2
    for name in ("org/lora", "org/lora@main", "org/loras", "org/loras/a.safetensors"):
        assert locate.locate_adapter(name).read_bytes() == lora.read_bytes()
    assert main(["fetch", "org/loras/b.safetensors"]) == 0
    with pytest.raises(InputError, match=r"org/loras has several files: name one, e\.g\. org/loras/a\.safetensors"):
        locate.locate_adapter("org/loras")


@pytest.mark.slow
def test_of_a_repository_in_another_layout_a_file_is_named(hub: Hub, file: Path) -> None:
    with pytest.raises(InputError, match=f"of its files, give the one that you want, a model or a LoRA, e.g. {NAME}"):
        download.plan_download("org/web-ui", "main")
    with pytest.raises(InputError, match=f"has no file new.safetensors. It has: {file.name}, old.ckpt"):
        download.plan_download("org/web-ui/new.safetensors", "main")
    with pytest.raises(WeightsError, match=r"is a pickle, which can run any code.*add --allow-pickle") as refused:
        download.plan_download("org/web-ui/old.ckpt", "main")
    assert one_line(refused)
    assert download.plan_download("org/web-ui/old.ckpt", "main", allow_pickle=True).size == len(b"pickle")


@pytest.mark.exhaustive
def test_check_knows_the_weights_in_a_file(
    checkpoints: Checkpoints, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], hub: Hub
) -> None:
    from riptui.planning.submit import submit
    from riptui.store.records import Request
    from riptui.store.trajectory import Trajectory
    from tests.inpainters.models.test_identity import run
    from tests.planning.test_missing_weights import CAT, sweep

    place, config = tmp_path / "x.safetensors", str(checkpoints["sd1.5"])
    shutil.copyfile(file, place)
    submitted: Callable[[], list[Trajectory]] = lambda: submit(  # noqa: E731
        tmp_path / "runs", [CAT], sweep(str(place), config=config, steps=1), Request()
    )
    [trajectory] = submitted()
    run(trajectory)
    assert main(["check", str(trajectory.path), "--weights", str(file)]) == 0
    assert "the weights are those that computed it" in capsys.readouterr().out
    other = write_single_file(checkpoints["sd2"], tmp_path / "other.safetensors")
    assert main(["check", str(trajectory.path), "--weights", str(other)]) == 1
    assert "other weights computed it: file" in capsys.readouterr().out
    place = place.rename(tmp_path / "renamed.safetensors")
    assert [one.path for one in submitted()] == [trajectory.path]
