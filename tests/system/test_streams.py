"""What a terminal, an output and an environment can do to a run."""

import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from riptui.cli import doctor, main
from tests.support.command import PATIENCE, environment, require_harmless, riptui, spawned
from tests.support.fault_runs import (
    FULL,
    LONGER_PLACE,
    OPTIONS,
    PLACE,
    Contents,
    at_home,
    ending,
    longer_ending,
    require_ending,
    under_way,
    undisturbed,
)

__all__ = ["at_home", "ending", "longer_ending"]


@pytest.fixture(scope="session")
def finished_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    undisturbed(folder, OPTIONS, PLACE)
    return folder / "runs"


def commands_on(runs: Path, target: Path) -> list[list[str]]:
    folder = str(runs / PLACE)
    return [
        ["ls", str(runs)],
        ["ls", str(runs), "--json"],
        ["show", folder],
        ["show", folder, "--picture"],
        ["show", folder, "--json"],
        ["check", str(runs)],
        ["resume", str(runs), "--display", "plain"],
        ["resume", str(runs), "--display", "json"],
        ["resume", str(runs), "--display", "rich"],
        ["export", folder, "--csv", str(target / "a.csv"), "--overwrite"],
        ["completion", "bash"],
        ["--help"],
        ["run", "--help"],
        ["--version"],
    ]


@contextmanager
def full() -> Iterator[io.TextIOWrapper]:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        yield stream


@contextmanager
def left_by_its_reader() -> Iterator[io.TextIOWrapper]:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        yield stream


@pytest.mark.parametrize(
    ("made", "code", "told"), [(full, 1, f"error: the output: {FULL}\n"), (left_by_its_reader, 141, "")]
)
def test_an_output_that_takes_nothing_ends_every_command_without_a_traceback(
    made: Callable[[], Any], code: int, told: str, finished_runs: Path, tmp_path: Path
) -> None:
    for argv in commands_on(finished_runs, tmp_path):
        with made() as stream, redirect_stdout(stream), redirect_stderr(io.StringIO()) as err:
            assert (main(argv), err.getvalue()) == (code, told), argv


@pytest.mark.exhaustive
def test_a_run_whose_reader_leaves_ends_and_can_be_resumed(longer_ending: Contents) -> None:
    with under_way() as process:
        process.stdout.close()
        assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
        assert process.stderr.read() == ""
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def test_a_run_into_a_full_file_says_so_and_can_be_resumed(ending: Contents) -> None:
    with Path("/dev/full").open("w") as stream:
        outcome = spawned("run", "p.png", *OPTIONS, stdout=stream)
    assert (outcome.code, outcome.err) == (1, f"error: the output: {FULL}\n")
    assert riptui("resume", "runs").code == 0
    require_ending(ending)


@pytest.mark.parametrize("closed", [[1], [0, 1, 2]], ids=str)
@pytest.mark.exhaustive
def test_closed_streams_are_no_reason_to_fail_nor_to_write_into_a_trajectory(
    closed: list[int], ending: Contents
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    outcome = spawned("run", "p.png", *OPTIONS, preexec_fn=close)
    assert outcome.code == 0
    assert outcome.err == ""
    assert ("done at 32" in outcome.out) == (1 not in closed)
    require_ending(ending)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "shift-jis"])
def test_an_encoding_without_our_signs_gets_question_marks(encoding: str, finished_runs: Path, tmp_path: Path) -> None:
    for argv in commands_on(finished_runs, tmp_path):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            assert main(argv) == 0
        assert len(out.buffer.getvalue().decode(encoding)) > 10
        assert err.buffer.getvalue() == b""


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"},
    "bare": {"HOME": None, "TERM": None, "LANG": None, "PATH": "", "USER": None, "LOGNAME": None},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.exhaustive
def test_an_environment_of_any_kind_will_do(name: str, ending: Contents) -> None:
    outcome = spawned("run", "p.png", *OPTIONS, env=environment(**ENVIRONMENTS[name]))
    assert (outcome.code, outcome.err) == (0, "")
    assert "done at 32" in outcome.out
    require_ending(ending)


@pytest.mark.parametrize(
    "changes",
    [
        {"TERM": "dumb"},
        {"TERM": ""},
        {"COLUMNS": "40"},
        {"COLUMNS": "1"},
        {"COLUMNS": "0"},
        {"LINES": "1"},
        {"NO_COLOR": "1"},
    ],
    ids=str,
)
def test_a_terminal_of_any_kind_will_do(
    changes: dict[str, str], finished_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in changes.items():
        monkeypatch.setenv(variable, value)
    for argv in commands_on(finished_runs, tmp_path):
        outcome = riptui(*argv, terminal=True)
        assert outcome.code == 0
        assert all(line.startswith("no pictures: ") for line in outcome.err.splitlines())
        require_harmless(outcome, terminal=True)


def test_nobody_at_home_will_do(monkeypatch: pytest.MonkeyPatch, ending: Contents) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert riptui("run", "p.png", *OPTIONS).code == 0
    monkeypatch.setattr(doctor, "check_gpu", lambda runs: iter(()))
    assert riptui("doctor").code in (0, 1)
    require_ending(ending)
