"""Export: what is written is what was computed, files are whole or not there, and nothing is replaced unasked."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from riptui import export
from riptui.errors import DiskError, InputError
from riptui.store.trajectory import Trajectory
from tests.support.exported import Computed, names, writers

NEEDS = {"a.parquet": "parquet", "a.mp4": "video"}
FILES = [
    pytest.param(name, marks=pytest.mark.needs(NEEDS[name])) if name in NEEDS else name
    for name in writers(Trajectory(Path()))
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_exists_is_replaced_only_with_overwrite(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed(metrics=("psnr",)))[name]
    file = out / name
    file.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists; --overwrite replaces it"):
        write(file)
    assert file.read_bytes() == b"mine"
    assert write(file, overwrite=True) == file
    assert len(file.read_bytes()) > 100
    assert names(out) == [name]


@pytest.mark.parametrize("name", FILES)
def test_a_bad_target_is_refused_with_what_to_do(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed(until=1, metrics=("psnr",)))[name]
    with pytest.raises(InputError, match=r"the name must end in \.(gif|png|mp4|csv|parquet)"):
        write(out / "a.txt")
    with pytest.raises(InputError, match=r"nowhere does not exist: create the folder first"):
        write(out / "nowhere" / name)
    (out / name).mkdir()
    with pytest.raises(InputError, match="is a folder: name a file in it"):
        write(out / name, overwrite=True)
    assert names(out) == [name]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    computed: Computed, out: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = writers(computed(metrics=("psnr",)))[name]
    (out / name).write_bytes(b"mine")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=f"{name}: the disk is full: free some space"):
        write(out / name, overwrite=True)
    assert names(out) == [name]
    assert (out / name).read_bytes() == b"mine"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.gif", "strip.png"])
def test_a_write_that_stops_half_way_leaves_nothing(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed())[name]
    with file_size_limit(4096), pytest.raises(DiskError, match="would exceed the file size limit"):
        write(out / name)
    assert names(out) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_named(computed: Computed, out: Path) -> None:
    trajectory = computed()
    out.chmod(0o500)
    with pytest.raises(DiskError, match="permission denied"):
        export.write_strip(trajectory, out / "a.png")
