"""A picture with a line below it, for screens that show several side by side."""

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics


class TitledPicture(Vertical):
    """A picture and a line below it."""

    DEFAULT_CSS = """
    TitledPicture { width: 1fr; height: 1fr; margin: 0 1; }
    TitledPicture > Static { height: 1; width: 1fr; text-align: center; text-style: bold; }
    """

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.picture = PictureWidget(graphics)
        self._title = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self.picture
        yield self._title

    def show(self, image: NDArray[np.uint8] | None, title: str, note: str = "") -> None:
        self.display = True
        self.picture.show(image, note=note)
        self._title.update(Content(title))
