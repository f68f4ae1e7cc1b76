"""Open the screens that show pictures alone, on what is chosen in the browser: large, a gallery, a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from riptui.tui.gallery.gallery_screen import GalleryScreen
from riptui.tui.group.compare import CompareScreen
from riptui.tui.group.compare_data import choose_to_compare
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.possible import COMPARE_COUNTS
from riptui.tui.runs.tree_panel import TreePanel

if TYPE_CHECKING:
    from riptui.tui.browser import Browser
    from riptui.tui.large.large_screen import LargePlace


def open_large(browser: Browser, path: str) -> None:
    """Show a trajectory's picture large, and come back to the trajectory and frame where that is left."""
    paths = [row.path for row in browser.runs_tree.rows if not row.is_group]
    if path not in paths:  # its group was closed, or a filter came, after the key and before this
        paths = [path]
    speed, trajectories = browser.settings.play_speed, [browser.runs / each for each in paths]
    cursor = browser.details.trajectory_view.cursor if browser.details is not None else None
    is_read = cursor is not None and cursor.snapshot.path == browser.runs / path
    k = cursor.k if cursor is not None and is_read else None  # else the newest frame
    screen = LargeScreen(trajectories, paths.index(path), browser.graphics, runs=browser.runs, k=k, speed=speed)

    def return_to(place: LargePlace | None) -> None:
        if place is not None and browser.details is not None:
            browser.runs_tree.select(place.path.relative_to(browser.runs).as_posix())
            browser.details.trajectory_view.show(place.path, k=place.k)

    browser.app.push_screen(screen, return_to)


def open_gallery(browser: Browser, group: str) -> None:
    """Show the pictures of a group's trajectories that the filter leaves."""
    is_shown = browser.details is not None and group == browser.shown_path
    screen = GalleryScreen(
        browser.runs / group,
        [browser.runs / path for path in browser.runs_tree.model.list_matching(group)],
        browser.graphics,
        runs=browser.runs,
        metric=browser.settings.metric,
        members=browser.details.group_view.members if browser.details is not None and is_shown else None,
        speed=browser.settings.play_speed,
        further=browser.query_one(TreePanel).filter_options(browser.runs),
    )
    browser.app.push_screen(screen)


def open_comparison(browser: Browser) -> None:
    """Compare the marked trajectories; without marks, on a group, its mask sizes or seeds."""
    paths = [browser.runs / path for path in browser.runs_tree.marked]
    row = browser.runs_tree.current_row
    if not paths and row is not None and row.is_group:
        if browser.details is not None and not browser.details.group_view.has_read(browser.runs / row.path):
            browser.say("the group is still being read: compare again in a moment", "warning")
            return
        paths = _choose_of_group(browser)
    least, most = COMPARE_COUNTS[0], COMPARE_COUNTS[-1]
    if len(paths) not in COMPARE_COUNTS:
        advice = f"mark {least} to {most} trajectories with m first, or go to a group of them"
        browser.say(f"{advice} ({len(paths)} marked)", "warning")
        return
    settings = browser.settings
    screen = CompareScreen(
        paths, browser.graphics, metric=settings.metric, axis=settings.axis, speed=settings.play_speed
    )
    browser.app.push_screen(screen)


def _choose_of_group(browser: Browser) -> list[Path]:
    """The trajectories of the group shown that stand for it in a comparison."""
    if browser.details is None or browser.details.current != "group":
        return []
    members = browser.details.group_view.members.values()
    return [Path(member.path) for member in choose_to_compare([*members], COMPARE_COUNTS[-1])]
