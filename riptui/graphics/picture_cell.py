"""One text cell of a picture."""

from typing import NamedTuple


class PictureCell(NamedTuple):
    """The text of one cell, and its colours as SGR parameters, e.g. "48;2;255;0;0"; "": the terminal's default."""

    text: str
    foreground: str
    background: str
