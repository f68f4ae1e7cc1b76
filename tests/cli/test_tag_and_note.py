"""`riptui tag`, `riptui note` and `riptui ls --filter`, as their users meet them."""

import json
from pathlib import Path

import pytest

from riptui.store import layout
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory


@pytest.fixture(autouse=True)
def three(make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, place in enumerate(("fig7/cat", "fig7/dog", "bird")):
        make_trajectory(place, seed=seed)
    monkeypatch.chdir(runs.parent)


def listed(text: str) -> list[str]:
    outcome = riptui("ls", "runs", "--json", "--filter", text)
    assert outcome.code == 0
    return [entry["path"].removeprefix("runs/") for entry in json.loads(outcome.out)]


@pytest.mark.slow
def test_tags_are_added_removed_shown_and_found() -> None:
    outcome = riptui("tag", "runs/fig7/cat", "runs/bird", "-a", "Usable,figure-3", "--add", "x")
    assert outcome.out.splitlines()[0].split() == ["runs/fig7/cat", "#figure-3", "#usable", "#x"]
    assert riptui("tag", "runs/fig7/cat", "-r", "x,never-there").out.split()[1:] == ["#figure-3", "#usable"]
    assert json.loads(riptui("tag", "runs/bird", "--json").out) == {"runs/bird": ["figure-3", "usable", "x"]}
    assert listed("tag:usable") == ["bird", "fig7/cat"]
    assert listed("tag:usable -tag:x") == ["fig7/cat"]
    assert "no tags" in riptui("tag", "runs/fig7/dog").out
    assert "#figure-3  #usable" in riptui("ls", "runs").out


@pytest.mark.slow
def test_the_tags_of_a_group_count_for_all_in_it() -> None:
    riptui("tag", "runs/fig7", "-a", "paper")
    assert listed("tag:paper") == ["fig7/cat", "fig7/dog"]
    assert json.loads(riptui("tag", "runs/fig7", "--each", "--json").out) == {"runs/fig7/cat": [], "runs/fig7/dog": []}
    riptui("tag", "runs/fig7", "--each", "-a", "one")
    assert listed("tag:one seed:1") == ["fig7/dog"]


@pytest.mark.slow
def test_notes_are_written_shown_and_never_lost() -> None:
    assert riptui("note", "runs/bird", "the beak goes").out == "the beak goes\n"
    assert riptui("note", "runs/bird", "--append", "and comes back").out == "the beak goes\nand comes back\n"
    replaced = riptui("note", "runs/bird", "nothing")
    assert "the note was: the beak goes" in replaced.err
    assert riptui("note", "runs/bird").out == "nothing\n"
    assert listed("note:noth") == ["bird"]
    assert "nothing" in riptui("note", "runs/bird", "--remove").err
    assert "has no note" in riptui("note", "runs/bird").out


def test_notes_and_requests_are_told_in_json() -> None:
    assert json.loads(riptui("note", "runs/bird", "--json").out) == {"runs/bird": None}
    assert json.loads(riptui("note", "runs/bird", "sings", "--json").out) == {"runs/bird": "sings"}
    assert json.loads(riptui("pause", "runs/fig7", "--json").out) == {
        "runs/fig7/cat": "paused",
        "runs/fig7/dog": "paused",
    }
    assert json.loads(riptui("stop", "runs/bird", "--json").out) == {"runs/bird": "stopped"}
    assert json.loads(riptui("stop", "--worker", "all", "--json").out) == {}


@pytest.mark.slow
def test_what_is_no_trajectory_is_refused(runs: Path) -> None:
    (runs / "empty").mkdir()
    for command in (["tag", "runs/empty", "-a", "x"], ["note", "runs/empty", "x"], ["tag", "runs/gone"]):
        outcome = riptui(*command)
        assert outcome.code
        assert "runs/" in outcome.err
    assert not list((runs / "empty").iterdir())


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["tag", "runs/bird", "-a", "a b"], "must be a letter"),
        (["tag", "runs/bird", "-a", "x", "-r", "x"], "either --add or --remove"),
        (["note", "runs/bird", "text", "--remove"], "give one of"),
        (["note", "runs/bird", "--append"], "give one of"),
        (["note", "runs/bird", "x" * 10_001], "10,001 characters"),
        (["ls", "runs", "--filter", "stesp:5"], "no field stesp|has a field stesp"),
        (["ls", "runs", "--filter", "lpisp>0"], "no metric lpisp"),
    ],
)
def test_what_cannot_be_done_is_told(argv: list[str], told: str) -> None:
    outcome = riptui(*argv)
    assert outcome.code == 2
    assert any(part in outcome.err for part in told.split("|"))


def test_a_damaged_file_is_named_and_the_others_go_on(runs: Path) -> None:
    (runs / "bird" / layout.ANNOTATIONS).write_text("{")
    outcome = riptui("tag", "runs/bird", "runs/fig7/cat", "-a", "x")
    assert outcome.code == 1
    assert "bird/annotations.json is damaged" in outcome.err
    assert listed("tag:x") == ["fig7/cat"]


def test_a_filter_that_matches_nothing_says_so() -> None:
    assert "none of 3 trajectories matches -cat -dog -bird" in riptui("ls", "runs", "--filter", "-cat -dog -bird").err
