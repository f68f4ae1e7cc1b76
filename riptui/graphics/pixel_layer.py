"""The pixels over a picture's cells: which image the terminal shows, and what to send to show another one.

A picture is sent whole once; then only its squares that change, where the terminal can replace parts.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from riptui.graphics import kitty
from riptui.graphics.budget import REMOTE_BYTES_PER_SECOND
from riptui.graphics.changes import ImagePart, changed_parts
from riptui.graphics.encoding import EncodedPart, EncodeRequest
from riptui.graphics.fit import PictureBox
from riptui.graphics.protocol import Graphics
from riptui.graphics.rgb import RGBArray

MAX_SIXEL_PARTS = 5  # beside a whole picture: xterm keeps 16 sixels, and there are three pictures on a screen


class KittyPicture(NamedTuple):
    """A picture in kitty's memory."""

    number: int
    image: RGBArray


class EncodedUpdate(NamedTuple):
    """What makes the terminal show `image` in place of the one before: parts or, if `whole` is not "", all of it."""

    image: RGBArray
    parts: list[EncodedPart]
    whole: str = ""

    @property
    def size(self) -> int:
        """Characters to send, all ASCII."""
        return len(self.whole) + sum(len(part.data) for part in self.parts)


class PixelLayer:
    """The pixels of one picture widget. `write` sends a string to the terminal."""

    def __init__(self, graphics: Graphics, write: Callable[[str], None], kept: int = 1) -> None:
        """kept: how many pictures stay in kitty's memory, to be shown again without being sent."""
        self._graphics = graphics
        self._write = write
        self._kept = kept
        self._kitty: list[KittyPicture] = []  # the last is shown
        self._sixel_parts = 0  # since the last whole picture
        self.shown: RGBArray | None = None
        """The image that the terminal shows in pixels; None: it shows cells, at least in part."""

    @property
    def replaces_parts(self) -> bool:
        """Whether the terminal can replace parts: not ghostty, nor tmux with sixel, which loses sixels below others."""
        terminal = self._graphics.terminal
        if self._graphics.protocol == "kitty":
            return terminal.name != "ghostty"
        return self._graphics.protocol == "sixel" and not terminal.tmux

    @property
    def is_patched(self) -> bool:
        """Whether parts are shown over a sixel picture, each with a palette of its own."""
        return self.shown is not None and self._graphics.protocol == "sixel" and self._sixel_parts > 0

    def changes_little(self, image: RGBArray) -> bool:
        """Whether the image differs from the pixels shown in a few squares only."""
        return self.shown is not None and self._changed_parts(image) is not None

    async def encode(self, image: RGBArray, request: EncodeRequest) -> EncodedUpdate:
        """Encode the squares that differ from the pixels shown; all of it if they are many or cannot be replaced."""
        parts = self._changed_parts(image) if self.replaces_parts else None
        is_full = request.protocol == "sixel" and parts and self._sixel_parts + len(parts) > MAX_SIXEL_PARTS
        encoder = self._graphics.encoder
        if parts is None or is_full:
            return EncodedUpdate(image, [], await encoder.encode(image, request))
        return EncodedUpdate(image, await encoder.encode_parts(image, parts, request))

    def _changed_parts(self, image: RGBArray) -> list[ImagePart] | None:
        if self.shown is None or self.shown.shape != image.shape:
            return None
        return changed_parts(self.shown, image)

    def pause_seconds(self, update: EncodedUpdate) -> float:
        """How long to wait after an update so that a slow connection is not congested; 0 where it is local."""
        return update.size / REMOTE_BYTES_PER_SECOND if self._graphics.terminal.remote else 0.0

    # kitty

    @property
    def kitty_number(self) -> int:
        """The number of the picture shown last."""
        return self._kitty[-1].number

    def recall(self, image: RGBArray) -> bool:
        """If kitty has this image in its memory, make it the one shown. Returns whether it has."""
        for index, picture in enumerate(self._kitty):
            if picture.image.shape == image.shape and np.array_equal(picture.image, image):
                self._kitty.append(self._kitty.pop(index))
                self.shown = image
                return True
        return False

    def send_to_kitty(self, update: EncodedUpdate, box: PictureBox) -> bool:
        """Send an update. Returns whether the picture has a new number, which the cells must show.

        Sends nothing if all numbers are in use.
        """
        tmux = self._graphics.terminal.tmux
        if not update.whole:
            number = self.kitty_number
            for part in update.parts:
                self._write(kitty.replace_part(number, part.x, part.y, part.data, tmux=tmux))
            self._kitty[-1] = KittyPicture(number, update.image)
        else:
            allocated = self._graphics.allocate_number()
            if allocated is None:
                return False
            self._write(kitty.transmit(allocated, update.whole, box.columns, box.rows, tmux=tmux))
            self._kitty.append(KittyPicture(allocated, update.image))
        self.shown = update.image
        return bool(update.whole)

    async def repeat(self, request: EncodeRequest) -> None:
        """Send the picture that is shown once more, under its number: tmux may have dropped it, or parts of it."""
        if (image := self.shown) is None:
            return
        whole, tmux = await self._graphics.encoder.encode(image, request), self._graphics.terminal.tmux
        if self.shown is image and self._kitty:
            box = request.box
            self._write(kitty.end_broken(tmux=tmux))
            self._write(kitty.transmit(self.kitty_number, whole, box.columns, box.rows, tmux=tmux))

    def free(self, *, all: bool = False) -> None:
        """Free kitty's pictures except the newest, which are kept; or all of them."""
        while len(self._kitty) > (0 if all else self._kept):
            self._write(self._graphics.free_picture(self._kitty.pop(0).number))
        if all:
            self.shown = None

    # Sixel

    def send_sixels(self, update: EncodedUpdate, x: int, y: int) -> None:
        """Draw an update of a picture whose upper left cell is (x, y) on the screen, from 0."""
        drawn = [(x + part.x, y + part.y, part.data) for part in update.parts]
        self._sixel_parts = 0 if update.whole else self._sixel_parts + len(drawn)
        for column, row, data in [(x, y, update.whole)] if update.whole else drawn:
            self._write(f"\x1b7\x1b[{row + 1};{column + 1}H{data}\x1b8")
        self.shown = update.image
