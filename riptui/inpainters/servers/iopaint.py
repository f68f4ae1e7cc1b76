"""IOPaint (1.6), with whichever of its models it has loaded.

With most of them it must paint one picture at a time: all riptui processes of a user on this machine take turns.
"""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import anyio

from riptui.errors import InpainterError
from riptui.filesystem import try_lock
from riptui.inpainters.servers.connection import ServerConnection
from riptui.inpainters.servers.inpainting_api import InpaintingApi, OnProgress, PictureRequest, make_fields
from riptui.spec import ParameterValue
from riptui.text.terminal import printable

PARALLEL_MODELS = ("cv2", "lama", "anime-lama")
"""Models that may paint several pictures at once; in others these share torch's generator or a scheduler's state."""
FIELDS: Mapping[str, Any] = {"sd_mask_blur": 0, "hd_strategy": "Original"}
"""Fields that each request has."""
FIELD_NAMES = {
    "steps": "sd_steps",
    "strength": "sd_strength",
    "guidance": "sd_guidance_scale",
    "sampler": "sd_sampler",
}
"""By parameter: the field of the request, where its name differs."""
POLL_SECONDS = 0.05


class IOPaintApi(InpaintingApi):
    """How IOPaint is asked: to repaint the whole frame at its own size, and to blur no border."""

    title = "IOPaint"

    def __init__(
        self, model: str, steps: int, strength: float, options: str | None, **settings: ParameterValue
    ) -> None:
        """options: a JSON object of further fields of a request."""
        self._model = model
        settings |= {"steps": steps, "strength": strength}
        self._fields = make_fields(FIELDS, FIELD_NAMES, settings, options)
        self._steps = max(1, int(steps * strength))
        self.is_parallel = model in PARALLEL_MODELS

    async def identify(self, connection: ServerConnection) -> dict[str, str]:
        """The model's name, which is all that IOPaint says about it."""
        found = await connection.get_json("/api/v1/model")
        name = found.get("name") if isinstance(found, dict) else None
        if not isinstance(name, str):
            raise connection.error("does not say which model it has loaded: is it IOPaint?")
        return {"model": printable(name)}

    def refuse(self, found: Mapping[str, str]) -> str:
        model = found["model"]
        if model == self._model:
            return ""
        return (
            f"has the model {model} loaded, not {self._model}: load that one there "
            f"(iopaint start --model {self._model}), or ask for --set model={model}"
        )

    async def describe(self, connection: ServerConnection) -> dict[str, str]:
        """The digest of its interface, since IOPaint does not say its version."""
        found = await connection.get_json("/openapi.json")
        return {"server interface": hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()}

    async def paint(self, connection: ServerConnection, picture: PictureRequest) -> bytes:
        body = self._fields | {
            "image": base64.b64encode(picture.image_png).decode(),
            "mask": base64.b64encode(picture.mask_png).decode(),
            "sd_seed": picture.seed,
        }
        async with nullcontext() if self.is_parallel else take_turn(connection.place.url):
            with anyio.CancelScope(shield=not self.is_parallel):  # it would continue there, beside the next picture
                content, headers = await connection.post_for_file("/api/v1/inpaint", body, seconds=picture.seconds)
        used = headers.get("x-seed", str(picture.seed))
        if used != str(picture.seed):
            raise connection.error(f"used the seed {used[:30]}, not {picture.seed}: nothing could be replayed")
        return content

    async def follow(self, connection: ServerConnection, tell: OnProgress) -> None:
        """Listens to the channel of its page, socket.io over a web socket: text packets that begin with their kind."""
        async with connection.open_socket("/socket.io/?EIO=4&transport=websocket") as socket:
            while True:
                packet = await socket.receive_text()
                if packet.startswith("0"):  # opened: connect to the default namespace
                    await socket.send_text("40")
                elif packet == "2":  # ping
                    await socket.send_text("3")
                elif packet.startswith("42"):
                    event, *data = json.loads(packet[2:])
                    if event == "diffusion_progress":
                        tell(int(data[0]["step"]) + 1, self._steps)


@asynccontextmanager
async def take_turn(url: str) -> AsyncIterator[None]:
    """Wait for a turn, and keep it to the end. Raises InpainterError if the file that turns are taken by is refused."""
    name = f"riptui-turn-{os.geteuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    path = Path(tempfile.gettempdir(), name)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise InpainterError(f"the file {path}, by which turns are taken, cannot be made: {error.strerror}") from error
    try:
        while try_lock(fd) is False:
            await anyio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(fd)
