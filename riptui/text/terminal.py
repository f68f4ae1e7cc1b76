"""Output that is safe for a terminal: escaped text, text of so many columns, sparklines, shades."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from math import isfinite

from rich.cells import cell_len, set_cell_size

_MIN_GROUP_COLUMNS = 4  # of a path, else the name stands alone
_TO_SEED = re.compile(r"(?:.*?-)?s\d+(?=-|$)")  # of a trajectory's name
_BARS = "▁▂▃▄▅▆▇█"
_SHADES = "█▓▒░ "  # for values from the smallest to the largest
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks, but invisible


def printable(text: str) -> str:
    """Text from a file name, a file or another program, harmless on a terminal.

    Control, bidi, invisible and undecodable characters become escapes such as \\x1b, line ends too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and c not in _INVISIBLE else ascii(c)[1:-1] for c in text)


def count_columns(text: str) -> int:
    """How many columns a text takes: 猫 takes two. As Rich counts, at once where nothing is to be counted."""
    return len(text) if text.isascii() and text.isprintable() else cell_len(text)


def fit_columns(text: str, columns: int) -> str:
    """A text that takes exactly so many columns: padded, or cut with an ellipsis."""
    if text.isascii() and text.isprintable() and len(text) <= columns:
        return text.ljust(columns)
    if cell_len(text) > columns:
        text = set_cell_size(text, columns - 1).rstrip() + "…" if columns > 0 else ""
    return set_cell_size(text, columns)


def fit_middle(text: str, columns: int) -> str:
    """As `fit_columns`, but cut in the middle, with a third of the room for the end: names often differ there."""
    if cell_len(text) <= columns or columns < 3:
        return fit_columns(text, columns)
    tail = text[-(columns // 3) :]
    while cell_len(tail) > columns // 3:
        tail = tail[1:]
    head = set_cell_size(text, columns - 1 - cell_len(tail)).rstrip()
    return set_cell_size(f"{head}…{tail}", columns)


def fit_folder(path: str, columns: int) -> str:
    """A folder's path in at most so many columns: …/cats/runs, for it is told from others by how it ends."""
    if count_columns(path) <= columns:
        return path
    ends = ("…" + path[start:] for start, character in enumerate(path) if start and character == "/")
    name = path.rpartition("/")[2]
    return next((end for end in ends if count_columns(end) <= columns), fit_middle(name, max(0, columns)).rstrip())


def fit_path(path: str, columns: int, *, beside: Iterable[str] = ()) -> str:
    """As `fit_columns`, of a trajectory's path or name: its last group and name, cut in the middle, with its seed.

    m64-s0-telea-a200-256px is told from its neighbours by what it begins with. beside: the paths in the rows near
    it; of one that would look the same the end that both have in common is left out first.
    """
    fitted = _fit_path(path, columns)
    if count_columns(path) > columns:
        for other in beside:
            if other != path and _fit_path(other, columns) == fitted:
                return _fit_unlike(path, other, columns)
    return fitted


def _fit_unlike(path: str, other: str, columns: int) -> str:
    """Without the end that the names have in common with that of the other; of equal names, that their groups have."""
    (groups, _, name), (other_groups, _, other_name) = path.rpartition("/"), other.rpartition("/")
    if name == other_name:
        end = _common_end(groups, other_groups, "/")
        return _fit_path(f"{groups.removesuffix(end)}…/{name}" if end else path, columns)
    end = _common_end(name, other_name, "-")
    fitted = _fit_path(path.removesuffix(end), columns - 1).rstrip()
    if fitted.endswith("…") and count_columns(name.removesuffix(end)) < columns:
        fitted = name.removesuffix(end)  # the group gives way to what differs
    return fit_columns(fitted.removesuffix("…") + "…" * bool(end), columns)


def _common_end(text: str, other: str, separator: str) -> str:
    """From a separator on."""
    end = text[len(text) - sum(1 for _ in takewhile(bool, map(str.__eq__, text[::-1], other[::-1]))) :]
    return end[end.find(separator) :] if separator in end else ""


@lru_cache(maxsize=1024)  # of each row for each other one
def _fit_path(path: str, columns: int) -> str:
    groups, _, name = path.rpartition("/")
    kept = seed.end() if (seed := _TO_SEED.match(name)) else 0
    if cell_len(path) <= columns:
        return fit_columns(path, columns)
    group = groups.rpartition("/")[2]
    room = min(columns // 2 - 1, columns - kept - 2)
    if not groups or room < _MIN_GROUP_COLUMNS:
        return _fit_name(name, columns, kept)
    beginning = fit_middle(f"…{group}" if "/" in groups else group, room).rstrip() + "/"
    return beginning + _fit_name(name, columns - cell_len(beginning), kept)


def _fit_name(name: str, columns: int, kept: int) -> str:
    """kept: characters at its beginning that stay if there is room."""
    if cell_len(name) <= columns or not kept <= columns - 1:
        return fit_middle(name, columns)
    tail = name[-min(columns // 3, columns - 1 - kept) :] if kept < columns - 1 else ""
    return set_cell_size(f"{set_cell_size(name, columns - 1 - cell_len(tail))}…{tail}", columns)


def sparkline(values: Sequence[float], low: float = 0.0, high: float | None = None) -> str:
    """One bar per value between low and high (by default the largest); a value that is not finite is a blank."""
    top = high if high is not None else max(filter(isfinite, values), default=1.0)
    scale = 7 / (max(0, top - low) or 1.0)
    heights = [(value - low) * scale if isfinite(value) else None for value in values]
    return "".join(
        [" " if it is None else _BARS[7 if it >= 7 else round(it) if it > 0 else 0] for it in heights]  # 0 for NaN
    )


def shade(value: float, low: float, high: float) -> str:
    """A value between two bounds as a character: the full block, as for the lower bound, if they are equal."""
    share = (value - low) / (high - low) if high > low else 0.0
    return _SHADES[max(0, min(len(_SHADES) - 1, int(share * len(_SHADES))))]
