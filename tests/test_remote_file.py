"""Downloading one file whose hash is known: whole or not at all, and from where it was interrupted."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from riptui import remote_file
from riptui.errors import WeightsError
from riptui.remote_file import RemoteFile
from tests.support.hub_server import Hub, running_hub

BODY = np.random.default_rng(5).bytes(3_000_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


class Usage(NamedTuple):
    free: int


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running_hub() as running:
        running.others["/weights.pth"] = BODY
        yield running


@pytest.fixture
def file(hub: Hub) -> RemoteFile:
    return RemoteFile(f"{hub.url}/weights.pth", SHA256, 3_100_000)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "weights.pth"


def refused(file: RemoteFile, target: Path) -> str:
    """What a download says, in one line."""
    with pytest.raises(WeightsError) as refusal:
        file.download(target)
    assert "\n" not in str(refusal.value)
    assert not target.exists()
    return str(refusal.value)


def left(target: Path) -> dict[str, int]:
    """The files beside the target, and their sizes."""
    return {path.name: path.stat().st_size for path in target.parent.iterdir()}


@pytest.mark.parametrize("digits", [64, 8])
def test_it_appears_whole_and_progress_is_reported(file: RemoteFile, target: Path, digits: int) -> None:
    seen: list[tuple[int, int]] = []
    names: set[str] = set()

    def follow(done: int, total: int) -> None:
        seen.append((done, total))
        names.update(path.name for path in target.parent.iterdir())

    replace(file, sha256=SHA256[:digits]).download(target, follow)
    assert target.read_bytes() == BODY
    assert (seen[0], seen[-1]) == ((0, 3_000_000), (3_000_000, 3_000_000))
    assert seen == sorted(seen)
    assert names == {"weights.pth.riptui.partial"}
    assert left(target) == {"weights.pth": 3_000_000}
    assert file.matches(target)


def test_what_was_interrupted_is_continued(hub: Hub, file: RemoteFile, target: Path) -> None:
    hub.drops["/weights.pth"] = 1_000_000
    assert "lost after 1,000,000 of 3,000,000 bytes" in refused(file, target)
    assert left(target) == {"weights.pth.riptui.partial": 1_000_000}
    hub.drops, hub.down = {}, False
    seen: list[tuple[int, int]] = []
    file.download(target, lambda done, total: seen.append((done, total)))
    assert seen[0] == (1_000_000, 3_000_000)
    assert [request.range for request in hub.seen] == [None, "bytes=1000000-"]
    assert target.read_bytes() == BODY
    assert left(target) == {"weights.pth": 3_000_000}


def test_ctrl_c_keeps_what_has_come(file: RemoteFile, target: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file.download(target, interrupt)
    [(name, size)] = left(target).items()
    assert name == "weights.pth.riptui.partial"
    assert 0 < size < 3_000_000
    file.download(target)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("content", [b"<html>Sign in to the hotel's network</html>", BODY[:-1] + b"x"])
def test_a_file_with_another_hash_is_deleted(hub: Hub, file: RemoteFile, target: Path, content: bytes) -> None:
    hub.others["/weights.pth"] = content
    assert "wrong hash" in refused(file, target)
    assert left(target) == {}


@pytest.mark.parametrize(("path", "said"), [("/nothing.pth", "404"), ("/weights.pth", "503")])
def test_a_refusal_leaves_nothing(hub: Hub, file: RemoteFile, target: Path, path: str, said: str) -> None:
    hub.down = said == "503"
    assert said in refused(replace(file, url=hub.url + path), target)
    assert left(target) == {}


def test_a_refused_connection_is_one_line(file: RemoteFile, target: Path) -> None:
    assert "refused" in refused(replace(file, url="http://127.0.0.1:1/nothing.pth"), target)
    assert left(target) == {}


def test_a_host_that_does_not_answer_is_given_up(
    hub: Hub, file: RemoteFile, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.mute = True
    monkeypatch.setattr(remote_file, "CONNECT_SECONDS", 0.05)
    assert "no answer within 0.05 s" in refused(file, target)


def test_a_full_disk_is_seen_before_anything_is_downloaded(
    hub: Hub, file: RemoteFile, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage(free=2_000_000))
    assert "only 2.0 MB free" in refused(file, target)
    assert hub.seen == []


def test_two_at_once_download_it_once(hub: Hub, file: RemoteFile, target: Path) -> None:
    hub.drops["/weights.pth"], hub.stalls = 3_000_000, True  # all of it comes, and the connection stays open
    first = threading.Thread(target=file.download, args=[target])
    first.start()
    assert hub.stalled.wait(10)
    second = threading.Thread(target=file.download, args=[target])
    second.start()
    hub.go.set()
    first.join(20)
    second.join(20)
    assert target.read_bytes() == BODY
    assert len(hub.seen) == 1
    assert left(target) == {"weights.pth": 3_000_000}
