"""One text cell of a picture."""

from typing import NamedTuple


class PictureCell(NamedTuple):
    """The text of one cell, and its colours as SGR parameters ("": the terminal's default)."""

    text: str
    foreground: str
    background: str
