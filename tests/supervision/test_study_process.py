"""`riptui study run` in the background: one process per file, seen by others, with a log."""

import os
import signal
from pathlib import Path

import pytest

from riptui.errors import DiskError, HeldError, WorkerError
from riptui.supervision import client
from riptui.supervision.study_process import is_at_work, log_of, read_log, start_study


@pytest.mark.slow
def test_a_second_process_for_a_file_is_refused_until_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "COMMAND", ("sh", "-c", 'echo "$@ in $RIPTUI_RUNS"; exec sleep 60', "riptui"))
    file, other = tmp_path / "a.toml", tmp_path / "b.toml"
    assert not is_at_work(file)
    assert read_log(file) == ""
    process = start_study(file, tmp_path / "runs")
    try:
        assert os.getsid(process.pid) == process.pid  # Ctrl-C in the terminal does not reach it
        assert is_at_work(file)
        assert not is_at_work(other)
        with pytest.raises(HeldError):
            start_study(file, tmp_path)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not is_at_work(file)
    assert read_log(file) == f"study run {file} --display plain in {tmp_path}/runs\n"


def test_the_log_begins_anew_with_each_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("once", "again"):
        monkeypatch.setattr(client, "COMMAND", ("sh", "-c", f"echo {text}"))
        start_study(tmp_path / "a.toml", tmp_path).wait()
    assert read_log(tmp_path / "a.toml") == "again\n"


def test_what_cannot_be_started_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "COMMAND", (str(tmp_path / "none"),))
    with pytest.raises(WorkerError, match="could not start riptui study run: No such file"):
        start_study(tmp_path / "a.toml", tmp_path)
    log_of(tmp_path / "b.toml").mkdir()
    with pytest.raises(DiskError):
        start_study(tmp_path / "b.toml", tmp_path)
