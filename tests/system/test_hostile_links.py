"""Links, folders, variables and a terminal: nothing is written outside the runs folder, nothing is shown raw."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from itertools import product
from pathlib import Path

import PIL.Image
import pytest

from riptui.cli import doctor
from riptui.errors import DiskError
from riptui.graphics.probe import QUERIES
from riptui.store import layout
from riptui.store.trash import move_to_trash
from tests.support.command import PATIENCE, RICH, Outcome, environment, require_harmless, riptui, started
from tests.support.exhaustive import some_of
from tests.support.hostile_texts import (
    CLIPBOARD,
    EVERYTHING,
    at_home,
    draw,
    folder,
    half_done,
    names,
    nothing_hangs,
    require_all_harmless,
    short,
    tree,
)
from tests.support.spoilt_folders import FILES, SPOILT
from tests.support.trajectories import picture

__all__ = ["at_home", "folder", "half_done", "nothing_hangs"]


# --- links out of the runs folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that belongs to nobody here, with something precious in it."""
    place = tmp_path / "outside"
    (place / "folder" / "inner").mkdir(parents=True)
    for name in ("precious", "folder/1.png", "folder/6.png", "folder/.tmp-6.png", "folder/inner/precious"):
        (place / name).write_text("precious\n")
    return place


def link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def run_again(*options: str) -> Outcome:
    """The command that makes the trajectory, or finds and resumes it."""
    PIL.Image.fromarray(picture()).save("g.png")
    sizes = ["--size", "256", "--mask", "128", "--amount", "200"]
    outcome = riptui("run", "g.png", *sizes, "-i", "noise", "--metrics", "psnr", *options)
    require_harmless(outcome)
    return outcome


def test_the_command_that_would_make_a_trajectory_resumes_it(folder: Path) -> None:
    assert "g/t: resumes at 4" in run_again("--name", "t").out
    assert names(Path("runs/g")) == ["t"]


LINKS = [
    *product(["its own content", "a precious file"], FILES),
    *product(["a precious folder", "nothing yet"], [layout.KEYFRAMES, layout.LOG, ".lock", ".tmp-request.json"]),
]


@pytest.mark.parametrize("linked", some_of(LINKS, *LINKS[::3]), ids=" ".join)
def test_a_link_in_a_trajectory_lets_nothing_out(linked: tuple[str, str], folder: Path, outside: Path) -> None:
    kind, name = linked
    targets = {
        "a precious file": outside / "precious",
        "a precious folder": outside / "folder",
        "nothing yet": outside / "new",
    }
    if kind == "its own content":
        targets[kind] = outside / "moved"
        if not (folder / name).exists():
            (folder / name).write_text("{}")
        (folder / name).rename(targets[kind])
    link(folder / name, targets[kind])
    before = tree(outside)
    run_again("--name", "t")
    require_all_harmless()
    run_again("--name", "t")
    assert tree(outside) == before


@pytest.mark.parametrize("place", ["g", "g/t", "g/.new-0123456789ab", "g/t2", "t"])
def test_a_link_among_the_groups_is_not_followed(place: str, folder: Path, outside: Path) -> None:
    shutil.copytree(folder, outside / "g" / "t")
    target = outside / "g" / "t" if place != "g" else outside / "g"
    link(Path("runs", place), target)
    os.utime(target, (0, 0))
    before = tree(outside)
    if place in ("g/.new-0123456789ab", "g/t2", "t"):
        require_all_harmless()
    for argv in (
        ["ls", "runs"],
        ["resume", "runs"],
        ["measure", "runs", "--metrics", "ssim"],
        ["check", "runs", "--repair"],
    ):
        require_harmless(riptui(*argv))
    for options in (["--name", "t"], ["--name", "t2"], []):
        run_again(*options)
    assert tree(outside) == before


def test_an_export_replaces_a_link_and_not_its_target(folder: Path, outside: Path) -> None:
    before = tree(outside)
    Path("frames").mkdir()
    for name in ("a.gif", "a.png", "a.csv", "frames/00000.png", "frames/00001.png"):
        link(Path(name), outside / "precious")
    for option, target in (("--gif", "a.gif"), ("--strip", "a.png"), ("--csv", "a.csv"), ("--frames", "frames")):
        assert riptui("export", folder, option, target).code == 2
        assert riptui("export", folder, option, target, "--overwrite").code == 0
    assert tree(outside) == before


# --- the rest


@pytest.mark.exhaustive
def test_folders_nested_without_end_are_looked_through(folder: Path) -> None:
    top = os.open("runs", os.O_RDONLY)
    for _ in range(2500):  # beyond Python's recursion and the longest path
        os.mkdir("d", dir_fd=top)
        below = os.open("d", os.O_RDONLY, dir_fd=top)
        os.close(top)
        top = below
    os.close(top)
    outcome = riptui("ls", "runs")
    assert outcome.code == 1  # what could not be listed is told
    assert outcome.err.endswith("the name is too long: choose a shorter name\n")
    assert "g/t" in outcome.out
    subprocess.run(["rm", "-rf", "runs/d"], check=True)


def test_a_folder_linked_into_itself_ends(folder: Path) -> None:
    link(folder.parent / "loop", Path())
    link(folder.parent / "snake", Path("snake"))
    require_all_harmless()


@pytest.mark.parametrize("value", [CLIPBOARD, "\u202ex", "[/red]", "a\nb"], ids=short)
@pytest.mark.parametrize("name", ["TERM", "TORCH_HOME", "COLUMNS", "LANG", "SSH_CONNECTION"])
def test_the_environment_is_shown_harmless(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "check_gpu", lambda runs: iter(()))
    monkeypatch.setenv(name, value)
    for terminal in (False, True):
        outcome = riptui("doctor", terminal=terminal)
        require_harmless(outcome, terminal=terminal)
    require_harmless(riptui("doctor", "--json"))


ON_A_TERMINAL = """
import json, sys
from riptui.cli import main
for argv in json.loads(sys.argv[1]):
    main(argv)
"""


def test_a_real_terminal_gets_nothing_raw(folder: Path) -> None:
    for spoil in ("spec: source name", "metrics: a name", "failed: strings", "sessions: strings"):
        SPOILT[spoil](folder)
    draw(Path(f"{CLIPBOARD}\x1b[2J\n\u202e.png"))
    commands = [argv for argv, terminal in EVERYTHING if terminal]
    commands.append(
        ["run", "--size", "256", "--mask", "256", "--metrics", "psnr", "--", f"{CLIPBOARD}\x1b[2J\n\u202e.png"]
    )
    main, side = os.openpty()
    script = [sys.executable, "-c", ON_A_TERMINAL, json.dumps(commands)]
    ends = {"stdin": side, "stdout": side, "stderr": side}
    with started(command=script, env=environment(TERM="xterm-256color"), **ends) as process:
        os.close(side)
        shown = b""
        try:
            while some := os.read(main, 65536):
                shown += some
        except OSError:  # EIO: the other side is closed
            pass
        assert process.wait(PATIENCE) == 0
    os.close(main)
    shown = shown.replace(QUERIES, b"")  # of riptui itself, before it prints pictures
    assert "\x1b[" in shown.decode()
    require_harmless(Outcome(0, shown.decode(), ""), terminal=True)
    assert "\\x1b]52" in RICH.sub("", shown.decode())


@pytest.mark.parametrize("place", [".riptui", ".riptui/workers", ".riptui/trash"])
def test_a_link_where_riptui_keeps_its_own_files_is_not_followed(place: str, folder: Path, outside: Path) -> None:
    (Path("runs") / place).parent.mkdir(exist_ok=True)
    link(Path("runs") / place, outside)
    before = tree(outside)
    with suppress(DiskError):
        move_to_trash(Path("runs"), [folder])
    outcome = riptui("worker", "--runs", "runs", "--idle", "0")
    assert ("leads through a symbolic link" in outcome.err) == (outcome.code == 1) == (place != ".riptui/trash")
    assert tree(outside) == before
