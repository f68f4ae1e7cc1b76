"""Output that is safe for a terminal: escaped text, text of so many columns, sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from rich.cells import cell_len, set_cell_size

_BARS = "▁▂▃▄▅▆▇█"
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


def sparkline(values: Sequence[float], low: float = 0.0, high: float | None = None) -> str:
    """One bar per value between low and high (by default the largest); a value that is not finite is a blank."""
    top = high if high is not None else max(filter(isfinite, values), default=1.0)
    scale = 7 / (max(0, top - low) or 1.0)
    heights = [(value - low) * scale if isfinite(value) else None for value in values]
    return "".join(
        [" " if it is None else _BARS[7 if it >= 7 else round(it) if it > 0 else 0] for it in heights]  # 0 for NaN
    )
