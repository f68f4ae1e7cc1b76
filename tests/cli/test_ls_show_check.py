"""`riptui ls`, `show` and `check`, as their users meet them."""

import json
import os
import re
import subprocess
import termios
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import ConsoleDimensions

from riptui.cli import check as cli_check
from riptui.cli import console
from riptui.cli.study.study_display import format_progress
from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.disk import Folder
from riptui.store.frames import read_frame
from riptui.store.lock import FolderLock
from riptui.store.records import Failure, Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.verify import Inspection, inspect_folder
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import register
from riptui.supervision.progress import ProgressTracker
from riptui.text.status_marks import STATUS_MARKS
from riptui.worker.loop import new_worker_record
from tests.support.command import PATIENCE, RICH, Outcome, environment, riptui, started
from tests.support.completion import completed
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, picture


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`narrow(40, "ls")` runs a command on a terminal of 40 columns; its lines without what Rich sends."""

    def run(columns: int, *argv: str | Path) -> list[str]:
        monkeypatch.setattr(type(console.out), "size", ConsoleDimensions(columns, 24))
        monkeypatch.setattr(type(console.out), "color_system", "256")
        outcome = riptui(*argv, terminal=True)
        assert outcome.code == 0
        return RICH.sub("", outcome.out).splitlines()

    return run


def computed(trajectory: Trajectory) -> Trajectory:
    list(run_trajectory(trajectory))
    return trajectory


def stopped(trajectory: Trajectory) -> Trajectory:
    assert advance(trajectory, 3) == 3
    return trajectory


def failed(trajectory: Trajectory) -> Trajectory:
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2024-07-13T00:00:00+00:00", 1, "the paint is dry", "Traceback: it dried"))
    return trajectory


def listed(*argv: str | Path) -> list[dict[str, Any]]:
    outcome = riptui("ls", *argv, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Of everything but what says when and by whom."""
    own = {".lock", layout.LOG, layout.SESSIONS, layout.REQUEST}
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in own]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# ── ls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_folder_has_a_hint() -> None:
    Path("runs").mkdir()
    outcome = riptui("ls")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "no trajectories in runs; `riptui demo` creates a first one\n"
    assert listed() == []


def test_a_word_that_is_no_command_may_be_meant_as_a_folder_of_the_app() -> None:
    Path("cat.png").touch()
    for word, told in {
        "nosuchdir": "There is no folder nosuchdir either",
        "./shwo": "There is no folder ./shwo either",
        "cat.png": "It is a file",
        "shwo": "Did you mean show?",
    }.items():
        outcome = riptui(word)
        assert outcome.code == 2
        outcome.require_one_line("No such command", told)
    assert "folder" not in riptui("study", "nosuch").err


@pytest.mark.parametrize("argv", [["ls"], ["ls", "gone"], ["ls", "--json"]])
def test_a_folder_that_is_not_there_is_an_error_with_a_hint(argv: list[str]) -> None:
    outcome = riptui(*argv)
    assert outcome.code == 2
    outcome.require_one_line("gone" if "gone" in argv else "runs", "riptui demo")


def test_the_folder_is_also_taken_from_the_environment(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trajectory()
    Path("runs").rename("there")
    monkeypatch.setenv("RIPTUI_RUNS", "there")
    assert "picture/m64-s0" in riptui("ls").out


def test_several_folders_are_one_list(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    make_trajectory("a/one")
    make_trajectory("b/two", mask=128)
    far = make_trajectory("c/three", runs=tmp_path / "far")
    outcome = riptui("ls", "runs/a", "b", "far", "runs/a")
    assert [line.split()[1] for line in outcome.out.splitlines()] == [
        *("runs/a/one", "runs/b/two", "far/c/three"),
        "queued",
    ]
    [entry] = json.loads(riptui("ls", "runs/a", "far", "--filter", "group:c", "--json").out)
    assert Path(entry["path"]).resolve() == far.path.resolve()
    refused = riptui("ls", "runs/a", "gone")
    assert (refused.code, refused.out) == (2, "")
    refused.require_one_line("gone does not exist")


def test_several_trajectories_are_shown_one_after_the_other(make_trajectory: MakeTrajectory) -> None:
    paths = [make_trajectory("a/one").path, make_trajectory("b/two", seed=7).path]
    outcome = riptui("show", *paths)
    assert [line.split()[1] for line in outcome.out.splitlines() if line.startswith("seed ")] == ["0", "7"]
    assert [found["spec"]["seed"] for found in json.loads(riptui("show", *paths, "--json").out)] == [0, 7]
    assert riptui("show", paths[0], "gone").out == ""


@pytest.mark.slow
def test_each_status_has_its_mark(make_trajectory: MakeTrajectory) -> None:
    fields: dict[str, Any] = {"inpainter": "noise"}
    computed(make_trajectory("a/done", **fields))
    make_trajectory("b/queued", **fields)
    stopped(make_trajectory("c/interrupted", **fields))
    failed(make_trajectory("d/failed", **fields))
    running = make_trajectory("e/running", **fields)
    broken = make_trajectory("f/unreadable", **fields)
    (broken.path / layout.SPEC).write_text("{")
    set_request(make_trajectory("g/paused", **fields), Request("pause"))
    with Folder(running.path) as folder, FolderLock(folder):
        outcome, entries = riptui("ls"), listed()
    lines = [re.split(r"\s+", line, maxsplit=2)[:2] for line in outcome.out.splitlines()[:-1]]
    order = ["done", "queued", "interrupted", "failed", "running", "unreadable", "paused"]
    assert lines == [
        [STATUS_MARKS[status][0], f"{letter}/{status}"] for letter, status in zip("abcdefg", order, strict=True)
    ]
    assert [entry["status"] for entry in entries] == order
    assert Path(entries[0]["path"]) == Path("runs/a/done")
    assert sorted(outcome.out.splitlines()[-1].split("  ")) == sorted(f"1 {status}" for status in order)
    assert "the spec is not a JSON object" in outcome.out


def test_numbers_sort_by_value(make_trajectory: MakeTrajectory) -> None:
    for place in ("b/m128-s0", "b/m64-s10", "b/m64-s2", "a10/x", "a9/x"):
        make_trajectory(place)
    names = [str(Path(entry["path"]).relative_to("runs")) for entry in listed()]
    assert names == ["a9/x", "a10/x", "b/m64-s2", "b/m64-s10", "b/m128-s0"]


def test_a_group_is_listed_alone_and_a_trajectory_too(make_trajectory: MakeTrajectory) -> None:
    make_trajectory("a/x")
    make_trajectory("b/y")
    assert [entry["path"] for entry in listed("runs/b")] == ["runs/b/y"]
    assert [entry["path"] for entry in listed("runs/a/x")] == ["runs/a/x"]


@pytest.mark.slow
def test_json_tells_all_of_a_trajectory(make_trajectory: MakeTrajectory) -> None:
    done = computed(make_trajectory("a/done", metrics=("psnr",)))
    make_trajectory("b/queued", metrics=("psnr",))
    first, second = listed()
    assert first == {
        "path": "runs/a/done",
        "status": "done",
        "k": 16,
        "iterations": 16,
        "inpainted": 100.0,
        "coverage": done.read_rows()[-1].coverage,
        "digest": done.spec.digest,
        "spec": json.loads(msgspec.json.encode(done.spec)),
        "newest": {"k": 16, **done.read_metrics()[16]},
        "silent": 0,
        "mixed": None,
        "tags": [],
        "note": None,
        "error": None,
    }
    assert second.keys() == first.keys()
    assert (second["k"], second["inpainted"], second["newest"]) == (0, 0.0, None)


def test_what_cannot_be_read_has_its_error_in_json(make_trajectory: MakeTrajectory) -> None:
    (make_trajectory().path / layout.SPEC).write_text('{"format": 99}')
    [entry] = listed()
    assert (entry["status"], entry["spec"], entry["digest"]) == ("unreadable", None, None)
    assert "format 99" in entry["error"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "shown", "hidden"),
    [
        (120, ["navier-stokes", "64 px", "seed 0", "100 %", "psnr", "█"], []),
        (80, ["100 %", "psnr", "█"], ["navier-stokes"]),
        (60, ["100 %", "psnr"], ["navier-stokes", "█"]),
        (40, ["100 %"], ["navier-stokes", "psnr", "█"]),
    ],
)
def test_a_terminal_gets_what_fits_its_lines(
    columns: int, shown: list[str], hidden: list[str], make_trajectory: MakeTrajectory, narrow: Any
) -> None:
    computed(make_trajectory("group/picture-of-a/m64-s0", metrics=("psnr",)))
    line, totals = narrow(columns, "ls")
    assert line.startswith("✓ group/picture-of-a/m64-s0")
    assert max(len(line), len(totals)) <= columns
    assert all(word in line for word in shown)
    assert not any(word in line for word in hidden)


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_show_tells_status_measurements_and_spec(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(metrics=("psnr", "ssim")))
    outcome = riptui("show", "runs/picture/m64-s0")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    row = trajectory.read_rows()[-1]
    status = lines.index("✓ done  runs/picture/m64-s0")
    assert lines[status : status + 3] == [
        "✓ done  runs/picture/m64-s0",
        "navier-stokes · 64 px · seed 0 · picture.png",
        f"iteration 16 of 16 · 100 % inpainted · {row.coverage:.1f} % coverage",
    ]
    table = [line.split() for line in lines if line.split()[:1] in (["0"], ["8"], ["16"])]
    assert [cells[:3] for cells in table] == [["0", "0", "%"], ["8", "50", "%"], ["16", "100", "%"]]
    assert [float(cells[-1]) for cells in table] == pytest.approx(
        [trajectory.read_metrics()[k]["ssim"] for k in (0, 8, 16)], abs=1e-4
    )
    assert "∞" in table[0]
    assert any(set(line.split()[-1]) <= set("▁▂▃▄▅▆▇█") for line in lines if line.strip())
    for name, value in json.loads(msgspec.json.encode(trajectory.spec)).items():
        assert re.search(rf"^{name} +", outcome.out, re.MULTILINE), value
    assert trajectory.spec.digest in outcome.out
    assert "▀" not in outcome.out


@pytest.mark.slow
def test_show_in_json_is_complete(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(metrics=("psnr", "psnr@previous")))
    outcome = riptui("show", trajectory.path, "--json")
    shown = json.loads(outcome.out)
    assert outcome.code == 0
    assert outcome.out.count("\n") == 1
    assert shown.keys() == {
        *("path", "status", "k", "iterations", "inpainted", "coverage", "digest", "spec", "request", "sessions"),
        *("metrics", "failure", "holder", "mixed", "silent", "tags", "note"),
    }
    assert shown["metrics"] == [{"k": k, **values} for k, values in trajectory.read_metrics().items()]
    assert (shown["status"], shown["k"], shown["failure"], shown["holder"]) == ("done", 16, None, None)
    assert shown["sessions"][0]["versions"].keys() >= {"riptui", "python", "numpy", "opencv-python-headless"}
    assert shown["request"] == {
        **{"state": "run", "metrics": ["psnr", "psnr@previous"], "measure": "half"},
        "queued": 0.0,
    }


@pytest.mark.slow
def test_show_draws_the_original_beside_a_frame(make_trajectory: MakeTrajectory, narrow: Any) -> None:
    computed(make_trajectory())
    lines = narrow(80, "show", "runs/picture/m64-s0", "--picture", "--frame", "8")
    drawn = [line for line in lines if "▀" in line]
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn[0]) <= 80
    assert drawn[0].count("▀") == 2 * len(drawn) * 2
    assert len(drawn) == 24 - 6  # the rest of the window is for the state
    caption = lines[lines.index(drawn[0]) + len(drawn)]
    assert caption.split() == ["original", "frame", "8,", "50", "%"]
    assert not any("▀" in line for line in narrow(80, "show", "runs/picture/m64-s0", "--no-picture"))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_show_draws_by_itself_on_a_terminal_alone(make_trajectory: MakeTrajectory, narrow: Any) -> None:
    computed(make_trajectory())
    assert any("frame 16, 100 %" in line for line in narrow(80, "show", "runs/picture/m64-s0"))
    assert "▀" in riptui("show", "runs/picture/m64-s0", "--picture").out
    assert "▀" not in riptui("show", "runs/picture/m64-s0").out


@pytest.mark.slow
@pytest.mark.parametrize("argv", [["--frame", "17", "--picture"], ["--frame", "-1"], ["--frame", "last"]])
def test_a_frame_that_there_is_not_is_refused(argv: list[str], make_trajectory: MakeTrajectory) -> None:
    computed(make_trajectory())
    outcome = riptui("show", "runs/picture/m64-s0", *argv)
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert argv[1] in outcome.err


def test_show_of_what_is_unfinished_tells_how_far_it_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory(metrics=("psnr",)))
    k = len(trajectory.read_rows())
    lines = riptui("show", trajectory.path, "--picture").out.splitlines()
    status = lines.index("◼ interrupted  runs/picture/m64-s0")
    assert lines[status + 2].startswith(f"iteration {k} of 16 · {100 * k / 16:.0f} % inpainted")
    assert any(f"frame {k}," in line for line in lines)


def test_show_of_what_was_never_started_works(make_trajectory: MakeTrajectory) -> None:
    outcome = riptui("show", make_trajectory().path, "--picture")
    assert outcome.code == 0
    assert "\n○ queued" in outcome.out
    assert "frame 0, 0 %" in outcome.out


def test_show_of_a_failure_tells_why_and_where_the_traceback_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = failed(make_trajectory())
    outcome = riptui("show", trajectory.path)
    assert outcome.code == 0
    assert "✗ failed" in outcome.out
    assert "failed at iteration 1: the paint is dry" in outcome.out
    assert "see the traceback with: riptui logs runs/picture/m64-s0;" in outcome.out
    assert "riptui resume runs/picture/m64-s0" in outcome.out
    assert "Traceback: it dried" in Path("runs/picture/m64-s0/log.txt").read_text()
    assert json.loads(riptui("show", trajectory.path, "--json").out)["failure"]["error"] == "the paint is dry"


def test_show_of_what_is_running_tells_who_computes_it(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    with Folder(trajectory.path) as folder, FolderLock(folder):
        outcome = riptui("show", trajectory.path)
    assert "● running" in outcome.out
    assert re.search(r"process \d+ on .* is running it", outcome.out)


@pytest.mark.parametrize(("path", "words"), [("runs", "has no spec.json"), ("gone", "does not exist")])
def test_show_of_what_is_no_trajectory_is_refused(path: str, words: str, make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    outcome = riptui("show", path)
    assert outcome.code == 2
    outcome.require_one_line(path, words, "riptui ls")


@pytest.mark.parametrize("words", [["show"], ["check"], ["tag"], ["stop"], ["ls"]])
def test_a_path_that_is_not_here_is_looked_for_in_the_runs_folder(
    words: list[str], make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory("cat/m64-s0", runs=tmp_path / "all")
    assert riptui(*words, "cat/m64-s0").code == 2
    monkeypatch.setenv("RIPTUI_RUNS", str(tmp_path / "all"))
    assert riptui(*words, "cat/m64-s0").code == riptui(*words, trajectory.path).code != 2


def test_a_path_is_looked_for_below_the_folder_that_runs_names(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    make_trajectory("cat/m64-s0", runs=tmp_path / "all")
    assert riptui("stop", "cat/m64-s0", "--runs", tmp_path / "all").code == 0
    assert riptui("stop", "cat/m64-s0", "--runs", tmp_path).code == 2


MANY = {"ssim": 0.98765, "psnr": 23.123, "lpips-squeeze": 0.3456, "lpips-alex": 0.4567, "lpips-vgg": 0.5678}
SHOWN = ["0.9877", "23.12", "0.3456", "0.4567", "0.5678"]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [200, 120, 80, 60, 40])
def test_the_default_metrics_are_readable_at_any_width(
    columns: int, make_trajectory: MakeTrajectory, narrow: Any
) -> None:
    trajectory = computed(make_trajectory())
    with claim(trajectory) as claimed:
        for k in range(17):
            claimed.add_measurement(k, MANY)
    lines = narrow(columns, "show", trajectory.path, "--no-picture")
    values = [line.split()[-5:] for line in lines if line.split()[-1:] == SHOWN[-1:]]
    assert values == [SHOWN] * 17
    assert max(map(len, lines[-21:])) <= columns
    assert "…" not in "".join(lines)
    assert "squeeze" in "".join(lines)


@pytest.mark.slow
def test_a_file_gets_the_whole_table(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory())
    names = [f"{name}{at}" for name in MANY for at in ("", "@previous")]
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, dict.fromkeys(names, 0.1234))
    [heading] = [line for line in riptui("show", trajectory.path).out.splitlines() if "psnr" in line]
    assert heading.split() == ["k", "inpainted", "coverage", *names]


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def test_a_worker_that_gives_no_sign_is_told_by_the_same_words_everywhere(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory, runs = make_trajectory("a/one"), tmp_path / "runs"
    live = WorkerStatus(1.0, "working", jobs=(WorkerJob("a/one", 3, 16),), still=45)
    with claim(trajectory), register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(live)
        told = [riptui(*command).out for command in (("ls", runs), ("show", runs / "a/one"), ("ps", "--runs", runs))]
        assert all("no sign for 45 s" in text for text in told)
        assert told[0].splitlines()[-1] == "1 no sign"
        [listed] = json.loads(riptui("ls", runs, "--json").out)
        assert (listed["status"], listed["silent"]) == ("running", 45)
        assert json.loads(riptui("show", runs / "a/one", "--json").out)["silent"] == 45
        tracker = ProgressTracker(runs, runs, {"a/one": 16})
        assert "1 running (1 no sign)" in format_progress(tracker.poll(full=True))
        worker.publish(msgspec.structs.replace(live, still=0))
        assert riptui("ls", runs).out.splitlines()[-1] == "1 running"


def test_show_prints_settings_as_people_write_them(make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    lines = [line.split(maxsplit=1) for line in riptui("show", "runs/picture/m64-s0").out.splitlines()]
    assert ["parameters", "radius 3"] in lines
    assert ["paste", "yes"] in lines
    assert not [line for line in lines if set("{}[]") & set("".join(line))]


def test_show_has_tags_and_the_note(make_trajectory: MakeTrajectory) -> None:
    path = make_trajectory("cat/one").path
    riptui("tag", path, "-a", "usable")
    riptui("note", path, "the whiskers go")
    outcome = riptui("show", path)
    assert "#usable\nthe whiskers go\n" in outcome.out
    [tags, note] = [json.loads(riptui("show", path, "--json").out)[name] for name in ("tags", "note")]
    assert (tags, note) == (["usable"], "the whiskers go")


def test_a_frame_that_is_not_there_is_refused_without_pictures_too(make_trajectory: MakeTrajectory) -> None:
    outcome = riptui("show", make_trajectory("cat/one").path, "--no-picture", "--frame", "99")
    assert outcome.code == 2
    outcome.require_one_line("has frames 0 to 0, not 99")


def test_paths_are_looked_for_below_runs(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_trajectory("g/a").path.parents[2])
    Path("runs").rename("elsewhere")
    found = json.loads(riptui("ls", "--runs", "elsewhere", "--json").out)
    assert [entry["path"] for entry in found] == ["elsewhere/g/a"]
    found = json.loads(riptui("ls", "g", "--runs", "elsewhere", "--json").out)
    assert [entry["path"] for entry in found] == ["elsewhere/g/a"]
    for command in ("show", "check", "tag", "note", "pause"):
        assert riptui(command, "--runs", "elsewhere", "g/a", "--json").code == 0, command
    assert completed("pause", "--runs", "elsewhere", "g/") == ["g/a"]
