"""Export: what is written is what was computed, files are whole or not there, and nothing is replaced unasked."""

import csv
import errno
import os
import resource
import shutil
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf, isnan
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from riptui import export
from riptui.errors import DiskError, InputError, MissingExtraError
from riptui.export import png_frames as folder_module
from riptui.export.files import ABANDONED_SECONDS
from riptui.store.claim import claim
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import advance

Computed = Callable[..., Trajectory]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def computed(make_trajectory: Callable[..., Trajectory]) -> Computed:
    """`computed(until=5, mask=64, ...)`: as `make_trajectory`, and computed up to an iteration or to its end."""

    def make(place: str = "picture/m64-s0", *, until: int | None = None, **fields: Any) -> Trajectory:
        trajectory: Trajectory = make_trajectory(place, **fields)
        if until is None:
            list(run_trajectory(trajectory))
        elif until:
            advance(trajectory, until)
        return trajectory

    return make


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder to export to."""
    path = tmp_path / "out"
    path.mkdir()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pixels(path: Path, number: int = 0) -> np.ndarray:
    with PIL.Image.open(path) as opened:
        opened.seek(number)
        return np.asarray(opened.convert("RGB"))


def writers(trajectory: Trajectory) -> dict[str, Callable[..., Path]]:
    return {
        "a.gif": lambda file, **options: export.write_animation(trajectory, file, **options),
        "a.webp": lambda file, **options: export.write_animation(trajectory, file, **options),
        "a.png": lambda file, **options: export.write_animation(trajectory, file, **options),
        "strip.png": lambda file, **options: export.write_strip(trajectory, file, **options),
        "a.csv": lambda file, **options: export.write_metrics_csv(trajectory, file, **options),
        "a.parquet": lambda file, **options: export.write_metrics_parquet(trajectory, file, **options),
    }


FILES = [
    pytest.param(name, marks=pytest.mark.needs("parquet")) if name == "a.parquet" else name
    for name in writers(Trajectory(Path()))
]


# --- files in general ---


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_exists_is_replaced_only_with_overwrite(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed(metrics=("psnr",)))[name]
    file = out / name
    file.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists; --overwrite replaces it"):
        write(file)
    assert file.read_bytes() == b"mine"
    assert write(file, overwrite=True) == file
    assert len(file.read_bytes()) > 100
    assert names(out) == [name]


@pytest.mark.parametrize("name", FILES)
def test_a_bad_target_is_refused_with_what_to_do(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed(until=1, metrics=("psnr",)))[name]
    with pytest.raises(InputError, match=r"the name must end in \.(gif|png|csv|parquet)"):
        write(out / "a.mp4")
    with pytest.raises(InputError, match=r"nowhere does not exist: create the folder first"):
        write(out / "nowhere" / name)
    (out / name).mkdir()
    with pytest.raises(InputError, match="is a folder: name a file in it"):
        write(out / name, overwrite=True)
    assert names(out) == [name]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    computed: Computed, out: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = writers(computed(metrics=("psnr",)))[name]
    (out / name).write_bytes(b"mine")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=f"{name}: the disk is full: free some space"):
        write(out / name, overwrite=True)
    assert names(out) == [name]
    assert (out / name).read_bytes() == b"mine"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.gif", "strip.png"])
def test_a_write_that_stops_half_way_leaves_nothing(computed: Computed, out: Path, name: str) -> None:
    write = writers(computed())[name]
    with file_size_limit(4096), pytest.raises(DiskError, match="would exceed the file size limit"):
        write(out / name)
    assert names(out) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_named(computed: Computed, out: Path) -> None:
    trajectory = computed()
    out.chmod(0o500)
    with pytest.raises(DiskError, match="permission denied"):
        export.write_strip(trajectory, out / "a.png")


# --- frames ---


@pytest.mark.slow
def test_every_exported_frame_is_the_computed_one_bit_for_bit(computed: Computed, out: Path) -> None:
    trajectory = computed()
    written = export.write_frames(trajectory, out / "frames")
    assert [path.name for path in written] == [f"{k:05}.png" for k in range(17)]
    assert sorted((out / "frames").iterdir()) == written
    for k, path in enumerate(written):
        assert np.array_equal(pixels(path), read_frame(trajectory, k)), k


def test_chosen_frames_are_exported_once_each_and_reported(computed: Computed, out: Path) -> None:
    reported: list[tuple[int, int]] = []
    written = export.write_frames(
        computed(), out / "frames", [7, 0, 7, 3], on_progress=lambda done, total: reported.append((done, total))
    )
    assert [path.name for path in written] == ["00000.png", "00003.png", "00007.png"]
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_numbers_have_the_width_of_the_largest_iteration(computed: Computed, out: Path) -> None:
    trajectory = computed(until=1, mask=16, amount=40_000.0)  # 102,400 iterations
    assert [path.name for path in export.write_frames(trajectory, out)] == ["000000.png", "000001.png"]


def test_frames_of_an_unfinished_trajectory_end_where_it_stands(computed: Computed, out: Path) -> None:
    trajectory = computed(until=5)
    assert len(export.write_frames(trajectory, out / "frames")) == 6
    with pytest.raises(InputError, match="has frames 0 to 5, not 6"):
        export.write_frames(trajectory, out / "more", [0, 6])
    assert names(out) == ["frames"]


def test_a_folder_with_files_takes_frames_only_with_overwrite_and_keeps_the_rest(computed: Computed, out: Path) -> None:
    trajectory = computed(until=2)
    (out / "mine.txt").write_text("mine")
    (out / "00001.png").write_text("old")
    with pytest.raises(InputError, match="is not empty; --overwrite"):
        export.write_frames(trajectory, out)
    export.write_frames(trajectory, out, overwrite=True)
    assert names(out) == ["00000.png", "00001.png", "00002.png", "mine.txt"]
    assert (out / "mine.txt").read_text() == "mine"
    assert np.array_equal(pixels(out / "00001.png"), read_frame(trajectory, 1))


def test_a_folder_that_is_a_file_or_has_no_parent_is_refused(computed: Computed, out: Path) -> None:
    trajectory = computed(until=1)
    (out / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file: name a folder"):
        export.write_frames(trajectory, out / "file", overwrite=True)
    with pytest.raises(InputError, match="does not exist: create"):
        export.write_frames(trajectory, out / "nowhere" / "frames")
    assert names(out) == ["file"]


@pytest.mark.slow
def test_too_little_space_is_said_before_anything_is_written(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = computed()
    one = (trajectory.path / "original.png").stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 17 * one - 1))
    with pytest.raises(DiskError, match=r"17 frames need about [\d.]+ MB and [\d.]+ MB are free: free some space"):
        export.write_frames(trajectory, out / "frames")
    assert names(out) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 17 * one))
    assert len(export.write_frames(trajectory, out / "frames")) == 17


def test_what_a_killed_export_left_is_removed_by_one_a_day_later(computed: Computed, out: Path) -> None:
    for name in (".riptui-0123.tmp", ".riptui-4567.tmp", ".riptui-89ab.tmp", "mine.tmp"):
        (out / name).mkdir()
        (out / name / "00000.png").write_bytes(b"half")
    (out / ".riptui-cdef.tmp").symlink_to(out / "mine.tmp")
    yesterday = time.time() - ABANDONED_SECONDS - 60
    for name in (".riptui-0123.tmp", ".riptui-4567.tmp", "mine.tmp"):
        os.utime(out / name, (yesterday, yesterday))
    os.utime(out / ".riptui-cdef.tmp", (yesterday, yesterday), follow_symlinks=False)
    export.write_strip(computed(until=1), out / "a.png")
    assert names(out) == [".riptui-89ab.tmp", "a.png", "mine.tmp"]
    assert names(out / "mine.tmp") == ["00000.png"]


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_disk_that_fills_up_among_the_frames_leaves_the_folder_as_it_was(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    trajectory, target = computed(), out / "frames"
    if before:
        target.mkdir()
        (target / "00000.png").write_bytes(before)
    encode, encoded = folder_module.encode_png, []

    def to_png(image: np.ndarray) -> bytes:
        encoded.append(image)
        if len(encoded) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return encode(image)

    monkeypatch.setattr(folder_module, "encode_png", to_png)
    with pytest.raises(DiskError, match="the disk is full"):
        export.write_frames(trajectory, target, overwrite=True)
    assert [path.read_bytes() for path in out.rglob("*") if path.is_file()] == ([before] if before else [])
    assert target.exists() == bool(before)


# --- the animation ---


@pytest.mark.parametrize("computed_until", [1, 5, 63, 64, 65, 100, 256, 4096])
def test_about_64_frames_are_evenly_paced_from_the_original_to_the_last(
    make_trajectory: Callable[..., Trajectory], monkeypatch: pytest.MonkeyPatch, computed_until: int
) -> None:
    trajectory = make_trajectory()
    monkeypatch.setattr(trajectory, "read_rows", lambda: [None] * computed_until)
    at = export.animation.pick_iterations(64, trajectory)
    strides = set(np.diff(at)[:-1].tolist())
    assert (at[0], at[-1]) == (0, computed_until)
    assert len(strides) <= 1
    assert min(computed_until + 1, 43) <= len(at) <= 97


@pytest.mark.slow
def test_a_gif_shows_the_frames_at_their_times_and_loops_for_ever(computed: Computed, out: Path) -> None:
    trajectory = computed(inpainter="noise")
    file = export.write_animation(trajectory, out / "a.gif", [4, 8, 16], milliseconds=70)
    with PIL.Image.open(file) as opened:
        assert (opened.format, opened.size, opened.n_frames) == ("GIF", (256, 256), 4)
        assert opened.info["loop"] == 0
        durations = []
        for number in range(4):
            opened.seek(number)
            durations.append(opened.info["duration"])
    assert durations == [800, 70, 70, 2000]


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """PSNR in dB after a blur, as the eye does with dithering."""
    blurred = [cv2.GaussianBlur(image.astype(np.float64), (0, 0), 1.5) for image in (one, other)]
    error = np.mean((blurred[0] - blurred[1]) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else inf


@pytest.mark.slow
def test_a_gif_looks_like_the_frames_from_the_original_on(computed: Computed, out: Path) -> None:
    trajectory = computed()
    file = export.write_animation(trajectory, out / "a.gif", [1, 8, 16])
    for number, k in enumerate([0, 1, 8, 16]):
        assert distance(pixels(file, number), read_frame(trajectory, k)) > 42, k
    assert distance(pixels(file), read_frame(trajectory, 16)) < 35


@pytest.mark.slow
def test_what_is_not_repainted_does_not_flicker_in_a_gif(computed: Computed, out: Path) -> None:
    trajectory = computed()
    file = export.write_animation(trajectory, out / "a.gif", [1, 2])
    for k in (1, 2):
        same = (read_frame(trajectory, k) == read_frame(trajectory, k - 1)).all(axis=2)
        assert 0.8 < same.mean() < 1
        assert np.array_equal(pixels(file, k)[same], pixels(file, k - 1)[same])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.webp", "a.png", "A.PNG"])
def test_other_animations_are_lossless(computed: Computed, out: Path, name: str) -> None:
    trajectory = computed(inpainter="noise")
    file = export.write_animation(trajectory, out / name, milliseconds=50)
    with PIL.Image.open(file) as opened:
        assert (opened.n_frames, opened.info["loop"]) == (17, 0)
        durations = []
        for k in range(17):
            opened.seek(k)
            assert np.array_equal(np.asarray(opened.convert("RGB")), read_frame(trajectory, k)), k
            durations.append(opened.info["duration"])
    assert durations == [800, *[50] * 15, 2000]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_of_nothing_but_the_original_is_one_picture(computed: Computed, out: Path, name: str) -> None:
    trajectory = computed(until=0)
    file = export.write_animation(trajectory, out / name)
    assert distance(pixels(file), read_frame(trajectory, 0)) > 42


@pytest.mark.slow
def test_frames_that_are_all_alike_make_a_gif_of_one(computed: Computed, out: Path) -> None:
    file = export.write_animation(computed(inpainter="identity"), out / "a.gif")
    with PIL.Image.open(file) as opened:
        assert getattr(opened, "n_frames", 1) == 1


@pytest.mark.parametrize("milliseconds", [0, 19, 10_001, -5])
def test_a_duration_that_no_browser_keeps_is_refused(computed: Computed, out: Path, milliseconds: int) -> None:
    with pytest.raises(InputError, match="it must be from 20 to 10,000"):
        export.write_animation(computed(until=1), out / "a.gif", milliseconds=milliseconds)


def test_an_animation_that_would_not_fit_in_memory_is_refused(computed: Computed, out: Path) -> None:
    with pytest.raises(InputError, match="5001 frames are too many: at most 4096 of this size"):
        export.write_animation(computed(until=1), out / "a.gif", range(5001))


@pytest.mark.slow
def test_an_animation_reports_every_frame(computed: Computed, out: Path) -> None:
    reported: list[tuple[int, int]] = []
    export.write_animation(
        computed(), out / "a.gif", [1, 5], on_progress=lambda done, total: reported.append((done, total))
    )
    assert reported == [(1, 3), (2, 3), (3, 3)]


# --- the paper's image sequence ---


def reduced(trajectory: Trajectory, k: int, tile: int) -> np.ndarray:
    return np.asarray(PIL.Image.fromarray(read_frame(trajectory, k)).resize((tile, tile), PIL.Image.Resampling.LANCZOS))


def place_of(tile: np.ndarray, sheet: np.ndarray) -> tuple[int, int]:
    """Where a tile is in a sheet, exactly: x, y of its top left corner."""
    side = len(tile)
    found = [
        (int(x), int(y))
        for y, x in np.argwhere((sheet == tile[0, 0]).all(axis=2))
        if np.array_equal(sheet[y : y + side, x : x + side], tile)
    ]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.slow
def test_a_strip_has_a_picture_every_half_side_by_side_on_white(computed: Computed, out: Path) -> None:
    trajectory = computed(amount=200.0, order="shuffle")
    sheet = pixels(export.write_strip(trajectory, out / "strip.png", tile=128))
    places = [place_of(reduced(trajectory, k, 128), sheet) for k in (0, 8, 16, 24, 32)]
    left, top = zip(*places, strict=True)
    assert len(set(top)) == 1
    [stride] = set(np.diff(left).tolist())
    assert 130 <= stride <= 136
    assert left[0] == top[0] == sheet.shape[1] - (left[-1] + 128), "the margins are alike"
    for x in left[1:]:
        assert (sheet[top[0] : top[0] + 128, x - (stride - 128) : x] == 255).all(), "the gaps are white"
    assert (sheet[: top[0]] == 255).all()


@pytest.mark.slow
def test_under_each_picture_of_a_strip_is_its_label_in_the_middle(computed: Computed, out: Path) -> None:
    trajectory = computed()
    sheet = pixels(export.write_strip(trajectory, out / "strip.png"))
    labels = []
    for k in (0, 8, 16):
        x, y = place_of(reduced(trajectory, k, 256), sheet)
        below = sheet[y + 256 : y + 256 + 32, x : x + 256]
        ink = np.nonzero((below < 128).any(axis=(0, 2)))[0]
        assert 20 < np.ptp(ink) < 150
        assert abs((ink[0] + ink[-1]) / 2 - 128) < 3
        assert (below[:4] == 255).all(), "there is air between picture and label"
        labels.append(below)
    assert not np.array_equal(labels[0], labels[1])
    assert not np.array_equal(labels[1], labels[2])


@pytest.mark.slow
def test_the_caption_of_a_strip_tells_trajectories_apart(computed: Computed, out: Path) -> None:
    bottoms: list[np.ndarray] = []
    for seed in (0, 1):
        trajectory = computed(f"picture/s{seed}", seed=seed)
        sheet = pixels(export.write_strip(trajectory, out / f"{seed}.png"))
        bottom = sheet[-50:-10]
        assert (bottom < 200).any()
        bottoms.append(bottom)
    assert not np.array_equal(bottoms[0], bottoms[1])


@pytest.mark.slow
def test_a_strip_of_more_than_nine_pictures_wraps_into_equal_rows(computed: Computed, out: Path) -> None:
    trajectory = computed(mask=128, amount=1000.0, inpainter="noise")
    sheet = pixels(export.write_strip(trajectory, out / "strip.png", tile=64))
    places = [place_of(reduced(trajectory, k, 64), sheet) for k in trajectory.spec.keyframe_iterations()]
    assert len(places) == 21
    assert len({x for x, _ in places}) == 7
    assert len({y for _, y in places}) == 3
    assert places == sorted(places, key=lambda place: (place[1], place[0]))


def test_a_strip_takes_the_columns_it_is_given(computed: Computed, out: Path) -> None:
    trajectory = computed(inpainter="noise")
    sheet = pixels(export.write_strip(trajectory, out / "strip.png", tile=64, columns=2))
    places = [place_of(reduced(trajectory, k, 64), sheet) for k in (0, 8, 16)]
    assert places[0][1] == places[1][1] < places[2][1]
    assert places[2][0] == places[0][0] < places[1][0]


@pytest.mark.parametrize(("until", "shown"), [(0, [0]), (7, [0]), (8, [0, 8]), (15, [0, 8])])
def test_a_strip_shows_only_what_is_computed(computed: Computed, out: Path, until: int, shown: list[int]) -> None:
    trajectory = computed(until=until)
    reported: list[tuple[int, int]] = []
    file = export.write_strip(trajectory, out / "a.png", on_progress=lambda done, total: reported.append((done, total)))
    sheet = pixels(file)
    for k in shown:
        place_of(reduced(trajectory, k, 256), sheet)
    assert reported == [(number, len(shown)) for number in range(1, len(shown) + 1)]


@pytest.mark.parametrize("name", ["中文" * 60 + ".png", "\x1b[31m\n\u202e.png", "Zürich – Café.jpg", "x" * 300, ""])
def test_any_source_name_makes_a_strip_of_sane_width(computed: Computed, out: Path, name: str) -> None:
    sheet = pixels(export.write_strip(computed(until=8, source_name=name), out / "a.png"))
    assert 256 * 2 <= sheet.shape[1] < 1400


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tile": 63}, "tiles of 63 px: they must have 64 to 256 px"),
        ({"tile": 257}, "tiles of 257 px"),
        ({"columns": 0}, "0 columns"),
    ],
)
def test_a_strip_that_cannot_be_drawn_is_refused(
    computed: Computed, out: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        export.write_strip(computed(until=8), out / "a.png", **options)
    assert names(out) == []


def test_a_strip_of_thousands_of_pictures_is_refused_with_its_size(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = computed(until=1, mask=256, amount=200_000.0)
    monkeypatch.setattr(trajectory, "read_rows", lambda: [None] * 2000)
    with pytest.raises(InputError, match=r"2001 pictures of 256 px would make \d+ x \d+ px.*smaller tiles"):
        export.write_strip(trajectory, out / "a.png")


# --- tables ---

NAMES = ("source_name", "inpainter", "mask", "order", "seed", "amount", "digest", "k", "inpainted", "coverage")


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, strict=True))


def test_rows_hold_every_measured_frame_with_metrics_in_registry_order(computed: Computed) -> None:
    trajectory = computed(metrics=("psnr", "ssim@previous", "ssim"))
    rows, measured = export.tables.metric_rows(trajectory), trajectory.read_metrics()
    assert [row["k"] for row in rows] == [0, 8, 16]
    assert list(rows[0]) == ["k", "inpainted", "coverage", "ssim", "ssim@previous", "psnr"]
    assert [row["inpainted"] for row in rows] == [0, 50, 100]
    assert [row["coverage"] for row in rows] == [0, *(trajectory.read_rows()[k - 1].coverage for k in (8, 16))]
    assert rows[0]["psnr"] == inf
    assert rows[0]["ssim@previous"] is None
    for row in rows[1:]:
        assert {name: row[name] for name in ("psnr", "ssim", "ssim@previous")} == measured[row["k"]]


def test_a_csv_reads_back_as_exactly_what_was_measured(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("ssim", "psnr", "ssim@previous"))
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0]) == (*NAMES, "ssim", "ssim@previous", "psnr")
    assert read[0]["psnr"] == "inf"
    assert read[0]["ssim@previous"] == ""
    for row, (k, values) in zip(read, trajectory.read_metrics().items(), strict=True):
        assert int(row["k"]) == k
        assert row["digest"] == trajectory.spec.digest
        assert (row["source_name"], row["inpainter"], row["mask"]) == ("picture.png", "navier-stokes", "64")
        assert {name: float(row[name]) for name in values if values[name] is not None} == {
            name: value for name, value in values.items() if value is not None
        }


def test_a_metric_measured_later_leaves_gaps_and_an_unknown_one_comes_last(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("ssim",))
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"future": 0.1 + 0.2, "delta-e": 1.5})
        claimed.add_measurement(16, {"delta-e": float("nan")})
        claimed.add_measurement(999, {"ssim": 0.5})
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0])[len(NAMES) :] == ("ssim", "delta-e", "future")
    assert [row["k"] for row in read] == ["0", "8", "16"], "what is measured of a frame that is not there is left out"
    assert [row["delta-e"] for row in read] == ["", "1.5", "nan"]
    assert float(read[1]["future"]) == 0.1 + 0.2


@pytest.mark.slow
def test_parquet_holds_the_same_with_types_and_nulls(computed: Computed, out: Path) -> None:
    read_table = pytest.importorskip("pyarrow.parquet", reason="needs riptui[parquet]").read_table
    trajectory = computed(metrics=("psnr", "ssim@previous"), inpainter="identity")
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"delta-e": float("nan")})
    table = read_table(export.write_metrics_parquet(trajectory, out / "a.parquet"))
    types = {field.name: str(field.type) for field in table.schema}
    assert tuple(types) == (*NAMES, "ssim@previous", "psnr", "delta-e")
    assert (types["source_name"], types["seed"], types["k"]) == ("string", "int64", "int64")
    assert types["amount"] == types["psnr"] == types["ssim@previous"] == "double"
    read = table.to_pylist()
    assert [row["psnr"] for row in read] == [inf, inf, inf]
    assert [row["ssim@previous"] for row in read] == [None, 1.0, 1.0]
    assert read[0]["delta-e"] is read[2]["delta-e"] is None
    assert isnan(read[1]["delta-e"])
    assert {row["digest"] for row in read} == {trajectory.spec.digest}


@pytest.mark.slow
def test_tables_of_several_trajectories_can_be_concatenated(computed: Computed, out: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="needs riptui[parquet]")
    read_table = pytest.importorskip("pyarrow.parquet").read_table
    tables = [
        read_table(
            export.write_metrics_parquet(
                computed(f"picture/s{seed}", seed=seed, metrics=("psnr",)), out / f"{seed}.parquet"
            )
        )
        for seed in (0, 1)
    ]
    together = arrow.concat_tables(tables)
    assert together.num_rows == 6
    assert together.column("seed").to_pylist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_a_source_name_is_no_formula_in_a_spreadsheet(computed: Computed, out: Path, first: str) -> None:
    trajectory = computed(until=1, source_name=f'{first}HYPERLINK("x"),1\n\x1b[2J\u202e.png', metrics=("psnr",))
    file = export.write_metrics_csv(trajectory, out / "a.csv")
    assert {row["source_name"] for row in read_csv(file)} == {f'\'{first}HYPERLINK("x"),1\\n\\x1b[2J\\u202e.png'}
    assert all(character.isprintable() or character == "\n" for character in file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_hostile_metric_names_replace_no_column_and_are_no_formula(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("psnr",))
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"seed": 99.0, "coverage": 99.0, "=1+1\n": 7.0})
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0]) == (*NAMES, "psnr", "'=1+1\\n")
    assert read[1]["seed"] == "0"
    assert float(read[1]["coverage"]) == trajectory.read_rows()[7].coverage


@pytest.mark.parametrize("name", ["a.csv", pytest.param("a.parquet", marks=pytest.mark.needs("parquet"))])
def test_a_table_of_nothing_measured_is_refused_and_says_how_to_measure(
    computed: Computed, out: Path, name: str
) -> None:
    with pytest.raises(InputError, match=r"nothing is measured in .* yet; add metrics with: riptui measure"):
        writers(computed(until=1))[name](out / name)
    assert names(out) == []


def test_parquet_without_pyarrow_names_the_extra(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = computed(metrics=("psnr",))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'riptui\[parquet\]'"):
        export.write_metrics_parquet(trajectory, out / "a.parquet")
    assert names(out) == []
