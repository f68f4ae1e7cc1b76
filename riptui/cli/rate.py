"""`riptui rate`: the app with one screen, that of blind ratings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli import has_terminal
from riptui.cli.console import print_line
from riptui.cli.unlisted import UnlistedFolders
from riptui.settings import load_settings
from riptui.store.listing import find_all_trajectories, summarize
from riptui.store.ratings import RatingMode, require_rater
from riptui.tui import rating
from riptui.tui.rating.rating_session import RatingPlan, RatingSession, guess_rater
from riptui.tui.start import start

if TYPE_CHECKING:
    from riptui.graphics.protocol import Graphics
    from riptui.tui.rating.rating_screen import RatingScreen


def rate(
    path: Path,
    mode: RatingMode,
    rater: str | None,
    question: str,
    at: tuple[float, ...],
    seed: int,
    limit: int | None,
    graphics: str | None,
) -> int:
    if not has_terminal():
        raise click.UsageError("rating needs a terminal (stdin, stdout and stderr)")
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories([path], on_error=unlisted)
    plan = RatingPlan(path, _choose_rater(rater), mode, question, at, seed, limit)
    session = RatingSession(plan, [summarize(trajectory) for trajectory in trajectories])

    def make_screen(graphics: Graphics) -> RatingScreen:
        return rating.rating_screen.RatingScreen(session, graphics)

    code = start(path, load_settings(), graphics=graphics, only_screen=make_screen)
    left = len(session.questions) - session.answered
    print_line(f"{session.describe()}, {left} left")
    return code or unlisted.exit_code


def _choose_rater(rater: str | None) -> str:
    return guess_rater() if rater is None else require_rater(rater)
