"""Damage by a disk or by hands: it is reported, no wrong pixel is ever given, and what can be computed is put right.

Left out, for nothing could notice them: other digits in a row's `seconds` and `session`, and in a measured value.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from riptui import engine
from riptui.errors import DamagedError, InputError, RiptuiError, SpecError
from riptui.events import Iterated
from riptui.store import layout
from riptui.store.claim import claim, encode_record
from riptui.store.frames import read_frame
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory
from riptui.store.verify import inspect_folder
from tests.support.faulty_disk import PLACE, Disk, Point, Story, When, contents
from tests.support.running import run_trajectory

STORY = Story()
"""Six iterations of noise at mask 128, measured and with keyframes at 50, 100 and 150 %."""
ITERATIONS = 6

Damage = Callable[[Path], object]
"""Does something to a trajectory folder."""


def rewritten(name: str, change: Callable[[bytes], bytes]) -> Damage:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def flipped(name: str, place: float, bit: int = 0) -> Damage:
    """One bit in the byte that far into the file, 0 to 1."""
    return rewritten(name, lambda data: with_flip(data, int(place * (len(data) - 1)), bit))


def with_flip(data: bytes, offset: int, bit: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1 << bit]) + data[offset + 1 :] if data else data


def removed(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def made(name: str, data: bytes = b"?") -> Damage:
    return lambda folder: (folder / name).write_bytes(data)


def rows(change: Callable[[list[bytes]], Iterable[bytes]]) -> Damage:
    return rewritten(layout.ROWS, lambda data: b"".join(change(data.splitlines(keepends=True))))


def in_row(number: int, old: bytes, new: bytes) -> Damage:
    """Replace what one row says."""

    def change(lines: list[bytes]) -> list[bytes]:
        assert old in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(old, new, 1)
        return lines

    return rows(change)


def row_3_digit_up(key: bytes) -> Damage:
    """Count the last digit of a number in row 3 up."""

    def change(lines: list[bytes]) -> list[bytes]:
        start = lines[2].index(b'"' + key + b'"')
        at = next(i for i in range(start + len(key) + 2, len(lines[2])) if lines[2][i : i + 1].isdigit())
        while lines[2][at + 1 : at + 2].isdigit():
            at += 1
        digit = b"%d" % ((int(lines[2][at : at + 1]) + 1) % 10)
        lines[2] = lines[2][:at] + digit + lines[2][at + 1 :]
        return lines

    return rows(change)


def with_box(row: bytes, box: list[int]) -> bytes:
    told = msgspec.json.decode(row)
    assert told["box"] != box
    return msgspec.json.encode(told | {"box": box}) + b"\n"


def both(*damages: Damage) -> Damage:
    return lambda folder: [damage(folder) for damage in damages]


# What was committed and is wrong now.
DAMAGED: dict[str, Damage] = {
    **{f"row 3 with another {key}": row_3_digit_up(key.encode()) for key in ("k", "box", "inpainted", "coverage")},
    **{f"row 3 with another {key}": row_3_digit_up(key.encode()) for key in ("patch", "noise_seed", "sha256")},
    "row 3 with another square": rows(lambda lines: [*lines[:2], with_box(lines[2], [64, 128, 128, 128]), *lines[3:]]),
    "row 3 without its end": in_row(3, b"}\n", b""),
    "row 3 that is no JSON": in_row(3, b":", b";"),
    "row 3 with an escape": in_row(3, b'"k"', b"\x1b\xff"),
    "row 3 gone": rows(lambda lines: lines[:2] + lines[3:]),
    "row 1 gone": rows(lambda lines: lines[1:]),
    "rows 2 and 3 swapped": rows(lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]),
    "row 3 twice": rows(lambda lines: [*lines[:3], *lines[2:]]),
    "row 3 NULs": rows(lambda lines: [*lines[:2], bytes(len(lines[2])), *lines[3:]]),
    "row 5 NULs and no last keyframe": both(
        rows(lambda lines: [*lines[:4], bytes(len(lines[4])), lines[5]]), removed("keyframes/6.png")
    ),
    "the last row gone": rows(lambda lines: lines[:-1]),
    "the last two rows cut": rewritten(layout.ROWS, lambda data: data[: int(len(data) * 0.7)]),
    "no rows": made(layout.ROWS, b""),
    "no file of rows": removed(layout.ROWS),
    "a patch with a flipped bit": flipped(layout.PATCHES, 0.5),
    "patches with a flipped last bit": flipped(layout.PATCHES, 1.0),
    "patches cut short": rewritten(layout.PATCHES, lambda data: data[: len(data) // 2]),
    "patches without their last byte": rewritten(layout.PATCHES, lambda data: data[:-1]),
    "patches ending in NULs": rewritten(layout.PATCHES, lambda data: data[:-4096] + bytes(4096)),
    "patches shifted by a byte": rewritten(layout.PATCHES, lambda data: b"x" + data),
    "no patches": made(layout.PATCHES, b""),
    "no file of patches": removed(layout.PATCHES),
    "a keyframe with a flipped bit": flipped("keyframes/4.png", 0.5),
    "a keyframe cut short": rewritten("keyframes/4.png", lambda data: data[:-100]),
    "an empty keyframe": made("keyframes/4.png", b""),
    "another keyframe's pixels": lambda folder: shutil.copy(folder / "keyframes/2.png", folder / "keyframes/4.png"),
    "the last keyframe empty": made("keyframes/6.png", b""),
    "a keyframe gone": removed("keyframes/4.png"),
    "no folder of keyframes": lambda folder: shutil.rmtree(folder / "keyframes"),
}

# What a crash may have left.
LEFT: dict[str, Damage] = {
    "a torn row": rewritten(layout.ROWS, lambda data: data + data.splitlines(keepends=True)[0][:99]),
    "NULs behind the rows": rewritten(layout.ROWS, lambda data: data + bytes(500)),
    "a row of NULs behind the rows": rewritten(layout.ROWS, lambda data: data + bytes(250) + b"\n"),
    "a patch without a row": rewritten(layout.PATCHES, lambda data: data + data[:9999]),
    "a last row torn off with its keyframe": both(
        rewritten(layout.ROWS, lambda data: data[:-10]), removed("keyframes/6.png")
    ),
    "no last keyframe": removed("keyframes/6.png"),
    "half a keyframe": made("keyframes/.tmp-6.png"),
    "half an original": made(".tmp-original.png"),
    "a keyframe of no iteration": made("keyframes/99.png"),
}

# What no pixel depends on.
BESIDE: dict[str, Damage] = {
    "no measurements": removed(layout.METRICS),
    "torn measurements": rewritten(layout.METRICS, lambda data: data[:-9]),
    "measurements ending in NULs": rewritten(layout.METRICS, lambda data: data[:-9] + bytes(9)),
    "lost bytes in the measurements": rewritten(layout.METRICS, lambda data: data[:30] + b"\0\xff\x1b" + data[33:]),
    "no sessions": removed(layout.SESSIONS),
    "torn sessions": rewritten(layout.SESSIONS, lambda data: data[:-9]),
    "a lock with garbage": made(".lock", b'{"pid":1,"host":"\xff","since":0}'),
    "no lock": removed(".lock"),
    "a failure with garbage": made(layout.FAILED, b"\xff{"),
    "no request": removed(layout.REQUEST),
    "a request with garbage": made(layout.REQUEST, b'{"state":"r\xffn"}'),
    "an empty request": made(layout.REQUEST, b""),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("whole") / "runs"
    with Disk():
        STORY.run(runs)
    return runs


@pytest.fixture
def runs(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "runs"))


def files_of(runs: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}


def require_right_or_refused(trajectory: Trajectory) -> int:
    """Read every frame; return how many were refused."""
    refused = 0
    for k, expected in enumerate(STORY.frames):
        try:
            np.testing.assert_array_equal(read_frame(trajectory, k), expected)
        except RiptuiError:
            refused += 1
    return refused


def pixels_of(trajectory: Trajectory) -> dict[str, object]:
    """What must be as it was: all but who computed it, and what was logged."""
    held = contents(trajectory, sessions_whole=False)
    return {name: data for name, data in held.items() if name not in (layout.LOG, ".lock")}


def require_put_right(runs: Path) -> None:
    with Disk():
        trajectory = STORY.run(runs)
    assert pixels_of(trajectory) == pixels_of_ending()
    found = inspect_folder(trajectory)
    assert (found.damage, found.leftovers) == ([], [])


def pixels_of_ending() -> dict[str, object]:
    return {name: data for name, data in STORY.ending.items() if name != ".lock"}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_reported_and_put_right(damage: Damage, runs: Path) -> None:
    damage(runs / PLACE)
    trajectory = Trajectory(runs / PLACE)
    require_right_or_refused(trajectory)
    assert inspect_folder(trajectory).damage
    assert summarize(trajectory).spec
    require_put_right(runs)
    assert "recovered" in (runs / PLACE / layout.LOG).read_text()


@pytest.mark.slow
@pytest.mark.parametrize("damage", LEFT.values(), ids=LEFT)
def test_what_a_crash_leaves_is_no_damage_and_is_cleared_away(damage: Damage, runs: Path) -> None:
    damage(runs / PLACE)
    trajectory = Trajectory(runs / PLACE)
    assert require_right_or_refused(trajectory) == ITERATIONS - len(trajectory.read_rows())
    found = inspect_folder(trajectory)
    assert found.damage == []
    assert found.leftovers
    require_put_right(runs)


@pytest.mark.slow
@pytest.mark.parametrize("damage", BESIDE.values(), ids=BESIDE)
def test_damage_beside_the_pixels_hides_none_of_them_and_is_put_right(damage: Damage, runs: Path) -> None:
    damage(runs / PLACE)
    trajectory = Trajectory(runs / PLACE)
    assert require_right_or_refused(trajectory) == 0
    assert inspect_folder(trajectory).damage == []
    summarize(trajectory)
    require_put_right(runs)


@pytest.mark.parametrize(
    "damage",
    [flipped(layout.ORIGINAL, 0.5), made(layout.ORIGINAL, b""), removed(layout.ORIGINAL), flipped(layout.ORIGINAL, 1)],
    ids=["flipped", "emptied", "removed", "end flipped"],
)
def test_a_lost_original_stops_everything_until_its_source_puts_it_back(damage: Damage, runs: Path) -> None:
    damage(runs / PLACE)
    trajectory = Trajectory(runs / PLACE)
    assert require_right_or_refused(trajectory) > 0
    with pytest.raises(DamagedError, match="riptui run"):
        inspect_folder(trajectory)
    with pytest.raises(DamagedError, match="riptui run"):
        list(run_trajectory(trajectory))
    require_put_right(runs)


@pytest.mark.parametrize("data", [b"", b"{", b"\0" * 500, b"\xff", b"[]", b'{"format":1}'])
def test_a_lost_spec_is_refused_and_changes_nothing(data: bytes, runs: Path) -> None:
    made(layout.SPEC, data)(runs / PLACE)
    before = files_of(runs)
    assert summarize(Trajectory(runs / PLACE)).error
    for refused in (inspect_folder, lambda one: list(run_trajectory(one)), lambda one: STORY.create(runs)):
        with pytest.raises(SpecError):
            refused(Trajectory(runs / PLACE))
    assert files_of(runs) == before


def test_a_spec_that_became_another_one_is_refused_and_cuts_nothing(runs: Path) -> None:
    rewritten(layout.SPEC, lambda data: data.replace(b'"seed": 0', b'"seed": 1'))(runs / PLACE)
    before = {path: path.read_bytes() for path in (runs / PLACE).rglob("*") if path.is_file()}
    for refused in (lambda: inspect_folder(Trajectory(runs / PLACE)), lambda: STORY.run(runs)):
        with pytest.raises(SpecError, match="does not match its digest"):
            refused()
    assert {path: path.read_bytes() for path in (runs / PLACE).rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["notes.txt", "keyframes/notes.txt", "keyframes/2-marked.png", "keyframes/.nfs0001"])
def test_files_of_the_user_are_neither_damage_nor_removed(name: str, runs: Path) -> None:
    made(name, b"mine")(runs / PLACE)
    found = inspect_folder(Trajectory(runs / PLACE))
    assert (found.damage, found.leftovers) == ([], [])
    with Disk():
        STORY.run(runs)
    assert (runs / PLACE / name).read_bytes() == b"mine"


def test_a_session_number_is_not_given_again_when_the_sessions_are_lost(runs: Path) -> None:
    both(removed(layout.SESSIONS), rows(lambda lines: lines[:-1]))(runs / PLACE)
    with Disk():
        trajectory = STORY.run(runs)
    assert [row.session for row in trajectory.read_rows()] == [1, 1, 1, 1, 1, 2]
    assert [session.session for session in trajectory.read_sessions()] == [2]


class Abuse(RuleBasedStateMachine):
    """A trajectory that is computed, stopped, killed, measured, damaged and read in any order."""

    FILES: tuple[str, ...] = (
        *(layout.SPEC, layout.ORIGINAL, layout.REQUEST, layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS),
        *(".lock", layout.FAILED, layout.LOG),
        *(f"keyframes/{k}.png" for k in (2, 4, 6)),
    )
    somewhere = st.floats(0, 1)
    file = st.sampled_from(FILES)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.runs = Path(tempfile.mkdtemp(dir=folder)) / "runs"
        self.trajectory = Trajectory(self.runs / PLACE)
        self.hurt: set[str] = set()
        self.committed = 0

    @rule(iterations=st.integers(0, ITERATIONS))
    def compute(self, iterations: int) -> None:
        left = iter(range(iterations))
        with suppress(RiptuiError), Disk():
            trajectory = STORY.create(self.runs)
            for event in run_trajectory(trajectory, should_stop=lambda: next(left, None) is None):
                self.committed = max(self.committed, event.row.k if isinstance(event, Iterated) else event.k)

    @rule(call=st.integers(0, 120), when=st.sampled_from(get_args(When)))
    def crash(self, call: int, when: When) -> None:
        with suppress(RiptuiError):
            told, _ = STORY.crash(self.runs, Point(call, when))
            self.committed = max(self.committed, told.k)

    @precondition(lambda self: self.trajectory.path.exists())
    @rule()
    def measure(self) -> None:
        with suppress(RiptuiError), Disk(), claim(self.trajectory) as claimed:
            at = [k for k in STORY.spec.keyframe_iterations() if k <= len(self.trajectory.read_rows())]
            for measured in engine.measure_saved_frames(claimed, STORY.request.metrics, at):
                assert measured.k in at

    @precondition(lambda self: self.trajectory.path.exists())
    @rule(name=file, place=somewhere, bit=st.integers(0, 7))
    def flip(self, name: str, place: float, bit: int) -> None:
        self.damage(name, lambda data: with_flip(data, int(place * (len(data) - 1)), bit))

    @precondition(lambda self: self.trajectory.path.exists())
    @rule(name=file, place=somewhere)
    def truncate(self, name: str, place: float) -> None:
        self.damage(name, lambda data: data[: int(place * len(data))])

    @precondition(lambda self: self.trajectory.path.exists())
    @rule(name=file, garbage=st.sampled_from([b"\0" * 300, b"\n", b"{}\n", b'{"k":7}\n', b"\x1b\xff\xfe", b"\0\n"]))
    def append(self, name: str, garbage: bytes) -> None:
        self.damage(name, lambda data: data + garbage)

    @precondition(lambda self: self.trajectory.path.exists())
    @rule(name=file)
    def delete(self, name: str) -> None:
        self.damage(name, lambda data: None)

    def damage(self, name: str, change: Callable[[bytes], bytes | None]) -> None:
        path = self.trajectory.path / name
        if path.exists():
            data = change(path.read_bytes())
            path.unlink() if data is None else path.write_bytes(data)
            self.hurt.add(name)
            self.committed = 0
            self.trajectory = Trajectory(self.trajectory.path)

    @precondition(lambda self: self.trajectory.path.exists())
    @rule()
    def read(self) -> None:
        assert STORY.frames
        with suppress(InputError):  # the spec
            rows = len(self.trajectory.read_rows())
            assert rows >= self.committed
            refused = require_right_or_refused(self.trajectory)
            summarize(self.trajectory)
            try:
                found = inspect_folder(self.trajectory)
            except DamagedError:
                assert refused
            else:
                assert len(found.rows) <= rows
                assert found.damage or found.leftovers or refused == ITERATIONS - rows

    def teardown(self) -> None:
        """The user puts back what only the user has, and everything else comes right."""
        lost: dict[str, Any] = {layout.SPEC: STORY.ending[layout.SPEC], layout.REQUEST: encode_record(STORY.request)}
        for name in lost:
            if name in self.hurt:
                (self.trajectory.path / name).write_bytes(lost[name])
        with Disk():
            ended = pixels_of(STORY.run(self.runs))
        expected = pixels_of_ending()
        if layout.METRICS in self.hurt:
            measured: Any = ended.pop(layout.METRICS)
            right: Any = expected.pop(layout.METRICS)
            assert set(measured) >= set(right)
        assert ended == expected
        found = inspect_folder(Trajectory(self.trajectory.path))
        assert (found.damage, found.leftovers) == ([], [])


@pytest.mark.slow
def test_no_order_of_work_crashes_and_damage_gives_a_wrong_pixel_or_an_unknown_error(tmp_path: Path) -> None:
    run_state_machine_as_test(
        lambda: Abuse(tmp_path),  # type: ignore[arg-type]  # a function that makes one will do
        settings=settings(
            max_examples=40,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
