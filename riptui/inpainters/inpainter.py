"""The convention by which every inpainter is called: what it must have, and what it may have. Imports no array package.

A factory returns an `Inpainter`: a plain function will do. `load` adds the defaults of the optional parts, so that the
engine always has a `LoadedInpainter`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from riptui.errors import InputError

if TYPE_CHECKING:  # only annotations name them, and NumPy takes 100 ms to import
    from riptui.arrays import Images, Masks
    from riptui.spec import ParameterValue

OnStep = Callable[[int, int], None]
"""Called as `on_step(step, steps)` after each denoising step, if there are any. It may raise, to stop the inpainting.
An inpainter that waits for a program or a server calls it meanwhile, with the last step, (0, 0) before the first."""

WEIGHTS_NOTE = "weights of "
"""How the names of the notes begin that hold the digest of a part's files. Sessions of older releases have none, so
the absence of such a note says nothing."""

PROMPT_NOTE = "prompt"
NEGATIVE_PROMPT_NOTE = "negative prompt"
LORA_TENSORS_NOTE = "lora tensors"
EMBEDDING_USE_NOTE = "embedding use"
SQUARE_NOTE = "square"
"""The name of the note that says that a network is shown what lies under the square."""
LATER_NOTES = {PROMPT_NOTE, NEGATIVE_PROMPT_NOTE, LORA_TENSORS_NOTE, EMBEDDING_USE_NOTE, SQUARE_NOTE}
"""Notes that older releases did not write: that a session lacks one is no difference."""
SERVER_URL_NOTE = "server url"
"""The name of the note with a server's URL, which decides no pixel: the same model may be served elsewhere."""
MEASURES_NOTE = "measures"
"""The name of the note of a session that measured on the CPU, where a GPU had no memory left. It decides no pixel."""
REPLAY_NOTE = "replay"
"""The name of the note that says why iterations cannot be computed again with the same pixels; absent if they can."""
OffloadMode = Literal["none", "model", "sequential"]
"""How a model larger than the device's memory is run. none: all of it is on the device; model: each of its parts waits
in the computer's memory until it is needed; sequential: the same layer by layer, with the least memory, and by far the
slowest."""

VARIANT_NOTE = "variant"
JOINT_VARIANT = "fp16 wherever there is one, as in the session before"
"""The note `variant` of a checkpoint that is loaded as older releases did, which wrote no such note: if one part exists
as fp16 only, every part is taken in fp16 where it has it."""

CompileMode = Literal["auto", "on", "off"]
"""Whether a network is compiled before it is used; auto: only when enough work is ahead to benefit."""


PADDING_SEED = 0
"""The noise seed of the copies of a batch's first image that pad it to its size, and whose output is dropped."""


class Inpainter(Protocol):
    """Fills masks: the required part."""

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """Repaint each image where its mask is True; return new images of the same shape.

        images: uint8 [batch, height, width, 3], RGB. masks: bool [batch, height, width]: usually one square in each,
        but they may have any shape (masks of the user's own, a square that the edges cut in up to four parts, the whole
        image), whose borders are on multiples of `InpainterInfo.grid` px. The pixels outside the masks may come back
        changed: the recursion pastes only those inside, unless the spec says otherwise.
        seeds: one per image; `seeds[i]` alone decides the noise of image i, so a batch gives the same as single calls.
        Must not change its arguments. Raises DeviceMemoryError if the batch does not fit into the device's memory, and
        whatever `on_step` raises.
        """
        ...


@runtime_checkable
class LoadedInpainter(Inpainter, Protocol):
    """An inpainter with its optional parts, as the engine uses it."""

    @property
    def device(self) -> str:
        """The device, for the session's record, e.g. "cuda:0 (NVIDIA H100)". If it starts with "cpu", the engine makes
        batches only of a size that the user asks for. Default: "cpu" with the processor's kind, e.g. "cpu (x86_64)"."""
        ...

    @property
    def notes(self) -> Mapping[str, str]:
        """What else decides the pixels and is not in the spec, for the session's record. Default: nothing."""
        ...

    @property
    def notices(self) -> list[str]:
        """Messages for the user, such as the time that compiling took. The engine reads and clears them after
        `prepare`. Default: none."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether the files that it was loaded from are unchanged; if not, the engine loads it again. Default: True."""
        ...

    def suits(self, recorded: Mapping[str, str]) -> bool:
        """Whether a trajectory whose last session has these notes can continue with it. If not, the engine loads it
        again, unless other trajectories are using it. Default: True."""
        ...

    def prepare(self, inpaintings: int, batch: int, size: int) -> None:
        """Get ready before a batch begins: about `inpaintings` images of size x size px, `batch` of them per call.

        `notes` may change here and in a call, and then describe that call's outputs. Raises DeviceMemoryError; the
        engine then halves the batch. Default: does nothing.
        """
        ...

    def max_batch(self, size: int) -> int | None:
        """How many images of size x size px fit into the device's free memory; None if unknown, the default."""
        ...

    def with_parameters(self, changes: Mapping[str, ParameterValue]) -> Inpainter:
        """The same inpainter with other values of some of `InpainterInfo.scheduled`, for one call. Raises InputError.
        Default: it is built again."""
        ...


Rebuild = Callable[[Mapping[str, "ParameterValue"]], "LoadedInpainter"]
"""Builds an inpainter again with other values of some parameters."""


def add_defaults(inpaint: Inpainter, rebuild: Rebuild | None = None) -> LoadedInpainter:
    """The inpainter itself if it has all optional parts; otherwise the same with defaults for the missing ones."""
    return inpaint if isinstance(inpaint, LoadedInpainter) else InpainterWithDefaults(inpaint, rebuild)


class InpainterWithDefaults:
    """Passes each part on to an inpainter that has it, and answers for the parts that it does not have."""

    def __init__(self, inpaint: Inpainter, rebuild: Rebuild | None = None) -> None:
        self._inpaint = inpaint
        self._rebuild = rebuild

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return self._inpaint(images, masks, seeds=seeds, on_step=on_step)

    @property
    def device(self) -> str:
        device: str = getattr(self._inpaint, "device", f"cpu ({platform.machine()})")
        return device

    @property
    def notes(self) -> Mapping[str, str]:
        notes: Mapping[str, str] = getattr(self._inpaint, "notes", {})
        return notes

    @property
    def notices(self) -> list[str]:
        notices: list[str] = getattr(self._inpaint, "notices", [])
        return notices

    @property
    def is_current(self) -> bool:
        current: bool = getattr(self._inpaint, "is_current", True)
        return current

    def suits(self, recorded: Mapping[str, str]) -> bool:
        suits: bool = getattr(self._inpaint, "suits", lambda recorded: True)(recorded)
        return suits

    def prepare(self, inpaintings: int, batch: int, size: int) -> None:
        if own := getattr(self._inpaint, "prepare", None):
            own(inpaintings, batch, size)

    def with_parameters(self, changes: Mapping[str, ParameterValue]) -> Inpainter:
        own: Callable[[Mapping[str, ParameterValue]], Inpainter] | None
        own = getattr(self._inpaint, "with_parameters", self._rebuild)
        if own is None:
            raise InputError(f"this inpainter cannot change its {', '.join(changes)} between iterations")
        return own(changes)

    def max_batch(self, size: int) -> int | None:
        largest: int | None = getattr(self._inpaint, "max_batch", lambda size: None)(size)
        return largest
