"""Small caches that several processes add to at once."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from riptui.inpainters.models import json_cache
from riptui.inpainters.models.json_cache import add_to_cache, read_cache
from riptui.settings.paths import cache_folder

ADD = """
import sys
from riptui.inpainters.models.json_cache import add_to_cache
for i in range(50):
    add_to_cache("c", sys.argv[1] + str(i), i)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.slow
def test_no_process_loses_what_another_adds() -> None:
    processes = [subprocess.Popen([sys.executable, "-c", ADD, name]) for name in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    assert len(read_cache("c")) == 100


def test_damage_is_an_empty_cache_and_a_folder_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    add_to_cache("c", "a", 1)
    for damage in (b"{torn", b"[]", b"\xff"):
        (cache_folder() / "c.json").write_bytes(damage)
        assert read_cache("c") == {}
        add_to_cache("c", "b", 2)
        assert read_cache("c") == {"b": 2}
    (tmp_path / "cache" / "riptui").rename(tmp_path / "away")
    (tmp_path / "cache" / "riptui").write_bytes(b"")
    add_to_cache("c", "a", 1)
    assert read_cache("c") == {}


def test_a_fifo_and_a_frozen_process_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_cache, "ANSWER_SECONDS", 0.05)
    add_to_cache("c", "a", 1)
    with (cache_folder() / ".c.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        add_to_cache("c", "b", 2)
    assert read_cache("c") == {"a": 1, "b": 2}
    for name in (".c.lock", "c.json"):
        (cache_folder() / name).unlink()
        os.mkfifo(cache_folder() / name)
        add_to_cache("c", "a", 1)
    assert read_cache("c") == {}
    assert (cache_folder() / "c.json").is_fifo()
