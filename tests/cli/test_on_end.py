"""--on-end and --timeout: of runs here, in a worker and detached, and of studies."""

import io
import json
import sys
from pathlib import Path

import msgspec
import PIL.Image
import pytest

from riptui.cli import care, via_worker
from riptui.store.listing import find_trajectories
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import Worker
from riptui.supervision.follower import FollowTask
from riptui.worker.loop import new_worker_record
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory, picture

OPTIONS = ["--size", "256", "--mask", "128", "--amount", "25", "-i", "telea", "--metrics", ""]


@pytest.fixture(autouse=True)
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A command that adds a line to the file `told`."""
    monkeypatch.chdir(tmp_path)
    PIL.Image.fromarray(picture()).save("p.png")
    return 'sh -c \'echo "$0" >> told\' "$RIPTUI_EVENT $RIPTUI_MESSAGE"'


def told() -> list[str]:
    return Path("told").read_text().splitlines()


@pytest.mark.slow
def test_a_run_tells_its_ends(hook: str) -> None:
    assert riptui("run", "p.png", *OPTIONS, "--seed", "0-1", "--on-end", hook).code == 0
    assert told() == [
        f"trajectory-done riptui: p/m128-s{seed}-telea-a25-256px is done: 1 iterations" for seed in (0, 1)
    ]


@pytest.mark.slow
def test_the_setting_holds_unless_a_command_says_otherwise(hook: str, own_places: Path) -> None:
    (own_places / "riptui").mkdir(parents=True)
    settings = own_places / "riptui" / "settings.toml"
    settings.write_text(f"on_end = {json.dumps(hook)}\n")
    assert riptui("run", "p.png", *OPTIONS, "--on-end", "").code == 0
    assert not Path("told").exists()
    assert riptui("run", "p.png", *OPTIONS, "--seed", "1").code == 0
    assert len(told()) == 1
    settings.write_text('on_end = "no-such-program"\n')
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "2")
    assert outcome.code == 0
    assert "the setting on_end is ignored: the command for the end does not exist" in outcome.err


def test_a_command_that_cannot_run_is_refused_before_anything_is_made(runs: Path) -> None:
    outcome = riptui("run", "p.png", *OPTIONS, "--runs", runs, "--on-end", "no-such-program")
    assert outcome.code == 2
    outcome.require_one_line("does not exist: 'no-such-program'")
    assert not runs.exists()


def test_one_that_fails_changes_no_exit_code(tmp_path: Path) -> None:
    outcome = riptui("run", "p.png", *OPTIONS, "--on-end", "false", "--display", "none")
    assert outcome.code == 0
    assert outcome.err == "the command for the end failed (trajectory-done): false exited with 1: \n"


def test_detached_work_leaves_a_follower_if_there_is_anything_to_tell(
    hook: str, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[FollowTask] = []
    monkeypatch.setattr(care, "start_follower", tasks.append)
    found = Worker(new_worker_record(WorkerOptions()), None, True, runs)
    monkeypatch.setattr(via_worker, "ensure_worker", lambda runs, options: found)
    for extra in ([], ["--on-end", hook], ["--timeout", "60"]):
        assert riptui("run", "p.png", *OPTIONS, "--runs", runs, "--detach", *extra).code == 0
    [trajectory] = find_trajectories(runs)
    paths, workers = (str(trajectory.path),), (WorkerOptions(),)
    assert tasks == [
        FollowTask(str(runs), paths, workers=workers, on_end=hook),
        FollowTask(str(runs), paths, workers=workers, timeout=60.0),
    ]


def test_a_follower_tells_the_ends_of_what_it_was_given(
    hook: str, make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_trajectory(f"a/t{number}", mask=128, amount=25.0, inpainter="telea") for number in range(2)]
    assert riptui("resume", made[0].path, "--runs", tmp_path / "runs").code == 0
    riptui("stop", made[1].path)  # by a person: not told
    task = FollowTask(str(tmp_path / "runs"), tuple(str(one.path) for one in made), on_end=hook)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(msgspec.json.encode(task))))
    assert riptui("follow").code == 0
    assert told() == ["trajectory-done riptui: a/t0 is done: 1 iterations"]


def test_nobody_types_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    outcome = riptui("follow")
    assert outcome.code == 2
    outcome.require_one_line("not typed")
    assert "follow" not in riptui("--help").out.split()


@pytest.mark.slow
def test_a_study_tells_its_end(hook: str, tmp_path: Path) -> None:
    Path("s.toml").write_text(
        'images = ["p.png"]\nmetrics = []\ngroup = "st"\n[sweep]\ninpainter = ["telea"]\nmask = [128]\nseed = "0-1"\n'
        "amount = 25\nsize = 256\n"
    )
    outcome = riptui("run", "p.png", *OPTIONS, "--group", "st", "--seed", "0-1")
    assert outcome.code == 0
    outcome = riptui("study", "run", "s.toml", "--on-end", hook)
    assert (outcome.code, told()) == (0, ["study-done riptui: study s has ended: 2 done"])
