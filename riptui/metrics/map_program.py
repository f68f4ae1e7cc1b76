"""The program that measures distances at each pixel for somebody else: networks stay out of the app's process.

`python -m riptui.metrics.map_program` reads requests from its stdin and writes replies to its stdout, each as its
length and MessagePack, until its stdin ends. It uses the CPU, and lets others go first: a GPU belongs to workers.
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
NICENESS = 10


class MapRequest(msgspec.Struct):
    """A metric that is `spatial`, and two pictures, uint8 [height, width, 3]."""

    metric: str
    shape: tuple[int, int]
    reference: bytes
    frame: bytes


class MapReply(msgspec.Struct):
    """Distances, float32 [height, width], or why there are none."""

    values: bytes = b""
    error: str = ""


def write_message(stream: IO[bytes], message: msgspec.Struct) -> None:
    data = msgspec.msgpack.encode(message)
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes], kind: type[Message]) -> Message | None:
    """The next message; None where the stream ends."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    data = stream.read(size)
    return msgspec.msgpack.decode(data, type=kind) if len(data) == size else None


class MapMeter:
    """Measures requests; keeps what its metric has prepared of the last reference."""

    def __init__(self) -> None:
        self._prepared_for: tuple[str, bytes] | None = None
        self._prepared: Any = None

    def answer(self, request: MapRequest) -> MapReply:
        """The map, or in one line what was in the way."""
        try:
            return MapReply(self._measure(request).astype(np.float32).tobytes())
        except RiptuiError as error:
            return MapReply(error=str(error))
        except Exception as error:  # of a package that it cannot know
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
    """Answer until stdin ends. What packages print goes to stderr, away from the replies."""
    os.nice(NICENESS)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    meter = MapMeter()
    while (request := read_message(sys.stdin.buffer, MapRequest)) is not None:
        write_message(replies, meter.answer(request))


if __name__ == "__main__":
    main()
