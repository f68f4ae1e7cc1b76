"""`riptui fetch` against a hub on the loopback: what is downloaded, and how it goes on after an interruption."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")

from huggingface_hub import constants, hf_hub_download

from riptui.cli import main
from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import download, hub_cache, locate, weight_files
from riptui.inpainters.models.catalogue import MODELS
from tests.support.hub_client import (
    CHUNK,
    LOADED,
    NAME,
    UNET,
    content,
    drop_half,
    fetched,
    nothing_is_here,
    one_line,
    server,
    tensors,
    up_again,
    whole,
)
from tests.support.hub_server import COMMIT, Hub, Repository

__all__ = ["server"]


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
