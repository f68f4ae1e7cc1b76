"""Blind ratings of the selection."""

import asyncio
import os
from collections.abc import Sequence
from typing import Literal

from riptui.settings.state import recall, remember
from riptui.store.listing import summarize
from riptui.store.ratings import RatingMode, require_rater
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ChoiceDialog, DialogChoice, TextDialog
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.rating.rating_session import RatingPlan, RatingSession, guess_rater

STATE_KEY = "rater"
CHOICES: Sequence[DialogChoice[RatingMode | Literal["rater"]]] = (
    DialogChoice("1", "A or B: which of two is better", "ab"),
    DialogChoice("2", "Best of several", "best"),
    DialogChoice("3", "Tags: what is wrong with a picture", "tags"),
    DialogChoice("r", "Another rater", "rater"),
)


async def rate(context: CommandContext) -> None:
    """Rate the frames at the end of the selected trajectories; on one, those beside it."""
    if not context.cursor_path:
        return
    paths, place = context.paths, context.cursor_path
    if context.marked:
        place = os.path.commonpath([path.rpartition("/")[0] for path in paths])
    elif not context.is_group:
        place = place.rpartition("/")[0]
        paths = context.tree_model.list_matching(place)
    chosen = await _choose(context, f"{format_count(len(paths), 'trajectory')} in {place or context.runs.name}")
    if chosen is None:
        return
    plan = RatingPlan(context.runs / place, *chosen)
    trajectories = [Trajectory(context.runs / path) for path in paths]
    session = await asyncio.to_thread(lambda: RatingSession(plan, [*map(summarize, trajectories)]))
    await context.show_dialog(RatingScreen(session, context.graphics))
    context.notify(session.describe())


async def _choose(context: CommandContext, what: str) -> tuple[str, RatingMode] | None:
    """Who rates, at first whoever did last or else this system's user, and what is asked; None: nothing."""
    rater = recall(STATE_KEY, str) or guess_rater()
    while True:
        answer = await context.show_dialog(ChoiceDialog(f"Rate blind as {rater}: {what}", CHOICES))
        if answer != "rater":
            return (rater, answer) if answer else None
        name = await context.show_dialog(TextDialog("Who rates?", rater, require_rater, hint="a name for the answers"))
        if name is not None:
            rater = require_rater(name)
            remember(STATE_KEY, rater)
