"""The command that tells people how work ended."""

import json
import re
import sys
import time
from pathlib import Path

import pytest

from riptui.errors import InputError, RiptuiError
from riptui.events import Ended, Failed, Started
from riptui.store.trajectory import Trajectory
from riptui.supervision import end_hook
from riptui.supervision.end_hook import EndHook

WRITE = (
    f"{sys.executable} -c 'import json, os, sys; "
    'told = {k: v for k, v in os.environ.items() if k.startswith("RIPTUI_")}; '
    'open(sys.argv[1], "a").write(json.dumps([told, sys.argv[2:], sys.stdin.read()]) + "\\n")\' '
)


def told(file: Path) -> list[tuple[dict[str, str], list[str], str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
def test_ends_and_failures_are_told_and_nothing_else(tmp_path: Path) -> None:
    trajectory = Trajectory(tmp_path / "runs/fig7/cat/m128-s0")
    problems: list[str] = []
    command = (
        WRITE + f"{tmp_path / 'out'} \"-s $RIPTUI_MESSAGE\" '{{\"text\": $RIPTUI_MESSAGE_JSON}}' '$HOME `id`; $(id)'"
    )
    with EndHook(command, tmp_path / "runs", problems.append) as hook:
        for event in (Started(0), Ended(3, done=False), Ended(16, done=True), Failed(RiptuiError('it "broke"\x1b[2J'))):
            hook.tell_event(trajectory, event)
        hook.tell_deaths(["worker a died"])
        hook.tell_study(tmp_path / "quick.toml", {"done": 7, "failed": 1})
    assert problems == []
    done, failed, died, study = told(tmp_path / "out")
    assert [one[0]["RIPTUI_EVENT"] for one in (done, failed, died, study)] == [
        *("trajectory-done", "trajectory-failed", "worker-died", "study-failed")
    ]
    assert done[0]["RIPTUI_PATH"] == str(trajectory.path)
    assert done[0]["RIPTUI_RUNS"] == str(tmp_path / "runs")
    assert done[1][0] == "-s riptui: cat/m128-s0 is done: 16 iterations"
    assert done[1][2] == "$HOME `id`; $(id)"  # never a shell
    assert done[2] == "riptui: cat/m128-s0 is done: 16 iterations\n"
    assert "\x1b" not in failed[0]["RIPTUI_MESSAGE"]
    assert json.loads(failed[1][1])["text"] == failed[0]["RIPTUI_MESSAGE"]
    assert study[0]["RIPTUI_MESSAGE"] == "riptui: study quick has ended: 7 done, 1 failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("false", r"\(worker-died\): false exited with 1: "),
        ("sh -c 'echo first; echo no network >&2; exit 6'", "sh exited with 6: no network"),
        ("sleep 60", "sleep was ended after 0 s"),
        ("yes", "yes was ended after 0 s"),
        ("sh -c 'sleep 60 & echo left; exit 7'", "sh exited with 7: left"),
        ("head -c 300000 /dev/zero --no-such-option", "head exited with 1: Try"),
    ],
)
def test_a_command_that_fails_or_hangs_is_a_line_and_delays_nothing(
    command: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_hook, "HOOK_SECONDS", 0.3)
    problems: list[str] = []
    started = time.monotonic()
    with EndHook(command, tmp_path, problems.append) as hook:
        for _ in range(3):
            hook.tell_deaths(["worker a died"])
        assert time.monotonic() - started < 0.3  # it runs beside the work
    assert len(problems) == 3
    assert re.search(problem, problems[0])


@pytest.mark.slow
def test_the_end_of_the_work_waits_for_a_limited_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_hook, "CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(end_hook, "HOOK_SECONDS", 1.0)
    problems: list[str] = []
    with EndHook("sleep 60", tmp_path, problems.append) as hook:
        hook.tell_deaths(["a", "b"])
    assert "more to tell" in problems[0]


@pytest.mark.parametrize(
    ("command", "words"), [("mail 'x", "cannot be split"), (" ", "is empty"), ("no-such-program x", "does not exist")]
)
def test_a_command_that_cannot_run_is_refused_before_the_work(command: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        EndHook(command, tmp_path, print)


def test_neither_much_output_nor_a_long_message_is_a_problem(tmp_path: Path) -> None:
    problems: list[str] = []
    with EndHook("sh -c 'head -c 3000000 /dev/zero; exit 3'", tmp_path, problems.append) as hook:
        hook.tell_deaths(["x" * 10**6])
    assert len(problems) == 1
    assert problems[0].startswith("the command for the end failed (worker-died): sh exited with 3: ")
    assert len(problems[0]) < 400
