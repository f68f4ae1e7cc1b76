"""The nearest pictures of a corpus to the selection."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from riptui.corpus.corpus_files import CorpusManifest, list_corpora, read_manifest
from riptui.errors import InputError, RiptuiError
from riptui.features import short_title
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ChoiceDialog, DialogChoice
from riptui.tui.nearest.nearest_lookup import NearestLookup, look_up
from riptui.tui.nearest.nearest_screen import NearestPlace, NearestScreen


async def nearest(context: CommandContext) -> None:
    """Compare the frame on the screen, or the last frames of what is selected, with a corpus."""
    if not context.cursor_path:
        return
    manifests = dict(await asyncio.to_thread(lambda: [*_read_manifests()]))
    corpus = await _choose_corpus(context, manifests)
    if corpus is None:
        return
    same_folder = [name for name, manifest in manifests.items() if manifest.folder == manifests[corpus].folder]
    lookup = await _look_up(context, corpus)
    place: NearestPlace | None = NearestPlace(corpus)
    while place is not None:
        if place.corpus != lookup.found.corpus:
            try:
                lookup = await _look_up(context, place.corpus)
            except InputError as error:  # features that these frames lack
                context.notify(str(error), "warning")
        place = await context.show_dialog(NearestScreen(lookup, context.graphics, corpora=same_folder, begin=place))


async def _look_up(context: CommandContext, corpus: str) -> NearestLookup:
    paths = [context.runs / path for path in context.paths]
    k = None if context.marked or context.is_group else context.frame
    if k is None and len(paths) > 1:
        context.notify(f"comparing {format_count(len(paths), 'frame')} with {corpus} ...")
    lookup = await asyncio.to_thread(look_up, corpus, paths, context.runs, k)
    for reason in lookup.found.left_out[:1]:
        context.notify(f"left out, {reason}", "warning")
    return lookup


def _read_manifests() -> Iterator[tuple[str, CorpusManifest]]:
    """Of each index that can be read, by its name."""
    for name in list_corpora():
        with suppress(RiptuiError):
            yield name, read_manifest(name)


async def _choose_corpus(context: CommandContext, manifests: dict[str, CorpusManifest]) -> str | None:
    """The only corpus, or the one that is chosen. Raises InputError if there is none, DamagedError."""
    if not manifests:
        for damaged in list_corpora():
            read_manifest(damaged)
        raise InputError(
            "no corpus to compare with: index pictures by riptui corpus index FOLDER in a shell, then press = again"
        )
    if len(manifests) == 1:
        return next(iter(manifests))
    keys = [*"123456789", *[""] * len(manifests)]
    labels = [f"{name}: {manifest.folder} by {short_title(manifest.features)}" for name, manifest in manifests.items()]
    choices = [DialogChoice(key, label, name) for key, label, name in zip(keys, labels, manifests, strict=False)]
    return await context.show_dialog(ChoiceDialog("The nearest pictures of", choices))
