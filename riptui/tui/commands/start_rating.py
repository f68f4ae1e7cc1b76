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
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.rating.rating_session import RatingPlan, RatingSession, guess_rater

MODES: Sequence[DialogChoice[RatingMode]] = (
    DialogChoice("1", "A or B: which of two is better", "ab"),
    DialogChoice("2", "Best of several", "best"),
    DialogChoice("3", "Tags: what is wrong with a picture", "tags"),
)


async def rate(context: CommandContext) -> None:
    """Rate the frames at the end of a group's trajectories, as this system's user; on a trajectory, those beside it."""
    if not context.cursor_path:
        return
    place = context.cursor_path if context.is_group else context.cursor_path.rpartition("/")[0]
    mode = await context.show_dialog(ChoiceDialog(f"Rate {place or 'all trajectories'} blind", MODES))
    if mode is None:
        return
    paths = [context.runs / path for path in context.tree_model.list_matching(place)]
    plan = RatingPlan(context.runs / place, guess_rater(), mode)
    session = await asyncio.to_thread(_open, plan, paths)
    saved = await context.show_dialog(RatingScreen(session, context.graphics))
    context.notify(f"{format_count(saved or 0, 'answer')} saved in {session.journal.path}")


def _open(plan: RatingPlan, paths: Sequence[Path]) -> RatingSession:
    return RatingSession(plan, [summarize(Trajectory(path)) for path in paths])
