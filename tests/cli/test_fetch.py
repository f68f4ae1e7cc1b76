"""`riptui fetch` and `riptui models` against a hub on the loopback."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")

import huggingface_hub
import numpy as np
from huggingface_hub import constants, hf_hub_download
from safetensors.numpy import load, save

from riptui.cli import fetch as command
from riptui.cli import main
from riptui.errors import DiskError, InputError, RiptuiError, WeightsError
from riptui.inpainters import download, hub_cache, locate, weight_files
from riptui.inpainters.catalogue import MODELS
from riptui.metrics import lpips_weights
from riptui.remote_file import RemoteFile
from riptui.text.units import format_size
from tests.support.hub_server import COMMIT, Hub, Repository, running_hub

UNET = "unet/diffusion_pytorch_model.safetensors"
NAME = "org/name"
CHUNK = 1000  # bytes; the client's own, 10 MB, is more than these files have


def tensors(seed: int, count: int = 2000) -> bytes:
    return save({"weight": np.random.default_rng(seed).standard_normal(count).astype(np.float32)})


def whole(**more: bytes) -> dict[str, bytes]:
    """A repository as they are: the weights in every form that there is, and things that nobody loads."""
    index = {
        "_class_name": "StableDiffusionInpaintPipeline",
        "_diffusers_version": "0.42.0",
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "StandIn"],  # no class says which tensors it has
        "tokenizer": ["transformers", "StandIn"],
        "unet": ["diffusers", "StandIn"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
    }
    loaded = {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b'{"_class_name": "PNDMScheduler"}',
        "text_encoder/config.json": b"{}",
        "text_encoder/model.safetensors": tensors(1),
        "tokenizer/vocab.json": b'{"a": 0}',
        "tokenizer/merges.txt": b"a b",
        "unet/config.json": b'{"in_channels": 9}',
        UNET: tensors(2, 50_000),
    }
    left = {
        ".gitattributes": b"*.bin filter=lfs",
        "README.md": b"# a model",
        "512-inpainting-ema.safetensors": tensors(3),
        "512-inpainting-ema.ckpt": b"pickle",
        "safety_checker/config.json": b"{}",
        "safety_checker/model.safetensors": tensors(4),
        "text_encoder/model.fp16.safetensors": tensors(5),
        "text_encoder/pytorch_model.bin": b"pickle",
        "text_encoder/flax_model.msgpack": b"flax",
        "text_encoder/model.onnx": b"onnx",
        "unet/diffusion_pytorch_model.fp16.safetensors": tensors(6, 25_000),
        "unet/diffusion_pytorch_model.non_ema.safetensors": tensors(7),
        "unet/diffusion_pytorch_model.bin": b"pickle",
        "unet/evil.py": b"raise SystemExit",
    }
    return loaded | left | more


LOADED = (*list(whole())[:8],)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one repository; the client is turned to it, with an empty cache and no token."""
    for variable in ("RIPTUI_OFFLINE", "HF_HUB_OFFLINE", "HF_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with running_hub() as hub:
        hub.repositories[NAME] = Repository(whole())
        turn_to(hub.url, monkeypatch)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", CHUNK)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
        yield hub
        huggingface_hub.close_session()


def turn_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    huggingface_hub.close_session()


def fetched(model: str = NAME, revision: str = "main", **options: Any) -> Path:
    return download.fetch(download.plan_download(model, revision, **options))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_line(error: pytest.ExceptionInfo[RiptuiError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    return said


def nothing_is_here(revision: str = "main") -> bool:
    with pytest.raises(WeightsError, match="is not on this machine; fetch it with: riptui fetch"):
        locate.locate_model(NAME, revision)
    return True


# --- what is fetched


@pytest.mark.slow
def test_a_checkpoint_is_fetched_and_then_found(server: Hub) -> None:
    folder = fetched()
    assert folder == locate.locate_model(NAME, "main") == locate.locate_model(NAME, COMMIT)
    assert download.find_installed(NAME, "main") == folder
    files = server.repositories[NAME].files
    assert content(folder) == {path: files[path] for path in LOADED}


@pytest.mark.slow
def test_only_what_is_loaded_is_asked_for_and_once(server: Hub) -> None:
    fetched()
    assert server.downloaded() == sorted(LOADED)


@pytest.mark.slow
def test_a_second_fetch_downloads_nothing(server: Hub) -> None:
    fetched()
    server.seen.clear()
    assert download.plan_download(NAME, "main").missing == ()
    fetched()
    assert server.downloaded() == []


@pytest.mark.slow
def test_the_hubs_own_client_finds_what_was_fetched_and_fetches_nothing_itself(server: Hub) -> None:
    folder = fetched()
    server.seen.clear()
    for path in LOADED:
        assert hf_hub_download(NAME, path) == str(folder / path)
    assert {one.method for one in server.seen if "/resolve/" in one.path} == {"HEAD"}


@pytest.mark.slow
def test_what_the_hubs_own_client_fetched_is_not_fetched_again(server: Hub) -> None:
    for path in LOADED:
        hf_hub_download(NAME, path)
    assert download.plan_download(NAME, "main").missing == ()


@pytest.mark.slow
def test_a_fetched_checkpoint_loads(server: Hub) -> None:
    from riptui import inpainters
    from tests.support import tiny_checkpoints as tiny

    folder = tiny.tiny_checkpoint("sd2", Path(constants.HF_HUB_CACHE).parent / "sd2")
    server.repositories[MODELS["sd2"].repository] = Repository(content(folder))
    assert main(["fetch", "sd2"]) == 0
    built: Any = inpainters.load("sd2", {"steps": 1}, device="cpu")
    assert built.notes["model"] == MODELS["sd2"].revision


@pytest.mark.slow
def test_two_files_of_one_content_are_fetched_once(server: Hub) -> None:
    server.repositories[NAME].files["tokenizer/special_tokens_map.json"] = b'{"a": 0}'
    plan = download.plan_download(NAME, "main")
    assert len(plan.files) == len(plan.missing) + 2  # and the index is here already
    assert (download.fetch(plan) / "tokenizer/special_tokens_map.json").read_bytes() == b'{"a": 0}'


@pytest.mark.slow
def test_progress_is_of_all_missing_bytes(server: Hub) -> None:
    plan = download.plan_download(NAME, "main")
    told: list[tuple[str, int, int]] = []
    download.fetch(plan, lambda path, done, total: told.append((path, done, total)))
    total = sum(len(server.repositories[NAME].files[path]) for path in LOADED[1:])
    assert {one[2] for one in told} == {total} == {plan.needed_bytes}
    assert [one[1] for one in told] == sorted(one[1] for one in told)
    assert told[0][1] == 0
    assert told[-1][1] == total


def test_a_single_component_is_fetched(server: Hub) -> None:
    vae = {"config.json": b"{}", "diffusion_pytorch_model.safetensors": tensors(1)}
    server.repositories["org/vae"] = Repository(vae | {"README.md": b"", "diffusion_pytorch_model.bin": b"pickle"})
    assert content(fetched("org/vae")) == vae
    assert download.find_installed("org/vae", "main") == locate.locate_model("org/vae", "main", file="config.json")


def test_a_repository_that_is_no_checkpoint_is_refused(server: Hub) -> None:
    server.repositories["org/data"] = Repository({"README.md": b"# data"})
    with pytest.raises(InputError, match=r"org/data is not a checkpoint in diffusers' layout: it has no model_index"):
        fetched("org/data")


@pytest.mark.slow
def test_a_moved_branch_is_followed_and_what_both_commits_share_is_not_fetched_again(server: Hub) -> None:
    old = fetched()
    newer = "f" * 40
    server.repositories[NAME].revisions["main"] = newer
    server.repositories[NAME].files[UNET] = tensors(9, 50_000)
    server.seen.clear()
    new = fetched()
    assert server.downloaded() == [UNET]
    assert locate.locate_model(NAME, "main") == new != old
    assert (old / UNET).read_bytes() == tensors(2, 50_000)
    assert (new / UNET).read_bytes() == tensors(9, 50_000)


@pytest.mark.slow
def test_a_commit_and_a_tag_can_be_fetched(server: Hub) -> None:
    server.repositories[NAME].revisions["refs/pr/1"] = COMMIT
    assert fetched(revision=COMMIT) == locate.locate_model(NAME, COMMIT)
    assert nothing_is_here()
    assert fetched(revision="refs/pr/1") == locate.locate_model(NAME, "refs/pr/1")


@pytest.mark.parametrize("path", ["../../evil.json", "unet/../../evil.json", "/evil.json", "unet//x.json", "~/x.json"])
def test_a_path_that_leaves_the_folder_is_not_fetched(path: str, server: Hub) -> None:
    index = json.loads(server.repositories[NAME].files["model_index.json"])
    index |= {path.rpartition("/")[0]: ["diffusers", "UNet2DConditionModel"]}
    server.repositories[NAME].files |= {path: b"{}", "model_index.json": json.dumps(index).encode()}
    assert path not in {file.path for file in download.plan_download(NAME, "main").files}


# --- the choice of files


@pytest.mark.parametrize(
    ("files", "variant", "chosen"),
    [
        (["model.safetensors", "model.fp16.safetensors"], "full", ["model.safetensors"]),
        (["model.safetensors", "model.fp16.safetensors"], "fp16", ["model.fp16.safetensors"]),
        (["model.safetensors"], "fp16", ["model.safetensors"]),
        (["model.fp16.safetensors"], "full", ["model.fp16.safetensors"]),
        (
            [
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "model.fp16-00001-of-00002.safetensors",
                "model.fp16-00002-of-00002.safetensors",
                "model.safetensors.index.fp16.json",
                "pytorch_model.bin.index.json",
            ],
            "full",
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
        ),
        (
            [
                "diffusion_pytorch_model-00001-of-00001.safetensors",
                "diffusion_pytorch_model.safetensors.index.json",
                "diffusion_pytorch_model-00001-of-00001.fp16.safetensors",
                "diffusion_pytorch_model.fp16.safetensors.index.json",
            ],
            "fp16",
            [
                "diffusion_pytorch_model-00001-of-00001.fp16.safetensors",
                "diffusion_pytorch_model.fp16.safetensors.index.json",
            ],
        ),
        (
            ["model.safetensors", "model-00001-of-00001.safetensors", "model.safetensors.index.json"],
            "full",
            ["model.safetensors"],
        ),
        (["spiece.model", "tokenizer.json", "chat_template.jinja"], "full", None),
        (["openvino_model.bin", "tf_model.h5", "rust_model.ot", "model.onnx_data"], "full", []),
    ],
)
def test_of_each_weight_one_form_is_chosen(files: list[str], variant: Any, chosen: list[str] | None) -> None:
    expected = {f"unet/{file}" for file in (files if chosen is None else chosen)}
    taken = weight_files.select_files([f"unet/{file}" for file in files], ["unet"], NAME, variant=variant)
    assert set(taken) == expected
    assert len(taken) == len(expected)


def test_weights_of_an_unknown_variant_only_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"its unet neither in full precision nor as fp16\. It has: .*\.ema\.safetensors"
    ):
        weight_files.select_files(["unet/diffusion_pytorch_model.ema.safetensors"], ["unet"], NAME)


def as_pickle(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if not path.endswith(".safetensors")}


def test_weights_that_are_only_pickle_are_refused_before_they_are_fetched(server: Hub) -> None:
    server.repositories[NAME].files = as_pickle(whole())
    with pytest.raises(WeightsError, match=r"only as pickle .* can run any code .* add --allow-pickle") as refused:
        download.plan_download(NAME, "main")
    assert one_line(refused)
    assert server.downloaded() == ["model_index.json"]


@pytest.mark.slow
def test_with_leave_pickles_are_fetched_and_what_they_risk_is_said(
    server: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    server.repositories[NAME].files = as_pickle(whole())
    assert main(["fetch", NAME, "--allow-pickle"]) == 0
    assert "can run any code" in capsys.readouterr().err
    folder = locate.locate_model(NAME, "main")
    assert (folder / "unet/diffusion_pytorch_model.bin").read_bytes() == b"pickle"


# --- interruptions


def drop_half(server: Hub, repository: str = NAME) -> int:
    """Cut the connection in the middle of the UNet. Returns the bytes that come."""
    half = len(server.repositories[repository].files[UNET]) // 2
    server.drops[UNET] = half
    return half


def up_again(server: Hub) -> None:
    server.down, server.drops, server.stalls = False, {}, False
    server.go.set()
    server.seen.clear()


@pytest.mark.slow
def test_a_dropped_download_goes_on_where_it_stopped(server: Hub) -> None:
    half = drop_half(server)
    with pytest.raises(WeightsError, match=r"could not be fetched: .*503") as broken:
        fetched()
    assert one_line(broken)
    assert nothing_is_here()
    up_again(server)
    plan = download.plan_download(NAME, "main")
    assert half - CHUNK < plan.partial_bytes <= half
    told: list[int] = []
    folder = download.fetch(plan, lambda path, done, total: told.append(done))
    assert server.ranges(f"{NAME}/{UNET}") == [f"bytes={plan.partial_bytes}-"]
    assert told[0] == plan.partial_bytes
    assert server.downloaded() == [UNET]
    assert (folder / UNET).read_bytes() == tensors(2, 50_000)


@pytest.mark.slow
def test_an_interrupted_download_goes_on_where_it_stopped(server: Hub) -> None:
    def interrupt(path: str, done: int, total: int) -> None:
        if path == UNET and done > total - 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.fetch(download.plan_download(NAME, "main"), interrupt)
    assert nothing_is_here()
    server.seen.clear()
    plan = download.plan_download(NAME, "main")
    assert plan.partial_bytes > 50_000
    assert (download.fetch(plan) / UNET).read_bytes() == tensors(2, 50_000)
    assert server.ranges(f"{NAME}/{UNET}") == [f"bytes={plan.partial_bytes}-"]


@pytest.mark.slow
def test_a_partial_file_that_is_too_long_is_begun_anew(server: Hub) -> None:
    plan = download.plan_download(NAME, "main")
    unet = next(file for file in plan.missing if file.path == UNET)
    hub_cache.partial_path(NAME, unet).write_bytes(b"x" * (unet.size + 1))
    assert (download.fetch(plan) / UNET).read_bytes() == tensors(2, 50_000)


@pytest.mark.slow
def test_a_partial_file_that_is_damaged_is_not_gone_on_from_twice(server: Hub) -> None:
    plan = download.plan_download(NAME, "main")
    unet = next(file for file in plan.missing if file.path == UNET)
    hub_cache.partial_path(NAME, unet).write_bytes(bytes(1000))
    with pytest.raises(WeightsError, match="have the wrong hash"):
        download.fetch(plan)
    assert nothing_is_here()
    assert (fetched() / UNET).read_bytes() == tensors(2, 50_000)


@pytest.mark.slow
def test_two_fetches_of_one_file_do_not_write_into_each_other(server: Hub) -> None:
    plan = download.plan_download(NAME, "main")

    def again(path: str, done: int, total: int) -> None:
        if done > 0:
            return
        with pytest.raises(WeightsError, match="another process is downloading"):
            download.fetch(plan)

    download.fetch(plan, again)
    assert download.plan_download(NAME, "main").missing == ()


# --- files that are not right


@pytest.mark.slow
@pytest.mark.parametrize("path", [UNET, "unet/config.json"])
def test_a_file_with_another_hash_is_an_error_and_is_not_kept(path: str, server: Hub) -> None:
    right = server.repositories[NAME].files[path]
    server.repositories[NAME].served[path] = right[:-1] + bytes([right[-1] ^ 1])
    with pytest.raises(WeightsError, match=f"of {NAME}/{path} have the wrong hash") as wrong:
        fetched()
    assert one_line(wrong)
    assert nothing_is_here()
    assert path in {file.path for file in download.plan_download(NAME, "main").missing}
    server.repositories[NAME].served.clear()
    assert (fetched() / path).read_bytes() == right


@pytest.mark.slow
def test_a_file_of_another_length_is_an_error(server: Hub) -> None:
    server.repositories[NAME].served[UNET] = tensors(2, 100)
    with pytest.raises(WeightsError, match="could not be fetched: Consistency check failed") as wrong:
        fetched()
    assert one_line(wrong)
    assert nothing_is_here()


@pytest.mark.slow
def test_a_file_damaged_in_the_cache_is_fetched_again(server: Hub) -> None:
    folder = fetched()
    blob = (folder / UNET).resolve()
    blob.write_bytes(bytes(blob.stat().st_size))
    server.seen.clear()
    assert (fetched() / UNET).read_bytes() == tensors(2, 50_000)
    assert server.downloaded() == [UNET]


# --- what the hub refuses


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        ("org/none", 2, "the hub has no model org/none"),
        (f"{NAME}@v9", 2, "org/name has no revision v9"),
        ("sd3", 1, "is gated.*hf auth login"),
        (
            "sd9",
            2,
            r"unknown model 'sd9'\. Did you mean sd\S+\? Available: sd2, .*lpips-vgg, or a hub id such as org/name",
        ),
        ("org/name/x", 2, "is not a model"),
        ("./here", 2, "is a local folder"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_one_line(
    wanted: str, code: int, said: str, server: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    server.repositories[MODELS["sd3"].repository] = Repository(whole(), gated=True)
    assert main(["fetch", NAME, wanted]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert re.search(said, err)
    assert server.downloaded() in ([], ["model_index.json"], ["model_index.json"] * 2)  # a wrong name costs nothing


def test_a_hub_that_refuses_connections_is_said_within_seconds(
    server: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        turn_to(f"http://127.0.0.1:{free.getsockname()[1]}", monkeypatch)
        started = time.monotonic()
        assert main(["fetch", "sd2"]) == 1
        assert time.monotonic() - started < 3
    assert capsys.readouterr().err.endswith("the hub cannot be reached; with a network: riptui fetch sd2\n")


@pytest.mark.slow
def test_a_hub_that_never_answers_is_given_up(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.2)
    server.mute = True
    with pytest.raises(WeightsError, match="the hub cannot be reached"):
        download.plan_download(NAME, "main")


def test_a_hub_lost_in_the_middle_is_said_with_what_is_kept(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = download.plan_download(NAME, "main")

    def lost(*_: Any, **__: Any) -> None:
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(download, "http_get", lost)
    with pytest.raises(WeightsError, match="was lost; the part of org/name that was downloaded is kept"):
        download.fetch(plan)


@pytest.mark.slow
def test_a_model_that_is_here_needs_no_hub(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    folder = fetched()
    server.down = True
    assert main(["fetch", NAME]) == 0
    out, err = capsys.readouterr()
    assert out == f"{NAME}: installed in {folder}\n"
    assert "could not compare" in err


# --- the disk


@pytest.mark.slow
def test_a_disk_without_space_is_said_before_anything_is_fetched(
    server: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.repositories["org/two"] = Repository(whole())
    size = download.plan_download(NAME, "main").needed_bytes
    server.seen.clear()
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=int(size * 1.5)))
    assert main(["fetch", NAME, "org/two"]) == 1
    said = capsys.readouterr().err
    assert f"not enough disk space: {constants.HF_HUB_CACHE} needs {format_size(2 * size)}" in said
    assert f"and {format_size(int(size * 1.5))} are free" in said
    assert server.downloaded() == ["model_index.json"]
    assert main(["fetch", NAME]) == 0


def test_a_disk_that_fills_up_is_said(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    plan = download.plan_download(NAME, "main")
    monkeypatch.setattr(download, "http_get", full)
    with pytest.raises(DiskError, match="No space left on device; what was downloaded is kept") as error:
        download.fetch(plan)
    assert one_line(error)


# --- offline


@pytest.mark.slow
@pytest.mark.parametrize("how", ["--offline", "RIPTUI_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_says_what_is_here_and_what_is_missing_and_asks_nobody(
    how: str, server: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fetched()
    server.seen.clear()
    option = [how] if how.startswith("--") else []
    if not option:
        monkeypatch.setenv(how, "1")
    started = time.monotonic()
    assert main(["fetch", NAME, "sd2", "lpips-alex", *option]) == 1
    assert time.monotonic() - started < 2
    out, err = capsys.readouterr()
    assert out == f"{NAME}: installed in {folder}\n"
    assert "is not on this machine; fetch it with: riptui fetch sd2\n" in err
    assert "LPIPS alex needs torchvision's weights" in err
    assert len(err.splitlines()) == 2
    assert server.seen == []


@pytest.mark.slow
def test_offline_a_checkpoint_that_lost_a_file_is_incomplete(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    (fetched() / UNET).unlink()
    assert main(["fetch", NAME, "--offline"]) == 1
    assert f"contains no weights. Fetch it again with: riptui fetch {NAME}" in capsys.readouterr().err
    assert main(["fetch", NAME]) == 0
    assert main(["fetch", NAME, "--offline"]) == 0


# --- LPIPS


@pytest.fixture
def trunks(server: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The three trunks, small, on the same server."""
    small = {}
    for net in ("squeeze", "alex", "vgg"):
        data = net.encode() * 1000
        file = f"{net}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        small[net] = RemoteFile(f"{server.url}/{file}", file[-12:-4], len(data))
        server.others[f"/{file}"] = data
    monkeypatch.setattr(lpips_weights, "TRUNKS", small)
    return server


def test_lpips_stands_for_its_three_trunks(trunks: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "lpips", "lpips-vgg"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in out] == ["lpips-squeeze", "lpips-alex", "lpips-vgg"]
    assert all(
        str(lpips_weights.weights_path(net)) in line for net, line in zip(lpips_weights.TRUNKS, out, strict=True)
    )
    trunks.seen.clear()
    assert main(["fetch", "lpips"]) == 0
    assert trunks.seen == []


def test_a_trunk_that_is_damaged_is_said(trunks: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "lpips-alex"]) == 0
    lpips_weights.weights_path("alex").write_bytes(b"damaged")
    assert main(["fetch", "lpips-alex"]) == 1
    assert "is damaged" in capsys.readouterr().err


# --- what is shown


def test_an_inpainter_without_weights_needs_nothing(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "telea"]) == 0
    assert capsys.readouterr().err == "telea needs no weights\n"
    assert server.seen == []


def test_plain_lines_say_how_much_how_fast_and_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 0.0, 5.0, 20.0, 21.0])
    monkeypatch.setattr(command.time, "monotonic", lambda: next(clock))
    plain = command.DownloadLines("sd2", 1_000_000_000)
    for done in (1, 2, 3, 4):
        plain.show("unet/x", done * 1_000_000_000, 5_000_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "sd2: downloading 5.0 GB, of which 1.0 GB are already here",
        "sd2: 3.0 GB of 5.0 GB, 100 MB/s, 0:20 left",
    ]


@pytest.fixture
def riptui(server: Hub, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start the command itself, as a user would, with a hub of its own."""

    def start(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        environment = os.environ | {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home")} | more
        environment.pop("HF_HUB_CACHE", None)
        return subprocess.Popen(
            [sys.executable, "-m", "riptui", *arguments],
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.mark.slow
def test_nothing_of_the_libraries_is_on_the_terminal(
    server: Hub, riptui: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    with riptui("fetch", NAME, HF_HUB_VERBOSITY="debug") as process:
        out, err = process.communicate(timeout=180)
    size = sum(len(server.repositories[NAME].files[path]) for path in LOADED)
    folder = tmp_path / "home/hub/models--org--name/snapshots" / COMMIT
    assert (out, process.returncode) == (f"{NAME}: 8 files, {format_size(size)}, complete, {folder}\n", 0)
    assert re.fullmatch(rf"{NAME}: downloading \d+ kB\n", err)


@pytest.mark.slow
def test_ctrl_c_stops_and_the_next_fetch_goes_on(server: Hub, riptui: Callable[..., "subprocess.Popen[str]"]) -> None:
    drop_half(server)
    server.stalls = True
    with riptui("fetch", NAME) as process:
        assert server.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert out == ""
    assert "stopped; downloaded parts are kept: run the same command again to continue\n" in err
    assert "Traceback" not in err
    up_again(server)
    with riptui("fetch", NAME) as process:
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0
    assert f"{NAME}: 8 files" in out
    assert server.downloaded() == [UNET]


def test_the_extra_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(["fetch", "sd2"]) == 2
    assert "pip install 'riptui[diffusion]'" in capsys.readouterr().err


# --- riptui models


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
    repository.revisions = {COMMIT[::-1]: COMMIT[::-1]}
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
    assert {name for name, one in before.items() if one["state"] == "missing"} == {
        *MODELS, "lpips-squeeze", "lpips-alex", "lpips-vgg"
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


def test_the_list_fits_80_columns(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "○ sd2              5.2 GB  CreativeML Open RAIL++-M" in lines
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
