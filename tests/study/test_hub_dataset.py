"""Pictures of a dataset on the hub: of the real package `datasets` on files here, and of one that is made up."""

import json
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from riptui import study as study_package
from riptui.errors import MissingExtraError, StudyError
from riptui.study import sources
from riptui.study.dataset_name import parse_dataset_name
from riptui.study.hub_dataset import HubDataset
from riptui.study.study_file import Study, read_study
from riptui.study.submission import SkippedPicture, Submission, SubmittedPicture
from tests.support.command import riptui
from tests.support.trajectories import picture

pa: Any = pytest.importorskip("pyarrow", exc_type=ModuleNotFoundError)
pq: Any = pytest.importorskip("pyarrow.parquet", exc_type=ModuleNotFoundError)

SWEEP = "[sweep]\ninpainter = 'noise'\namount = 100\nmask = 128\nsize = 256\n"
ROWS = 20


PICTURE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


class Table:
    """Stands in for a split that is not stored as Parquet: some text and a picture a row."""

    def __init__(self, columns: tuple[str, ...] = ("artist", "image")) -> None:
        schema = pa.schema({name: PICTURE if name == "image" else pa.string() for name in columns})
        self.features = SimpleNamespace(arrow_schema=schema)

    def __len__(self) -> int:
        return ROWS

    def select_columns(self, names: list[str]) -> "Table":
        return Table(tuple(names))

    def with_format(self, name: str) -> "Table":
        assert name == "arrow"
        return self

    def __getitem__(self, row: int) -> Any:
        file = BytesIO()
        Image.fromarray(picture(64) ^ np.uint8(row)).save(file, "PNG")
        return pa.table({"image": pa.array([{"bytes": file.getvalue(), "path": None}], PICTURE)})


class Hub:
    """What is loaded, and how often."""

    def __init__(self) -> None:
        self.loaded: list[tuple[str, str | None, str]] = []
        self.table = Table()
        self.error: Exception | None = None

    def load_dataset_builder(self, name: str, config: str | None, *, revision: str | None) -> SimpleNamespace:
        return SimpleNamespace(config=SimpleNamespace(data_files={"train": ["a.zip"], "test": ["b.zip"]}))

    def load_dataset(self, name: str, config: str | None, *, revision: str | None, split: str) -> Table:
        self.loaded.append((name, revision, split))
        if self.error:
            raise self.error
        return self.table


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub()
    module = SimpleNamespace(
        load_dataset=made.load_dataset,
        load_dataset_builder=made.load_dataset_builder,
        disable_progress_bars=lambda: None,
    )
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


@pytest.mark.slow
def test_only_the_sample_becomes_files(hub: Hub, study: Callable[..., Study]) -> None:
    five = sources.resolve(study()).paths
    assert hub.loaded == [("painter/works", None, "train")]
    assert len(five) == 5
    assert [*sorted(five[0].parent.iterdir())] == [five[0].parent / "dataset.json", *five]
    row = int(five[2].name.removeprefix("train-"))
    assert np.array_equal(np.asarray(Image.open(five[2])), picture(64) ^ np.uint8(row))


def test_what_was_drawn_needs_no_package_again_and_a_larger_sample_holds_it(
    hub: Hub, study: Callable[..., Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    five = sources.resolve(study()).paths
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "datasets", None)
        assert sources.resolve(study()).paths == five
        assert len(sources.preview(study(sample=8)).paths) == 8
        with pytest.raises(MissingExtraError, match=r"pip install 'riptui\[datasets\]'"):
            sources.resolve(study(sample=8))
    assert set(five) < set(sources.resolve(study(sample=8)).paths)


def test_its_trajectories_are_made_once(hub: Hub, study: Callable[..., Study]) -> None:
    assert [(one.made, one.found) for one in Submission(study(), ()) if isinstance(one, SubmittedPicture)] == [
        (1, 0)
    ] * 5
    assert [(one.made, one.found) for one in Submission(study(), ()) if isinstance(one, SubmittedPicture)] == [
        (0, 1)
    ] * 5


@pytest.mark.slow
def test_plan_fetches_nothing(hub: Hub, study: Callable[..., Study]) -> None:
    file = study().file
    told = riptui("study", "plan", file)
    assert "5 pictures, 5 trajectories" in told.out
    assert "hf:painter/works is not on this machine: `riptui study run` fetches it" in told.err
    riptui("study", "plan", study(sample=None).file).require_one_line("is not on this machine")
    assert hub.loaded == []
    study()
    run = riptui("study", "run", file, "--workers", "0", "--detach")
    assert run.code == 0
    assert "fetching hf:painter/works: of Parquet files only the drawn rows, else all of it" in run.err
    assert riptui("study", "plan", file).err == ""


def test_a_revision_a_split_and_other_pictures_beside_it(hub: Hub, study: Callable[..., Study], tmp_path: Path) -> None:
    Image.fromarray(picture(64) ^ np.uint8(99)).save(tmp_path / "own.png")
    found = sources.resolve(study('"hf:painter/works@v2#test", "own.png"', sample=None)).paths
    assert hub.loaded[0] == ("painter/works", "v2", "test")
    assert [one.name for one in found] == [*(f"test-{row:06d}" for row in range(ROWS)), "own.png"]


@pytest.mark.parametrize("text", ["hf:", "hf:a@b@c", "hf:#train", "hf:a[b", "hf:a[]", "hf:a#", "hf:a@b[c]"])
def test_what_is_no_dataset_is_refused_with_its_line(text: str, study: Callable[..., Study]) -> None:
    with pytest.raises(StudyError, match=r"set.toml, line 1: .* is not a dataset: expected hf:ORG/NAME"):
        study(f'"{text}"')


def test_a_dataset_that_cannot_be_had_says_why_in_one_line(hub: Hub, study: Callable[..., Study]) -> None:
    hub.error = ConnectionError("no such host\nand much more")
    with pytest.raises(StudyError, match=r"could not load the dataset hf:painter/works: no such host and much more$"):
        sources.resolve(study())
    hub.error, hub.table = None, Table(("artist", "title"))
    with pytest.raises(StudyError, match="hf:painter/works has no column of pictures"):
        sources.resolve(study())


def test_two_datasets_never_share_a_folder() -> None:
    texts = ("hf:a/b-c", "hf:a-b/c", "hf:a/b@c", "hf:a/b#c", "hf:a/b", "hf:a/b[c]", "hf:a/b#c:d")
    assert len({HubDataset(parse_dataset_name(text)).row_file(0) for text in texts}) == len(texts)


# ── the real package, on files here; no network ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # read when the packages are imported
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def png(shade: int) -> bytes:
    file = BytesIO()
    Image.fromarray(picture(64) ^ np.uint8(shade)).save(file, "PNG")
    return file.getvalue()


def cell(shade: int | None) -> dict[str, object] | None:
    return None if shade is None else {"bytes": png(shade), "path": None}


def parquet(folder: Path, shards: int = 1, **columns: tuple[Any, Sequence[object]]) -> str:
    """A dataset in Parquet files of groups of two rows; what a study calls it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})
    rows = -(-len(table) // shards)
    for shard in range(shards):
        file = folder / "data" / f"train-{shard:05d}-of-{shards:05d}.parquet"
        pq.write_table(table.slice(shard * rows, rows), file, row_group_size=2)
    return f"hf:{folder}"


def shades(paths: list[Path]) -> list[int]:
    return [int(np.asarray(Image.open(path))[0, 0, 0] ^ picture(64)[0, 0, 0]) for path in paths]


@pytest.mark.slow
@pytest.mark.needs("datasets")
def test_of_parquet_files_only_the_groups_of_the_drawn_rows_are_read(
    offline: None, study: Callable[..., Study], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = parquet(tmp_path / "set", 4, artist=(pa.string(), ["x"] * 24), image=(PICTURE, [*map(cell, range(24))]))
    read: list[int] = []
    read_group = pq.ParquetFile.read_row_group

    def counted(file: Any, number: int, **options: object) -> Any:
        read.append(number)
        assert options == {"columns": ["image"]}
        return read_group(file, number, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    three = sources.resolve(study(f'"{text}"', sample=3)).paths
    assert shades(three) == [int(path.name.removeprefix("train-")) for path in three]
    assert len(read) <= 3
    assert [*(tmp_path / "cache").rglob("*.arrow")] == []
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "datasets", None)  # where the files are is known now
        five = sources.resolve(study(f'"{text}"', sample=5)).paths
    assert set(three) < set(five)
    assert [one.made for one in Submission(study(f'"{text}"', sample=3), ()) if isinstance(one, SubmittedPicture)] == [
        1
    ] * 3


@pytest.mark.needs("datasets")
def test_a_row_without_a_picture_is_left_out_by_name_at_every_start(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    text = parquet(tmp_path / "set", image=(PICTURE, [cell(1), None, {"bytes": None, "path": "gone.png"}, cell(2)]))
    for made in (1, 0):
        outcomes = [*Submission(study(f'"{text}"', sample=None), ())]
        left_out = [one for one in outcomes if isinstance(one, SkippedPicture)]
        assert [one.reason for one in left_out] == [f"row {row} of {text} has no picture" for row in (1, 2)]
        assert [one.made for one in outcomes if isinstance(one, SubmittedPicture)] == [made] * 2


@pytest.mark.needs("datasets")
def test_a_parquet_file_cannot_name_a_file_of_this_machine(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    own = tmp_path / "private.png"
    own.write_bytes(png(3))
    text = parquet(tmp_path / "set", image=(PICTURE, [cell(1), {"bytes": None, "path": str(own)}]))
    assert sorted(found := sources.resolve(study(f'"{text}"', sample=None)).unusable.values()) == [
        f"row 1 of {text} has no picture"
    ], found


@pytest.mark.needs("datasets")
def test_a_row_that_is_no_picture_is_called_by_its_number(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    text = parquet(tmp_path / "set", image=(PICTURE, [cell(1), {"bytes": b"<html>404", "path": None}]))
    outcomes = Submission(study(f'"{text}"', sample=None), ())
    [reason] = [one.reason for one in outcomes if isinstance(one, SkippedPicture)]
    assert reason.startswith(f"row 1 of {text}: an HTML page")


KINDS = {
    "a large list": (pa.large_list(PICTURE), lambda cells: [[cell] for cell in cells]),
    "a list of fixed length": (pa.list_(PICTURE, 2), lambda cells: [[cell, cell] for cell in cells]),
    "bytes as a dictionary": (pa.dictionary(pa.int32(), pa.binary()), lambda cells: [cell["bytes"] for cell in cells]),
    "large bytes": (pa.large_binary(), lambda cells: [cell["bytes"] for cell in cells]),
}


@pytest.mark.needs("datasets")
@pytest.mark.parametrize(("kind", "wrap"), KINDS.values(), ids=KINDS)
def test_pictures_in_columns_of_other_types(
    offline: None, study: Callable[..., Study], tmp_path: Path, kind: Any, wrap: Callable[[Any], Any]
) -> None:
    text = parquet(tmp_path / "set", label=(pa.int64(), [0, 1]), scan=(kind, wrap([cell(1), cell(2)])))
    assert shades(sources.resolve(study(f'"{text}"', sample=None)).paths) == [1, 2]


@pytest.mark.needs("datasets")
def test_a_dataset_without_pictures_or_rows_is_refused(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    text = parquet(tmp_path / "urls", url=(pa.string(), ["http://example.org/1.png"]))
    with pytest.raises(StudyError, match=r"no column of pictures, only url \(string\)$"):
        sources.resolve(study(f'"{text}"', sample=None))
    text = parquet(tmp_path / "empty", image=(PICTURE, []))
    with pytest.raises(StudyError, match="has no rows"):
        sources.resolve(study(f'"{text}"', sample=None))


@pytest.mark.parametrize(
    ("names", "first"),
    [(["mask", "target"], "target"), (["Image", "depth"], "Image"), (["a", "b"], "a"), (["image_depth", "x"], "x")],
)
def test_masks_and_the_like_come_after_unknown_columns(names: list[str], first: str) -> None:
    schema = pa.schema([(name, PICTURE) for name in names], metadata={b"huggingface": b"no JSON"})
    assert study_package.parquet_table.find_picture_columns(schema)[0] == first


@pytest.mark.needs("datasets")
def test_the_column_of_the_pictures_is_preferred_said_and_chosen(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    text = parquet(tmp_path / "set", mask=(PICTURE, [cell(9), cell(8)]), image=(PICTURE, [cell(1), cell(2)]))
    found = sources.resolve(study(f'"{text}"', sample=None))
    assert shades(found.paths) == [1, 2]
    assert found.notices == [
        f"{text}: its pictures are taken from the column image, not from mask; hf:NAME#train:COLUMN chooses another"
    ]
    chosen = sources.resolve(study(f'"{text}#train:mask"', sample=None))
    assert (shades(chosen.paths), chosen.notices) == ([9, 8], [])
    with pytest.raises(StudyError, match=r"no column 'depth' has pictures\. Available: image, mask"):
        sources.resolve(study(f'"{text}#:depth"', sample=None))


@pytest.mark.needs("datasets")
def test_columns_of_bytes_and_of_lists_are_pictures_too(
    offline: None, study: Callable[..., Study], tmp_path: Path
) -> None:
    text = parquet(tmp_path / "raw", label=(pa.int64(), [0, 1]), content=(pa.binary(), [png(3), png(4)]))
    found = sources.resolve(study(f'"{text}"', sample=None))
    assert shades(found.paths) == [3, 4]
    assert "taken from the column content" in found.notices[0]
    lists = [[cell(5), cell(6)], [None, cell(7)], []]
    text = parquet(tmp_path / "lists", images=(pa.list_(PICTURE), lists))
    found = sources.resolve(study(f'"{text}"', sample=None))
    assert shades(found.paths[:2]) == [5, 7]
    assert [*found.unusable.values()] == [f"row 2 of {text} has no picture"]


@pytest.mark.needs("datasets")
def test_a_sound_is_not_taken_for_a_picture(offline: None, study: Callable[..., Study], tmp_path: Path) -> None:
    features = {"info": {"features": {"audio": {"_type": "Audio"}}}}
    schema = pa.schema({"audio": PICTURE}, metadata={"huggingface": json.dumps(features)})
    pq.write_table(pa.table({"audio": pa.array([cell(1)], PICTURE)}, schema=schema), tmp_path / "train.parquet")
    with pytest.raises(StudyError, match="has no column of pictures"):
        sources.resolve(study(f'"hf:{tmp_path}"'))


@pytest.mark.needs("datasets")
def test_equal_rows_count_once_and_others_are_drawn(offline: None, study: Callable[..., Study], tmp_path: Path) -> None:
    text = parquet(tmp_path / "set", image=(PICTURE, [cell(row // 3) for row in range(12)]))
    found = sources.resolve(study(f'"{text}"', sample=4))
    assert sorted(shades(found.paths)) == [0, 1, 2, 3]


@pytest.mark.needs("datasets")
def test_configurations_and_splits(offline: None, study: Callable[..., Study], tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for number, name in enumerate(("large", "small")):
        parquet(folder / name, image=(PICTURE, [cell(number)]))
    configs = "".join(f"- config_name: {name}\n  data_files: {name}/data/*.parquet\n" for name in ("large", "small"))
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    assert shades(sources.resolve(study(f'"hf:{folder}[small]"')).paths) == [1]
    with pytest.raises(StudyError, match=r"could not load .*large.*small.*: write hf:NAME\[CONFIG\]$"):
        sources.resolve(study(f'"hf:{folder}"'))
    with pytest.raises(StudyError, match=r"has no split 'test'\. Available: train; write hf:NAME#SPLIT"):
        sources.resolve(study(f'"hf:{folder}[large]#test"'))


@pytest.mark.needs("datasets")
@pytest.mark.parametrize("length", [0, 10, 500])
def test_a_damaged_file_is_told_in_one_line(
    offline: None, study: Callable[..., Study], tmp_path: Path, length: int
) -> None:
    text = parquet(tmp_path / "set", image=(PICTURE, [cell(1), cell(2)]))
    [file] = (tmp_path / "set" / "data").iterdir()
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(StudyError, match=r"^could not load the dataset hf:[^\n]+$"):
        sources.resolve(study(f'"{text}"'))


@pytest.mark.slow
@pytest.mark.needs("datasets")
def test_a_folder_of_pictures_is_a_dataset_too(offline: None, study: Callable[..., Study], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for row in range(4):
        (folder / f"{row}.png").write_bytes(png(row))
    three = sources.resolve(study(f'"hf:{folder}"', sample=3)).paths
    assert shades(three) == [int(path.name.removeprefix("train-")) for path in three]
    found = [one for one in Submission(study(f'"hf:{folder}"', sample=3), ()) if isinstance(one, SubmittedPicture)]
    assert [(one.made, one.found) for one in found] == [(1, 0)] * 3
