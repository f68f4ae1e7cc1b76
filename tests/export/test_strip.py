"""The paper's image sequence."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from riptui import export
from riptui.errors import InputError
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from tests.support.exported import Computed, names, pixels


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
    places = [place_of(reduced(trajectory, k, 64), sheet) for k in trajectory.spec.point_iterations()]
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
