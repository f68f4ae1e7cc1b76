"""Export, measure more metrics, open a shell."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import App, SuspendNotSupported

from riptui.errors import RiptuiError
from riptui.features import feature_extractor_names
from riptui.metrics import REGISTRY, split_names
from riptui.metrics.availability import DEFAULT_METRICS, explain_unavailable
from riptui.store.feature_file import stored_extractors
from riptui.store.trajectory import Trajectory
from riptui.supervision import client
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.dialogs import ChoiceDialog, DialogChoice, MultiChoiceDialog
from riptui.tui.figure_dialog import FigureScreen
from riptui.tui.group.chart_command import sheet_figure
from riptui.tui.written_files import copy_written

if TYPE_CHECKING:  # NumPy
    from riptui.tui.group.view import GroupView

MAX_ASKED = 20  # trajectories whose models are offered: those of a group have the same
MAX_ERROR_CHARACTERS = 300  # of a failed measurement's output


async def export(context: CommandContext) -> None:
    """Export files, and copy their paths to the clipboard; of a group also its chart or its pictures as a figure."""
    trajectories = [Trajectory(context.runs / path) for path in context.paths]
    if not trajectories:
        return
    if context.is_group and not context.marked and context.group_view is not None:
        await _export_group(context, context.group_view, trajectories)
    else:
        written = await context.show_dialog(ExportScreen(trajectories, context.runs, frame=context.frame))
        _tell_written(context, written)


async def _export_group(context: CommandContext, group_view: "GroupView", trajectories: Sequence[Trajectory]) -> None:
    name = context.cursor_path or context.runs.absolute().name
    choices = [
        DialogChoice("c", "the chart on the screen, as PDF, SVG, PNG and CSV", "chart"),
        DialogChoice("g", "a sheet of pictures, as the gallery has them", "gallery"),
        DialogChoice(
            "f", f"files of each of {format_count(len(trajectories), 'trajectory')}: GIF, MP4, strip ...", "files"
        ),
    ]
    chosen = await context.show_dialog(ChoiceDialog(f"Export {name}", choices))
    if chosen == "files":
        _tell_written(context, await context.show_dialog(ExportScreen(trajectories, context.runs)))
    elif chosen is not None:
        paths, stem = [context.runs / context.cursor_path], name.replace("/", "-")
        further = context.filter_options
        if chosen == "chart":
            figure = group_view.make_figure(stem, paths, further)
        else:
            figure = sheet_figure(stem, paths, metric=group_view.metric, further=further)
        _tell_written(context, await context.show_dialog(FigureScreen(figure)))


def _tell_written(context: CommandContext, written: list[Path] | None) -> None:
    if written:
        context.notify(copy_written(context.app, written))


async def measure(context: CommandContext) -> None:
    """Measure more metrics and features on the saved frames, in a process that outlives the app."""
    if not context.cursor_path:
        return
    trajectories = [Trajectory(context.runs / path) for path in context.paths]
    measurable, unavailable = await asyncio.to_thread(_list_measurable, trajectories)
    dialog = MultiChoiceDialog("Measure", measurable, chosen=DEFAULT_METRICS, unavailable=unavailable)
    names = await context.show_dialog(dialog)
    if not names:
        return
    count = format_count(len(context.paths), "trajectory")
    paths = context.paths if context.marked or context.tree_model.filter else [context.cursor_path]
    arguments = [*client.COMMAND, "measure", "--metrics", ",".join(names), "--display", "none", "--"]
    arguments += [str(context.runs / path) for path in paths]
    context.notify(f"measuring {count}: {', '.join(names)}")
    _run_measure(context.app, context, arguments, count)


def _list_measurable(trajectories: Sequence[Trajectory]) -> tuple[list[str], dict[str, str]]:
    """All metrics, then all features, also by models that were chosen for these trajectories; and why some cannot be
    measured, by name.
    """
    features = dict.fromkeys(feature_extractor_names())
    for trajectory in trajectories[:MAX_ASKED]:
        with suppress(RiptuiError):
            features |= dict.fromkeys(split_names(trajectory.request.metrics).features)
            features |= dict.fromkeys(stored_extractors(trajectory))
    names = [*REGISTRY, *features]
    return names, {name: reason for name in names if (reason := _why_not(name))}


def _why_not(name: str) -> str:
    try:
        found = explain_unavailable(name)
    except RiptuiError as error:  # features of an extractor that is gone
        return str(error)
    return found.reason if found else ""


@work(exit_on_error=False, description="measure")
async def _run_measure(app: App[None], context: CommandContext, arguments: list[str], count: str) -> None:
    """Wait for the process. Its output goes to a file, because a pipe would break when the app exits."""

    def wait() -> tuple[int, str]:
        with tempfile.TemporaryFile() as file:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )
            code = process.wait()
            file.seek(0)
            return code, file.read().decode(errors="replace").strip()

    code, output = await asyncio.to_thread(wait)
    if code:
        context.notify(f"measuring {count} failed: {output[-MAX_ERROR_CHARACTERS:] or f'exit code {code}'}", "error")
    else:
        app.notify(f"{count} measured")


async def shell(context: CommandContext) -> None:
    """Open a shell in the folder under the cursor; the app resumes when it exits."""
    folder = context.runs / context.cursor_path
    program = os.environ.get("SHELL") or "/bin/sh"
    try:
        with context.app.suspend():
            sys.stdout.write(f"{folder}\nexit returns to riptui\n")
            sys.stdout.flush()
            subprocess.run([program], cwd=folder, check=False)
    except SuspendNotSupported:
        context.notify("the app cannot be suspended in this terminal", "warning")
    except OSError as error:
        context.notify(f"could not start {program} in {folder}: {error.strerror}", "error")
