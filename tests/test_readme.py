"""The README against the code: its commands, its Python, its table of files."""

import inspect
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rich_click as click
from PIL import Image

from riptui import __file__ as package
from riptui import inpainters, metrics
from riptui.cli import COMMANDS
from riptui.cli.commands import expand_aliases, riptui
from riptui.cli.lazy import LazyGroup
from riptui.images import pixels_sha256
from riptui.store import attempts
from riptui.store.annotations import change_annotations
from riptui.store.claim import claim
from riptui.store.frames import read_frame
from riptui.store.records import Failure
from riptui.store.trajectory import Trajectory
from riptui.testing import check_inpainter
from tests.store.test_golden import GOLDEN, PLACES
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def every(command: click.Command) -> Iterator[click.Command]:
    """A command and those below it."""
    yield command
    if isinstance(command, LazyGroup):
        for name in command.list_commands(context()):
            yield from every(command.load_command(name))


def context() -> click.Context:
    return click.Context(riptui)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def command_lines() -> Iterator[list[str]]:
    """The words of every `riptui ...` in a block or in the text, without comments."""
    inline = re.findall(r"`(riptui [^`]+)`", README)
    for line in [*"".join(blocks("sh")).splitlines(), *inline]:
        words = shlex.split(line.partition(" | ")[0], comments=True)
        if words and Path(words[0]).name == "riptui":
            yield expand_aliases(words[1:])


def options(command: click.Command) -> set[str]:
    return {name for param in command.params for name in [*param.opts, *param.secondary_opts]} | {"--help", "-h"}


def help_lines() -> Iterator[str]:
    """Those of every help that are shown as they are written: examples, with a comment behind two spaces."""
    for command in every(riptui):
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            if paragraph.startswith("\b"):
                yield from paragraph.splitlines()[1:]


def test_no_example_of_a_help_is_broken_at_80_columns() -> None:
    assert [line for line in help_lines() if len(line) > 78] == []


def examples_of_the_help() -> Iterator[list[str]]:
    for line in help_lines():
        if line.startswith("riptui "):
            yield expand_aliases(shlex.split(line.partition("  ")[0].partition(" > ")[0])[1:])


@pytest.mark.parametrize("words", [*command_lines(), *examples_of_the_help()], ids=" ".join)
def test_every_command_in_the_readme_and_in_the_help_can_be_typed(words: list[str]) -> None:
    command: click.Command = riptui
    for word in words:
        if isinstance(command, LazyGroup):
            assert word in command.list_commands(context())
            command = command.load_command(word)
    assert {word for word in words[1:] if re.match("--?[a-z]", word)} <= options(command)


def test_the_readme_has_commands_at_all() -> None:
    assert len(list(command_lines())) > 10


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"riptui {name}\b", README)


def test_every_option_that_the_readme_names_is_one() -> None:
    known = {option for command in every(riptui) for option in options(command)}
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose))
    assert len(named) >= 3
    assert named <= known


@pytest.mark.parametrize("name", [*metrics.REGISTRY, *inpainters.REGISTRY])
def test_every_metric_and_inpainter_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", inpainters.REGISTRY)
def test_every_inpainter_has_a_row_with_its_licence_and_what_it_was_tried_with(name: str) -> None:
    [table] = re.findall(r"^\| inpainter \| what it is .*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    [(_, what, licence, _, tried)] = [row for row in rows if f"`{name}`" in row[0]]
    assert what
    assert licence
    assert tried


# ── the format ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def read() -> Any:
    """The README's `frame`, as a stranger would run it."""
    [code] = re.findall(r"^<!-- test: read -->\n```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert "riptui" not in code
    names: dict[str, Any] = {}
    exec(code, names)
    return names["frame"]


@pytest.mark.slow
@pytest.mark.parametrize("paste", [True, False])
@pytest.mark.parametrize("inpainter", ["navier-stokes", "noise"])
def test_the_readmes_python_gives_every_frame(
    paste: bool, inpainter: str, read: Any, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory(paste=paste, inpainter=inpainter)
    list(run_trajectory(trajectory))
    frames = [read_frame(trajectory, k) for k in range(17)]
    for k, expected in enumerate(frames):
        np.testing.assert_array_equal(np.asarray(read(trajectory.path, k)), expected)
    assert len({image.tobytes() for image in frames}) > 10


@pytest.mark.parametrize("place", PLACES)
def test_the_readmes_python_reads_what_earlier_releases_wrote(place: str, read: Any) -> None:
    rows = Trajectory(GOLDEN / place).read_rows()
    assert len(rows) == PLACES[place][0]
    for row in rows:
        assert pixels_sha256(np.asarray(read(GOLDEN / place, row.k))) == row.sha256


@pytest.mark.slow
def test_the_table_names_every_file_that_there_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr", "delta-e@squares", "delta-e@repaints", "spectrum", "phash"))
    list(run_trajectory(trajectory))
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2024-07-13T00:00:00+00:00", 1, "", ""))
        attempts.count_attempt(claimed, 0)
    change_annotations(trajectory.path, lambda annotations: annotations.with_note("seen"))
    found = {
        re.sub(r"\d+\.png", "K.png", path.relative_to(trajectory.path).as_posix()).replace("-phash.", "-NAME.")
        for path in trajectory.path.rglob("*")
        if path.is_file()
    }
    table = README.partition("| file | content |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines() for name in re.findall(r"`([^`]+)`", line.partition(" | ")[0])}
    assert named == found


@pytest.mark.slow
def test_the_table_names_every_field_of_a_row(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    list(run_trajectory(trajectory))
    [described] = [line for line in README.splitlines() if line.startswith("| `iterations.jsonl`")]
    assert {*trajectory.read_rows()[0].__struct_fields__} <= {*re.findall(r"`([^`]+)`", described)}


# ── from Python ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def from_python() -> list[str]:
    """The README's two blocks about using riptui from Python, and about a plug-in."""
    section = README.partition("## From Python")[2].partition("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_readmes_notebook_cell_runs(
    from_python: list[str],
    make_trajectory: MakeTrajectory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Image.fromarray(picture(512)).save(tmp_path / "cat.jpg")
    saved = make_trajectory("cat/m128-s0", size=512, amount=100.0, mask=128, metrics=("ssim", "psnr"))
    list(run_trajectory(saved))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(from_python[0], names)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [str(k) for k in range(1, 11)]
    assert lines[-1].startswith("10  15.6 % inpainted  ")
    assert np.array_equal(names["frame"], read_frame(saved, 12))
    assert names["inpainted"] == [0, 50, 100]
    assert names["values"][0] == 1 > names["values"][1] > names["values"][2]
    assert [*names["table"]] == ["k", "inpainted", "coverage", "ssim", "psnr"]
    assert names["table"]["psnr"][0] == np.inf
    assert {len(column) for column in names["table"].values()} == {3}


def test_the_readmes_plugin_keeps_the_rules(from_python: list[str]) -> None:
    names: dict[str, Any] = {}
    exec(from_python[1], names)
    info = names["INFO"]
    check_inpainter(names["mean_colour"](**info.parameters), grid=info.grid)


# ── what CI takes from it, and the tree ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "last"), [("demo", ".venv/bin/riptui demo"), ("tests", ".venv/bin/pytest -n auto --dist worksteal")]
)
def test_ci_finds_its_commands_in_the_readme(name: str, last: str) -> None:
    ci = ROOT / ".ci" / "run"
    if not ci.exists():
        pytest.skip("not in a source distribution")
    [function] = re.findall(r"^readme\(\) \{.*?^\}$", ci.read_text(), re.MULTILINE | re.DOTALL)
    script = f"{function}\nreadme {name}"
    found = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.splitlines()[0] == "python3 -m venv .venv"
    assert found.splitlines()[-1] == last
    assert "```" not in found
    assert f"```sh\n{found}```" in README


def test_the_tree_names_what_there_is() -> None:
    tree = README.partition("```\nriptui/\n")[2].partition("```")[0]
    named = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    there = {path.name for path in Path(package).parent.iterdir()}
    assert named <= there


def test_the_pictures_of_the_readme_are_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert shown
    assert [file for file in shown if not (ROOT / file).is_file()] == []
