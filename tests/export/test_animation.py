"""Animations: the frames at their times."""

from collections.abc import Callable
from math import inf
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from riptui import export
from riptui.errors import InputError
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from tests.support.exported import Computed, pixels


@pytest.mark.parametrize("computed_until", [1, 5, 63, 64, 65, 100, 256, 4096])
def test_about_64_frames_are_evenly_paced_from_the_original_to_the_last(
    make_trajectory: Callable[..., Trajectory], monkeypatch: pytest.MonkeyPatch, computed_until: int
) -> None:
    trajectory = make_trajectory()
    monkeypatch.setattr(trajectory, "read_rows", lambda: [None] * computed_until)
    at = export.animation.number_frames(trajectory)
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
