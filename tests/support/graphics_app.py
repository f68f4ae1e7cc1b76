"""A small app for tests in terminals: it probes, shows pictures and logs every key to a given file.

Keys: g the next protocol, right another frame, s another square of 64 px in it, e the end of playing, m a modal, c
another text in the status line, h hide the first picture, q quit.
"""

import os
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np

from riptui.graphics.probe import probe

TERMINAL = probe()
if TERMINAL.truecolor:
    os.environ["COLORTERM"] = "truecolor"  # read by Textual when it is imported

from textual import events  # noqa: E402
from textual.app import App, ComposeResult  # noqa: E402
from textual.containers import Horizontal  # noqa: E402
from textual.screen import ModalScreen  # noqa: E402
from textual.widgets import Label  # noqa: E402

from riptui.arrays import Image  # noqa: E402
from riptui.graphics.picture import PictureWidget  # noqa: E402
from riptui.graphics.protocol import Graphics  # noqa: E402


def quadrants(shift: int = 0) -> Image:
    """Red, green, blue and white, in reading order, turned on by `shift`, a little brighter downwards; 256 px."""
    colours = np.roll(np.array([(220, 30, 30), (30, 200, 30), (40, 40, 220), (240, 240, 240)], np.uint8), shift, axis=0)
    flat = np.repeat(np.repeat(colours.reshape(2, 2, 3), 128, axis=0), 128, axis=1)
    return flat + (np.arange(256, dtype=np.uint8) // 32)[:, None, None]


class Modal(ModalScreen[None]):
    BINDINGS: ClassVar = [("escape", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        yield Label("modal")


class GraphicsApp(App[None]):
    CSS = "PictureWidget { width: 40; height: 1fr; } #status { height: 3; }"
    BINDINGS: ClassVar = [
        ("g", "switch", ""),
        ("right", "next", ""),
        ("s", "square", ""),
        ("e", "settle", ""),
        ("m", "modal", ""),
        ("h", "hide", ""),
        ("c", "cursor", ""),
        ("q", "quit", ""),
    ]

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.graphics, self.log_file, self.shift = Graphics(TERMINAL), log, 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield PictureWidget(self.graphics, id="one")
            yield PictureWidget(self.graphics, id="two")
        yield Label(self.graphics.status, id="status", markup=False)

    def on_mount(self) -> None:
        self.log_file.with_suffix(".protocol").write_text(self.graphics.protocol)
        for picture in self.query(PictureWidget):
            picture.show(quadrants())
        self.call_after_refresh(self.query_one("#status", Label).update, f"ready {self.graphics.status}")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            with self.log_file.open("a") as log:
                log.write(f"{event.key}\n")
        await super().on_event(event)

    def on_exit_app(self) -> None:
        if self._driver:
            self._driver.write(self.graphics.free_all())

    def action_switch(self) -> None:
        self.query_one("#status", Label).update(f"now {self.graphics.cycle()}")

    def action_next(self) -> None:
        self.shift += 1
        self.query_one("#one", PictureWidget).show(quadrants(self.shift))

    def action_square(self) -> None:
        picture = self.query_one("#one", PictureWidget)
        assert picture.image is not None
        changed = picture.image.copy()
        changed[64:128, 64:128] ^= 255
        picture.show(changed)

    def action_settle(self) -> None:
        self.query_one("#one", PictureWidget).settle()

    def action_modal(self) -> None:
        self.push_screen(Modal())

    def action_hide(self) -> None:
        self.query_one("#one").display = not self.query_one("#one").display

    def action_cursor(self) -> None:
        self.query_one("#status", Label).update("the cursor moved")


if __name__ == "__main__":
    GraphicsApp(Path(sys.argv[1])).run()
