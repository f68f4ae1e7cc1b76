"""What is told of a cluster that cannot be used, of a head that is gone, and of actors that die. Without Ray."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from riptui.ray_cluster import head_watch
from riptui.ray_cluster.actor_output import read_from
from riptui.ray_cluster.actor_slot import ActorSlot
from riptui.ray_cluster.cluster import explain_no_connection
from riptui.ray_cluster.head_watch import HeadWatch
from riptui.ray_cluster.messages import ActorReply
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import register
from riptui.worker.loop import new_worker_record


def mismatch(ray: str, python: str) -> str:
    """As Ray writes it."""
    return (
        "Version mismatch: The cluster was started with:\n"
        f"    Ray: {ray}\n"
        f"    Python: {python}\n"
        "This process on node 10.0.0.7 was started with:\n"
        "    Ray: 2.60.0\n"
        "    Python: 3.11.2\n"
    )


@pytest.mark.parametrize(
    ("ray", "python", "words", "others"),
    [
        ("2.9.3", "3.11.2", ["pip install 'ray==2.9.3'"], ["an environment with"]),
        ("2.60.0", "3.12.1", ["an environment with Python 3.12"], ["pip install"]),
        ("2.9.3", "3.10.4", ["pip install 'ray==2.9.3'", "Python 3.10"], []),
        ("2.60.0", "3.11.9", ["install the same versions"], ["an environment with"]),
    ],
)
def test_versions_that_do_not_match_are_told_whole_with_what_to_install(
    ray: str, python: str, words: list[str], others: list[str]
) -> None:
    text = explain_no_connection("head:6379", mismatch(ray, python))
    assert text.startswith(f"the Ray cluster at head:6379 has Ray {ray} and Python {python}, this process Ray 2.60.0")
    assert all(word in text for word in words)
    assert not any(word in text for word in others)
    assert "ray start" not in text
    assert "\n" not in text


def test_another_reason_is_told_whole_in_one_line() -> None:
    text = explain_no_connection(
        "auto", "Could not find any running Ray instance.\n  Please specify the one to connect to"
    )
    assert "Ray instance. Please specify the one to connect to" in text
    assert "ray start --head" in text


def test_a_head_that_does_not_answer_for_long_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(head_watch.time, "monotonic", lambda: clock[0])
    with socket.create_server(("127.0.0.1", 0)) as server:
        watch = HeadWatch(f"127.0.0.1:{server.getsockname()[1]}")
        assert watch.answers()
        assert not watch.is_lost
    assert not watch.answers()
    assert not watch.is_lost  # it may be starting again
    clock[0] += head_watch.MAX_SILENT_SECONDS + 1
    assert not watch.answers()
    assert watch.is_lost
    assert watch.silent_seconds == head_watch.MAX_SILENT_SECONDS + 1


def test_what_an_actor_prints_is_in_its_log_and_its_last_lines_are_told(tmp_path: Path) -> None:
    record = new_worker_record(WorkerOptions())
    file = tmp_path / "output.txt"
    slot = ActorSlot(object())
    assert slot.describe_end() == ""
    with register(tmp_path, record) as slot.registration:
        assert slot.describe_end() == ""
        file.write_bytes(b"loading\n\x1b[31mred\n")
        slot.write_output(ActorReply("one", record, True, output=b"loading\n", output_file=str(file), output_end=8))
        assert "loading / ␛[31mred (full log: " in slot.describe_end().replace("\\x1b", "␛")
        log = slot.registration.log.read_text()
        assert log.count("loading") == log.count("[31mred") == 1
        assert "\x1b" not in log
        slot.registration.record = msgspec.structs.replace(record, host="elsewhere")
        file.write_bytes(file.read_bytes() + b"not seen from here\n")
        assert "not seen" not in slot.describe_end()
        slot.forget()
    assert slot.describe_end() == ""


def test_all_output_of_a_process_is_kept_also_what_a_library_writes(tmp_path: Path) -> None:
    file = tmp_path / "output.txt"
    program = (
        "import os, sys, pathlib; from riptui.ray_cluster.actor_output import ActorOutput; "
        f"output = ActorOutput(pathlib.Path({str(file)!r})); print('said', flush=True); os.write(2, b'written\\n'); "
        "assert output.take_new() == b'said\\nwritten\\n'; assert output.take_new() == b''; os.abort()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env={**os.environ}, check=False)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert read_from(file, 5) == b"written\n"
    assert read_from(tmp_path / "missing", 0) == b""
