"""Distances at each pixel, from a process of their own, with a cache. For one thread; no Textual."""

import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b

import numpy as np

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics import REGISTRY, base_name
from riptui.metrics.availability import explain_unavailable
from riptui.metrics.display import in_display_order, metric_names
from riptui.metrics.map_program import MapReply, MapRequest, read_message, write_message
from riptui.metrics.pairwise import DistanceMap
from riptui.metrics.values import MetricValues

COMMAND = (sys.executable, "-m", "riptui.metrics.map_program")
KEPT_MAPS = 64  # 1 MB each at 512 px


def list_maps(measured: Mapping[int, MetricValues]) -> list[str]:
    """The metrics that have a map and can be measured now: those that a trajectory was measured with first."""
    names = in_display_order(name for name, info in REGISTRY.items() if info.spatial)
    available = [name for name in names if explain_unavailable(name) is None]
    known = {base_name(name) for name in metric_names(measured)}
    return sorted(available, key=lambda name: name not in known)


def explain_no_lpips(names: Iterable[str]) -> str:
    """Why there is no map of LPIPS among these, and what to do; empty if there is one."""
    if any(name.startswith("lpips-") for name in names):
        return ""
    missing = explain_unavailable("lpips-alex")
    return f"no map of LPIPS: {missing.reason}" if missing else ""


class MapProcess:
    """Starts the process with the first map; it ends with `close`, and by itself if the app dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self._closed = False
        self._maps: OrderedDict[bytes, DistanceMap] = OrderedDict()

    def measure(self, metric: str, original: Image, frame: Image) -> DistanceMap:
        """The distance of a frame to its original at each pixel. Takes seconds at first. Raises MetricError."""
        key = blake2b(b"%b\0%b%b" % (metric.encode(), original.tobytes(), frame.tobytes())).digest()
        if key not in self._maps:
            with self._asking:
                self._maps[key] = self._ask(metric, original, frame)
            if len(self._maps) > KEPT_MAPS:
                self._maps.popitem(last=False)
        self._maps.move_to_end(key)
        return self._maps[key]

    def close(self) -> None:
        """End the process, also in the middle of a map. From another thread."""
        self._closed = True
        if self._process is not None:
            self._process.kill()
        with self._asking:
            self._end()

    def _ask(self, metric: str, original: Image, frame: Image) -> DistanceMap:
        if self._closed:
            raise MetricError(f"{metric}: closed")
        process = self._process = self._process or _start()
        assert process.stdin is not None
        assert process.stdout is not None
        request = MapRequest(metric, (frame.shape[0], frame.shape[1]), original.tobytes(), frame.tobytes())
        try:
            write_message(process.stdin, request)
            reply = read_message(process.stdout, MapReply)
        except OSError:  # it is gone
            reply = None
        if reply is None:
            raise MetricError(f"the process that measures {metric} ended ({self._end()}); go on to try again")
        if reply.error:
            raise MetricError(reply.error)
        values: DistanceMap = np.frombuffer(reply.values, np.float32).reshape(frame.shape[:2])
        return values

    def _end(self) -> str:
        """End the process; return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # on flushing what the process did not read
                pipe and pipe.close()
        code = process.wait()
        return f"signal {-code}" if code < 0 else f"exit {code}"


def _start() -> subprocess.Popen[bytes]:
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=quiet, start_new_session=True)
