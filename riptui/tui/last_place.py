"""Where one was in a runs folder when the app ended, and how its tree looked."""

from pathlib import Path

import msgspec

from riptui.settings.state import recall, remember
from riptui.tui.runs.tree_model import TreeOrder

STATE_KEY = "places"
MAX_PLACES = 20  # runs folders


class LastPlace(msgspec.Struct, frozen=True):
    path: str = ""  # below the runs folder
    tree_columns: int = 0  # of the tree; 0: as the size of the terminal has it
    is_tree_hidden: bool = False
    order: TreeOrder = "name"
    is_flat: bool = False


def recall_place(runs: Path) -> LastPlace:
    """The last place in a runs folder; the usual one if there is none, or it cannot be read."""
    return _recall_places().get(str(runs.absolute()), LastPlace())


def remember_place(runs: Path, place: LastPlace) -> None:
    """Store a place. Errors of the disk are ignored."""
    folder = str(runs.absolute())
    others = [(other, kept) for other, kept in _recall_places().items() if other != folder]
    remember(STATE_KEY, dict([*others, (folder, place)][-MAX_PLACES:]))


def _recall_places() -> dict[str, LastPlace]:
    return recall(STATE_KEY, dict[str, LastPlace]) or {}
