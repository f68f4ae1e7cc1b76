"""The file of frames' vectors: a cache beside the frames, never trusted over them."""

import io
from pathlib import Path

import numpy as np
import pytest

from riptui.features import load_extractor
from riptui.store import layout
from riptui.store.feature_file import (
    StoredFeatures,
    compute_features,
    find_missing_features,
    read_feature,
    read_features,
    save_features,
)
from riptui.store.trajectory import Trajectory
from riptui.store.verify import inspect_folder
from tests.support.trajectories import MakeTrajectory, advance

PHASH = load_extractor("phash")


@pytest.fixture
def trajectory(make_trajectory: MakeTrajectory) -> Trajectory:
    made = make_trajectory()
    advance(made, 3)
    return made


def file_of(trajectory: Trajectory) -> Path:
    return trajectory.path / "features-phash.npz"


def test_vectors_are_kept_and_read_back(trajectory: Trajectory) -> None:
    computed = compute_features(trajectory, PHASH, [3, 0, 1])
    assert [*computed] == [0, 1, 3]
    stored = read_features(trajectory, "phash")
    assert stored.identity == PHASH.identity
    assert [*stored.vectors] == [0, 1, 3]
    assert all(np.array_equal(stored.vectors[k], computed[k]) for k in computed)
    last = read_feature(trajectory, "phash", 3)
    assert last is not None
    assert np.array_equal(last, computed[3])
    assert read_feature(trajectory, "phash", 2) is None
    assert inspect_folder(trajectory).damage == []


def test_what_is_stored_is_not_computed_again(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    compute_features(trajectory, PHASH, [0, 1])
    asked: list[int] = []
    monkeypatch.setattr(type(PHASH), "extract", lambda self, images: asked.append(len(images)) or np.ones((1, 64), "f"))
    assert [*compute_features(trajectory, PHASH, [0, 1, 2])] == [0, 1, 2]
    assert asked == [1]


def test_no_file_is_no_features(trajectory: Trajectory) -> None:
    assert read_features(trajectory, "phash") == StoredFeatures()


def test_a_vector_of_other_pixels_does_not_count(trajectory: Trajectory, make_trajectory: MakeTrajectory) -> None:
    other = make_trajectory("picture/other", inpainter="telea")
    advance(other, 3)
    compute_features(other, PHASH, [0, 1, 3])
    file_of(trajectory).write_bytes(file_of(other).read_bytes())
    assert [*read_features(trajectory, "phash").vectors] == [0]  # the same original


def test_another_identity_is_missing_and_replaces(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    compute_features(trajectory, PHASH, [0, 1])
    monkeypatch.setattr(type(PHASH), "identity", "another")
    assert find_missing_features(trajectory, "phash", [0, 1, 2]) == [2]
    assert find_missing_features(trajectory, "phash", [0, 1, 2], PHASH.identity) == [0, 1, 2]
    saved = save_features(trajectory, PHASH, {2: np.zeros(64, np.float32)})
    assert (saved.identity, [*saved.vectors]) == ("another", [2])


def flip_each_byte(data: bytes, step: int) -> list[bytes]:
    return [data[:i] + bytes([data[i] ^ 255]) + data[i + 1 :] for i in range(0, len(data), step)]


@pytest.mark.slow
def test_a_damaged_file_is_none_or_right(trajectory: Trajectory) -> None:
    compute_features(trajectory, PHASH, [0, 1, 3])
    whole, intact = file_of(trajectory).read_bytes(), read_features(trajectory, "phash").vectors
    for data in [b"", b"PK", whole[:100], whole[:-1], whole * 2, *flip_each_byte(whole, 29)]:
        file_of(trajectory).write_bytes(data)
        found = read_features(trajectory, "phash").vectors
        assert all(np.array_equal(vector, intact[k]) for k, vector in found.items())
    again = compute_features(trajectory, PHASH, [0, 1, 3])
    assert file_of(trajectory).read_bytes() == whole
    assert all(np.array_equal(vector, intact[k]) for k, vector in again.items())


def test_a_file_that_would_expand_is_not_read(trajectory: Trajectory) -> None:
    compute_features(trajectory, PHASH, [0])
    with np.load(file_of(trajectory)) as arrays:
        contents = dict(arrays)
    packed = io.BytesIO()
    np.savez_compressed(packed, **contents)
    file_of(trajectory).write_bytes(packed.getvalue())
    assert read_features(trajectory, "phash") == StoredFeatures()


def test_a_folder_that_cannot_be_written_costs_only_the_file(trajectory: Trajectory) -> None:
    file_of(trajectory).mkdir()
    assert [*compute_features(trajectory, PHASH, [0, 1])] == [0, 1]
    assert read_features(trajectory, "phash") == StoredFeatures()


def test_the_file_of_a_chosen_model_has_a_name_of_its_own() -> None:
    names = {layout.features_name(name) for name in ("clip", "clip:a/b", "clip:a-b", "clip:/a/b")}
    assert len(names) == 4
    assert "features-clip.npz" in names
    assert all(name.startswith("features-clip") and "/" not in name for name in names)
