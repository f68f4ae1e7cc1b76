"""`riptui check`, as its users meet it."""

import json
import os
import subprocess
import termios
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.cli import check as cli_check
from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.claim import Claim, claim
from riptui.store.disk import Folder
from riptui.store.frames import read_frame
from riptui.store.lock import FolderLock
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.verify import Inspection, inspect_folder
from tests.support.command import PATIENCE, RICH, Outcome, environment, riptui, started
from tests.support.ended_trajectories import computed, stopped
from tests.support.trajectories import MakeTrajectory, picture

pytestmark = pytest.mark.usefixtures("here")


def files(folder: Path) -> dict[str, bytes]:
    """Of everything but what says when and by whom."""
    own = {".lock", layout.LOG, layout.SESSIONS, layout.REQUEST}
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in own]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def check(*argv: str | Path) -> Outcome:
    return riptui("check", "runs", *argv)


def checked(*argv: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in check(*argv, "--json").out.splitlines()]


@pytest.mark.exhaustive
def test_what_is_right_is_said_to_be(make_trajectory: MakeTrajectory) -> None:
    computed(make_trajectory("a/x", inpainter="noise"))
    stopped(make_trajectory("b/y", inpainter="noise", seed=1))
    k = len(Trajectory(Path("runs/b/y")).read_rows())
    assert check() == Outcome(
        0, f"✓ runs/a/x: 16 of 16 iterations are intact\n✓ runs/b/y: {k} of 16 iterations are intact\n", ""
    )
    first, second = checked()
    assert first == {
        "path": "runs/a/x",
        "good": 16,
        "iterations": 16,
        "damage": [],
        "leftovers": [],
        "mixed": None,
        "not_replayable": None,
        "repaired": False,
    }
    assert (second["good"], second["damage"]) == (k, [])


@pytest.mark.slow
def test_one_that_cannot_be_read_does_not_keep_the_others_from_being_checked(
    make_trajectory: MakeTrajectory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk refuses, as it does a file of another user."""
    for name in ("a", "b"):
        make_trajectory(name, seed=ord(name))

    def inspect(trajectory: Trajectory) -> Inspection:
        if trajectory.path.name == "a":
            raise DiskError(f"{trajectory.path}: permission denied")
        return inspect_folder(trajectory)

    monkeypatch.setattr(cli_check, "inspect_folder", inspect)
    assert cli_check.check((Path("runs"),), repair=False, as_json=False, weights=None) == 1
    assert capsys.readouterr().out.splitlines() == [
        "✗ runs/a: cannot be read",
        "    runs/a: permission denied",
        "✓ runs/b: 0 of 16 iterations are intact",
    ]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def a_patch(trajectory: Trajectory) -> None:
    offset, length = trajectory.read_rows()[4].patch
    flip(trajectory.path / layout.PATCHES, offset + length // 2)


def a_row(trajectory: Trajectory) -> None:
    path = trajectory.path / layout.ROWS
    rows = path.read_text().splitlines(keepends=True)
    rows[4] = rows[4].replace('"k":5', '"k":6')
    path.write_text("".join(rows))


def a_pixel_hash(trajectory: Trajectory) -> None:
    path = trajectory.path / layout.ROWS
    sha256 = trajectory.read_rows()[4].sha256
    path.write_text(path.read_text().replace(sha256, sha256[::-1]))


def a_keyframe(trajectory: Trajectory) -> None:
    path = trajectory.path / layout.KEYFRAMES / "8.png"
    flip(path, len(path.read_bytes()) // 2)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [a_patch, a_row, a_pixel_hash])
@pytest.mark.exhaustive
def test_damage_is_found_named_cut_and_computed_again_to_the_same_bytes(
    damage: Any, make_trajectory: MakeTrajectory
) -> None:
    other = computed(make_trajectory("a/whole", inpainter="noise"))
    trajectory = computed(make_trajectory("b/hurt", metrics=("psnr",)))
    before = files(trajectory.path)
    shas = [row.sha256 for row in trajectory.read_rows()]
    damage(trajectory)

    found = check()
    assert (found.code, found.err) == (1, "")
    lines = found.out.splitlines()
    assert lines[:2] == ["✓ runs/a/whole: 16 of 16 iterations are intact", "✗ runs/b/hurt: damaged"]
    assert "row 5" in lines[2]
    assert lines[-1].strip() == "intact up to iteration 4; repair with: riptui check --repair runs/b/hurt"
    assert [result["good"] for result in checked()] == [16, 4]

    repaired = check("--repair")
    assert repaired.code == 0
    assert "intact up to iteration 4; compute the rest with: riptui resume runs/b/hurt" in repaired.out
    assert len(trajectory.read_rows()) == 4
    assert check().code == 0

    assert riptui("resume", "runs").code == 0
    assert [row.sha256 for row in trajectory.read_rows()] == shas
    after = files(trajectory.path)
    assert after.keys() == before.keys()
    same = before.keys() - {layout.ROWS}  # rows hold the seconds and the session
    assert {name for name in same if before[name] != after[name]} == set()
    assert other.read_status() == Status.DONE
    assert check().code == 0


@pytest.mark.slow
def test_a_damaged_keyframe_is_made_again_from_the_patches(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(metrics=("psnr",)))
    before = files(trajectory.path)
    a_keyframe(trajectory)
    found = check()
    assert found.code == 1
    assert "keyframes/8.png is missing or wrong" in found.out
    assert check("--repair").code == 0
    assert files(trajectory.path) == before
    assert riptui("resume", "runs").out == "picture/m64-s0: already done\n"


@pytest.mark.slow
def test_json_tells_what_was_repaired(make_trajectory: MakeTrajectory) -> None:
    a_patch(computed(make_trajectory()))
    outcome = check("--repair", "--json")
    result = json.loads(outcome.out)
    assert outcome.code == 0
    assert (result["repaired"], result["good"]) == (True, 4)
    assert "row 5" in result["damage"][0]
    assert checked()[0]["damage"] == []


def test_what_a_crash_left_behind_is_no_damage_and_can_be_cleared(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory())
    before = files(trajectory.path)
    with (trajectory.path / layout.PATCHES).open("ab") as patches:
        patches.write(b"half a patch")
    with (trajectory.path / layout.ROWS).open("ab") as rows:
        rows.write(b'{"k":99,')
    (trajectory.path / ".tmp-request.json").write_bytes(b"x")
    found = check()
    assert found.code == 0
    assert "iterations are intact" in found.out
    assert found.out.count("left over from a crash: ") == 3
    assert len(checked()[0]["leftovers"]) == 3
    assert check("--repair").code == 0
    assert files(trajectory.path) == before
    assert "left behind" not in check().out


@pytest.mark.slow
def test_a_users_own_file_is_left_alone(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory())
    notes = trajectory.path / "notes.txt"
    notes.write_text("mine")
    a_patch(trajectory)
    assert check("--repair").code == 0
    assert notes.read_text() == "mine"


@pytest.mark.slow
@pytest.mark.parametrize("name", [layout.ORIGINAL, layout.SPEC])
def test_what_cannot_be_computed_again_stays_damaged(name: str, make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory())
    flip(trajectory.path / name, 3)
    for outcome in (check(), check("--repair")):
        assert outcome.code == 1
        assert outcome.out.startswith("✗ runs/picture/m64-s0: damaged\n")
        assert name in outcome.out
        assert outcome.err == ""
    assert len((trajectory.path / layout.ROWS).read_bytes().splitlines()) == 16


@pytest.mark.slow
def test_a_request_that_cannot_be_read_is_damage_and_repair_deletes_it(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory())
    (trajectory.path / layout.REQUEST).write_text("{")
    outcome = check()
    assert outcome.code == 1
    assert outcome.out.startswith("✗ runs/picture/m64-s0: damaged\n")
    assert "request.json is not readable" in outcome.out
    assert check("--repair").code == 0
    assert check().code == 0
    assert riptui("resume", "runs", "--display", "none").code == 0
    assert trajectory.read_rows()[-1].k == 16


@pytest.mark.slow
def test_a_request_that_its_user_replaces_before_the_repair_is_kept(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory()
    (trajectory.path / layout.REQUEST).write_text("{")

    def claim_late(claimed: Trajectory) -> AbstractContextManager[Claim]:
        set_request(trajectory, Request("pause"))
        return claim(claimed)

    monkeypatch.setattr(cli_check, "claim", claim_late)
    assert check("--repair").code == 0
    assert trajectory.request == Request("pause")


def test_what_is_running_is_not_repaired(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory())
    (trajectory.path / ".tmp-request.json").write_bytes(b"x")
    with Folder(trajectory.path) as folder, FolderLock(folder):
        outcome = check("--repair")
    assert outcome.code == 0
    assert "left behind" not in outcome.out
    assert (trajectory.path / ".tmp-request.json").exists()


def on_terminal(*argv: str, **given: Any) -> tuple[str, str]:
    """What the command sends to a terminal, which is its stderr and by default its stdout, and to a pipe."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    usual: dict[str, Any] = {"stdout": slave, "stderr": slave, "env": environment(TERM="xterm-256color")}
    with started(*argv, **usual | given) as process:
        os.close(slave)
        sent = b""
        with suppress(OSError):  # Linux's way of saying that nobody writes any more
            while data := os.read(master, 65536):
                sent += data
        os.close(master)
        piped = process.stdout.read() if process.stdout else ""
        assert process.wait(PATIENCE) == 0
    return sent.decode(), piped


@pytest.fixture
def two(make_trajectory: MakeTrajectory) -> list[str]:
    """Two computed trajectories; what `check` says of them."""
    for seed in range(2):
        computed(make_trajectory(f"a/s{seed}", seed=seed, inpainter="noise"))
    return [f"✓ runs/a/s{seed}: 16 of 16 iterations are intact" for seed in range(2)]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_on_a_terminal_results_stay_apart_from_the_bar(two: list[str]) -> None:
    sent, _ = on_terminal("check", "runs")
    assert "checking" in sent
    visible = [RICH.sub("", line.rpartition("\x1b[2K")[2]) for line in sent.splitlines()]
    assert [line for line in visible if "✓" in line] == two


@pytest.mark.slow
@pytest.mark.exhaustive
def test_results_go_to_stdout_while_the_bar_is_on_a_terminal(two: list[str]) -> None:
    sent, piped = on_terminal("check", "runs", stdout=subprocess.PIPE)
    assert "checking" in sent
    assert piped.splitlines() == two
    _, piped = on_terminal("check", "runs", "--json", stdout=subprocess.PIPE)
    assert [json.loads(line)["good"] for line in piped.splitlines()] == [16, 16]


@pytest.mark.slow
def test_json_on_a_terminal_has_no_bar_between_its_lines(two: list[str]) -> None:
    sent, _ = on_terminal("check", "runs", "--json")
    assert [json.loads(line)["good"] for line in RICH.sub("", sent).splitlines() if line] == [16, 16]


def test_frames_that_are_checked_are_those_that_are_shown(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(inpainter="identity"))
    assert check().code == 0
    np.testing.assert_array_equal(read_frame(trajectory, 16), picture())
