"""Blind ratings of the selection."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from riptui.store.listing import summarize
from riptui.store.ratings import RatingMode
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ChoiceDialog, DialogChoice
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.rating.rating_session import RatingPlan, RatingSession, guess_rater

MODES: Sequence[DialogChoice[RatingMode]] = (
    DialogChoice("1", "A or B: which of two is better", "ab"),
    DialogChoice("2", "Best of several", "best"),
    DialogChoice("3", "Tags: what is wrong with a picture", "tags"),
)


async def rate(context: CommandContext) -> None:
    """Rate the frames at the end of the selected trajectories, as this system's user; on one, those beside it."""
    if not context.cursor_path:
        return
    paths, place = context.paths, context.cursor_path
    if context.marked:
        place = os.path.commonpath([path.rpartition("/")[0] for path in paths])
    elif not context.is_group:
        place = place.rpartition("/")[0]
        paths = context.tree_model.list_matching(place)
    title = f"Rate blind: {format_count(len(paths), 'trajectory')} in {place or context.runs.name}"
    mode = await context.show_dialog(ChoiceDialog(title, MODES))
    if mode is None:
        return
    plan = RatingPlan(context.runs / place, guess_rater(), mode)
    session = await asyncio.to_thread(_open, plan, [context.runs / path for path in paths])
    saved = await context.show_dialog(RatingScreen(session, context.graphics))
    context.notify(f"{format_count(saved or 0, 'answer')} saved in {session.journal.path}")


def _open(plan: RatingPlan, paths: Sequence[Path]) -> RatingSession:
    return RatingSession(plan, [summarize(Trajectory(path)) for path in paths])
