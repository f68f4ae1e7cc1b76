"""The study that `riptui study new` writes, as its user runs it: the pictures that ship and three inpainters."""

import json
import os
import re
import signal
from pathlib import Path

import pytest

from riptui.supervision.client import list_running_workers
from tests.support.command import Outcome, environment, finished, require_harmless, riptui, started, wait_until
from tests.support.study_runs import all_of, require_once, require_whole, rows

pytestmark = pytest.mark.slow

SMALLER = {"mask": "64", "seed": "0", "amount": "100"}
TRAJECTORIES = 4 * 3


def new(folder: Path) -> Path:
    """The preset, with fewer of everything but pictures and inpainters: it computes for seconds instead of a minute."""
    file = folder / "quick.toml"
    assert riptui("study", "new", file, "--preset", "quick").code == 0
    text = file.read_text()
    for key, value in SMALLER.items():
        text, count = re.subn(f"(?m)^{key} = [^#\n]*", f"{key} = {value} ", text)
        assert count == 1
    file.write_text(text)
    return file


def ran(file: Path, *more: str) -> Outcome:
    with started("study", "run", file, "--workers", "2", *more, env=environment(RIPTUI_IDLE="0")) as process:
        return finished(process)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    file = new(tmp_path_factory.mktemp("undisturbed"))
    return file, ran(file)


def test_the_quick_study_runs_through(undisturbed: tuple[Path, Outcome]) -> None:
    file, outcome = undisturbed
    require_harmless(outcome)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith(f"{TRAJECTORIES} done\n")
    require_once(file.parent / "runs", deaths=0)
    assert len(all_of(file.parent / "runs")) == TRAJECTORIES


@pytest.mark.exhaustive
def test_a_report_is_of_its_studys_trajectories_alone_and_lies_beside_the_file(
    undisturbed: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="needs riptui[report]")
    monkeypatch.setattr("riptui.figures.style.render_figure", lambda figure, kind, options: kind.encode())  # is slow
    file = undisturbed[0].with_name("part.toml")
    part = re.sub(r"(?m)^inpainter = .*", 'inpainter = "telea"', undisturbed[0].read_text())
    file.write_text(re.sub(r"(?m)^images = .*", 'images = ["riptui:bowl", "riptui:hills"]', part))
    assert ran(file).out.endswith("2 done\n")
    told = riptui("study", "report", file, "--json")
    require_harmless(told)
    assert told.code == 0
    found = json.loads(told.out)
    assert (found["trajectories"], found["unfinished"], found["unreadable"]) == (2, 0, [])
    assert (file.parent / "part-report" / "report.md").stat().st_size > 1000
    assert {name for name in found["files"] if "navier-stokes" in name or "biharmonic" in name} == set()


@pytest.mark.exhaustive
def test_killed_and_run_again_it_gives_the_same_and_computes_nothing_twice(
    undisturbed: tuple[Path, Outcome], tmp_path: Path
) -> None:
    file = new(tmp_path)
    runs = tmp_path / "runs"
    command: list[str | Path] = ["study", "run", file, "--workers", "2", "--display", "none"]
    with started(*command, env=environment(RIPTUI_IDLE="0"), start_new_session=True) as process:
        wait_until(lambda: rows(runs) > 5)
        victim, *_ = list_running_workers(runs)
        os.kill(victim.record.pid, signal.SIGKILL)
        wait_until(
            lambda: (
                victim.record.id not in {one.record.id for one in list_running_workers(runs)}
                and len(list_running_workers(runs)) == 2
            )
        )
        os.killpg(process.pid, signal.SIGKILL)
        for worker in list_running_workers(runs):
            os.killpg(worker.record.pid, signal.SIGKILL)
        process.wait()
    wait_until(lambda: not list_running_workers(runs))
    before = {place: one.read_rows() for place, one in all_of(runs).items()}
    assert 5 < sum(map(len, before.values())) < TRAJECTORIES * 16
    assert ran(file).code == 0
    require_whole(runs, undisturbed[0].parent / "runs")
    require_once(runs, deaths=3 * 2)
    for place, trajectory in all_of(runs).items():
        assert trajectory.read_rows()[: len(before[place])] == before[place]


@pytest.mark.exhaustive
def test_run_once_more_it_computes_nothing(undisturbed: tuple[Path, Outcome]) -> None:
    file, _ = undisturbed
    sessions = {place: one.read_sessions() for place, one in all_of(file.parent / "runs").items()}
    assert ran(file).code == 0
    assert {place: one.read_sessions() for place, one in all_of(file.parent / "runs").items()} == sessions
