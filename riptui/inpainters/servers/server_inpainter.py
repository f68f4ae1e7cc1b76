"""An inpainter that asks a server for each picture: the pictures of a batch at the same time."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO

import anyio

from riptui.arrays import Image, Images, Masks
from riptui.errors import InpainterError, InputError
from riptui.inpainters.batch_padding import count_without_padding
from riptui.inpainters.inpainter import SERVER_URL_NOTE, OnStep
from riptui.inpainters.returned_picture import read_picture
from riptui.inpainters.servers.connection import ServerConnection, connect
from riptui.inpainters.servers.inpainting_api import SEED_RANGE, InpaintingApi, PictureRequest
from riptui.inpainters.servers.server_check import identify, make_api
from riptui.inpainters.servers.server_place import ServerPlace, find_server
from riptui.inpainters.servers.waiting import run_together, run_watched
from riptui.spec import ParameterValue

MAX_BATCH = 4
"""Pictures that a server is asked for at once, unless the user gives a batch size: it never waits for the next one."""
FOLLOW_AGAIN_SECONDS = 2.0  # after the channel that reports progress broke


def load_server(name: str, **parameters: ParameterValue) -> "ServerInpainter":
    """The server of that inpainter, asked what it is. Raises InputError, InpainterError."""
    return ServerInpainter(name, make_api(name, parameters), find_server(name))


class ServerInpainter:
    """An inpainter that loads nothing. It and its calls raise InputError for another model than is asked for, and
    InpainterError if the server does not answer, was changed, or returns something else than the picture."""

    def __init__(self, name: str, api: InpaintingApi, place: ServerPlace) -> None:
        self._name, self._api, self._place = name, api, place
        self._has_changed = False
        self._identity, described = run_watched(self._introduce)
        self.device = f"{api.title} server"
        self.notes = {"server": api.title, **self._identity, **described, SERVER_URL_NOTE: place.url}

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        count = count_without_padding(images, masks, seeds)
        progress = _Progress(count)
        pictures = [
            PictureRequest(images[i], masks[i], seeds[i] % SEED_RANGE, self._place.timeout * count)
            for i in range(count)
        ]
        outputs = images.copy()
        outputs[:count] = run_watched(partial(self._paint_all, pictures, progress), partial(progress.tell, on_step))
        progress.tell(on_step)
        return outputs

    @property
    def is_current(self) -> bool:
        """Whether the server is in the same place, and was the same when it was asked last."""
        with suppress(InputError):
            return not self._has_changed and find_server(self._name) == self._place
        return False

    def max_batch(self, size: int) -> int | None:
        return MAX_BATCH if self._api.is_parallel else 1

    async def _introduce(self) -> tuple[dict[str, str], dict[str, str]]:
        async with connect(self._api.title, self._place, asks_once=True) as connection:
            return await identify(self._api, connection), await self._api.describe(connection)

    async def _paint_all(self, pictures: Sequence[PictureRequest], progress: "_Progress") -> list[Image]:
        async with connect(self._api.title, self._place) as connection:
            await self._require_same(connection)
            painters = [partial(self._paint, connection, picture, progress) for picture in pictures]
            painted = await run_together(painters, beside=partial(self._follow, connection, progress))
            await self._require_same(connection)
        return painted

    async def _paint(self, connection: ServerConnection, picture: PictureRequest, progress: "_Progress") -> Image:
        answer = await self._api.paint(connection, picture)
        try:
            painted = read_picture(BytesIO(answer), picture.size, "its picture")
        except InpainterError as error:
            advice = f": {self._api.advice}" if self._api.advice else ""
            raise InpainterError(f"{self._api.title} at {self._place.url}: {error}{advice}") from error
        progress.finished += 1
        return painted

    async def _follow(self, connection: ServerConnection, progress: "_Progress") -> None:
        while progress.count == 1:
            with suppress(Exception):  # not a cancellation, which is a BaseException
                await self._api.follow(connection, progress.record)
            await anyio.sleep(FOLLOW_AGAIN_SECONDS)

    async def _require_same(self, connection: ServerConnection) -> None:
        """Raise InpainterError or InputError if what decides the pixels there has changed since it was noted."""
        self._has_changed = True
        found = await identify(self._api, connection)
        self._has_changed = found != self._identity
        if self._has_changed:
            changes = [
                f"{key}: {self._identity.get(key, 'none')}, now {found.get(key, 'none')}"
                for key in {**self._identity, **found}
                if self._identity.get(key) != found.get(key)
            ]
            raise InpainterError(
                f"{self._api.title} at {self._place.url} was changed meanwhile ({'; '.join(changes)}): change it back, "
                "or continue with it as it is now: riptui resume"
            )


class _Progress:
    """The progress of a whole call, never backwards: the server's steps for one picture, else finished pictures."""

    def __init__(self, count: int) -> None:
        self.count, self.finished = count, 0
        self._step, self._steps = 0, 0

    def record(self, step: int, steps: int) -> None:
        """Note the server's progress, unless it must be that of something else."""
        if max(1, self._step) <= step <= steps and steps >= self._steps:
            self._step, self._steps = step, steps

    def tell(self, on_step: OnStep) -> None:
        if self.count == 1:
            on_step(self._step, self._steps)
        else:
            on_step(self.finished, self.count if self.finished else 0)
