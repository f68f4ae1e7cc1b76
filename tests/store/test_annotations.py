"""Tags and notes: beside the spec, in no digest."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from riptui.errors import DamagedError, DiskError, InputError
from riptui.store import layout
from riptui.store.annotations import (
    NO_ANNOTATIONS,
    Annotations,
    change_annotations,
    parse_note,
    parse_tag,
    peek_annotations,
    read_annotations,
)
from riptui.store.claim import claim
from riptui.store.listing import read_signature, summarize
from riptui.store.verify import inspect_folder
from tests.support.trajectories import MakeTrajectory, advance


def test_what_is_written_is_read_and_decides_nothing(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    advance(trajectory, 2)
    digest, before = trajectory.spec.digest, read_signature(str(trajectory.path))
    change_annotations(trajectory.path, lambda annotations: annotations.with_tags(["usable", "b"]).with_note("good"))
    assert read_annotations(trajectory.path) == Annotations(("b", "usable"), "good")
    assert summarize(trajectory).annotations.note == "good"
    assert type(trajectory)(trajectory.path).spec.digest == digest
    assert read_signature(str(trajectory.path)) != before  # so that the app sees it
    with claim(trajectory):  # another process computes
        change_annotations(trajectory.path, lambda annotations: annotations.with_tags([], ["b"]))
    assert read_annotations(trajectory.path).tags == ("usable",)
    advance(trajectory, 2)
    assert read_annotations(trajectory.path).note == "good"


def test_without_tags_and_note_there_is_no_file(tmp_path: Path) -> None:
    change_annotations(tmp_path, lambda annotations: annotations.with_tags(["x"]))
    assert (tmp_path / layout.ANNOTATIONS).is_file()
    assert change_annotations(tmp_path, lambda annotations: annotations.with_tags([], ["x"])) == NO_ANNOTATIONS
    assert not list(tmp_path.iterdir())


def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    def add(number: int) -> None:
        change_annotations(tmp_path, lambda annotations: annotations.with_tags([f"t{number}"]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert len(read_annotations(tmp_path).tags) == 40


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"tags": 3}', b'{"tags": ["\xff"]}', b"[" * 9000])
def test_a_damaged_file_is_told_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / layout.ANNOTATIONS
    file.write_bytes(content)
    with pytest.raises(DamagedError, match=r"annotations\.json is damaged"):
        change_annotations(tmp_path, lambda annotations: annotations.with_note("new"))
    assert file.read_bytes() == content
    assert peek_annotations(tmp_path) == NO_ANNOTATIONS


def test_a_link_or_a_pipe_in_its_place_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("{}")
    folder = tmp_path / "cat"
    folder.mkdir()
    (folder / layout.ANNOTATIONS).symlink_to(outside)
    with pytest.raises(DamagedError):
        read_annotations(folder)
    (folder / layout.ANNOTATIONS).unlink()
    os.mkfifo(folder / layout.ANNOTATIONS)
    with pytest.raises(DamagedError):
        read_annotations(folder)
    assert outside.read_text() == "{}"


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        change_annotations(tmp_path / "gone", lambda annotations: annotations.with_note("x"))


def test_fields_of_later_releases_are_left_out_when_reading(tmp_path: Path) -> None:
    (tmp_path / layout.ANNOTATIONS).write_text('{"note": "n", "rating": 3}')
    assert read_annotations(tmp_path) == Annotations((), "n")


@pytest.mark.parametrize(
    ("text", "tag"), [("Usable", "usable"), (" #x ", "x"), ("a.b-c_1+", "a.b-c_1+"), ("猫", "猫"), ("e\u0301t", "ét")]
)
def test_tags_have_one_form(text: str, tag: str) -> None:
    assert parse_tag(text) == tag


@pytest.mark.parametrize("text", ["", "-x", "a b", "a,b", "tag:x", "x" * 41, "a\nb", "\x1b[1m", '"', "_a"])
def test_what_a_filter_could_not_name_is_no_tag(text: str) -> None:
    with pytest.raises(InputError, match="must be a letter or digit"):
        parse_tag(text or "")


def test_a_note_has_a_limit() -> None:
    assert parse_note("  a\nb ") == "a\nb"
    with pytest.raises(InputError, match="10,001 characters"):
        parse_note("x" * 10_001)


def test_verification_does_not_mind_it(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    advance(trajectory, 2)
    change_annotations(trajectory.path, lambda annotations: annotations.with_note("good"))
    inspection = inspect_folder(trajectory)
    assert not inspection.damage
    assert not inspection.stray_files
