"""How full and how busy the GPU is, where torch uses one in this process. Imports torch never."""

import subprocess
import sys
import time
from contextlib import suppress
from threading import Event, Thread
from types import ModuleType
from typing import Any, Self

PAUSE = 2.0  # seconds between two looks
TIMEOUT = 10.0  # seconds; nvidia-smi hangs with a broken driver


class Gauges:
    """A context. The load is asked of nvidia-smi by a thread; the memory of CUDA by whoever computes.

    A call into CUDA from another thread would spoil a graph that is being captured.
    """

    def __init__(self, device: str) -> None:
        self.load: float | None = None
        """0 to 1."""
        self.memory: tuple[int, int] | None = None
        """Used by whomever, and there is; bytes."""
        self._device = device
        self._card = ""
        self._looked = 0.0
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True, name="gauges")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()

    def look(self) -> None:
        """Look at the memory, if it is time to. To be called between two iterations."""
        torch = sys.modules.get("torch")
        if time.monotonic() - self._looked < PAUSE or torch is None or not _in_use(torch):
            return
        self._looked = time.monotonic()
        with suppress(RuntimeError, ValueError, AttributeError):  # no device of CUDA's, the driver is gone, no uuid
            device = torch.device(self._device or "cuda")
            free, total = torch.cuda.mem_get_info(device)
            self.memory = total - free, total
            self._card = f"GPU-{torch.cuda.get_device_properties(device).uuid}"

    def _watch(self) -> None:
        while not self._end.wait(PAUSE):
            self.load = _utilisation(self._card) if self._card else None


def _in_use(torch: ModuleType | Any) -> bool:
    try:
        return bool(torch.cuda.is_initialized())
    except AttributeError:  # it is being imported
        return False


def _utilisation(card: str) -> float | None:
    command = ["nvidia-smi", f"--id={card}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT, check=True, stdin=subprocess.DEVNULL
        )
        return int(said.stdout) / 100
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
