"""Pictures of a dataset on the hub, by a package `datasets` that is made up here: no network, and no package needed."""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from riptui.errors import MissingExtraError, StudyError
from riptui.study import sources
from riptui.study.hub_dataset import parse_dataset
from riptui.study.study_file import Study, read_study
from riptui.study.submission import Submission, SubmittedPicture
from tests.support.command import riptui
from tests.support.trajectories import picture

SWEEP = "[sweep]\ninpainter = 'noise'\namount = 100\nmask = 128\nsize = 256\n"
ROWS = 20


class ImageFeature:
    """Stands in for `datasets.Image`."""

    def __init__(self, *, decode: bool = True) -> None:
        self.decode = decode


class Table:
    """Stands in for a split: some text and a picture a row."""

    def __init__(self, columns: tuple[str, ...] = ("artist", "image")) -> None:
        self.features = {name: ImageFeature() if name == "image" else "text" for name in columns}

    def __len__(self) -> int:
        return ROWS

    def select_columns(self, names: list[str]) -> "Table":
        return Table(tuple(names))

    def cast_column(self, name: str, feature: ImageFeature) -> "Table":
        assert not feature.decode
        return self

    def __getitem__(self, row: int) -> dict[str, Any]:
        file = BytesIO()
        Image.fromarray(picture(64) ^ np.uint8(row)).save(file, "PNG")
        return {name: {"bytes": file.getvalue(), "path": None} for name in self.features}


class Hub:
    """What is loaded, and how often."""

    def __init__(self) -> None:
        self.loaded: list[tuple[str, str | None, str]] = []
        self.table = Table()
        self.error: Exception | None = None

    def load_dataset(self, name: str, *, revision: str | None, split: str) -> Table:
        self.loaded.append((name, revision, split))
        if self.error:
            raise self.error
        return self.table


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub()
    module = SimpleNamespace(Image=ImageFeature, load_dataset=made.load_dataset, disable_progress_bars=lambda: None)
    monkeypatch.setitem(sys.modules, "datasets", module)
    return made


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Study]:
    def write(images: str = '"hf:painter/works"', sample: int | None = 5) -> Study:
        file = tmp_path / "set.toml"
        text = f"images = [{images}]\nmetrics = []\nruns = 'runs'\n"
        file.write_text(text + (f"sample = {sample}\n" if sample else "") + SWEEP)
        return read_study(file)

    return write


def test_only_the_sample_becomes_files(hub: Hub, study: Callable[..., Study]) -> None:
    five = sources.resolve(study())
    assert hub.loaded == [("painter/works", None, "train")] * 2
    assert len(five) == 5
    assert [*sorted(five[0].parent.iterdir())] == [five[0].parent / "dataset.json", *five]
    row = int(five[2].name.removeprefix("train-"))
    assert np.array_equal(np.asarray(Image.open(five[2])), picture(64) ^ np.uint8(row))


def test_what_was_drawn_needs_no_package_again_and_a_larger_sample_holds_it(
    hub: Hub, study: Callable[..., Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    five = sources.resolve(study())
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "datasets", None)
        assert sources.resolve(study()) == five
        assert len(sources.preview(study(sample=8))) == 8
        with pytest.raises(MissingExtraError, match=r"pip install 'riptui\[datasets\]'"):
            sources.resolve(study(sample=8))
    assert set(five) < set(sources.resolve(study(sample=8)))


def test_its_trajectories_are_made_once(hub: Hub, study: Callable[..., Study]) -> None:
    assert [(one.made, one.found) for one in Submission(study(), ()) if isinstance(one, SubmittedPicture)] == [
        (1, 0)
    ] * 5
    assert [(one.made, one.found) for one in Submission(study(), ()) if isinstance(one, SubmittedPicture)] == [
        (0, 1)
    ] * 5


def test_plan_fetches_nothing(hub: Hub, study: Callable[..., Study]) -> None:
    file = study().file
    told = riptui("study", "plan", file)
    assert "5 pictures, 5 trajectories" in told.out
    assert "hf:painter/works is not on this machine: `riptui study run` downloads all of it" in told.err
    riptui("study", "plan", study(sample=None).file).require_one_line("is not on this machine")
    assert hub.loaded == []
    study()
    run = riptui("study", "run", file, "--workers", "0", "--detach")
    assert run.code == 0
    assert "downloading hf:painter/works, all of it" in run.err
    assert riptui("study", "plan", file).err == ""


def test_a_revision_a_split_and_other_pictures_beside_it(hub: Hub, study: Callable[..., Study], tmp_path: Path) -> None:
    Image.fromarray(picture(64)).save(tmp_path / "own.png")
    found = sources.resolve(study('"hf:painter/works@v2#test", "own.png"', sample=None))
    assert hub.loaded[0] == ("painter/works", "v2", "test")
    assert [one.name for one in found] == [*(f"test-{row:06d}" for row in range(ROWS)), "own.png"]


@pytest.mark.parametrize("text", ["hf:", "hf:a@b@c", "hf:#train"])
def test_what_is_no_dataset_is_refused_with_its_line(text: str, study: Callable[..., Study]) -> None:
    with pytest.raises(StudyError, match=r"set.toml, line 1: .* is not a dataset: expected hf:ORG/NAME"):
        study(f'"{text}"')


def test_a_dataset_that_cannot_be_had_says_why_in_one_line(hub: Hub, study: Callable[..., Study]) -> None:
    hub.error = ConnectionError("no such host\nand much more")
    with pytest.raises(StudyError, match=r"could not load the dataset hf:painter/works: no such host$"):
        sources.resolve(study())
    hub.error, hub.table = None, Table(("artist", "title"))
    with pytest.raises(StudyError, match="hf:painter/works has no pictures, only: artist, title"):
        sources.resolve(study())


def test_two_datasets_never_share_a_folder() -> None:
    texts = ("hf:a/b-c", "hf:a-b/c", "hf:a/b@c", "hf:a/b#c", "hf:a/b")
    assert len({parse_dataset(text).row_file(0) for text in texts}) == len(texts)


@pytest.mark.slow
@pytest.mark.needs("datasets")
def test_the_real_package_reads_a_folder_of_pictures(
    study: Callable[..., Study], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of ORG/NAME stands a folder, which `datasets` reads by its own builder. No network."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for row in range(4):
        Image.fromarray(picture(64) ^ np.uint8(row)).save(folder / f"{row}.png")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # read when the packages are imported
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    three = sources.resolve(study(f'"hf:{folder}"', sample=3))
    assert len({file.read_bytes() for file in three}) == 3
    for file in three:
        row = int(file.name.removeprefix("train-"))
        assert np.array_equal(np.asarray(Image.open(file)), picture(64) ^ np.uint8(row))
    found = [one for one in Submission(study(f'"hf:{folder}"', sample=3), ()) if isinstance(one, SubmittedPicture)]
    assert [(one.made, one.found) for one in found] == [(1, 0)] * 3
