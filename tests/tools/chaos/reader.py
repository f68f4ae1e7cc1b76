"""A trajectory folder read and computed again without riptui: from the README alone, with json, Pillow and OpenCV."""

import hashlib
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image

Pixels = npt.NDArray[np.uint8]
"""[height, width, 3], RGB."""
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

UNDIGESTED = ("source_name", "source_sha256", "digest")
FILES = {
    *("spec.json", "original.png", "iterations.jsonl", "patches.bin", "keyframes", "metrics.jsonl", "sessions.jsonl"),
    *("request.json", "log.txt", ".lock", "annotations.json", "attempts.json"),
}
"""What a trajectory that is done may have. attempts.json: of a process killed after its last iteration."""
METHODS = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}
SQUARE, NOISE, SHUFFLE = range(3)  # purposes of random words


@dataclass(frozen=True)
class Expected:
    """What iteration k must be."""

    k: int
    box: Box
    coverage: float
    """%."""
    noise_seed: int
    sha256: str
    psnr: float
    """dB, to frame 0; infinite if the frames are equal."""


@dataclass
class Reading:
    """What was found in a folder."""

    iterations: int = 0
    frames: int = 0
    """How many were compared with frames computed here."""
    faults: list[str] = field(default_factory=list)


def is_trajectory(folder: Path) -> bool:
    return (folder / "spec.json").is_file()


def find_trajectories(runs: Path) -> list[Path]:
    """The trajectory folders of a runs folder, without those in the trash or in creation."""
    found = (path.parent for path in sorted(runs.rglob("spec.json")))
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(runs).parts)]


def count_rows(folder: Path) -> int:
    """The committed iterations: whole lines. 0 if there is no such file."""
    try:
        return (folder / "iterations.jsonl").read_bytes().count(b"\n")
    except OSError:
        return 0


def read(folder: Path, pictures: dict[str, Pixels]) -> Reading:
    """Compare a trajectory that must be done with one computed here. pictures: by the SHA-256 of their files."""
    reading = Reading()
    try:
        reading.faults += _compare(folder, pictures, reading)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        reading.faults.append(f"unreadable: {type(error).__name__}: {error}")
    reading.faults = [f"{folder}: {fault}" for fault in reading.faults]
    return reading


def _compare(folder: Path, pictures: dict[str, Pixels], reading: Reading) -> Iterator[str]:
    written = (folder / "spec.json").read_text()
    spec = json.loads(written)
    if spec["digest"] != digest(spec):
        yield "the digest in spec.json is wrong"
    original = _decode((folder / "original.png").read_bytes())
    if _sha256(original) != spec["original_sha256"]:
        yield "original.png has other pixels than spec.json says"
    if not np.array_equal(original, pictures[spec["source_sha256"]]):
        yield "original.png is not the source image"
    rows = _read_lines(folder / "iterations.jsonl")
    expected = compute(json.dumps({**spec, "source_name": ""}, sort_keys=True), original.tobytes())
    reading.iterations = len(rows)
    if len(rows) != len(expected):
        yield f"{len(rows)} iterations, not {len(expected)}"
    yield from _compare_rows(folder, rows, expected, original, reading)
    yield from _compare_keyframes(folder, spec, expected)
    request = json.loads((folder / "request.json").read_text())
    yield from _compare_measurements(folder, _points_to_measure(spec, request["measure"]), expected)
    sessions = {session["session"] for session in _read_lines(folder / "sessions.jsonl")}
    if not {row["session"] for row in rows} <= sessions:
        yield "iterations of sessions that are not in sessions.jsonl"
    if request["state"] not in ("run", "pause", "stop"):
        yield f"request.json has the state {request['state']}"
    if others := {path.name for path in folder.iterdir()} - FILES:
        yield f"other files in the folder: {sorted(others)}"


def _compare_rows(
    folder: Path, rows: list[dict[str, Any]], expected: tuple[Expected, ...], original: Pixels, reading: Reading
) -> Iterator[str]:
    """Rebuild each frame from the patches, as the README's example does."""
    image = PIL.Image.fromarray(original)
    patches = (folder / "patches.bin").read_bytes()
    end = 0
    for row, right in zip(rows, expected, strict=False):
        (x, y, *_), (offset, length) = row["box"], row["patch"]
        same = (row["k"], tuple(row["box"]), row["noise_seed"]) == (right.k, right.box, right.noise_seed)
        if not same or not math.isclose(row["coverage"], right.coverage):
            yield f"row {right.k} is {row}, not {right}"
        if offset != end:
            yield f"the patch of row {right.k} starts at {offset}, not {end}"
        end = offset + length
        patch = PIL.Image.open(io.BytesIO(patches[offset:end]))
        image.paste(patch, (x, y) if patch.size != image.size else (0, 0))
        reading.frames += 1
        if not row["sha256"] == right.sha256 == hashlib.sha256(image.tobytes()).hexdigest():
            yield f"frame {right.k} has wrong pixels"
            return
    if end != len(patches):
        yield f"patches.bin has {len(patches)} bytes, not {end}"


def _compare_keyframes(folder: Path, spec: dict[str, Any], expected: tuple[Expected, ...]) -> Iterator[str]:
    due = {f"{k}.png" for k in points(spec) if k}
    there = {path.name: path for path in (folder / "keyframes").iterdir()}
    if there.keys() != due:
        yield f"keyframes {sorted(there)}, not {sorted(due)}"
    for name in due & there.keys():
        if _sha256(_decode(there[name].read_bytes())) != expected[int(name[:-4]) - 1].sha256:
            yield f"keyframe {name} has wrong pixels"


def _compare_measurements(folder: Path, due: set[int], expected: tuple[Expected, ...]) -> Iterator[str]:
    values: dict[int, float | None] = {}
    for row in _read_lines(folder / "metrics.jsonl"):
        if "psnr" in row:
            values[row["k"]] = row["psnr"]
    if missing := due - values.keys():
        yield f"no psnr of {sorted(missing)}"
    for k, value in values.items():
        right = expected[k - 1].psnr if k else math.inf
        if not math.isclose(math.inf if value is None else value, right, rel_tol=1e-9):
            yield f"psnr of {k} is {value}, not {right}"


def digest(spec: dict[str, Any]) -> str:
    """The identity of a spec: the SHA-256 of its canonical JSON."""
    fields = {key: value for key, value in spec.items() if key not in UNDIGESTED}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def points(spec: dict[str, Any]) -> set[int]:
    """The iterations of frame 0, of every 50 %, and the last."""
    last, cells = _iterations(spec["amount"], _cells(spec)), _cells(spec)
    return {0, last} | {k for i in range(1, last + 1) if (k := _iterations(50 * i, cells)) <= last}


def _points_to_measure(spec: dict[str, Any], measure: str | int) -> set[int]:
    if measure == "half":
        return points(spec)
    last = _iterations(spec["amount"], _cells(spec))
    return {*range(0, last + 1, 1 if measure == "every" else int(measure)), last}


@lru_cache(maxsize=200)
def compute(spec_json: str, original: bytes) -> tuple[Expected, ...]:
    """All iterations of a spec, computed by a plain loop."""
    spec = json.loads(spec_json)
    size, mask = spec["size"], spec["mask"]
    first = np.frombuffer(original, np.uint8).reshape(size, size, 3)
    frame, touched, rows = first.copy(), set(), []
    for k in range(1, _iterations(spec["amount"], _cells(spec)) + 1):
        cell = _draw_cell(spec, k)
        y, x = (mask * index for index in divmod(cell, size // mask))
        touched.add(cell)
        square = np.s_[y : y + mask, x : x + mask]
        frame[square] = _inpaint(spec, frame, square)[square]
        error = float(np.mean((frame.astype(np.float64) - first) ** 2))
        rows.append(
            Expected(
                k=k,
                box=(x, y, mask, mask),
                coverage=100 * len(touched) / _cells(spec),
                noise_seed=_random_words(spec, k, NOISE, 1)[0] >> 11,
                sha256=_sha256(frame),
                psnr=10 * math.log10(255**2 / error) if error else math.inf,
            )
        )
    return tuple(rows)


def _inpaint(spec: dict[str, Any], frame: Pixels, square: tuple[slice, slice]) -> Pixels:
    if spec["inpainter"] == "identity":
        return frame
    region = np.zeros(frame.shape[:2], np.uint8)
    region[square] = 255
    return np.asarray(cv2.inpaint(frame, region, spec["parameters"]["radius"], METHODS[spec["inpainter"]]), np.uint8)


def _draw_cell(spec: dict[str, Any], k: int) -> int:
    cells = _cells(spec)
    cycle, position = divmod(k - 1, cells)
    if spec["order"] == "raster":
        return position
    if spec["order"] == "shuffle":
        words = _random_words(spec, cycle, SHUFFLE, cells)
        return sorted(range(cells), key=lambda cell: words[cell])[position]
    return _random_words(spec, k, SQUARE, 1)[0] * cells // 2**64


def _random_words(spec: dict[str, Any], counter: int, purpose: int, count: int) -> list[int]:
    key = (counter, purpose)
    if spec.get("squares", "shared") == "shared":
        sequence = np.random.SeedSequence(spec["seed"], spawn_key=key)
    else:
        low, high = spec["seed"] % 2**32, spec["seed"] >> 32
        sha = bytes.fromhex(spec["original_sha256"])
        of_picture = [int.from_bytes(sha[i : i + 4], "little") for i in range(0, 32, 4)]
        sequence = np.random.SeedSequence([low, high, *of_picture], spawn_key=(spec["mask"], *key))
    return [int(word) for word in sequence.generate_state(count, np.uint64)]


def _cells(spec: dict[str, Any]) -> int:
    return int(spec["size"] // spec["mask"]) ** 2


def _iterations(percent: float, cells: int) -> int:
    return math.ceil(Fraction(str(percent)) * cells / 100)


def _sha256(pixels: Pixels) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _decode(data: bytes) -> Pixels:
    return np.asarray(PIL.Image.open(io.BytesIO(data)).convert("RGB"))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    data = path.read_text()
    if data and not data.endswith("\n"):
        raise ValueError(f"{path.name} ends within a line")
    return [json.loads(line) for line in data.splitlines()]
