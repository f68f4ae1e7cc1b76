"""Entries of the registry that somebody forged: commands say what they can, end well, and signal nobody."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from riptui.store.lock import LOCK_FILE
from riptui.store.worker_process import process_place
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import LIVE_FILE, RECORD_FILE, workers_folder
from riptui.supervision.client import list_running_workers, matches
from tests.support.command import require_harmless, riptui

ID = "north-1-1-0123456789abcdef"
HERE = {"place": process_place(), "host": os.uname().nodename, "pid": os.getpid()}
FORGERIES: list[dict[str, Any]] = [
    *({"pid": pid} for pid in (0, 1, -1, -os.getpid(), 2**31, 2**32 + 1, 2**63 - 1, 2**200, True, "1", None, 1.5)),
    *({**HERE, "start_ticks": ticks} for ticks in (0, -1, 2**63 - 1, 2**100, "1")),
    {**HERE, "place": "", "pid": 2**40},
    {**HERE, "place": "", "pid": 1},
    {"host": "\x1b[31m\u202eevil\n"},
    {"host": "x" * 10_000},
    {"started": "\x1b]0;title\x07"},
    {"version": "[bold]9" * 50},
    {"device": "cuda:" + "9" * 400},
    {"batch": -1},
    {"study": "../../etc/passwd\n; rm -rf"},
    {"command": "\x07run"},
    {"environment": {"folders": 7}},
    {"id": "../../../etc"},
    {"id": ID, "extra": [[[[1]]]]},
]
LIVES: list[dict[str, Any]] = [
    {"when": 1e308},
    {"when": -1e308, "still": -(2**62)},
    {"when": 0, "still": 2**62},
    {"when": 0, "rate": 1e308, "queued": -(2**62)},
    {"when": 0, "memory_used": 5, "memory_total": 0, "load": -1e308},
    {"when": 0, "jobs": [{"path": "../../../../etc", "k": -(2**60), "iterations": 0, "step": 9, "steps": 0}]},
    {"when": 0, "jobs": [{"path": "\x1b[2J\x00", "k": 2**62, "iterations": -1}]},
    {"when": 0, "skipped": [{"path": "/etc\n", "reason": "\x1b[31m"}], "skipped_count": -(2**62)},
    {"when": 0, "notices": ["\x1b[31m\u202e"], "note": "\x9b31m", "device": "\x1b[31m"},
]


@pytest.fixture
def entry(tmp_path: Path) -> Iterator[Path]:
    """The folder of a worker whose lock this process holds: it counts as running."""
    folder = workers_folder(tmp_path / "runs") / ID
    folder.mkdir(parents=True)
    (folder / LIVE_FILE).write_bytes(json.dumps({"when": 0}).encode())
    with (folder / LOCK_FILE).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(autouse=True)
def nobody_is_signalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    sent: list[object] = []
    for module, name in ((os, "kill"), (os, "killpg"), (signal, "pidfd_send_signal")):
        monkeypatch.setattr(module, name, lambda *given: sent.append(given))
    yield
    assert sent == []


def forge(entry: Path, **fields: Any) -> None:
    record = {"id": ID, "pid": 7, "host": "north", "started": "2026-01-01T00:00:00+00:00", "version": "0.1", **fields}
    (entry / RECORD_FILE).write_text(json.dumps(record))


def require_calm(runs: Path) -> None:
    for command in (["ps"], ["ps", "--json"], ["logs"], ["logs", ID], ["stop", "--worker", "all"], ["ps"]):
        outcome = riptui(*command, "--runs", runs)
        assert outcome.code in (0, 1, 2), outcome
        require_harmless(outcome)
    (workers_folder(runs) / ID / "request.json").unlink(missing_ok=True)


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_a_forged_identity(number: int, entry: Path, tmp_path: Path) -> None:
    forge(entry, **FORGERIES[number])  # by number: workers of pytest must agree, and some have this pid
    require_calm(tmp_path / "runs")
    own = [worker for worker in list_running_workers(tmp_path / "runs") if matches(worker, WorkerOptions())]
    assert all(worker.record.pid == os.getpid() for worker in own)


@pytest.mark.parametrize("live", LIVES, ids=lambda live: str(live)[:40])
def test_a_forged_state(live: dict[str, Any], entry: Path, tmp_path: Path) -> None:
    forge(entry)
    (entry / LIVE_FILE).write_text(json.dumps(live))
    require_calm(tmp_path / "runs")
