"""Rename, move to the trash, undo, delete permanently."""

import asyncio
import os
from pathlib import Path

from riptui.store import move, trash
from riptui.store.names import require_name
from riptui.text.units import format_count, format_size
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ConfirmDialog, TextDialog
from riptui.tui.keymap import shown_key


async def rename(context: CommandContext) -> None:
    if not context.cursor_path:
        return
    old_path = Path(context.cursor_path)
    name = await context.show_dialog(TextDialog(f"Rename {old_path.name}", old_path.name, require_name))
    if name is None or name == old_path.name:
        return
    await asyncio.to_thread(move.rename, context.runs, context.runs / old_path, name)
    await context.go_to(old_path.with_name(name).as_posix())
    context.notify(f"{old_path.name} renamed to {name}")


async def move_to_trash(context: CommandContext) -> None:
    paths = [context.runs / path for path in context.paths]
    if not paths:
        return
    what = context.describe()
    undo_hint = f"undo with {shown_key(context.app, 'do.undo')}"
    text = f"Move {what} to the trash ({undo_hint})?"
    if context.settings.confirm and not await context.show_dialog(ConfirmDialog("Trash", text, yes="Move")):
        return
    await asyncio.to_thread(trash.move_to_trash, context.runs, paths)
    context.notify(f"{what} moved to the trash ({undo_hint})")


async def undo(context: CommandContext) -> None:
    def restore_last() -> list[Path]:
        return [trash.restore(context.runs, entry) for entry in trash.list_last_batch(context.runs)]

    restored = await asyncio.to_thread(restore_last)
    if not restored:
        context.notify("the trash is empty", "warning")
        return
    places = [path.relative_to(context.runs.resolve()).as_posix() for path in restored]
    await context.go_to(os.path.commonpath(places) or places[0])  # a group comes back as one
    context.notify(f"{format_count(len(restored), 'trajectory')} restored")


async def delete(context: CommandContext) -> None:
    """Delete permanently, always after a confirmation."""
    paths = [context.runs / path for path in context.paths]
    if not paths:
        return
    what = context.describe()
    disk_bytes = await asyncio.to_thread(lambda: sum(map(trash.disk_usage, paths)))
    text = f"Delete {what}, {format_size(disk_bytes)}, permanently? This cannot be undone."
    if not await context.show_dialog(ConfirmDialog("Delete permanently", text, yes="Delete", destructive=True)):
        return

    def delete_all() -> None:
        for entry in trash.move_to_trash(context.runs, paths):
            trash.delete(entry)

    await asyncio.to_thread(delete_all)
    context.notify(f"{what} deleted: {format_size(disk_bytes)} freed")


async def empty_trash(context: CommandContext) -> None:
    """Delete everything in the trash, always after a confirmation."""
    entries = await asyncio.to_thread(trash.list_entries, context.runs)
    if not entries:
        context.notify("the trash is empty")
        return
    disk_bytes = await asyncio.to_thread(lambda: sum(trash.disk_usage(entry.path) for entry in entries))
    text = f"Delete {format_count(len(entries), 'trajectory')} in the trash, {format_size(disk_bytes)}, permanently?"
    if not await context.show_dialog(ConfirmDialog("Empty the trash", text, yes="Delete", destructive=True)):
        return

    def delete_all() -> None:
        for entry in entries:
            trash.delete(entry)

    await asyncio.to_thread(delete_all)
    context.notify(f"trash emptied: {format_size(disk_bytes)} freed")
