"""The nearest pictures to frames: a planted copy is found and not novel, the own source is left out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImages

from riptui.arrays import Image
from riptui.corpus.corpus_building import CorpusPlan, build_corpus
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.nearest_pictures import NearestFrames, NearestQuestion, find_nearest_pictures, nearest_rows
from riptui.corpus.nearest_sheet import write_nearest_sheet
from riptui.corpus.picture_loading import PreparedAs
from riptui.errors import InputError
from riptui.features import load_extractor
from riptui.store.annotations import change_annotations
from riptui.store.listing import find_trajectories, summarize
from tests.corpus.conftest import blotches
from tests.support.recursed import paint, save_recursion


def paint_over(shown: Image, folder: Path, seed: int, **fields: object) -> None:
    """A trajectory of one iteration whose only square is the frame: an output that is a given picture."""
    save_recursion(
        folder, blotches(0, 256), paint(lambda image, noise: shown), mask=256, amount=100.0, seed=seed, **fields
    )


@pytest.fixture
def runs(tmp_path: Path, photos: Path) -> Path:
    """Two outputs of blotches(0): a copy of a picture of the corpus, and a picture that is like none."""
    prepared = np.asarray(PilImages.open(photos / "3.png").resize((256, 256), PilImages.Resampling.LANCZOS))
    paint_over(prepared, tmp_path / "runs/copy", 0)
    paint_over(blotches(1003, 256), tmp_path / "runs/new", 1)
    return tmp_path / "runs"


def find(runs: Path, index: CorpusIndex, **question: object) -> NearestFrames:
    summaries = [summarize(trajectory) for trajectory in find_trajectories(runs)]
    return find_nearest_pictures(summaries, index, load_extractor("phash"), NearestQuestion(**question))  # type: ignore[arg-type]


def test_a_planted_copy_is_found_and_not_novel(runs: Path, index: CorpusIndex, photos: Path) -> None:
    found = find(runs, index, count=3)
    copied, new = found.frames
    assert (copied.trajectory.path.name, copied.pictures[0].path) == ("copy", photos / "3.png")
    assert copied.pictures[0].is_copy
    assert copied.similarity == 1
    assert not copied.novel
    assert (new.trajectory.path.name, new.novel) == ("new", True)
    assert new.similarity < found.threshold.similarity
    assert [len(frame.pictures) for frame in found.frames] == [3, 3]
    assert (found.novel.count, found.novel.of) == (1, 2)


@pytest.mark.slow
def test_the_pictures_are_those_of_the_smallest_hamming_distance(runs: Path, index: CorpusIndex, photos: Path) -> None:
    imagehash = pytest.importorskip("imagehash")
    new = find(runs, index, count=11).frames[1]
    frame = imagehash.phash(PilImages.fromarray(new.trajectory.frame(1)))
    distances = {
        near.path: frame - imagehash.phash(PilImages.open(near.path).resize((256, 256), PilImages.Resampling.LANCZOS))
        for near in new.pictures
    }
    assert [*distances.values()] == sorted(distances.values())
    for near in new.pictures:
        assert near.similarity == pytest.approx(1 - distances[near.path] / 64, abs=1e-5)


@pytest.mark.slow
def test_the_own_source_is_left_out_by_its_pixels_and_by_its_file(runs: Path, photos: Path, tmp_path: Path) -> None:
    PilImages.fromarray(blotches(0, 256)).save(photos / "source.png")
    build_corpus(CorpusPlan("photos", photos, size=256), load_extractor("phash"))
    index = CorpusIndex("photos")
    frames = find(runs, index, count=12).frames
    assert all(frame.sources >= 1 for frame in frames)
    assert all(near.path.name != "source.png" for frame in frames for near in frame.pictures)
    [five] = [picture for picture in index.pictures if picture.path == "5.png"]
    paint_over(blotches(5, 256), tmp_path / "other/five", 2, source_sha256=five.sha256)
    [frame] = find(tmp_path / "other", index, count=12).frames
    assert all(near.path.name not in ("5.png", "source.png") for near in frame.pictures)


@pytest.mark.slow
def test_novel_frames_are_counted_among_those_that_are_tagged(runs: Path, index: CorpusIndex) -> None:
    assert find(runs, index).novel_tagged.of == 0
    change_annotations(runs / "copy", lambda before: before.with_tags(["usable"]))
    found = find(runs, index)
    assert (found.novel_tagged.count, found.novel_tagged.of) == (0, 1)
    change_annotations(runs, lambda before: before.with_tags(["fine"]))
    assert find(runs, index, tag="fine", folders=[runs]).novel_tagged.of == 2
    assert find(runs, index, tag="fine").novel_tagged.of == 0, "only groups up to the given folders count"


def test_frames_at_an_amount_and_unfinished_ones(runs: Path, index: CorpusIndex) -> None:
    originals = find(runs, index, at=0.0)
    assert [frame.k for frame in originals.frames] == [0, 0]
    missing = find(runs, index, at=200.0)
    assert not missing.frames
    assert "not computed to 200 %: 2 trajectories" in missing.left_out[0]
    assert np.isnan(missing.novel.share)


@pytest.mark.slow
def test_what_makes_copies_invisible_is_told(runs: Path, photos: Path) -> None:
    build_corpus(CorpusPlan("larger", photos, size=320), load_extractor("phash"))
    found = find(runs, CorpusIndex("larger"))
    assert "prepared at 320 px with fit bands, and 2 frames otherwise" in found.notes[0]


def test_other_features_and_an_empty_corpus_are_refused(runs: Path, index: CorpusIndex, tmp_path: Path) -> None:
    class Other:
        name, identity, dimension = "phash", "another", 64

    with pytest.raises(InputError, match="indexed by other features"):
        find_nearest_pictures([], index, Other(), NearestQuestion())  # type: ignore[arg-type]
    (tmp_path / "one").mkdir()
    PilImages.fromarray(blotches(0)).save(tmp_path / "one/a.png")
    build_corpus(CorpusPlan("one", tmp_path / "one", size=256), load_extractor("phash"))
    with pytest.raises(InputError, match="2 are needed"):
        find(runs, CorpusIndex("one"))


@pytest.mark.slow
def test_a_row_and_a_tile_for_each_neighbour(runs: Path, index: CorpusIndex, photos: Path, tmp_path: Path) -> None:
    found = find(runs, index, count=2)
    rows = nearest_rows(found)
    assert [(row["rank"], row["copy"]) for row in rows] == [(1, True), (2, False), (1, False), (2, False)]
    assert {row["threshold"] for row in rows} == {found.threshold.similarity}
    (photos / "3.png").unlink()
    assert write_nearest_sheet(found, PreparedAs(256, "bands"), tmp_path / "sheet.png") == 2
    with PilImages.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (3 * 198 + 6, 2 * 232 + 6)
    with pytest.raises(InputError, match="exists"):
        write_nearest_sheet(found, PreparedAs(256, "bands"), tmp_path / "sheet.png")
