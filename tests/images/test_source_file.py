"""The file of a picture: read and hashed once, and never anything that waits or does not end."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from riptui.errors import SourceError
from riptui.images import identify_source, is_folder, is_regular, read_source, source_file

MAKE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a folder": Path.mkdir,
    "nothing": lambda path: None,
    "a link to nothing": lambda path: path.symlink_to(path.with_name("gone")),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_only_a_regular_file_is_opened(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "a.png"
    make(path)
    assert not is_regular(path)
    assert is_folder(path) == (make is Path.mkdir)
    for read in (read_source, identify_source):
        with pytest.raises(SourceError):
            read(path)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "/".join("a" * 3000)], ids=["long", "NUL", "deep"])
def test_what_no_path_can_be_is_neither(tmp_path: Path, name: str) -> None:
    assert not is_folder(tmp_path / name)
    assert not is_regular(tmp_path / name)


def test_the_hash_is_that_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)) * 9000)
    found = identify_source(tmp_path / "a")
    assert found.sha256 == sha256(read_source(tmp_path / "a")).hexdigest()
    assert (found.size, found.changed) == ((tmp_path / "a").stat().st_size, (tmp_path / "a").stat().st_mtime_ns)


def test_a_file_that_grows_while_it_is_read_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of /proc and /sys, which say that they are empty."""
    (tmp_path / "a").write_bytes(bytes(3_000_000))
    status = Path("/proc/version").stat()
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 2_000_000)
    monkeypatch.setattr(source_file.os, "fstat", lambda fd: status)
    monkeypatch.setattr(Path, "stat", lambda path, **_: status)
    for read in (read_source, identify_source):
        with pytest.raises(SourceError, match="the limit is"):
            read(tmp_path / "a")
