"""Compiles a pipeline's networks where that saves time, and undoes it where the compiler fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from riptui.errors import DeviceMemoryError, InpainterError, InputError
from riptui.inpainters import CompileMode, OffloadMode
from riptui.inpainters.pipeline import gpu_tuning

NOTE = {"compile": f"torch.compile, {gpu_tuning.BACKEND}"}

MIN_INPAINTINGS_TO_COMPILE = 1000
"""Inpaintings ahead from which compiling pays, an estimate: it takes a minute or two and saves about a third of the
0.15 s (the fastest GPUs) to 1 s that an inpainting takes without. Sixteen trajectories of mask 128 are as many."""


def settle_mode(
    mode: CompileMode, *, deterministic: bool, offload: OffloadMode = "none", quantised: bool = False
) -> CompileMode:
    """The mode that other options leave. Raises InputError for "on" beside one that excludes it."""
    if deterministic and mode == "on":
        raise InputError("compile=on cannot be combined with deterministic: compiled kernels are chosen by timing them")
    if offload != "none" and mode == "on":
        raise InputError(f"compile=on cannot be combined with offload={offload}: it moves weights between the layers")
    return "off" if deterministic or (mode == "auto" and (offload != "none" or quantised)) else mode


class Compilation:
    """Whether a pipeline is compiled, and for which shapes."""

    def __init__(self, pipeline: Any, mode: CompileMode) -> None:
        self._pipeline = pipeline
        self._mode = mode
        self._undo: Callable[[], None] | None = None
        self._shapes: set[tuple[int, int]] = set()

    @property
    def notes(self) -> dict[str, str]:
        """For the record of a session: how networks are compiled, if they are or will be at the first call."""
        return NOTE if self._mode == "on" or self._undo else {}

    def start_if_asked(self) -> None:
        """Compile at the next call of the networks, if the mode is "on"."""
        if self._mode == "on":
            self._start()

    def prepare(self, inpaintings: int, batch: int, size: int, warm_up: Callable[[], float]) -> str:
        """Compile for batches of that size if "on", or if "auto" and it saves time. Returns a notice, or "".

        batch, size: pictures per call, and their side in px. inpaintings: how many are ahead on a GPU; 0 on a CPU,
        where compiling never pays. warm_up: paints something at that size, and returns the seconds it took.
        Raises DeviceMemoryError, and InpainterError if compile=on fails.
        """
        worth_it = self._mode == "on" or (self._mode == "auto" and inpaintings >= MIN_INPAINTINGS_TO_COMPILE)
        if not worth_it or (batch, size) in self._shapes:
            return ""
        self._start()
        try:
            first, second = (warm_up() for _ in range(2))
        except DeviceMemoryError:
            raise
        except Exception as error:  # of any kind: the compiler is missing or fails
            cause = f"torch.compile failed: {' '.join(str(error).split())[:300]}"
            self._stop()
            if self._mode == "on":
                raise InpainterError(f"{cause}. Without it: compile=off") from error
            self._mode = "off"
            return f"{cause}. Continuing without it"
        self._shapes.add((batch, size))
        return f"compiling for batches of {batch} took {max(0.0, first - second):.0f} s"

    def _start(self) -> None:
        if self._undo is None:
            self._undo = gpu_tuning.compile_networks(self._pipeline)

    def _stop(self) -> None:
        if self._undo is not None:
            self._undo()
        self._undo = None
