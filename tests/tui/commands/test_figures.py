"""From the screen to the paper: charts and sheets by the command's own process, tables as text, frames as PNG."""

import json
import shlex
import sys
from math import nan
from pathlib import Path

import PIL.Image
import pytest
from textual.widgets import Button, Checkbox, Input

from riptui.cli.commands import riptui
from riptui.supervision import client
from riptui.tui import figure_dialog
from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.dialogs import ChoiceDialog, TextDialog
from riptui.tui.figure_dialog import FigureScreen
from riptui.tui.group.chart_command import chart_figure, sheet_figure
from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.table_text import table_text
from riptui.tui.row_table import TableColumn, TableRow
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import make_runs

COLUMNS = (TableColumn("trajectory", 9, str, False), TableColumn("%", 3, "{:.0f}".format), TableColumn("SSIM", 6, str))
ROWS = (TableRow("/a", "✓", ("a|b", 400.0, 0.1 + 0.2)), TableRow("/b", "●", ("b", 50.0, nan)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all tests, written by none."""
    runs = tmp_path_factory.mktemp("figures") / "runs"
    make_runs(runs)
    return runs


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the clipboard."""
    texts: list[str] = []
    monkeypatch.setattr("textual.app.App.copy_to_clipboard", lambda _, text: texts.append(text))
    return texts


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Instead of riptui a process that writes its arguments to this file."""
    file = tmp_path / "typed.json"
    script = f"import json, sys; json.dump(sys.argv[1:], open({str(file)!r}, 'w'))"
    monkeypatch.setattr(client, "COMMAND", (sys.executable, "-c", script))
    return file


async def show_group(pilot: AppPilot, path: str) -> None:
    pilot.tree.select(path)
    await pilot.wait_until(lambda: pilot.browser.shown_path == path and pilot.browser.details.group_view.members)
    await pilot.wait_until(lambda: pilot.browser.details.group_view.metric, "a metric")


def test_a_table_is_exact_as_tsv_and_readable_as_markdown() -> None:
    tsv = table_text(COLUMNS, ROWS, "tsv")
    assert tsv == "trajectory\tinpainted %\tSSIM\na|b\t400.0\t0.30000000000000004\nb\t50.0\t\n"
    lines = table_text(COLUMNS, ROWS, "markdown").splitlines()
    assert lines[1] == "| -- | --: | --: |"
    assert lines[2].startswith("| a\\|b | 400 |")


@pytest.mark.parametrize(
    "figure",
    [
        chart_figure("", "a", [Path("runs/x")], ChartOptions("runs", "ssim", "coverage"), picture="a b.png", log=True),
        chart_figure("", "a", [Path("runs/x")], ChartOptions("recursion", "luma"), further=["--filter", "mask:64"]),
        sheet_figure("a", [Path("runs/x")], metric="ssim", columns="percent", by_seed=True, inpainted=150.0),
    ],
)
def test_what_the_dialog_runs_can_be_typed(figure: figure_dialog.Figure) -> None:
    name, *arguments = figure.command_line([Path("a.pdf")], overwrite=True)
    context = riptui.load_command(name).make_context(name, arguments)
    assert context.params["files"] == (Path("a.pdf"),)
    assert context.params["overwrite"]


@pytest.mark.slow
async def test_e_on_a_group_draws_its_chart_as_it_is_on_the_screen(
    folder: Path, tmp_path: Path, typed: Path, copied: list[str]
) -> None:
    async with open_app(folder) as pilot:
        await show_group(pilot, "fig7")
        await pilot.press("2", "v", "a", "e")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press("c")
        dialog = await pilot.wait_for_dialog(FigureScreen)
        dialog.query_one("#folder", Input).value = str(tmp_path)
        dialog.query_one("#svg", Checkbox).value = True
        shown = dialog.query_one("#command")
        await pilot.wait_until(lambda: ".svg" in str(shown.content))
        await pilot.press("ctrl+s")
        said = await pilot.wait_for_words("path copied")
    arguments = json.loads(typed.read_text())
    stem = tmp_path / "fig7-points-coverage"
    files = [Path(f"{stem}.{kind}") for kind in ("pdf", "svg", "png")]
    assert arguments == [
        "chart",
        *(part for file in files for part in ("-o", str(file))),
        str(folder / "fig7"),
        *("--view", "points", "--metrics", "psnr", "--axis", "coverage"),
    ]
    assert copied == ["\n".join(str(file) for file in (*files, stem.with_suffix(".csv")))]
    assert f"{stem}.pdf" in said
    assert str(shown.content) == shlex.join(["riptui", *arguments])


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_a_filter_narrows_the_sheet_too(folder: Path, typed: Path, copied: list[str]) -> None:
    async with open_app(folder) as pilot:
        await pilot.press("slash", *"mask:64", "enter")
        await show_group(pilot, "fig7")
        await pilot.press("e")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press("g")
        dialog = await pilot.wait_for_dialog(FigureScreen)
        await pilot.click("#write")
        await pilot.wait_until(lambda: dialog not in pilot.app.screen_stack)
    arguments = json.loads(typed.read_text())
    assert arguments[0] == "sheet"
    assert arguments[-4:] == ["--filter", "mask:64", "--runs", str(folder)]


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_what_the_command_refuses_is_shown_and_can_be_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import sys; sys.exit('error: a.pdf exists; --overwrite replaces it')"
    monkeypatch.setattr(client, "COMMAND", (sys.executable, "-c", script))
    async with open_app(folder) as pilot:
        await show_group(pilot, "fig7")
        await pilot.press("e")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press("c")
        dialog = await pilot.wait_for_dialog(FigureScreen)
        dialog.query_one("#name", Input).value = "a/b"
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: "without a /" in pilot.text_of("#status"))
        dialog.query_one("#name", Input).value = "a"
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: pilot.text_of("#status") == "a.pdf exists")
        assert not dialog.query_one("#write", Button).disabled


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_y_on_a_group_copies_its_table_or_writes_it(folder: Path, tmp_path: Path, copied: list[str]) -> None:
    async with open_app(folder) as pilot:
        await show_group(pilot, "fig7")
        for key, first in (("t", "trajectory\t"), ("m", "| trajectory |"), ("p", str(folder / "fig7"))):
            await pilot.press("y")
            await pilot.wait_for_dialog(ChoiceDialog)
            await pilot.press(key)
            await pilot.wait_until(lambda first=first: copied and copied[-1].startswith(first))
            await pilot.wait_for_command()
        await pilot.press("y")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press("f")
        dialog = await pilot.wait_for_dialog(TextDialog)
        dialog.query_one(Input).value = str(tmp_path / "table.md")
        await pilot.press("enter")
        await pilot.wait_for_words("table.md (path copied)")
    assert (tmp_path / "table.md").read_text() == copied[1]


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_frame_on_the_screen_is_written_with_its_spec(
    folder: Path, tmp_path: Path, copied: list[str]
) -> None:
    async with open_app(folder) as pilot:
        await pilot.wait_for_frame()
        await pilot.press("home", "right", "right", "right")
        await pilot.wait_for_frame(3)
        await pilot.press("e")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        for kind in ("gif", "strip"):
            dialog.query_one(f"#{kind}", Checkbox).value = False
        dialog.query_one("#png", Checkbox).value = True
        dialog.query_one("#folder", Input).value = str(tmp_path)
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("path copied")
    with PIL.Image.open(copied[0]) as picture:
        assert json.loads(picture.text["riptui"])["k"] == 3
