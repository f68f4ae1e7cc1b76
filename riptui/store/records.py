"""The records in the JSON files of a trajectory folder, and the reading of torn files."""

from functools import cache
from typing import Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from riptui.metrics.values import ProfileValues, RepaintDistance, SquareValues
from riptui.spec import Box, MeasureInterval, Sha256


class IterationRow(msgspec.Struct, frozen=True):
    """A line of iterations.jsonl. It commits iteration k."""

    k: int
    box: Box
    """The bounding box of what was repainted: x, y, width, height in pixels."""
    inpainted: float
    """%, repeats counted."""
    coverage: float
    """%, each pixel counted once."""
    patch: tuple[int, int]
    """Offset and length in patches.bin of the PNG of the box (of the whole frame without paste)."""
    sha256: Sha256
    """Of frame k's pixels, RGB, row by row."""
    noise_seed: int
    seconds: float
    """Wall time of the inpainting."""
    session: int
    """Number of the session, from 1, that computed it."""
    anchor: Box | UnsetType = UNSET
    """The square that was painted back from the original afterwards, if the spec has anchors and it was time."""


class CoverageRow(msgspec.Struct, frozen=True):
    """The fields of a row that the coverage needs."""

    k: int
    coverage: float


Measurement = dict[str, int | float | None]
"""A line of metrics.jsonl: k and the values. Of several values with one k and name the last holds."""


class SquareMeasurement(msgspec.Struct, frozen=True):
    """A line of squares.jsonl: values at each square of the grid. Of several with one k and name the last holds."""

    k: int
    squares: dict[str, SquareValues]
    """By metric."""


class ProfileMeasurement(msgspec.Struct, frozen=True):
    """A line of profiles.jsonl: curves along an axis of the metric's own. The last of one k and name holds.

    It can be deleted: `riptui measure` measures it again.
    """

    k: int
    profiles: dict[str, ProfileValues]
    """By metric."""


class RepaintMeasurement(msgspec.Struct, frozen=True):
    """A line of repaints.jsonl: distances right after iteration k's repaint. The last for one k and name holds.

    It can be deleted: the same is measured again from the saved frames.
    """

    k: int
    sha256: Sha256
    """Of frame k's pixels: a line of a frame that was cut, and computed again otherwise, does not count."""
    repaints: dict[str, RepaintDistance]
    """By metric."""


class Session(msgspec.Struct, frozen=True):
    """A line of sessions.jsonl: the process that computed rows."""

    session: int
    started: str
    """ISO 8601, UTC."""
    host: str
    pid: int
    device: str
    batch: int
    versions: dict[str, str]
    """Of Python, riptui and the packages that decide the pixels."""
    notes: dict[str, str] = {}
    """What else decides them, as the inpainter reports it: the commit of the weights, the choice for "auto" ..."""


class HubFolder(msgspec.Struct, frozen=True):
    """A cache of the Hugging Face hub."""

    host: str
    path: str


class AskedServer(msgspec.Struct, frozen=True):
    """The server that a user chose for an inpainter, other than by the settings."""

    inpainter: str
    url: str


class Request(msgspec.Struct, frozen=True):
    """request.json: what the user wants. It can be replaced, unlike the spec, and decides no pixel."""

    state: Literal["run", "pause", "stop"] = "run"
    metrics: tuple[str, ...] = ()
    measure: MeasureInterval = "half"
    queued: float = 0.0
    """Time of the request, in seconds since 1970: workers take the lowest first."""
    priority: int | UnsetType = UNSET
    """Workers take what has a higher one first, of one owner's trajectories; unset: 0."""
    since: float | UnsetType = UNSET
    """Time of the request, if `queued` was changed to reorder the queue."""
    hub_folder: HubFolder | UnsetType = UNSET
    """Where whoever asked has the models of the hub: workers of that host with another cache leave it. Unset: it needs
    none, or was asked for by an older release."""
    server: AskedServer | UnsetType = UNSET
    """Where it is to be painted: a worker whose own URL for that inpainter is another one leaves it, and none contacts
    a URL because it stands here. Unset: where the settings of the worker say."""


class Failure(msgspec.Struct, frozen=True):
    """failed.json: the error that ended the last session."""

    when: str
    k: int
    """The iteration that failed."""
    error: str
    traceback: str


RecordT = TypeVar("RecordT")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The errors of msgspec for bytes that are not such a record; the last for brackets nested a thousand deep."""


def parse_valid_prefix(data: bytes, record_type: type[RecordT]) -> tuple[list[RecordT], list[int]]:
    """The longest prefix of whole lines that are valid records, and the offset of the end of each.

    A line that a crash tore, NULs where a file system lost the data, and everything after them are left out.
    """
    decoder = _decoder(record_type)  # type: ignore[arg-type]  # every type is hashable
    records: list[RecordT] = []
    ends: list[int] = []
    start = 0
    while (end := data.find(b"\n", start) + 1) > 0:
        try:
            records.append(decoder.decode(data[start:end]))
        except UNREADABLE:
            break
        ends.append(end)
        start = end
    return records, ends


def parse_lines(data: bytes, record_type: type[RecordT]) -> list[RecordT]:
    """All whole lines that are valid records, for files whose lines do not depend on each other."""
    complete = data[: data.rfind(b"\n") + 1]
    try:
        decoder = _decoder(record_type)  # type: ignore[arg-type]
        return decoder.decode_lines(complete)  # 9 us for nine lines; one by one 30
    except UNREADABLE:
        return [
            record
            for raw_line in complete.splitlines(keepends=True)
            for record in parse_valid_prefix(raw_line, record_type)[0]
        ]


@cache
def _decoder(record_type: type[RecordT]) -> msgspec.json.Decoder[RecordT]:
    return msgspec.json.Decoder(record_type)


def encode_line(record: object) -> bytes:
    """A record as a line of a JSON Lines file."""
    return msgspec.json.encode(record) + b"\n"
