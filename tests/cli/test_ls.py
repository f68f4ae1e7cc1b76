"""`riptui ls`, as its users meet it."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.cli.study.study_display import format_progress
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.disk import Folder
from riptui.store.lock import FolderLock
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import register
from riptui.supervision.progress import ProgressTracker
from riptui.text.status_marks import STATUS_MARKS
from riptui.worker.loop import new_worker_record
from tests.support.command import riptui
from tests.support.ended_trajectories import computed, failed, stopped
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.usefixtures("here")


def listed(*argv: str | Path) -> list[dict[str, Any]]:
    outcome = riptui("ls", *argv, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


def test_an_empty_folder_has_a_hint() -> None:
    Path("runs").mkdir()
    outcome = riptui("ls")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "no trajectories in runs; `riptui demo` creates a first one\n"
    assert listed() == []


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


@pytest.mark.parametrize("places", [["runs", "{here}/runs"], ["link", "runs/a"], ["runs/a/one", "."]])
def test_a_folder_that_is_named_in_two_ways_is_listed_once(
    places: list[str], make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    make_trajectory("a/one")
    Path("link").symlink_to("runs/a")
    named = [place.format(here=tmp_path) for place in places]
    outcome = riptui("ls", *named)
    assert (outcome.code, outcome.err, outcome.out.splitlines()[1:]) == (0, "", ["1 queued"])
    assert len(listed(*named)) == 1


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
