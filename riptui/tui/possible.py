"""What can be done now in the browser: the palette lists nothing else. By the ID or the group of a binding."""

from collections.abc import Callable

from riptui.store.trajectory import Status
from riptui.tui.bindings import TABS
from riptui.tui.browser import Browser

COMPARE_COUNTS = range(2, 7)
"""How many trajectories can be compared."""

Check = Callable[[Browser], bool]


def is_possible(browser: Browser, binding_id: str) -> bool:
    check = CHECKS.get(binding_id) or CHECKS.get(binding_id.partition(".")[0])
    return check is None or check(browser)


def _shows(name: str) -> Check:
    return lambda browser: browser.details is not None and browser.details.current == name


def _has_tab(name: str) -> Check:
    return lambda browser: _has_row(browser) and (browser.details is None or browser.details.has_tab(name))


def _has_status(*statuses: Status) -> Check:
    def check(browser: Browser) -> bool:
        entries = browser.runs_tree.model.entries
        return any(entries[path].status in statuses for path in browser.chosen_paths)

    return check


def _has_row(browser: Browser) -> bool:
    return browser.runs_tree.current_row is not None


def _is_trajectory(browser: Browser) -> bool:
    row = browser.runs_tree.current_row
    return row is not None and not row.is_group


def _shows_text(browser: Browser) -> bool:
    details = browser.details
    return details is not None and details.current == "trajectory" and details.trajectory_view.shows_text


def _can_compare(browser: Browser) -> bool:
    """Marked trajectories, or those that stand for the group at the cursor."""
    marked = len(browser.runs_tree.marked)
    return marked in COMPARE_COUNTS or (not marked and _has_row(browser) and not _is_trajectory(browser))


CHECKS: dict[str, Check] = {
    "frames": _shows("trajectory"),
    "frames.back": _has_row,  # on a group: the crosshair
    "frames.forward": _has_row,
    "frames.large": _has_row,
    "tabs": _has_row,
    **{f"tabs.{name}": _has_tab(name) for name in TABS},
    "tabs.scroll-down": _shows_text,
    "tabs.scroll-up": _shows_text,
    "tabs.image": _shows("group"),
    "tabs.features": _shows("group"),
    "runs.mark": _has_row,
    "runs.mark-range": _has_row,
    "runs.mark-all": _has_row,
    "runs.compare": _can_compare,
    "runs.back": lambda browser: browser.has_something_to_take_back,
    "runs.unmark": lambda browser: bool(browser.runs_tree.marked),
    "runs.sort": _has_row,
    "runs.flat": _has_row,
    "runs.running": lambda browser: bool(browser.runs_tree.model.find_by_status(Status.RUNNING)),
    "compute.pause": _has_status(Status.RUNNING, Status.QUEUED, Status.PAUSED, Status.INTERRUPTED),
    "compute.stop": _has_status(Status.RUNNING, Status.QUEUED, Status.PAUSED, Status.INTERRUPTED),
    "compute.retry": _has_status(Status.FAILED),
    "compute.sooner": _has_status(Status.QUEUED),
    "compute.later": _has_status(Status.QUEUED),
    "compute.again": _is_trajectory,
    "do": _has_row,
    "do.studies": lambda browser: True,
    "do.undo": lambda browser: True,
    "do.empty": lambda browser: True,
    "tree": _has_row,
}
