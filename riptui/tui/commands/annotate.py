"""Tags and notes."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Paste
from textual.widgets import TextArea

from riptui.errors import InputError, RiptuiError
from riptui.store.annotations import (
    MAX_NOTE_LENGTH,
    Annotations,
    change_annotations,
    parse_note,
    parse_tag,
    read_annotations,
)
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import Dialog, TextDialog, link_keys


async def edit_tags(context: CommandContext) -> None:
    """Edit the tags of the trajectory or group under the cursor, or those that all marked trajectories have."""
    paths = context.paths if context.marked else [context.cursor_path] if context.cursor_path else []
    if not paths:
        return
    folders = [context.runs / path for path in paths]
    before = await asyncio.to_thread(_find_common_tags, folders)
    what = f"{context.describe()} (of all of them)" if context.marked else _describe(context)
    typed = " ".join(before)
    while (answer := await context.show_dialog(TextDialog(f"Tags of {what}", typed, _parse_tags))) is not None:
        typed, after = answer, _parse_tags(answer)
        change = partial(Annotations.with_tags, add=after, remove=[tag for tag in before if tag not in after])
        errors = await context.apply_to_each(folders, partial(change_annotations, change=change))
        if not errors:
            if after != before:
                context.notify(f"tags of {what}: {' '.join(after) or 'none'}")
            return
        context.notify(f"{format_count(len(errors), 'trajectory')} not tagged: {errors[0]}", "error")


def _find_common_tags(folders: Sequence[Path]) -> list[str]:
    """The tags that each of them has itself."""
    first, *others = [read_annotations(folder).tags for folder in folders]
    return [tag for tag in first if all(tag in tags for tags in others)]


async def edit_note(context: CommandContext) -> None:
    """Edit the note of the trajectory or group under the cursor."""
    if not context.cursor_path:
        return
    path = context.runs / context.cursor_path
    before = typed = (await asyncio.to_thread(read_annotations, path)).note
    title = f"Note on {_describe(context)}"
    while (answer := await context.show_dialog(NoteDialog(title, before, typed))) is not None and answer != before:
        typed = answer
        try:
            await asyncio.to_thread(_change_note, path, before, parse_note(typed))
        except _NoteChangedError as error:
            before = error.note
            context.notify(str(error), "error")
        except RiptuiError as error:
            context.notify(str(error), "error")
        else:
            context.notify(f"note on {_describe(context)} {'written' if typed.strip() else 'removed'}")
            return


class _NoteChangedError(InputError):
    """Somebody else has changed the note since it was read."""

    def __init__(self, note: str) -> None:
        super().__init__(f"the note was changed meanwhile, and saving again replaces it: {note or '(removed)'}")
        self.note = note


def _change_note(path: Path, before: str, note: str) -> None:
    """Raises _NoteChangedError if it is not as before; DiskError, DamagedError."""

    def change(annotations: Annotations) -> Annotations:
        if annotations.note != before:
            raise _NoteChangedError(annotations.note)
        return annotations.with_note(note)

    change_annotations(path, change)


def _describe(context: CommandContext) -> str:
    name = Path(context.cursor_path).name
    if not context.is_group:
        return name
    count = context.tree_model.totals[context.cursor_path].total()
    return f"the group {name} ({format_count(count, 'trajectory')})"


def _parse_tags(text: str) -> list[str]:
    """The tags in a text, between spaces or commas. Raises InputError."""
    return [parse_tag(word) for word in text.replace(",", " ").split()]


class NoteArea(TextArea):
    """Takes no more of what is pasted than a note may hold: its layout of 1 MB blocks the app for seconds."""

    async def _on_paste(self, event: Paste) -> None:
        """Textual calls this before the one of TextArea, which inserts the event's text."""
        room = max(0, MAX_NOTE_LENGTH - len(self.text) + len(self.selected_text))
        if len(event.text) > room:
            self.app.notify(f"only {room:,} of {len(event.text):,} pasted characters fit in a note", severity="warning")
            event.text = event.text[:room]


class NoteDialog(Dialog[str | None]):
    """Asks for a text of several lines."""

    DEFAULT_CSS = "NoteDialog TextArea { height: 10; border: none; background: $panel; padding: 0 1; }"
    KEYS = "ctrl+s save  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", priority=True)]

    def __init__(self, title: str, note: str, typed: str) -> None:
        """note: as it is saved; typed: what to go on with, where that could not be saved."""
        super().__init__(title)
        self._note = note
        self._typed = typed
        self._has_warned = False  # that what was typed is not saved

    def compose(self) -> ComposeResult:
        with self.make_box():
            area = NoteArea(self._typed, compact=True, tab_behavior="focus")
            area.cursor_blink = False
            yield area

    def action_leave(self) -> None:
        """Close the dialog; with a changed text only after a warning."""
        if self._has_warned or self.query_one(TextArea).text == self._note:
            self.dismiss(None)
        else:
            self._has_warned = True
            self.query_one("#box").border_subtitle = Content("not saved:  ") + link_keys("ctrl+s save  esc discard")

    def action_save(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
