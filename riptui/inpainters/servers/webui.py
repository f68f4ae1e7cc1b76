"""The web UI of AUTOMATIC1111, and Forge: img2img with a mask, with the checkpoint that it has loaded."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import anyio
import numpy as np

from riptui.inpainters.servers.connection import ServerConnection
from riptui.inpainters.servers.inpainting_api import InpaintingApi, OnProgress, PictureRequest, make_fields
from riptui.inpainters.servers.server_infos import FILLS
from riptui.spec import ParameterValue
from riptui.text.terminal import printable

PIXEL_OPTIONS = (
    *("sd_vae", "sd_vae_encode_method", "sd_vae_decode_method", "CLIP_stop_at_last_layers", "randn_source"),
    *("img2img_fix_steps", "img2img_color_correction", "img2img_extra_noise", "initial_noise_multiplier"),
    *("inpainting_mask_weight", "overlay_inpaint", "eta_noise_seed_delta", "eta_ddim", "eta_ancestral"),
    *("s_churn", "s_noise", "s_tmin", "s_tmax", "sgm_noise_multiplier", "uni_pc_order", "uni_pc_variant"),
    *("emphasis", "comma_padding_backtrack", "upcast_attn", "face_restoration", "sd_unet", "token_merging_ratio"),
    *("token_merging_ratio_img2img", "sdxl_crop_top", "sdxl_crop_left", "forge_additional_modules"),
)
"""Settings of the server that decide pixels and cannot be fields of a request; those that it has are recorded."""
FIELDS: Mapping[str, Any] = {
    "inpaint_full_res": False,
    "inpainting_mask_invert": 0,
    "mask_blur": 0,
    "resize_mode": 0,
    "subseed_strength": 0,
    "n_iter": 1,
    "batch_size": 1,
    "save_images": False,
    "send_images": True,
}
"""Fields that each request has."""
FIELD_NAMES = {"guidance": "cfg_scale", "strength": "denoising_strength", "sampler": "sampler_name"}
"""By parameter: the field of the request, where its name differs."""
TRIAL_SIZE = 64  # px
TRIAL_SECONDS = 300.0  # the server may have to load its checkpoint first
POLL_SECONDS = 0.5


class WebuiApi(InpaintingApi):
    """How A1111 and Forge are asked: to repaint the whole frame at its own size, and to blur no border."""

    title = "A1111"
    advice = "its file format for images must be png (its Settings, Saving images)"

    def __init__(self, model: str, fill: str, options: str | None, **settings: ParameterValue) -> None:
        """fill: what is under the mask before the first step. options: a JSON object of further fields of a request."""
        self._model = model
        self._fields = make_fields({**FIELDS, "inpainting_fill": FILLS[fill]}, FIELD_NAMES, settings, options)
        self._used: Mapping[str, Any] = {}
        """What the server says that it used for the trial picture."""

    async def identify(self, connection: ServerConnection) -> dict[str, str]:
        """The checkpoint, its SHA-256 where the server computed it, and the settings that decide pixels."""
        found = await connection.get_json("/sdapi/v1/options")
        if not isinstance(found, dict) or "sd_model_checkpoint" not in found:
            raise connection.error("does not say which checkpoint it has loaded: is it A1111 or Forge, with --api?")
        settings = {name: found[name] for name in PIXEL_OPTIONS if name in found}
        notes = {
            "model": found["sd_model_checkpoint"] or "none",
            "model sha256": found.get("sd_checkpoint_hash") or "not told",
            "server options": json.dumps(settings, sort_keys=True),
            "file format": found.get("samples_format") or "not told",
        }
        return {name: printable(str(note)) for name, note in notes.items()}

    def refuse(self, found: Mapping[str, str]) -> str:
        if self._model not in _list_names(found["model"]):
            return (
                f"has the checkpoint {found['model']} loaded, not {self._model}: load that one there, "
                f"or ask for --set model={_list_names(found['model'])[-1]}"
            )
        if found["file format"] not in ("png", "not told"):
            return f"answers with files of the format {found['file format']}: {self.advice}"
        return ""

    async def describe(self, connection: ServerConnection) -> dict[str, str]:
        """Its version and VAE, which it says only of a picture: so a small one is painted, in one step."""
        blank = np.full((TRIAL_SIZE, TRIAL_SIZE, 3), 128, np.uint8)
        trial = PictureRequest(blank, np.ones(blank.shape[:2], np.bool_), 0, TRIAL_SECONDS)
        _, self._used = await self._ask(connection, trial, steps=1)
        notes = {"server version": self._used.get("version"), "vae": self._used.get("sd_vae_name")}
        return {name: printable(str(note or "not told")) for name, note in notes.items()}

    async def paint(self, connection: ServerConnection, picture: PictureRequest) -> bytes:
        content, used = await self._ask(connection, picture)
        await _require_whole(connection, used)
        for name in ("version", "sd_model_name", "sd_model_hash", "sd_vae_name"):
            if self._used and used.get(name) != self._used.get(name):
                raise connection.error(
                    f"was changed meanwhile ({name}: {self._used.get(name)}, now {used.get(name)}): change it back, or "
                    "continue with it as it is now: riptui resume"
                )
        return content

    async def follow(self, connection: ServerConnection, tell: OnProgress) -> None:
        while True:
            await anyio.sleep(POLL_SECONDS)
            found = await connection.get_json("/sdapi/v1/progress", skip_current_image="true")
            tell(int(found["state"]["sampling_step"]), int(found["state"]["sampling_steps"]))

    async def _ask(
        self, connection: ServerConnection, picture: PictureRequest, **fields: Any
    ) -> tuple[bytes, Mapping[str, Any]]:
        """The painted picture, and what the server says that it used."""
        body = self._fields | {
            "init_images": [base64.b64encode(picture.image_png).decode()],
            "mask": base64.b64encode(picture.mask_png).decode(),
            "seed": picture.seed,
            "width": picture.size,
            "height": picture.size,
            **fields,
        }
        answer = await connection.post_json("/sdapi/v1/img2img", body, seconds=picture.seconds)
        try:
            content = base64.b64decode(answer["images"][0].rpartition(",")[2], validate=True)
            used = {**json.loads(answer["info"])}
            seed = used["seed"]
        except (KeyError, IndexError, TypeError, AttributeError, ValueError, binascii.Error) as error:
            raise connection.error("answered /sdapi/v1/img2img without a picture and how it was made") from error
        if seed != picture.seed:
            raise connection.error(f"used the seed {seed}, not {picture.seed}: nothing could be replayed")
        return content, used


async def _require_whole(connection: ServerConnection, used: Mapping[str, Any]) -> None:
    """Raise InpainterError if somebody interrupted the picture there: then the server returns it unfinished."""
    found = await connection.get_json("/sdapi/v1/progress", skip_current_image="true")
    with connection.reading("/sdapi/v1/progress"):
        state = found["state"]
        if state.get("job_timestamp") == used.get("job_timestamp") and (
            state.get("interrupted") or state.get("skipped")
        ):
            raise connection.error("was interrupted by somebody before the picture was painted: riptui resume")


def _list_names(title: str) -> tuple[str, ...]:
    """The names of a checkpoint, e.g. "sd/v1-5.safetensors [c6bbc15e32]", "sd/v1-5.safetensors" and "v1-5"."""
    name = title.partition(" [")[0]
    return title, name, PurePath(name).stem
