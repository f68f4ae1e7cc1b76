"""Copy to the terminal's clipboard: a path, a command line, a spec, a group's table."""

import asyncio
from pathlib import Path

from riptui import spec
from riptui.errors import InputError, RiptuiError
from riptui.export.files import require_file, write_atomically
from riptui.planning.command_line import to_command_line
from riptui.settings.state import recall
from riptui.store.trajectory import Trajectory
from riptui.text.units import expand_home, format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.commands.export_dialog import STATE_KEY, ExportOptions
from riptui.tui.dialogs import ChoiceDialog, DialogChoice, TextDialog
from riptui.tui.group.table import GroupTable
from riptui.tui.group.table_text import TextKind, table_text
from riptui.tui.written_files import copy_text


async def copy(context: CommandContext) -> None:
    """Copy what is asked for: of a trajectory its path, command line or spec, of a group its path or its table."""
    if not context.cursor_path:
        return
    path = context.runs.absolute() / context.cursor_path
    if context.marked:
        copy_text(context.app, "\n".join(str(context.runs.absolute() / marked) for marked in context.paths))
        context.notify(f"copied: the paths of {context.describe()}")
    elif context.is_group:
        await _copy_of_group(context, path)
    else:
        await _copy_of_trajectory(context, Trajectory(path))


async def _copy_of_trajectory(context: CommandContext, trajectory: Trajectory) -> None:
    trajectory_spec = await asyncio.to_thread(lambda: trajectory.spec)
    command_line = to_command_line(trajectory_spec)
    choices = [
        DialogChoice("p", f"path: {trajectory.path}", str(trajectory.path)),
        DialogChoice("c", f"command line: {command_line}", command_line),
        DialogChoice("s", "spec, as JSON", spec.encode_spec(trajectory_spec).decode()),
    ]
    chosen = await context.show_dialog(ChoiceDialog("Copy", choices))
    if chosen is not None:
        copy_text(context.app, chosen)
        label = next(choice.label.partition(":")[0] for choice in choices if choice.answer == chosen)
        context.notify(f"copied: {label}")


async def _copy_of_group(context: CommandContext, path: Path) -> None:
    table = context.group_view.query_one(GroupTable) if context.group_view else None
    if table is None or not table.rows:
        copy_text(context.app, str(path))
        context.notify(f"copied: {path}")
        return
    choices = [
        DialogChoice("p", f"path: {path}", ""),
        DialogChoice("t", "table as TSV, for a spreadsheet", "tsv"),
        DialogChoice("m", "table as Markdown", "markdown"),
        DialogChoice("f", "table as a file, TSV or Markdown", "file"),
    ]
    chosen = await context.show_dialog(ChoiceDialog("Copy", choices))
    match chosen:
        case "":
            copy_text(context.app, str(path))
            context.notify(f"copied: {path}")
        case "tsv" | "markdown":
            copy_text(context.app, table_text(table.columns, table.rows, chosen))
            context.notify(f"copied: the table, {format_count(len(table.rows), 'row')}")
        case "file":
            await _write_table(context, table)


async def _write_table(context: CommandContext, table: GroupTable) -> None:
    folder = (recall(STATE_KEY, ExportOptions) or ExportOptions()).folder
    stem = context.cursor_path.replace("/", "-")

    def check(text: str) -> None:
        try:
            require_file(expand_home(text), [".tsv", ".md"], overwrite=False)
        except RiptuiError as error:
            raise InputError(str(error).partition("; --overwrite")[0]) from None

    name = await context.show_dialog(TextDialog("Write the table to", f"{Path(folder) / stem}.tsv", check))
    if name is None:
        return
    file = expand_home(name)
    kind: TextKind = "tsv" if file.suffix.lower() == ".tsv" else "markdown"
    text = table_text(table.columns, table.rows, kind)
    await asyncio.to_thread(write_atomically, file, text.encode())
    copy_text(context.app, str(file.absolute()))
    context.notify(f"wrote {file} (path copied)")
