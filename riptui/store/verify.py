"""Verify a trajectory folder: every row, patch, keyframe and pixel hash. Changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from riptui import masks
from riptui.arrays import Image
from riptui.errors import DamagedError
from riptui.filesystem import TEMPORARY_PREFIX
from riptui.images import pixels_sha256
from riptui.recursion import Walk
from riptui.store import layout
from riptui.store.disk import SMALL_BYTES, file_size, list_folder
from riptui.store.frames import decode_patch_of, make_frame, read_keyframe, read_original
from riptui.store.records import IterationRow, parse_valid_prefix
from riptui.store.size_limits import max_bytes
from riptui.store.trajectory import Trajectory


@dataclass
class Inspection:
    """The intact part of a trajectory folder, and the damage and leftovers in the rest."""

    original: Image
    """Frame 0."""
    walk: Walk
    """The state after the last intact row."""
    rows: list[IterationRow] = field(default_factory=list)
    """The longest prefix of rows whose patches are present and intact."""
    rows_end: int = 0
    """The offset of their end in iterations.jsonl, in bytes."""
    patches_end: int = 0
    """The offset of the end of their patches in patches.bin, in bytes."""
    broken_keyframes: list[int] = field(default_factory=list)
    """Iterations whose keyframes are missing or wrong; they can be rebuilt from the patches."""
    stray_files: list[str] = field(default_factory=list)
    """Files that do not belong to the trajectory, relative to its folder."""
    damage: list[str] = field(default_factory=list)
    """Committed data that is no longer intact, one sentence each."""
    leftovers: list[str] = field(default_factory=list)
    """Remains of a crash, one sentence each. The next session removes them, and nothing is lost."""


def inspect_folder(trajectory: Trajectory) -> Inspection:
    """Verify everything. Raises DamagedError if frame 0 is lost, SpecError if the spec is."""
    spec = trajectory.spec
    first_frame = read_original(trajectory)
    inspection = Inspection(first_frame, Walk(spec, first_frame))
    keyframes = list_folder(trajectory.path / layout.KEYFRAMES)  # before the rows: a keyframe is written after its row
    data = trajectory.read_data(layout.ROWS)
    patches = trajectory.read_data(layout.PATCHES)
    due = set(spec.keyframe_iterations())
    for row, end in zip(*parse_valid_prefix(data, IterationRow), strict=True):
        if problem := _check_row(inspection, row, patches):
            inspection.damage.append(f"{layout.ROWS}, row {len(inspection.rows) + 1}: {problem}")
            break
        inspection.rows_end = end
        if row.k in due and read_keyframe(trajectory, row) is None:
            inspection.broken_keyframes.append(row.k)
    else:
        _check_tails(inspection, data, trajectory)
    inspection.leftovers += _find_oversized(trajectory)
    for k in inspection.broken_keyframes:
        _check_broken_keyframe(inspection, k, keyframes)
    beyond = [k for k in due if k > len(inspection.rows) and layout.keyframe_name(k) in keyframes]
    if beyond and not inspection.damage:
        inspection.damage.append(f"{layout.ROWS}: it ends before row {max(beyond)}, whose keyframe is there")
    allowed = spec.point_iterations()  # older releases wrote keyframes also where a patch is the image
    kept = {layout.keyframe_name(k) for k in allowed if 0 < k <= len(inspection.rows)}
    inspection.stray_files = sorted(_find_stray_files(trajectory, kept))
    inspection.leftovers += [f"{name} does not belong to the trajectory" for name in inspection.stray_files]
    return inspection


def _check_row(inspection: Inspection, row: IterationRow, patches: bytes) -> str | None:
    """Advance by the next row, or return what is wrong with it."""
    walk, spec = inspection.walk, inspection.walk.spec
    k = walk.iteration + 1
    region = masks.draw_region(spec, k)
    expected = msgspec.structs.replace(
        row,
        k=k,
        box=region.box,
        inpainted=spec.inpainted(k),
        coverage=walk.coverage_with(region),
        patch=(inspection.patches_end, row.patch[1]),
        noise_seed=masks.draw_noise_seed(spec, k),
        anchor=masks.draw_anchor(spec, k) or msgspec.UNSET,
    )
    if row != expected:
        return "it does not follow from the spec and the rows before it"
    frame = walk.frame.copy()
    try:
        patch = decode_patch_of(row, patches)
        make_frame(spec, inspection.original, frame, row, patch)
    except DamagedError as error:
        return f"its patch is damaged: {error}"
    if pixels_sha256(frame) != row.sha256:
        return "its patch does not give the frame that it names"
    if spec.paste and not patch.is_of(row, region):
        return "its patch has another shape than its mask"
    walk.advance(region, frame)
    inspection.rows.append(row)
    inspection.patches_end += row.patch[1]
    return None


def _check_tails(inspection: Inspection, data: bytes, trajectory: Trajectory) -> None:
    """Check the data after the last intact row: torn by a crash, unless whole rows follow."""
    tail = data[inspection.rows_end :]
    lines = re.split(rb"[\0\n]+", tail)  # a lost block is NULs, line ends and all
    if any(parse_valid_prefix(line + b"\n", IterationRow)[0] for line in lines):
        row = len(inspection.rows) + 1
        inspection.damage.append(f"{layout.ROWS}, row {row}: it is not readable, and rows follow it")
    elif tail:
        uncommitted = max(len(data), file_size(trajectory.path / layout.ROWS)) - inspection.rows_end
        inspection.leftovers.append(f"{layout.ROWS}: {uncommitted} bytes of a row that was never committed")
    if (uncommitted := file_size(trajectory.path / layout.PATCHES) - inspection.patches_end) > 0:
        inspection.leftovers.append(f"{layout.PATCHES}: {uncommitted} bytes of a patch that was never committed")


def _find_oversized(trajectory: Trajectory) -> Iterator[str]:
    """Find files that do not commit iterations and claim more bytes than the spec allows: a session cuts them."""
    for name in (layout.METRICS, layout.SQUARES, layout.PROFILES, layout.SESSIONS):
        size = file_size(f"{trajectory.path}/{name}")
        if size > SMALL_BYTES and size > (allowed := max_bytes(trajectory.spec, name)):
            yield f"{name}: it has {size:,} bytes, and its spec allows {allowed:,}"


def _check_broken_keyframe(inspection: Inspection, k: int, present: list[str]) -> None:
    """Report a missing keyframe. Keyframes follow their rows, so that of the last row may not be written yet."""
    name = layout.keyframe_name(k)
    if k == len(inspection.rows) and name not in present and not inspection.damage:
        inspection.leftovers.append(f"{layout.KEYFRAMES}/{name} was not written yet")
    else:
        inspection.damage.append(f"{layout.KEYFRAMES}/{name} is missing or wrong")


def _find_stray_files(trajectory: Trajectory, keyframes: set[str]) -> Iterator[str]:
    """Find files that only riptui can have written: they are removed, and the user's own files are not."""
    for name in list_folder(trajectory.path):
        if name.startswith(TEMPORARY_PREFIX):
            yield name
    for name in list_folder(trajectory.path / layout.KEYFRAMES):
        if name not in keyframes and (name.startswith(TEMPORARY_PREFIX) or layout.KEYFRAME_PATTERN.fullmatch(name)):
            yield f"{layout.KEYFRAMES}/{name}"
