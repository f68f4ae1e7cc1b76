"""Names made to do harm: none reaches the terminal raw, none leads out of the runs folder."""

import json
import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.cli import commands, doctor
from riptui.cli.commands.ls import ls
from riptui.cli.values import complete_folders
from riptui.images import decode_png
from riptui.store.names import is_name
from tests.support.command import require_harmless, riptui
from tests.support.exhaustive import some_of
from tests.support.hostile_texts import CLIPBOARD, EVIL, LONG, at_home, draw, names, nothing_hangs, short, tree

__all__ = ["at_home", "nothing_hangs"]


# --- names of pictures

NAMES = [
    f"{CLIPBOARD}.png",
    "\x1b[2J\x1b[31mred.png",
    "\x9b2J.png",
    "two\nlines.png",
    "tab\tand\rreturn.png",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff.png",
    "\u2028\u2029\x85.png",
    "[red][bold]markup[link=x].png",
    "%s%n{}{0.__class__}.png",
    "$(touch oops)`touch oops`;touch oops.png",
    "-rf.png",
    "--runs=elsewhere",
    "...png",
    "..png",
    ".new-0123.png",
    "spec.json",
    "CON",
    "nul.png",
    "c:\\windows\\x.png",
    " .png",
    "~",
    "日本.png",
    "x" * 251 + ".png",
    os.fsdecode(b"\xff\xfe\xc3.png"),
    os.fsdecode(b"\xed\xa0\x80.png"),
]


@pytest.mark.parametrize("name", NAMES, ids=short)
def test_a_picture_of_any_name_runs_into_the_runs_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    os.chdir(tmp_path / "pictures")
    draw(Path(name))
    runs = tmp_path / "runs"
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--metrics", "psnr"]
    options += ["--runs", str(runs), "--display"]
    for display, terminal in (("plain", False), ("rich", True), ("json", False)):
        outcome = riptui("run", *options, display, "--", name, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures", "runs"]
    assert names(Path()) == [name]
    [trajectory] = [path.parent for path in runs.rglob("spec.json") if path.is_file()]
    assert all(is_name(part) for part in trajectory.relative_to(runs).parts)
    assert len(trajectory.relative_to(runs).parts) == 2
    assert json.loads((trajectory / "spec.json").read_bytes())["source_name"] == name.encode(errors="replace").decode()
    commands: list[list[str | Path]]
    commands = [["ls", runs], ["show", trajectory], ["show", trajectory, "--json"], ["check", runs]]
    for argv in commands:
        for terminal in (False, True):
            outcome = riptui(*argv, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


@pytest.mark.parametrize("at_once", [True, False], ids=["in one command", "one after another"])
def test_pictures_whose_names_differ_only_in_what_is_dropped_get_trajectories_of_their_own(at_once: bool) -> None:
    names = ["a b.png", "a-b.png", "a\u200bb.png", "a\x1bb.png", "a\nb.png", "a\u202eb.png", "-a-b.png"]
    for shade, name in enumerate(names):
        draw(Path(name), 10 * shade)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--metrics", "psnr"]
    for group in [names] if at_once else [[name] for name in names]:
        assert riptui("run", *options, "--", *group).code == 0
    found = {path.parent: json.loads(path.read_bytes()) for path in Path("runs").rglob("spec.json")}
    assert sorted(spec["source_name"] for spec in found.values()) == sorted(names)
    for trajectory, spec in found.items():
        assert (
            decode_png((trajectory / "original.png").read_bytes()) == np.asarray(PIL.Image.open(spec["source_name"]))
        ).all()
    before = tree(Path("runs"))
    again = riptui("run", *options, "--", *names)
    assert again.out.count("already done") == len(names)
    assert tree(Path("runs")) == before


def test_a_long_group_does_not_lead_a_second_picture_elsewhere() -> None:
    group = "/".join(["g" * 99] * 2)
    draw(Path("a b.png"))
    draw(Path("a-b.png"), 50)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--group", group]
    assert riptui("run", *options, "a b.png", "a-b.png").code == 0
    parents = {path.parent.parent for path in Path("runs").rglob("spec.json")}
    assert parents == {Path("runs", group, "a-b")}
    assert len(list(Path("runs").rglob("spec.json"))) == 2


def test_a_name_that_is_taken_by_another_picture_is_refused() -> None:
    draw(Path("a b.png"))
    draw(Path("a-b.png"), 50)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--name", "mine"]
    assert riptui("run", *options, "a b.png").code == 0
    before = tree(Path("runs"))
    outcome = riptui("run", *options, "a-b.png")
    assert outcome.code == 2
    assert "holds another trajectory" in outcome.err
    assert tree(Path("runs")) == before


# --- names of folders

NOT_NAMES = [
    "..",
    ".",
    "../out",
    "a/../../out",
    "a/./b",
    "-x",
    ".lock",
    ".new-x",
    "a\nb",
    "a b",
    CLIPBOARD,
    "\u202eb",
    LONG,
]
NOT_NAMES += ["a//b", "~", "日 本", "a\\b", "*", "a:b", os.fsdecode(b"\xff")]


@pytest.mark.parametrize("option", ["--group", "--name"])
@pytest.mark.parametrize("name", NOT_NAMES, ids=short)
def test_what_is_no_name_is_refused_and_nothing_is_made(name: str, option: str, tmp_path: Path) -> None:
    draw(Path("p.png"))
    before = tree(tmp_path)
    outcome = riptui("run", "p.png", "--size", "256", option, name, "--metrics", "psnr")
    require_harmless(outcome)
    assert outcome.code == 2
    outcome.require_one_line("is not a name")
    assert tree(tmp_path) == before


def test_an_absolute_group_stays_below_the_runs_folder(tmp_path: Path) -> None:
    draw(Path("p.png"))
    riptui(
        "run", "p.png", "--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--group", str(tmp_path)
    )
    assert names(tmp_path) == ["p.png", "runs"]
    assert [path.is_relative_to("runs") for path in Path().rglob("spec.json")] == [True]


@pytest.mark.parametrize(
    "place", [EVIL.replace("\n", " "), "-rf", "a\nb", os.fsdecode(b"\xff\xfe"), "[/red]", "../up", "x" * 255], ids=short
)
def test_a_runs_folder_of_any_name_works(place: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    draw(Path("p.png"))
    runs = f"./{place}"
    options = ["--size", "256", "--mask", "128", "--amount", "100", "-i", "identity", "--metrics", "psnr", "--display"]
    for display, terminal in (("plain", False), ("rich", True), ("json", False)):
        outcome = riptui("run", "p.png", "--runs", runs, *options, display, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code == 0
    [trajectory] = [path.parent for path in Path(os.path.realpath(runs)).rglob("spec.json")]
    for argv in (
        ["ls", runs],
        ["show", trajectory],
        ["check", runs],
        ["resume", runs],
        ["measure", runs, "--metrics", "ssim"],
    ):
        for terminal in (False, True):
            outcome = riptui(*argv, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0
    target = Path(place).name[:200]
    for option, suffix in (("--gif", ".gif"), ("--strip", ".png"), ("--csv", ".csv"), ("--frames", "")):
        outcome = riptui("export", trajectory, option, f"./{target}{suffix}", "--overwrite", terminal=True)
        require_harmless(outcome, terminal=True)


PATHS = [
    f"./{EVIL}",
    CLIPBOARD,
    "[/red]",
    LONG,
    "a/" * 3000,
    os.fsdecode(b"\xff"),
    "",
    "../../..",
    "/dev/null",
    "/proc/self/mem",
]


@pytest.mark.parametrize("path", PATHS, ids=short)
@pytest.mark.parametrize("command", ["ls", "show", "check", "resume", "measure", "export", "run"])
def test_a_path_that_leads_to_no_trajectory_is_refused_in_one_line(command: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    os.chdir(tmp_path / "a" / "b" / "c")
    options = {"measure": ["--metrics", "psnr"], "export": ["--csv", "x.csv"]}.get(command, [])
    for terminal in (False, True):
        outcome = riptui(command, *options, "--", path, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        if command == "ls" and path in ("", "../../.."):  # folders
            assert "no trajectories in" in outcome.err
        else:
            assert outcome.code in (1, 2)
            assert terminal or outcome.require_one_line() is None
    assert names(Path()) == []


@pytest.mark.parametrize(
    "place", [LONG, "a/" * 3000, "/dev/null", "/proc/self/mem", "/proc/nobody", f"{EVIL}/{LONG}"], ids=short
)
def test_a_runs_folder_that_cannot_be_is_refused_in_one_line(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "check_gpu", lambda runs: iter(()))
    draw(Path("p.png"))
    outcome = riptui("run", "p.png", "--size", "256", "--runs", place, "--metrics", "psnr")
    require_harmless(outcome)
    assert outcome.code in (1, 2)
    assert outcome.err.count("error: ") == 1
    outcome = riptui("doctor", "--runs", place)
    require_harmless(outcome)
    assert outcome.code in (1, 2)


@pytest.mark.parametrize(
    "value",
    some_of([EVIL, "[/red]", "²", "9" * 5000, "nan", "-1", "", os.fsdecode(b"\xff")], EVIL, "nan", ""),
    ids=short,
)
@pytest.mark.parametrize(
    "option",
    [
        "--inpainter",
        "--set",
        "--mask",
        "--amount",
        "--seed",
        "--order",
        "--size",
        "--fit",
        "--metrics",
        "--measure",
        "--display",
        "--nonsense",
    ],
)
def test_an_option_of_any_value_is_refused_in_one_line_or_means_something(option: str, value: str) -> None:
    draw(Path("p.png"))
    few = ["--mask", "256", "--amount", "100", "--size", "256", "-i", "identity"]
    if option == "--set":
        value = f"{value}={value}"
    outcome = riptui("run", "p.png", *few, f"{option}={value}")
    require_harmless(outcome)
    if outcome.code:
        assert outcome.code == 2
        outcome.require_one_line()
        assert not Path("runs").exists()
    else:
        assert (option, value) in {("--metrics", ""), ("--inpainter", "")}


def test_a_command_of_any_name_is_refused_in_one_line() -> None:
    for name in (EVIL, CLIPBOARD, "[/red]", LONG, os.fsdecode(b"\xff"), "", "../ls"):
        outcome = riptui(name)
        require_harmless(outcome)
        assert outcome.code == 2
        outcome.require_one_line()


def test_the_shell_is_offered_no_folder_whose_name_could_harm_it() -> None:
    for name in (CLIPBOARD, "a\nb", "\u202eb", "fine", "日本"):
        Path(name).mkdir()
    offered = complete_folders(ls.make_context("ls", ["."], **commands.riptui.context_settings), ls.params[0], "")
    assert [item.value for item in offered] == ["fine", "日本"]
