"""The nearest pictures of a corpus to the selection."""

import asyncio

from riptui.corpus.corpus_files import list_corpora
from riptui.errors import InputError
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ChoiceDialog, DialogChoice
from riptui.tui.nearest.nearest_lookup import look_up
from riptui.tui.nearest.nearest_screen import NearestScreen


async def nearest(context: CommandContext) -> None:
    """Compare the frame on the screen, or the last frames of what is selected, with a corpus."""
    if not context.cursor_path:
        return
    corpus = await _choose_corpus(context)
    if corpus is None:
        return
    paths = [context.runs / path for path in context.paths]
    k = None if context.marked or context.is_group else context.frame
    if k is None and len(paths) > 1:
        context.notify(f"comparing {format_count(len(paths), 'frame')} with {corpus} ...")
    lookup = await asyncio.to_thread(look_up, corpus, paths, context.runs, k)
    for reason in lookup.found.left_out[:1]:
        context.notify(f"left out, {reason}", "warning")
    await context.show_dialog(NearestScreen(lookup, context.graphics))


async def _choose_corpus(context: CommandContext) -> str | None:
    """The only corpus, or the one that is chosen. Raises InputError if there is none."""
    names = [*list_corpora()]
    if not names:
        raise InputError("no corpus: make one with riptui corpus index FOLDER")
    if len(names) == 1:
        return names[0]
    keys = [*"123456789", *[""] * len(names)]
    choices = [DialogChoice(key, name, name) for key, name in zip(keys, names, strict=False)]
    return await context.show_dialog(ChoiceDialog("The nearest pictures of", choices))
