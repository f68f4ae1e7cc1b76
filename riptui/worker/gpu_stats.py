"""Memory and load of the GPU that torch uses in this process. Never imports torch."""

import subprocess
import sys
import time
from contextlib import suppress
from threading import Event, Thread
from types import ModuleType
from typing import Any, Self

POLL_SECONDS = 2.0  # seconds between two polls
TIMEOUT_SECONDS = 10.0  # seconds; nvidia-smi hangs with a broken driver


class GpuStats:
    """A context. A thread reads the load from nvidia-smi; the thread that inpaints reads the memory from CUDA.

    A call into CUDA from another thread would spoil a graph that is being captured.
    """

    def __init__(self, device: str) -> None:
        self.load: float | None = None  # 0 to 1
        self.memory: tuple[int, int] | None = None  # used, by all processes, and total; bytes
        self._device = device
        self._gpu_id = ""
        self._last_poll = 0.0
        self._stop = Event()
        self._thread = Thread(target=self._poll_load, daemon=True, name="gpu stats")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def poll_memory(self) -> None:
        """Read the memory, if it is time to. To be called between two iterations."""
        torch = sys.modules.get("torch")
        if time.monotonic() - self._last_poll < POLL_SECONDS or torch is None or not _is_cuda_in_use(torch):
            return
        self._last_poll = time.monotonic()
        with suppress(RuntimeError, ValueError, AttributeError):  # not a CUDA device, the driver is gone, no uuid
            device = torch.device(self._device or "cuda")
            free, total = torch.cuda.mem_get_info(device)
            self.memory = total - free, total
            self._gpu_id = f"GPU-{torch.cuda.get_device_properties(device).uuid}"

    def _poll_load(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.load = query_load(self._gpu_id) if self._gpu_id else None


def _is_cuda_in_use(torch: ModuleType | Any) -> bool:
    try:
        return bool(torch.cuda.is_initialized())
    except AttributeError:  # it is being imported
        return False


def query_load(gpu_id: str) -> float | None:
    command = ["nvidia-smi", f"--id={gpu_id}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        return int(result.stdout) / 100
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
