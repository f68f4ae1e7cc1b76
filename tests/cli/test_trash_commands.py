"""`riptui rm`, `restore`, `trash` and `du`, as their users meet them."""

import io
import json
import sys
from pathlib import Path

import pytest

from riptui.settings import paths as settings_paths
from riptui.store.claim import claim
from riptui.store.trajectory import Trajectory
from riptui.store.trash import list_entries
from tests.support.command import Outcome, riptui
from tests.support.completion import completed
from tests.support.trajectories import MakeTrajectory

CAT, DOG, BIRD = (Path("runs", place) for place in ("fig7/cat", "fig7/dog", "bird"))


@pytest.fixture(autouse=True)
def three(make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, place in enumerate(("fig7/cat", "fig7/dog", "bird")):
        make_trajectory(place, seed=seed)
    monkeypatch.chdir(runs.parent)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)


def there() -> list[str]:
    return [path.removeprefix("runs/") for path in (entry["path"] for entry in json.loads(riptui("ls", "--json").out))]


def test_what_went_to_the_trash_together_comes_back_together() -> None:
    outcome = riptui("rm", "fig7", "--yes")
    assert "2 trajectories" in outcome.out
    assert "riptui restore" in outcome.out
    assert there() == ["bird"]
    assert riptui("rm", "bird", "-y").code == 0
    assert riptui("restore").out == "1 trajectory restored\n"
    assert there() == ["bird"]
    assert riptui("restore").out == "2 trajectories restored\n"
    assert there() == ["bird", "fig7/cat", "fig7/dog"]
    riptui("restore").require_one_line("the trash of runs is empty")


def test_a_filter_chooses_and_a_dry_run_does_nothing() -> None:
    assert riptui("rm", "runs", "--filter", "seed:1-2", "--dry-run", "--json").out == '["runs/bird", "runs/fig7/dog"]\n'
    listed = riptui("rm", "runs", "--filter", "seed:1", "-n").out.splitlines()
    assert listed[0] == "runs/fig7/dog"
    assert "would be moved to the trash" in listed[1]
    assert len(there()) == 3
    assert json.loads(riptui("rm", "runs", "--filter", "seed:1", "-y", "--json").out) == ["runs/fig7/dog"]
    assert there() == ["bird", "fig7/cat"]
    riptui("rm", "runs", "--filter", "seed:9", "-y").require_one_line("none of 2 trajectories")


def test_a_place_brings_back_what_was_there_last(make_trajectory: MakeTrajectory) -> None:
    riptui("rm", CAT, "-y")
    again = make_trajectory("fig7/cat", seed=7)
    riptui("rm", CAT, "-y")
    assert riptui("restore", "fig7/cat", "-n", "--json").out == '["runs/fig7/cat"]\n'
    assert riptui("restore", "runs/fig7").out == "1 trajectory restored\n"
    assert again.spec.seed == 7
    taken = riptui("restore", "fig7/cat")
    assert taken.code == 1
    assert "runs/fig7/cat exists" in taken.err
    riptui("restore", "fig8").require_one_line("nothing in the trash of runs was at fig8", "riptui trash")


def test_a_place_is_looked_for_from_here_first(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    riptui("rm", "runs", "-y")
    riptui("trash", "/fig7").require_one_line("nothing in the trash of runs was at /fig7")
    (runs / "fig7").mkdir()
    monkeypatch.chdir(runs / "fig7")
    [entry] = json.loads(riptui("trash", "cat", "--runs", runs, "--json").out)
    assert entry["place"] == "fig7/cat"
    assert len(json.loads(riptui("trash", ".", "--runs", runs, "--json").out)) == 2
    assert len(json.loads(riptui("trash", runs, "--runs", runs, "--json").out)) == 3


class Answers(io.StringIO):
    """A terminal at which this is typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "left"), [("n\n", 3), ("\n", 3), ("y\n", 2)])
def test_it_asks_and_no_is_the_usual_answer(answer: str, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Answers(answer))
    outcome: Outcome = riptui("rm", BIRD, terminal=True)
    assert "Move 1 trajectory, " in outcome.err
    assert ("nothing was moved" in outcome.err) == (left == 3)
    assert outcome.code == (1 if left == 3 else 0)
    assert len(there()) == left


def test_where_nobody_can_answer_it_takes_yes_or_the_setting() -> None:
    outcome = riptui("rm", BIRD)
    assert outcome.code == 2
    outcome.require_one_line("Nobody can answer here: give --yes")
    settings_paths.settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_paths.settings_file().write_text("confirm = false\n")
    assert riptui("rm", BIRD).code == 0
    riptui("rm", CAT, "--permanently").require_one_line("This cannot be undone")
    assert there() == ["fig7/cat", "fig7/dog"]


def test_the_trash_is_listed_and_emptied() -> None:
    assert "the trash of runs is empty" in riptui("trash").err
    riptui("rm", "fig7", "-y")
    lines = riptui("trash").out.splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["fig7/cat", "fig7/dog"]
    [entry] = json.loads(riptui("trash", "fig7/dog", "--json").out)
    assert entry.keys() == {"place", "when", "bytes"}
    assert riptui("trash", "--yes").code == 2
    riptui("trash", "--empty").require_one_line("Delete 2 trajectories", "give --yes")
    assert "1 trajectory, " in riptui("trash", "fig7/dog", "--empty", "-y").out
    assert [entry.record.place for entry in list_entries(Path("runs"))] == ["fig7/cat"]


def test_the_rest_is_deleted_where_one_cannot_be() -> None:
    riptui("rm", "fig7", "-y")
    held = next(entry for entry in list_entries(Path("runs")) if entry.record.place == "fig7/cat")
    with claim(Trajectory(held.path)):
        outcome = riptui("trash", "--empty", "-y")
    assert outcome.code == 1
    assert "fig7/cat: " in outcome.err
    assert "1 trajectory, " in outcome.out
    assert [entry.record.place for entry in list_entries(Path("runs"))] == ["fig7/cat"]


def test_what_is_deleted_permanently_is_in_no_trash() -> None:
    assert "deleted" in riptui("rm", "fig7", "--permanently", "-y").out
    assert there() == ["bird"]
    assert list_entries(Path("runs")) == []


def test_nothing_is_moved_if_one_is_being_computed(make_trajectory: MakeTrajectory) -> None:
    with claim(make_trajectory("busy", seed=5)):
        outcome = riptui("rm", "runs", "-y")
    assert outcome.code == 1
    outcome.require_one_line("busy", "pause it first")
    assert len(there()) == 4


def test_outside_the_runs_folder_its_name_is_asked_for() -> None:
    riptui("rm", CAT, "-y", "--runs", "elsewhere").require_one_line("runs/fig7/cat is not in the runs folder", "--runs")
    assert len(there()) == 3


def test_disk_use_is_told_by_folder_the_largest_first() -> None:
    report = json.loads(riptui("du", "--json").out)
    assert [(name, found["trajectories"]) for name, found in report["folders"].items()] == [("fig7", 2), ("bird", 1)]
    assert report["bytes"] == sum(found["bytes"] for found in report["folders"].values())
    files = [file for file in DOG.rglob("*") if file.is_file()]
    assert json.loads(riptui("du", "--filter", "seed:1", "--json").out)["bytes"] == sum(f.stat().st_size for f in files)
    assert [line.split()[-1] for line in riptui("du", "runs/fig7").out.splitlines()[:2]] == ["cat", "dog"]
    both = [line.split()[-1] for line in riptui("du", "runs/fig7", "runs/bird", "runs/fig7").out.splitlines()[:-1]]
    assert sorted(both) == ["runs/bird", "runs/fig7/cat", "runs/fig7/dog"]
    assert riptui("du", "runs", "runs/fig7", "--filter", "cat", "--json").out.count('"trajectories": 1') == 1
    riptui("du", "runs", "gone").require_one_line("gone does not exist")
    riptui("rm", "bird", "-y")
    assert "more in the trash, 1 trajectory" in riptui("du").err
    riptui("rm", "runs", "-y")
    emptied = riptui("du")
    assert emptied.code == 0
    assert "more in the trash, 3 trajectories" in emptied.err
    riptui("trash", "--empty", "-y")
    riptui("du").require_one_line("runs holds no trajectory")


def test_what_is_named_in_two_ways_counts_once() -> None:
    Path("link").symlink_to("runs/fig7")
    alone = json.loads(riptui("du", "runs", "--json").out)
    for other in (Path("runs").resolve(), "link", "."):
        both = json.loads(riptui("du", "runs", other, "--json").out)
        assert both["bytes"] == alone["bytes"]
        assert sum(found["trajectories"] for found in both["folders"].values()) == 3
    assert "3 trajectories" in riptui("rm", "runs", Path("runs").resolve(), "link", "-y").out


def test_what_is_in_the_trash_is_completed() -> None:
    riptui("rm", "fig7", "-y")
    assert completed("restore", "fig7/c") == ["fig7/cat"]
    assert completed("trash", "") == ["fig7/cat", "fig7/dog"]
