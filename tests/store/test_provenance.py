"""What differs between the sessions of a trajectory, and who tells it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.inpainters.inpainter import JOINT_VARIANT
from riptui.store import layout
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.records import Session, encode_line
from riptui.store.trajectory import Trajectory
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


def sessions(trajectory: Trajectory, *changes: dict[str, Any]) -> None:
    """As if these had computed the iterations, one each and the last the rest."""
    one = Session(0, "", "host", 1, "cuda:0 (H100)", 8, {"torch": "2.9"}, {"dtype": "float16"})
    written = [msgspec.structs.replace(one, session=i, **change) for i, change in enumerate(changes, 1)]
    (trajectory.path / layout.SESSIONS).write_bytes(b"".join(map(encode_line, written)))
    rows = [msgspec.structs.replace(row, session=min(row.k, len(changes))) for row in trajectory.read_rows()]
    (trajectory.path / layout.ROWS).write_bytes(b"".join(map(encode_line, rows)))


@pytest.fixture
def done(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trajectory:
    monkeypatch.chdir(tmp_path)
    trajectory = make_trajectory("g/t", inpainter="noise", mask=128)
    list(run_trajectory(trajectory))
    return trajectory


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ([{}], ""),
        ([{}, {"host": "other", "pid": 2, "started": "later", "device": "cuda:3 (H100)"}], ""),
        ([{}, {"batch": 1}, {}], "batch 8, then 1"),
        ([{}, {"device": "cpu (x86_64)"}], "device cuda (H100), then cpu (x86_64)"),
        ([{}, {"versions": {"torch": "2.10"}, "notes": {}}], "torch 2.9, then 2.10; dtype float16, then none"),
    ],
)
def test_what_differs_between_sessions_is_told(done: Trajectory, changes: list[dict[str, Any]], what: str) -> None:
    sessions(done, *changes)
    assert describe_mixed_sessions(done) == what
    assert ("≠" in riptui("ls", "runs").out) == bool(what)
    for command in (["show", "runs/g/t", "--no-picture"], ["check", "runs"]):
        outcome = riptui(*command)
        assert outcome.code == 0
        assert (f"mixed, its sessions differ: {what}" in outcome.out) == bool(what)
    for argv in (["ls", "runs"], ["show", "runs/g/t"], ["check", "runs"]):
        told = msgspec.json.decode(riptui(*argv, "--json").out.splitlines()[-1])
        assert (told[0] if isinstance(told, list) else told)["mixed"] == (what or None)


@pytest.mark.parametrize(
    ("notes", "what"),
    [
        ({"prompt": "text_encoder takes 75 of 78 tokens"}, ""),
        ({"lora tensors": "of a.safetensors 2 of 8 tensors were not used"}, ""),
        ({"variant": JOINT_VARIANT}, ""),
        ({"variant": "fp16 of text_encoder"}, "variant none, then fp16 of text_encoder"),
        ({"compel": "2.5.1"}, "compel none, then 2.5.1"),
    ],
)
def test_what_older_releases_did_not_note_is_not_a_difference(
    done: Trajectory, notes: dict[str, str], what: str
) -> None:
    sessions(done, {}, {"notes": {"dtype": "float16", **notes}})
    assert describe_mixed_sessions(done) == what


@pytest.mark.parametrize(
    ("weights", "what"), [("a" * 64, ""), ("b" * 64, "weights of unet aaaaaaaaaaaa, then bbbbbbbbbbbb")]
)
def test_which_of_its_files_had_the_weights_is_no_difference_where_their_digests_are_known(
    done: Trajectory, weights: str, what: str
) -> None:
    """Older releases wrote no note `variant` for RePaint."""
    noted = {"model": "commit", "weights of unet": "a" * 64}
    sessions(done, {"notes": noted}, {"notes": {**noted, "weights of unet": weights, "variant": "fp16 of unet"}})
    assert describe_mixed_sessions(done) == what


def test_where_frames_were_measured_is_no_difference(done: Trajectory) -> None:
    sessions(done, {}, {"notes": {"dtype": "float16", "measures": "no memory left on cuda:0 for lpips-vgg"}}, {})
    assert describe_mixed_sessions(done) == ""


def test_a_session_that_computed_nothing_that_counts_does_not_mix(done: Trajectory) -> None:
    sessions(done, {}, {"batch": 1}, {})
    rows = [msgspec.structs.replace(row, session=1 if row.session == 2 else row.session) for row in done.read_rows()]
    (done.path / layout.ROWS).write_bytes(b"".join(map(encode_line, rows)))
    assert describe_mixed_sessions(done) == ""
