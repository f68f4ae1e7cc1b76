"""The pictures that a study takes."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from riptui.errors import StudyError
from riptui.planning.bundled_pictures import list_bundled
from riptui.study import sources
from riptui.study.study_file import read_study
from riptui.study.submission import SkippedPicture, Submission, SubmittedPicture
from tests.support.study_files import Written, counts, save
from tests.tools.draw_pictures import PICTURES, draw


def test_a_folder_gives_its_pictures_in_natural_order_and_a_glob_what_it_finds(
    tmp_path: Path, written: Written
) -> None:
    for name in ("p10.png", "p9.JPG", ".hidden.png", "notes.txt"):
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / name).touch()
    found = sources.resolve(read_study(written('images = ["more", "pictures/b*", "pictures"]')))
    assert [path.name for path in found.paths] == ["p9.JPG", "p10.png", "b.png", "a.png"]
    assert found.notices == ["more: left out what is not a picture: notes.txt"]


def test_a_named_file_need_not_be_there_but_a_glob_must_find_something(written: Written, tmp_path: Path) -> None:
    assert sources.resolve(read_study(written('images = ["none.png"]'))).paths == [tmp_path / "none.png"]
    with pytest.raises(StudyError, match=r"'\*\.webp' matches no image"):
        sources.resolve(read_study(written('images = ["*.webp"]')))
    with pytest.raises(
        StudyError,
        match=r"unknown picture riptui:cofee. Did you mean riptui:coffee\? Available: riptui:bowl, riptui:coffee",
    ):
        sources.resolve(read_study(written('images = ["riptui:cofee"]')))


def test_a_sample_is_seeded_stays_when_others_go_and_grows() -> None:
    paths = [Path(f"/x/{number}.png") for number in range(200)]
    ten = sources.rank(paths, 10, 0, base=Path("/x"))[:10]
    assert ten == sources.rank(paths, 100, 0, base=Path("/x"))[:10]
    assert set(ten) != set(sources.rank(paths, 10, 1, base=Path("/x"))[:10])
    fewer = [path for path in paths if path != ten[3]]
    assert set(ten) - {ten[3]} < set(sources.rank(fewer, 10, 0, base=Path("/x"))[:10])
    assert sources.rank(paths, 500, 0, base=Path("/x")) == paths
    moved = [Path(f"/y/{number}.png") for number in range(200)]
    assert [path.name for path in sources.rank(moved, 10, 0, base=Path("/y"))[:10]] == [path.name for path in ten]


def test_a_sample_is_in_the_order_of_its_pictures_and_takes_copies_once(written: Written, tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / "many" / f"{number}.png", number // 2 if number < 8 else number)
    study = read_study(written('images = ["many"]\nsample = 7'))
    found = sources.resolve(study)
    assert found.paths == sorted(found.paths, key=lambda path: int(path.stem))
    assert len({path.read_bytes() for path in found.paths}) == len(found.paths) == 7
    assert all(text.endswith(": counted once") for text in found.notices)
    everything = sources.resolve(read_study(written('images = ["many"]')))
    assert len(everything.paths) == 8
    assert [path.stem for path in everything.paths[:4]] == ["0", "2", "4", "6"]
    assert len(everything.notices) == 4


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_pipes_and_endless_devices_are_refused_at_once(
    written: Written, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "odd.png")
    made = [*Submission(read_study(written('images = ["odd.png", "pictures"]')), ())]
    assert isinstance(made[0], SkippedPicture)
    assert "odd.png: is a pipe, a socket or a device" in made[0].reason
    assert [type(one) for one in made[1:]] == [SubmittedPicture] * 2


def test_pictures_that_are_no_longer_taken_are_told(written: Written, tmp_path: Path) -> None:
    assert counts(read_study(written('images = ["pictures"]'))) == [(4, 0), (4, 0)]
    submission = Submission(read_study(written('images = ["pictures/a.png"]')), ())
    assert [text for text in submission.notices if "b.png; their trajectories stay" in text]


def test_a_study_that_an_older_release_ran_keeps_its_names(written: Written, tmp_path: Path) -> None:
    """Releases whose names had ASCII letters only."""
    file = written().rename(tmp_path / "köln.toml")
    assert (read_study(file).group, read_study(file).name) == ("köln", "köln")
    (tmp_path / "runs" / "koln").mkdir(parents=True)
    (tmp_path / "runs" / "koln" / "koln.study.json").touch()
    assert (read_study(file).group, read_study(file).name) == ("koln", "koln")


def test_strict_leaves_out_what_is_damaged_inside(written: Written, tmp_path: Path) -> None:
    data = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    Image.fromarray(noise).save(data, "JPEG")
    (tmp_path / "half.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2] + b"\xff\xd9")
    [taken] = Submission(read_study(written('images = ["half.jpg"]')), ())
    assert isinstance(taken, SubmittedPicture)
    assert taken.notes[0].startswith("damaged inside (")
    [left_out] = Submission(read_study(written('images = ["half.jpg"]\nstrict = true\ngroup = "other"')), ())
    assert isinstance(left_out, SkippedPicture)
    with pytest.raises(StudyError, match="strict is 'yes'; it must be true or false"):
        read_study(written('images = ["half.jpg"]\nstrict = "yes"'))


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_that_come_with_it_are_what_is_drawn(name: str) -> None:
    shipped = np.asarray(Image.open(list_bundled()[f"riptui:{name}"]))
    assert np.abs(shipped.astype(int) - draw(name)).mean() < 4
