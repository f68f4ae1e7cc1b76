"""ComfyUI: for each picture, the user's workflow is put into the server's queue."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import anyio
import numpy as np
from PIL import Image as PilImage

from riptui.errors import InpainterError
from riptui.inpainters.servers.comfyui_workflow import ComfyuiWorkflow
from riptui.inpainters.servers.connection import ServerConnection
from riptui.inpainters.servers.inpainting_api import InpaintingApi, OnProgress, PictureRequest, encode_png
from riptui.text.terminal import printable

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.05, 0.5
MAX_SUBMISSIONS = 5  # of one picture, where the server forgot it: it was started again
FAREWELL_SECONDS = 2.0  # to take a picture that nobody waits for any more out of the queue


class ComfyuiApi(InpaintingApi):
    """How ComfyUI is asked. Its inputs and outputs are temporary files there, which ComfyUI removes when it starts."""

    title = "ComfyUI"
    advice = "the workflow must save what it paints as PNG, at the size of the image that it gets"

    def __init__(self, workflow: str | None) -> None:
        self._workflow = workflow
        self._client = secrets.token_hex(16)

    async def identify(self, connection: ServerConnection) -> dict[str, str]:
        """Its versions and its device. Models are named by the workflow, which the spec has."""
        found = await connection.get_json("/system_stats")
        try:
            system, device = found["system"], found["devices"][0]["name"]
            notes = {
                "server version": system.get("comfyui_version", "not told"),
                "server torch": system.get("pytorch_version", "not told"),
                "server device": re.sub(r":\d+", "", str(device), count=1),
            }
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise connection.error("does not tell its version at /system_stats: is it ComfyUI?") from error
        return {name: printable(str(note)) for name, note in notes.items()}

    async def paint(self, connection: ServerConnection, picture: PictureRequest) -> bytes:
        workflow = ComfyuiWorkflow(self._workflow)
        with anyio.move_on_after(picture.seconds):
            for _ in range(MAX_SUBMISSIONS):
                with suppress(ForgottenError):
                    return await self._run(connection, workflow, picture)
            raise connection.error(f"forgot a picture {MAX_SUBMISSIONS} times: is it started again and again?")
        raise connection.error(f"did not paint a picture in {picture.seconds:g} s: set a longer timeout")

    async def follow(self, connection: ServerConnection, tell: OnProgress) -> None:
        async with connection.open_socket(f"/ws?clientId={self._client}") as socket:
            while True:
                message = await socket.receive()
                text = getattr(message, "data", "")
                event = json.loads(text) if isinstance(text, str) and text else {}
                if event.get("type") == "progress":
                    tell(int(event["data"]["value"]), int(event["data"]["max"]))

    async def _run(self, connection: ServerConnection, workflow: ComfyuiWorkflow, picture: PictureRequest) -> bytes:
        """What one run of the workflow paints. Raises ForgottenError if the server was started again meanwhile."""
        image = await _upload(connection, picture.image_png if workflow.takes_mask else _with_alpha(picture))
        mask = await _upload(connection, _mask_for_any_channel(picture)) if workflow.takes_mask else None
        filled = workflow.fill(image=image.name, mask=mask.name if mask else "", seed=picture.seed)
        number = str(uuid4())  # newer ones take it, and older ones give another
        body = {"prompt": filled, "client_id": self._client, "prompt_id": number}
        try:
            answer = await connection.post_json("/prompt", body, seconds=connection.place.timeout)
            with connection.reading("/prompt"):
                number = str(answer["prompt_id"])
            return await _fetch_output(connection, await _wait_for(connection, number), workflow.output)
        except BaseException as error:
            await _withdraw(connection, number)
            if isinstance(error, InpainterError) and await connection.lacks_file("/view", **image.place):
                raise ForgottenError(str(error)) from error
            raise


class ForgottenError(InpainterError):
    """The server has no record of a picture that it was given: it was started again, or its queue was cleared."""


@dataclass(frozen=True)
class UploadedFile:
    """A file on the server. place: its filename, subfolder and type, as /view takes them."""

    place: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name by which a node loads it."""
        folder = f"{self.place['subfolder']}/" if self.place["subfolder"] else ""
        return f"{folder}{self.place['filename']} [{self.place['type']}]"


async def _upload(connection: ServerConnection, png: bytes) -> UploadedFile:
    name = f"riptui-{hashlib.sha256(png).hexdigest()[:32]}.png"
    answer = await connection.post_file("/upload/image", name, png, type="temp", overwrite="true")
    with connection.reading("/upload/image"):
        folder, kind = answer.get("subfolder") or "", answer.get("type") or "temp"
        return UploadedFile({"filename": str(answer["name"]), "subfolder": str(folder), "type": str(kind)})


def _mask_for_any_channel(picture: PictureRequest) -> bytes:
    """The mask as a PNG, whichever channel a node reads: white in the hole, and transparent: ComfyUI inverts alpha."""
    white = picture.mask.astype(np.uint8) * 255
    return encode_png(PilImage.fromarray(np.stack([white, white, white, 255 - white], axis=-1)))


def _with_alpha(picture: PictureRequest) -> bytes:
    """The picture as a PNG that is transparent in the hole."""
    alpha = 255 - picture.mask.astype(np.uint8) * 255
    return encode_png(PilImage.fromarray(np.concatenate([picture.image, alpha[..., None]], axis=-1)))


async def _wait_for(connection: ServerConnection, number: str) -> Mapping[str, Any]:
    """The history of a run that ended well. Raises ForgottenError, or InpainterError if it failed."""
    pause, was_queued = FIRST_PAUSE_SECONDS, True
    while True:
        history = await connection.get_json(f"/history/{number}")
        with connection.reading("/history"):
            found = history.get(number)
            if found:
                _require_success(connection, found)
                return {**found}
        if not was_queued:  # and it has not ended since
            raise ForgottenError(connection.describe("forgot a picture"))
        queued = await connection.get_json("/queue")
        with connection.reading("/queue"):
            was_queued = any(number in entry for entry in [*queued["queue_running"], *queued["queue_pending"]])
        if was_queued:
            await anyio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)


def _require_success(connection: ServerConnection, found: Mapping[str, Any]) -> None:
    status = found.get("status") or {}
    if status.get("status_str") != "error":
        return
    errors = [
        f"{data.get('node_type', 'a node')}: {data.get('exception_message', 'no reason')}"
        for kind, data in status.get("messages") or []
        if kind == "execution_error"
    ]
    raise connection.error(f"could not run the workflow: {' '.join('; '.join(errors).split()) or 'it was interrupted'}")


async def _fetch_output(connection: ServerConnection, found: Mapping[str, Any], output: str) -> bytes:
    with connection.reading("/history"):
        images = ((found.get("outputs") or {}).get(output) or {}).get("images") or []
        if len(images) != 1:
            raise connection.error(f"painted {len(images)} pictures at the workflow's output; it must be one")
        place = {name: str(images[0].get(name, "")) for name in ("filename", "subfolder", "type")}
    return await connection.get_file("/view", **place)


async def _withdraw(connection: ServerConnection, number: str) -> None:
    """Take a run out of the server's queue, or interrupt it if it is running. Runs of others are left alone."""
    with anyio.move_on_after(FAREWELL_SECONDS, shield=True):
        try:
            queued = await connection.get_json("/queue")
            if any(number in entry for entry in queued["queue_running"]):
                await connection.post("/interrupt", {"prompt_id": number})
            else:
                await connection.post("/queue", {"delete": [number]})
        except Exception:  # the error for which it is withdrawn matters more
            return
