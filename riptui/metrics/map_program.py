"""The process that computes distance maps for the app, which itself never loads a network.

`python -m riptui.metrics.map_program` reads MapRequests from stdin and writes a MapReply for each to stdout until stdin
ends. A message is its length (8 bytes, little-endian) and MessagePack. It computes on the CPU, at a low priority: GPUs
are for workers.
"""

import os
import struct
import sys
from typing import IO, Any, TypeVar

import msgspec
import numpy as np

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.metrics.loading import load
from riptui.metrics.metric import measure_map

Message = TypeVar("Message")
LENGTH = struct.Struct("<Q")
NICENESS = 10  # of 19: other processes go first


class MapRequest(msgspec.Struct):
    """A metric that is `spatial`, and two pictures, uint8 [height, width, 3]. `shape` is (height, width)."""

    metric: str
    shape: tuple[int, int]
    reference: bytes
    frame: bytes


class MapReply(msgspec.Struct):
    """Distances, float32 [height, width], or an error message in one line."""

    values: bytes = b""
    error: str = ""


def write_message(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message and flush it. Raises OSError."""
    data = msgspec.msgpack.encode(message)
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes], kind: type[Message]) -> Message | None:
    """The next message; None at the end of the stream, also within a message."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    data = stream.read(size)
    return msgspec.msgpack.decode(data, type=kind) if len(data) == size else None


class MapMeter:
    """Answers requests; keeps the prepared reference of the last one."""

    def __init__(self) -> None:
        self._prepared_for: tuple[str, bytes] | None = None
        self._prepared: Any = None

    def answer(self, request: MapRequest) -> MapReply:
        """The map, or the error. Never raises."""
        try:
            return MapReply(self._measure(request).astype(np.float32).tobytes())
        except RiptuiError as error:
            return MapReply(error=str(error))
        except Exception as error:  # a package may raise anything
            return MapReply(error=f"{request.metric} failed: {type(error).__name__}: {error}")

    def _measure(self, request: MapRequest) -> Any:
        metric = load(request.metric, "cpu")
        if self._prepared_for != (request.metric, request.reference):
            self._prepared_for = None
            self._prepared = metric.prepare(_read_image(request.reference, request.shape))
            self._prepared_for = request.metric, request.reference
        return measure_map(metric, self._prepared, _read_image(request.frame, request.shape))


def _read_image(data: bytes, shape: tuple[int, int]) -> Image:
    image: Image = np.frombuffer(data, np.uint8).reshape(*shape, 3)
    return image


def main() -> None:
    """Answer requests until stdin ends. What packages print to stdout goes to stderr, away from the replies."""
    os.nice(NICENESS)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    meter = MapMeter()
    while (request := read_message(sys.stdin.buffer, MapRequest)) is not None:
        write_message(replies, meter.answer(request))


if __name__ == "__main__":
    main()
