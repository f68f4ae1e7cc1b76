"""Names in any script: what is one, what a file's name becomes, where those of older releases are found."""

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from riptui.errors import NameRefusedError
from riptui.images import PreparedImage
from riptui.planning.submit import submit
from riptui.planning.sweep import Sweep
from riptui.store.listing import find_trajectories, natural_key
from riptui.store.move import rename
from riptui.store.names import is_name, older_slug, require_name, slugify
from riptui.store.records import Request
from riptui.text.terminal import printable
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory, picture


def test_trajectories_below_a_name_that_none_can_have_are_told_with_a_name_they_can_have(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    """A copy that a file manager made; other folders, hidden ones among them, are nobody's business."""
    copied = make_trajectory("g/cat").path
    for name in ("g/cat (copy)", "my runs/of may/cat", "two\nlines", ".hidden"):
        shutil.copytree(copied, runs / name)
    (runs / "my pictures").mkdir()
    told: list[str] = []
    found = list(find_trajectories(runs, on_error=lambda error: told.append(str(error))))
    assert [trajectory.path for trajectory in found] == [copied]
    named = {f"{runs}/g/cat (copy)": "cat-copy", f"{runs}/my runs": "my-runs", f"{runs}/two\nlines": "two-lines"}
    assert sorted(told) == sorted(
        f"{path}: no group or trajectory can have this name: rename it, e.g. to {name}" for path, name in named.items()
    )
    outcome = riptui("ls", runs)
    assert "two\\nlines: no group or trajectory can have this name" in outcome.err
    assert outcome.code == 1


SLUGS = {
    "cat": "cat",
    "My cat (1)": "My-cat-1",
    "a_b.c-d": "a_b.c-d",
    "-a--b-": "a-b",
    "猫": "猫",
    "犬": "犬",
    "кот": "кот",
    "γάτα": "γάτα",
    "قطة": "قطة",
    "חתול שלי": "חתול-שלי",
    "बिल्ली": "बिल्ली",
    "แมว": "แมว",
    "고양이": "고양이",
    unicodedata.normalize("NFD", "고양이"): "고양이",
    "Café": "Café",
    unicodedata.normalize("NFD", "Café"): "Café",
    "smørrebrød": "smørrebrød",
    "٣ قطط": "٣-قطط",
    "10²5": "1025",
    "ﬁne Ⅷ ＡＢ": "fine-VIII-AB",
    "🐱": "cat-face",
    "🐶": "dog-face",
    "cat ❤️ dog": "cat-heavy-black-heart-dog",
    "a\u200bb\u202ec\u2066": "abc",
    "\u0301x": "x",
    "ㅤ\u115f": "picture",
}


@pytest.mark.parametrize(("text", "slug"), SLUGS.items(), ids=map(ascii, SLUGS))
def test_the_name_of_a_picture(text: str, slug: str) -> None:
    found = slugify(text)
    assert found == slug or (slug == "picture" and found.startswith("picture-"))
    assert require_name(found) == found == printable(found)


def test_texts_of_which_nothing_stays_and_texts_that_are_cut_give_names_of_their_own() -> None:
    texts = ["!!!", "???", "・", "\u200b", *("猫" * 90 + end for end in "abc"), *("x" * 200 + end for end in "abc")]
    assert len(set(map(slugify, texts))) == len(texts)
    assert all(map(is_name, map(slugify, texts)))
    assert {len(slugify(text).encode()) <= 200 for text in texts} == {True}


@pytest.mark.parametrize(
    "text", ["", ".a", "-a", "a b", "a/b", "a\u200b", "a\u202eb", "\u3164", "a\ufe0f", "²", "\u0301a", "a\n", "猫" * 67]
)
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)
    with pytest.raises(NameRefusedError, match="is not a name"):
        require_name(text)


def test_a_name_in_the_decomposed_form_is_the_composed_one_and_is_listed_as_it_is(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "été")
    assert require_name(decomposed) == "été" != decomposed
    [made] = submit(tmp_path, [prepared("cat.jpg")], SWEEP, Request(), group=decomposed)
    assert made.path.relative_to(tmp_path).parts[0] == "été"
    (tmp_path / "été").rename(tmp_path / decomposed)  # as a copy from a Mac
    assert len([*find_trajectories(tmp_path)]) == 1
    assert rename(tmp_path, tmp_path / decomposed, "猫").name == "猫"


SWEEP = Sweep(["noise"], [64], [0], {}, amount=100, size=256)


def prepared(name: str, shade: int = 0) -> PreparedImage:
    return PreparedImage(picture() ^ np.uint8(shade), name, f"{shade:064x}", ())


@pytest.mark.slow
def test_pictures_whose_names_differ_in_letters_or_in_case_are_told_apart(tmp_path: Path) -> None:
    names = ["猫.png", "犬.png", "кот.png", "Кот.png", "Cat.png", "cat.png", "cät.png", "🐱.png", "🐶.png"]
    made = submit(tmp_path, [prepared(name, shade) for shade, name in enumerate(names)], SWEEP, Request())
    folders = [trajectory.path.parent.name for trajectory in made]
    assert folders == ["猫", "犬", "кот", "Кот", "Cat", "cat", "cät", "cat-face", "dog-face"]
    assert {trajectory.path for trajectory in find_trajectories(tmp_path)} == {trajectory.path for trajectory in made}


@pytest.mark.parametrize("name", ["café.png", "猫.png", "x" * 120 + ".png"])
@pytest.mark.parametrize("given", ["", "mine"])
def test_a_trajectory_that_an_older_release_made_is_found_again(tmp_path: Path, name: str, given: str) -> None:
    """Its folder is moved to where that release made it."""
    [made] = submit(tmp_path, [prepared(name)], SWEEP, Request(), name=given)
    older = tmp_path / older_slug(name.removesuffix(".png")) / made.path.name
    older.parent.mkdir()
    made.path.rename(older)
    made.path.parent.rmdir()
    [again] = submit(tmp_path, [prepared(name)], SWEEP, Request(), name=given)
    assert again.path == older
    [other] = submit(tmp_path, [prepared(name, 7)], SWEEP, Request(), name=given)
    assert other.path.parent.name == slugify(name.removesuffix(".png"))


def test_digits_that_are_no_numbers_are_sorted_too() -> None:
    names = ["10²5.jpg", "9.jpg", "10.jpg", "١٠", "٩", "②", "½"]
    assert [name for name in sorted(names, key=natural_key) if name[0] in "91"] == ["9.jpg", "10.jpg", "10²5.jpg"]
