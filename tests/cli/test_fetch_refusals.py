"""`riptui fetch` against a hub on the loopback: wrong files, refusals, full disks, no network."""

import re
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")

from huggingface_hub import constants

from riptui.cli import main
from riptui.errors import DiskError, WeightsError
from riptui.inpainters.models import download
from riptui.inpainters.models.catalogue import MODELS
from riptui.text.units import format_size
from tests.support.hub_client import NAME, UNET, fetched, nothing_is_here, one_line, server, tensors, turn_to, whole
from tests.support.hub_server import Hub, Repository

__all__ = ["server"]


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
            r"unknown model 'sd9'\. Did you mean sd\S+\? Available: sd2, .*lpips-vgg, .*dinov2, or a hub id such as",
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


EXPIRED = (401, "", 'User Access Token "lab" is expired')
INVALID = (401, "", "Invalid credentials in Authorization header")


@pytest.mark.parametrize(
    ("refusal", "token", "said"),
    [
        (
            EXPIRED,
            "hf_old",
            r'refuses the token in \$HF_TOKEN, which has expired \(.*"lab" is expired\): make a new one',
        ),
        (INVALID, "hf_bad", r"refuses the token in \$HF_TOKEN, which is not valid.*`hf auth login`"),
        ((401, "RepoNotFound", "Invalid username or password."), "hf_bad", "refuses the token"),
        ((401, "RepoNotFound", "Invalid username or password."), "", "has no model org/name, or shows it only with a"),
        ((404, "RepoNotFound", "Repository not found"), "hf_good", "has no model org/name, or shows it only with a"),
        ((403, "GatedRepo", "Access is restricted"), "hf_good", "is gated. First accept its terms"),
        ((403, "", "not allowed for this fine-grained token"), "hf_good", "forbids org/name: not allowed.*permission"),
        ((403, "", ""), "", "forbids org/name: .*or the network forbids it"),
        ((404, "", ""), "", "has no such page, and check HF_ENDPOINT"),
        ((407, "", ""), "", "the proxy wants a password"),
        ((429, "", ""), "", "too many requests from here"),
        ((511, "", ""), "", "this network wants a log-in"),
    ],
)
def test_what_the_hub_or_a_network_refuses_is_said_with_advice(
    refusal: tuple[int, str, str],
    token: str,
    said: str,
    server: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    server.refusal = refusal
    assert main(["fetch", NAME]) in (1, 2)
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert re.search(said, err), err


def test_a_token_in_a_file_is_named_by_its_file(server: Hub) -> None:
    Path(constants.HF_TOKEN_PATH).write_text("hf_old")
    server.refusal = EXPIRED
    with pytest.raises(WeightsError, match=f"the token in {constants.HF_TOKEN_PATH}, which has expired"):
        fetched()


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Welcome</title>", b"[]", b'{"hello": 1}'])
def test_a_log_in_page_in_place_of_the_hub_is_said(page: bytes, server: Hub) -> None:
    server.portal = page
    with pytest.raises(WeightsError, match="is not the hub, perhaps the log-in page") as said:
        fetched()
    assert one_line(said)


@pytest.mark.slow
def test_a_log_in_page_in_place_of_a_file_is_not_kept(server: Hub) -> None:
    plan = download.plan_download(NAME, "main")
    server.portal = b"<!DOCTYPE html><title>Welcome</title>"
    with pytest.raises(WeightsError) as said:
        download.fetch(plan)
    assert one_line(said)
    assert nothing_is_here()
    server.portal = b""
    assert (fetched() / UNET).is_file()


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://huggingface.co", "http://", "https://hugging face.co"])
def test_an_endpoint_that_is_no_address_is_said(endpoint: str, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_to(endpoint, monkeypatch)
    with pytest.raises(WeightsError, match=r"HF_ENDPOINT is .*it must be an address such as|cannot be reached") as said:
        fetched()
    assert one_line(said)


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


@pytest.mark.parametrize("place", ["file/hub", "/proc/none/hub", "/dev/null/hub"])
def test_a_cache_that_cannot_be_written_is_said(
    place: str, server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / place))
    with pytest.raises(DiskError, match=r"cannot be written: .*; set HF_HOME to a folder that can be") as said:
        fetched()
    assert one_line(said)


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
