"""A runs folder that a group shares."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from riptui.store.ownership import explain_umask


@pytest.fixture(autouse=True)
def keep_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("mode", "umask", "words"),
    [
        (0o2775, 0o022, "cannot continue, tag or compute what you create: your umask is 022, not 002"),
        (0o2775, 0o077, "cannot see or continue what you create: your umask is 077"),
        (0o2775, 0o002, ""),
        (0o2770, 0o007, ""),
        (0o755, 0o022, ""),
        (0o775, 0o022, ""),
    ],
)
def test_who_shares_a_folder_is_told_what_a_strict_umask_does(
    mode: int, umask: int, words: str, tmp_path: Path
) -> None:
    tmp_path.chmod(mode)
    os.umask(umask)
    notice = explain_umask(tmp_path)
    assert words in notice
    assert bool(words) == bool(notice)


def test_a_folder_that_is_not_there_is_not_shared(tmp_path: Path) -> None:
    assert explain_umask(tmp_path / "runs") == ""
