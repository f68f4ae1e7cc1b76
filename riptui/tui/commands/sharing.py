"""Export, copy to the clipboard, measure more metrics, open a shell."""

import asyncio
import os
import subprocess
import sys
import tempfile

from textual.app import SuspendNotSupported

from riptui import spec
from riptui.metrics import REGISTRY
from riptui.metrics.availability import DEFAULT_METRICS, explain_unavailable
from riptui.planning.command_line import to_command_line
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.dialogs import ChoiceDialog, DialogChoice, MultiChoiceDialog

MEASURE_COMMAND = (sys.executable, "-m", "riptui", "measure")
MAX_ERROR_CHARACTERS = 300  # of a failed measurement's output


async def export(context: CommandContext) -> None:
    """Export files, and copy their paths to the clipboard."""
    trajectories = [Trajectory(context.runs / path) for path in context.paths]
    if not trajectories:
        return
    written = await context.show_dialog(ExportScreen(trajectories, context.runs))
    if written:
        paths = [str(path.absolute()) for path in written]
        _copy_to_clipboard(context, "\n".join(paths))
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        context.notify(f"exported {paths[0]}{more} (path copied)")


async def copy(context: CommandContext) -> None:
    """Copy the path, the command line or the spec to the terminal's clipboard."""
    if not context.cursor_path:
        return
    path = context.runs.absolute() / context.cursor_path
    if context.marked:
        _copy_to_clipboard(context, "\n".join(str(context.runs.absolute() / marked) for marked in context.paths))
        context.notify(f"copied: the paths of {context.describe()}")
        return
    if context.is_group:
        _copy_to_clipboard(context, str(path))
        context.notify(f"copied: {path}")
        return
    trajectory = Trajectory(path)
    trajectory_spec = await asyncio.to_thread(lambda: trajectory.spec)
    choices = [
        DialogChoice("p", f"path: {path}", str(path)),
        DialogChoice("c", f"command line: {to_command_line(trajectory_spec)}", to_command_line(trajectory_spec)),
        DialogChoice("s", "spec, as JSON", spec.encode_spec(trajectory_spec).decode()),
    ]
    chosen = await context.show_dialog(ChoiceDialog("Copy", choices))
    if chosen is not None:
        _copy_to_clipboard(context, chosen)
        label = next(choice.label.partition(":")[0] for choice in choices if choice.answer == chosen)
        context.notify(f"copied: {label}")


async def measure(context: CommandContext) -> None:
    """Measure more metrics on the saved frames, in a process that outlives the app."""
    if not context.cursor_path:
        return
    unavailable = await asyncio.to_thread(
        lambda: {name: found.reason for name in REGISTRY if (found := explain_unavailable(name))}
    )
    dialog = MultiChoiceDialog("Measure", list(REGISTRY), chosen=DEFAULT_METRICS, unavailable=unavailable)
    names = await context.show_dialog(dialog)
    if not names:
        return
    count = format_count(len(context.paths), "trajectory")
    paths = context.paths if context.marked or context.tree_model.filter else [context.cursor_path]
    arguments = [*MEASURE_COMMAND, "--metrics", ",".join(names), "--display", "none", "--"]
    arguments += [str(context.runs / path) for path in paths]
    context.notify(f"measuring {count}: {', '.join(names)}")
    context.app.run_worker(_run_measure(context, arguments, count), exit_on_error=False)


async def _run_measure(context: CommandContext, arguments: list[str], count: str) -> None:
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
        context.notify_end(f"{count} measured")


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


def _copy_to_clipboard(context: CommandContext, text: str) -> None:
    context.app.copy_to_clipboard(text.encode(errors="replace").decode())  # a path may not be valid text
