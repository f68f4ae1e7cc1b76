"""The shelf: what a thread finds in the runs folder, look by look."""

import shutil
from pathlib import Path

import pytest

from riptui.events import Iterated
from riptui.store import folder_stamp, summary_cache
from riptui.store.annotations import change_annotations
from riptui.store.claim import claim
from riptui.store.records import Failure, Request
from riptui.store.requests import clear_failure, set_request
from riptui.store.trajectory import Status, Trajectory
from riptui.tui.runs import scanner
from riptui.tui.runs.scanner import RunsScanner, ScanResult, TreeEntry
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture(autouse=True)
def every_look_is_a_whole_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "ROUND_SECONDS", 1e-9)


@pytest.fixture(autouse=True)
def all_names_come_in_one_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "FIRST_SLICE_SECONDS", 60.0)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def looked(one: RunsScanner) -> ScanResult:
    """All slices of a look together; of several entries for a path the last."""
    slices = list(one.scan())
    entries: dict[str, TreeEntry] = {}
    for change in slices:
        entries |= {entry.path: entry for entry in change.entries}
    return ScanResult(
        list(entries.values()),
        [path for change in slices for path in change.removed],
        "".join(change.folder_error for change in slices),
    )


@pytest.mark.slow
def test_the_names_come_first_then_what_they_hold(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for _ in run_trajectory(make_trajectory("fig7/cat/m64", metrics=("psnr", "ssim"))):
        pass
    make_trajectory("fig7/cat/m128", mask=128, seed=3)
    first, *later = RunsScanner(runs).scan()
    assert [entry.path for entry in first.entries] == ["fig7/cat/m64", "fig7/cat/m128"]
    assert not any(entry.is_read for entry in first.entries)
    done, queued = (entry for change in later for entry in change.entries)
    assert (done.status, done.k, done.inpainted) == (Status.DONE, 16, 100.0)
    assert (done.metric, len(done.values), set(dict(done.newest))) == ("ssim", 3, {"ssim", "psnr"})
    assert (queued.status, queued.k, queued.get("mask"), queued.seed) == (Status.QUEUED, 0, 128, 3)


def test_that_all_names_are_known_is_told_once_and_of_an_empty_folder_too(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "FIRST_SLICE_SECONDS", 0.0)  # a slice for each name
    monkeypatch.setattr(scanner, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(scanner, "SLICE_GROWTH", 0.0)
    runs.mkdir()
    assert [change.all_listed for change in RunsScanner(runs).scan()] == [True]
    for name in "abc":
        make_trajectory(name)
    one = RunsScanner(runs)
    known: list[str] = []
    for change in one.scan():
        known += [entry.path for entry in change.entries if not entry.is_read]
        if change.all_listed:
            break
    assert known == ["a", "b", "c"]
    assert not any(change.all_listed for change in one.scan())


def test_a_look_at_what_has_not_changed_finds_nothing(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a")
    one = RunsScanner(runs)
    assert looked(one).entries
    assert not looked(one)
    assert not looked(one)


def test_what_grows_is_found(make_trajectory: MakeTrajectory, runs: Path) -> None:
    trajectory = make_trajectory("a")
    one = RunsScanner(runs)
    looked(one)
    events = run_trajectory(trajectory)
    while not isinstance(next(events), Iterated):
        pass
    [entry] = looked(one).entries
    assert 0 < entry.k < 16
    assert entry.status is Status.RUNNING
    for _ in events:
        pass
    assert [entry.status for entry in looked(one).entries] == [Status.DONE]


def test_a_held_lock_and_its_release_are_found(make_trajectory: MakeTrajectory, runs: Path) -> None:
    trajectory = make_trajectory("a")
    one = RunsScanner(runs)
    looked(one)
    with claim(trajectory):
        set_request(trajectory, Request("pause"))
        assert [entry.status for entry in looked(one).entries] == [Status.RUNNING]
    assert [entry.status for entry in looked(one).entries] == [Status.PAUSED]


def test_new_and_removed_trajectories_are_found(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("g/a")
    one = RunsScanner(runs)
    looked(one)
    make_trajectory("g/b")
    make_trajectory("new/deep/c")
    found = looked(one)
    assert {entry.path for entry in found.entries} == {"g/b", "new/deep/c"}
    shutil.rmtree(runs / "g" / "a")
    assert looked(one).removed == ["g/a"]


def test_a_runs_folder_that_goes_and_comes_back(make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path) -> None:
    one = RunsScanner(runs)
    assert str(runs) in looked(one).folder_error
    make_trajectory("a")
    assert [entry.path for entry in looked(one).entries] == ["a"]
    runs.rename(tmp_path / "away")
    gone = looked(one)
    assert gone.folder_error
    assert gone.removed == ["a"]
    assert not looked(one)  # told once
    (tmp_path / "away").rename(runs)
    assert [(entry.path, entry.status) for entry in looked(one).entries] == [("a", Status.QUEUED)]


def test_what_cannot_be_read_is_an_entry_that_says_why(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("good")
    bad = make_trajectory("bad")
    (bad.path / "spec.json").write_bytes(b"{nothing")
    found = {entry.path: entry for entry in looked(RunsScanner(runs)).entries}
    assert found["good"].status is Status.QUEUED
    assert found["bad"].status is None
    assert found["bad"].is_read
    assert "spec.json" in found["bad"].error


def test_a_trajectory_that_goes_while_it_is_read_is_no_error(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a")
    make_trajectory("b")
    one = RunsScanner(runs)
    slices = one.scan()
    next(slices)
    shutil.rmtree(runs / "b")
    rest = [entry for change in slices for entry in change.entries]
    assert [entry.path for entry in rest if entry.status] == ["a"]
    assert looked(one).removed == ["b"]


def test_many_are_read_in_slices_that_let_the_screen_draw(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_trajectory(f"t{number}")
    monkeypatch.setattr(scanner, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(scanner, "SLICE_GROWTH", 0.0)
    names, *slices = RunsScanner(runs).scan()
    assert [len(change.entries) for change in slices] == [1] * 5
    assert len(names.entries) == 5


def test_an_entry_is_what_a_summary_says(make_trajectory: MakeTrajectory, runs: Path) -> None:
    trajectory = make_trajectory("a", seed=7, inpainter="telea", parameters={"radius": 3})
    [entry] = looked(RunsScanner(runs)).entries
    assert isinstance(trajectory, Trajectory)
    assert (entry.seed, entry.get("inpainter"), entry.get("mask")) == (7, "telea", 64)
    assert entry.changed > 0


@pytest.fixture
def indexed(make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runs folder whose trajectories, but for a running one, are kept in the index after the first scan."""
    monkeypatch.setattr(summary_cache, "MIN_TRAJECTORIES", 1)
    monkeypatch.setattr(folder_stamp, "SETTLED_NS", -(10**18))
    for _ in run_trajectory(make_trajectory("fig7/cat", metrics=("psnr", "ssim"))):
        pass
    change_annotations(runs / "fig7/cat", lambda annotations: annotations.with_tags(["own"]).with_note("whiskers"))
    change_annotations(runs / "fig7", lambda annotations: annotations.with_tags(["all"]))
    with claim(make_trajectory("fig7/dog", seed=3)) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 3, "first", ""))
    make_trajectory("queued", mask=128)
    return runs


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["", "psnr", "lpips-vgg"])
def test_what_the_index_knows_is_what_reading_gives(
    metric: str, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = looked(RunsScanner(indexed, metric)).entries
    assert [entry.status for entry in read] == [Status.DONE, Status.FAILED, Status.QUEUED]
    assert len(read[0].values) == 3
    one = RunsScanner(indexed, metric)
    with monkeypatch.context() as patch:
        patch.setattr(summary_cache, "summarize", None)  # nothing is read
        assert [entry for change in one.scan() for entry in change.entries] == read
    assert not looked(one), "a look at each finds nothing new"


@pytest.mark.slow
def test_what_the_index_does_not_know_is_read_after_the_rest(indexed: Path, make_trajectory: MakeTrajectory) -> None:
    looked(RunsScanner(indexed))
    make_trajectory("fig7/new")
    first, *later = RunsScanner(indexed).scan()
    assert {entry.path: entry.is_read for entry in first.entries} == {
        "fig7/cat": True,
        "fig7/dog": True,
        "fig7/new": False,
        "queued": True,
    }
    assert [(entry.path, entry.tags) for change in later for entry in change.entries] == [("fig7/new", ("all",))]


def test_the_tags_of_groups_count_for_what_is_in_them(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for place in ("fig7/cat", "fig7/dog", "fig70/cat"):
        make_trajectory(place)
    change_annotations(runs / "fig7/cat", lambda annotations: annotations.with_tags(["own"]).with_note("whiskers"))
    change_annotations(runs / "fig7", lambda annotations: annotations.with_tags(["all"]))
    scanner_of_runs = RunsScanner(runs)
    tags = {entry.path: (entry.tags, entry.note) for entry in looked(scanner_of_runs).entries}
    assert tags == {
        "fig7/cat": (("own", "all"), "whiskers"),
        "fig7/dog": (("all",), ""),
        "fig70/cat": ((), ""),
    }
    change_annotations(runs / "fig7", lambda annotations: annotations.with_tags([], ["all"]))
    changed = {entry.path: entry.tags for entry in looked(scanner_of_runs).entries}
    assert changed == {"fig7/cat": ("own",), "fig7/dog": ()}


def test_a_retry_that_fails_again_between_two_scans_is_a_change(make_trajectory: MakeTrajectory, runs: Path) -> None:
    trajectory = make_trajectory("a")
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 3, "first", ""))
    scanner_of_runs = RunsScanner(runs)
    [first] = looked(scanner_of_runs).entries
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:01+00:00", 3, "again", ""))
    [second] = looked(scanner_of_runs).entries
    assert first.status is second.status is Status.FAILED
    assert second.failed > first.failed


def test_a_failure_is_told_also_by_a_clock_that_is_behind(make_trajectory: MakeTrajectory, runs: Path) -> None:
    trajectory = make_trajectory("a")
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:05+00:00", 3, "first", ""))
    one = RunsScanner(runs)
    [first] = looked(one).entries
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:01+00:00", 3, "elsewhere", ""))
    [second] = looked(one).entries
    assert second.has_ended_since(first)


def test_what_was_done_to_one_is_seen_at_once_and_the_others_in_turn(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectories = [make_trajectory(name) for name in "abc"]
    for trajectory in trajectories:
        with claim(trajectory) as claimed:
            claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 3, "it broke", ""))
    one = RunsScanner(runs)
    looked(one)
    monkeypatch.setattr(scanner, "ROUND_SECONDS", 1e9)
    looked(one)
    for trajectory in trajectories:
        clear_failure(trajectory)
    one.look_again(["b"])
    one.shown = "c"
    assert {"b", "c"} <= {entry.path for entry in looked(one).entries if entry.status is Status.QUEUED}


def test_any_file_of_the_one_on_the_screen_is_watched(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a")
    one = RunsScanner(runs)
    one.shown = "a"
    looked(one)
    assert not looked(one)
    with (runs / "a/log.txt").open("a") as log:
        log.write("a line\n")
    looked(one)  # its first line is a file that is new
    with (runs / "a/log.txt").open("a") as log:
        log.write("another\n")
    assert [change.touched for change in one.scan() if change.touched] == [["a"]]
    assert not looked(one)


def test_a_change_of_the_one_on_the_screen_is_told_once(make_trajectory: MakeTrajectory, runs: Path) -> None:
    with claim(make_trajectory("a")) as claimed:
        one = RunsScanner(runs)
        one.shown = "a"
        looked(one)
        claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 3, "it broke", ""))
        told = [path for scan in one.scan() for path in [*scan.touched, *(entry.path for entry in scan.entries)]]
    assert told == ["a"]
