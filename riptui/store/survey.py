"""Compare a trajectory folder with what it should be: every row, patch, keyframe and pixel hash. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from riptui import masks
from riptui.arrays import Image
from riptui.errors import DamagedError
from riptui.images import pixels_sha256
from riptui.recursion import Walk
from riptui.store import layout
from riptui.store.disk import TEMPORARY, list_folder, read_file
from riptui.store.frames import apply, original, read_keyframe
from riptui.store.records import Row, prefix
from riptui.store.trajectory import Trajectory


@dataclass
class Survey:
    """What is good, and what is wrong with the rest."""

    original: Image
    """Frame 0."""
    walk: Walk
    """Where the good rows lead to."""
    rows: list[Row] = field(default_factory=list)
    """The longest prefix of rows whose patches are there and right."""
    rows_end: int = 0
    """Where they end in iterations.jsonl, in bytes."""
    patches_end: int = 0
    """Where their patches end in patches.bin, in bytes."""
    keyframes: list[int] = field(default_factory=list)
    """Iterations whose keyframes are missing or wrong; they can be made again from the patches."""
    stray: list[str] = field(default_factory=list)
    """Files that do not belong to the trajectory, relative to its folder."""
    damage: list[str] = field(default_factory=list)
    """What was committed and is no longer right, a sentence each."""
    leftovers: list[str] = field(default_factory=list)
    """What a crash left behind and the next session clears away, a sentence each. Nothing is lost by it."""


def survey(trajectory: Trajectory) -> Survey:
    """Look at everything. Raises DamagedError if frame 0 is lost, SpecError if the spec is."""
    spec = trajectory.spec
    start = original(trajectory)
    found = Survey(start, Walk(spec, start))
    keyframes = list_folder(trajectory.path / layout.KEYFRAMES)  # before the rows, which are there before them
    data = read_file(trajectory.path / layout.ROWS) or b""
    patches = read_file(trajectory.path / layout.PATCHES) or b""
    due = set(spec.halves())
    for row, end in zip(*prefix(data, Row), strict=True):
        if wrong := _advance(found, row, patches):
            found.damage.append(f"{layout.ROWS}, row {len(found.rows) + 1}: {wrong}")
            break
        found.rows_end = end
        if row.k in due and read_keyframe(trajectory, row) is None:
            found.keyframes.append(row.k)
    else:
        _tails(found, data, patches)
    for k in found.keyframes:
        _keyframe_lacks(found, k, keyframes)
    beyond = [k for k in due if k > len(found.rows) and layout.keyframe(k) in keyframes]
    if beyond and not found.damage:
        found.damage.append(f"{layout.ROWS}: it ends before row {max(beyond)}, whose keyframe is there")
    found.stray = sorted(_stray(trajectory, {layout.keyframe(k) for k in due if 0 < k <= len(found.rows)}))
    found.leftovers += [f"{name} does not belong to the trajectory" for name in found.stray]
    return found


def _advance(found: Survey, row: Row, patches: bytes) -> str | None:
    """Walk on by the next row, or say what is wrong with it."""
    walk, spec = found.walk, found.walk.spec
    k = walk.iteration + 1
    box = masks.box(spec, k)
    repainted = walk.repainted | {box}
    expected = msgspec.structs.replace(
        row,
        k=k,
        box=box,
        inpainted=spec.inpainted(k),
        coverage=100 * len(repainted) / spec.cells,
        patch=(found.patches_end, row.patch[1]),
        noise_seed=masks.noise_seed(spec.seed, k),
    )
    if row != expected:
        return "it does not follow from the spec and the rows before it"
    frame = walk.frame.copy()
    try:
        apply(frame, row, patches)
    except DamagedError as error:
        return f"its patch is damaged: {error}"
    if pixels_sha256(frame) != row.sha256:
        return "its patch does not give the frame that it names"
    found.walk = Walk(spec, frame, k, repainted)
    found.rows.append(row)
    found.patches_end += row.patch[1]
    return None


def _tails(found: Survey, data: bytes, patches: bytes) -> None:
    """What lies behind the last good row: torn by a crash, unless whole rows follow the tear."""
    tail = data[found.rows_end :]
    lines = tail.replace(b"\0", b"\n").splitlines(keepends=True)  # a lost block is NULs, line ends and all
    if any(prefix(line, Row)[0] for line in lines):
        found.damage.append(f"{layout.ROWS}, row {len(found.rows) + 1}: it is not readable, and rows follow it")
    elif tail:
        found.leftovers.append(f"{layout.ROWS}: {len(tail)} bytes of a row that was never committed")
    if len(patches) > found.patches_end:
        uncommitted = len(patches) - found.patches_end
        found.leftovers.append(f"{layout.PATCHES}: {uncommitted} bytes of a patch that was never committed")


def _keyframe_lacks(found: Survey, k: int, there: list[str]) -> None:
    """Keyframes follow their rows, so that of the last row may never have been written."""
    name = layout.keyframe(k)
    if k == len(found.rows) and name not in there and not found.damage:
        found.leftovers.append(f"{layout.KEYFRAMES}/{name} was not written yet")
    else:
        found.damage.append(f"{layout.KEYFRAMES}/{name} is missing or wrong")


def _stray(trajectory: Trajectory, keyframes: set[str]) -> Iterator[str]:
    """Only what this program may have made: they are removed, and a user's own files are not."""
    for name in list_folder(trajectory.path):
        if name.startswith(TEMPORARY):
            yield name
    for name in list_folder(trajectory.path / layout.KEYFRAMES):
        if name not in keyframes and (name.startswith(TEMPORARY) or layout.KEYFRAME.fullmatch(name)):
            yield f"{layout.KEYFRAMES}/{name}"
