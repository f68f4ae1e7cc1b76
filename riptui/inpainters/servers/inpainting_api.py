"""What `ServerInpainter` needs of each kind of server: how it is asked."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image as PilImage

from riptui.arrays import Image, Mask
from riptui.inpainters.servers.connection import ServerConnection
from riptui.inpainters.servers.json_object import read_object
from riptui.spec import ParameterValue

SEED_RANGE = 2**32
"""A server gets the noise seed modulo this: NumPy's global seed, which some of them set, takes no more."""

OnProgress = Callable[[int, int], None]
"""Called as `tell(step, steps)` when a server reports its progress."""


@dataclass(frozen=True)
class PictureRequest:
    """A picture to be painted. image: uint8 [size, size, 3], RGB; mask: bool [size, size], True = repaint."""

    image: Image
    mask: Mask
    seed: int
    """From 0 to SEED_RANGE - 1."""
    seconds: float
    """Seconds that its answer may take."""

    @property
    def size(self) -> int:
        """Pixels on each side."""
        return len(self.image)

    @property
    def image_png(self) -> bytes:
        return encode_png(PilImage.fromarray(self.image))

    @property
    def mask_png(self) -> bytes:
        """Grey: white where it is to be repainted, black elsewhere."""
        return encode_png(PilImage.fromarray(self.mask.astype(np.uint8) * 255))


class InpaintingApi(ABC):
    """How one kind of server is asked."""

    title: str
    """The name of this kind of server, for messages."""
    advice: str = ""
    """What to do if its answer is not a lossless picture of the right size; "" if nothing helps."""
    is_parallel: bool = True
    """Whether it may be asked for several pictures at once: it queues them, or paints them independently."""

    @abstractmethod
    async def identify(self, connection: ServerConnection) -> dict[str, str]:
        """What decides the pixels there, by the names of a session's notes, as far as it can be asked quickly: before
        and after each call. Raises InpainterError."""

    def refuse(self, found: Mapping[str, str]) -> str:
        """Why a server that is identified so cannot be used, e.g. that it has another model; "" if it can."""
        return ""

    async def describe(self, connection: ServerConnection) -> dict[str, str]:
        """What else decides the pixels there, for the notes; asked once, before the first call.

        Raises InputError, InpainterError.
        """
        return {}

    @abstractmethod
    async def paint(self, connection: ServerConnection, picture: PictureRequest) -> bytes:
        """The file with the painted picture. Raises InpainterError."""

    @abstractmethod
    async def follow(self, connection: ServerConnection, tell: OnProgress) -> None:
        """Report the progress of the one picture that is being painted, until cancelled. May raise anything: nothing
        depends on it."""


def make_fields(
    fixed: Mapping[str, Any], names: Mapping[str, str], settings: Mapping[str, ParameterValue], options: str | None
) -> dict[str, Any]:
    """The fields that all requests to a server have: fixed ones, then the parameters, by `names` where the server calls
    them otherwise, then the user's own, a JSON object."""
    named = {names.get(name, name): value for name, value in settings.items()}
    return {**fixed, **named, **read_object(options)}


def encode_png(picture: PilImage.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
