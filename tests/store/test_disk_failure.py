"""One folder, or the whole disk."""

import errno
import os
from pathlib import Path

import pytest

from riptui.errors import DiskError
from riptui.store.disk import Folder
from riptui.store.disk_errors import explain_errors
from riptui.store.disk_failure import concerns_whole_disk, require_writable
from tests.support.fault_runs import another_user


@pytest.mark.parametrize(
    ("number", "whole"),
    [
        *((number, False) for number in (0, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ESTALE, errno.ENOTCONN)),
        (errno.EROFS, False),  # a read-only mount of one folder: the worker's own can be written
        *((number, True) for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE)),
    ],
)
def test_what_concerns_one_folder_is_told_from_what_concerns_the_disk(number: int, whole: bool, tmp_path: Path) -> None:
    error = DiskError("it failed", path=tmp_path / "removed" / "rows", number=number)
    assert concerns_whole_disk(error, tmp_path) is whole
    assert list(tmp_path.iterdir()) == []


def test_another_device_that_is_full_is_not_the_worker_s(tmp_path: Path) -> None:
    assert not concerns_whole_disk(DiskError("full", path="/proc/self", number=errno.ENOSPC), tmp_path)


def test_where_the_worker_cannot_write_either_it_is_the_disk(tmp_path: Path) -> None:
    error = DiskError("read-only", path=tmp_path / "a", number=errno.EROFS)
    assert concerns_whole_disk(error, Path("/proc/self"))  # which nobody can write
    assert not concerns_whole_disk(error, tmp_path / "removed")


def test_an_error_of_the_system_keeps_its_number_and_its_file(tmp_path: Path) -> None:
    with pytest.raises(DiskError) as caught, explain_errors(tmp_path):
        raise OSError(errno.ESTALE, "stale")
    assert (caught.value.number, caught.value.path) == (errno.ESTALE, tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_who_may_not_write_is_told_before_anything_is_written(tmp_path: Path) -> None:
    require_writable(tmp_path)
    with another_user(tmp_path), pytest.raises(DiskError, match="permission denied"):
        require_writable(tmp_path)
    with pytest.raises(DiskError, match="removed"), Folder(tmp_path):
        require_writable(tmp_path / "gone")
