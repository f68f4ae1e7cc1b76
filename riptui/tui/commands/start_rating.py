"""Blind ratings of the selection."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from riptui.store.listing import summarize
from riptui.store.ratings import RatingMode
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ChoiceDialog, DialogChoice
from riptui.tui.rating.screen import RatingScreen
from riptui.tui.rating.session import RatingPlan, RatingSession, guess_rater

MODES: Sequence[DialogChoice[RatingMode]] = (
    DialogChoice("1", "A or B: which of two is better", "ab"),
    DialogChoice("2", "Best of several", "best"),
    DialogChoice("3", "Tags: what is wrong with a picture", "tags"),
)


async def rate(context: CommandContext) -> None:
    """Rate the frames at the end of the selected trajectories, as this system's user."""
    if not context.paths:
        return
    mode = await context.show_dialog(ChoiceDialog("Rate blind", MODES))
    if mode is None:
        return
    folder = context.runs / context.cursor_path
    plan = RatingPlan(folder if context.is_group else folder.parent, guess_rater(), mode)
    session = await asyncio.to_thread(_open, plan, [context.runs / path for path in context.paths])
    saved = await context.show_dialog(RatingScreen(session, context.graphics))
    context.notify(f"{format_count(saved or 0, 'answer')} saved in {session.journal.path}")


def _open(plan: RatingPlan, paths: Sequence[Path]) -> RatingSession:
    return RatingSession(plan, [summarize(Trajectory(path)) for path in paths])
