"""An index of a folder: resumed after any crash, brought up to date, never ended by an unreadable picture."""

import errno
import os
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImages

from riptui.arrays import FeatureVectors
from riptui.corpus import corpus_building, corpus_writer, picture_loading
from riptui.corpus.corpus_building import CorpusPlan, build_corpus, default_name
from riptui.corpus.corpus_files import PICTURES, VECTORS, list_corpora, locked, remove_corpus
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.picture_loading import PreparedAs, load_pictures
from riptui.errors import DiskError, HeldError, InputError, SourceError
from riptui.features import load_extractor
from riptui.images import prepare_original
from tests.corpus.conftest import blotches


def plan(folder: Path, name: str = "photos") -> CorpusPlan:
    return CorpusPlan(name, folder, size=256)


def test_every_picture_has_its_own_vector(index: CorpusIndex, photos: Path) -> None:
    assert {picture.path for picture in index.pictures} == {*(f"{n}.png" for n in range(11)), "sub/11.png"}
    phash = load_extractor("phash")
    for picture in index.pictures:
        prepared = prepare_original(photos / picture.path, size=256)
        [vector] = phash.extract([PilImages.fromarray(prepared.image)])
        unit = vector / np.linalg.norm(vector)
        np.testing.assert_allclose(index.vectors[picture.vector], unit, atol=1e-7)
        assert picture.sha256 == prepared.source_sha256


def test_what_is_known_is_not_decoded_again(index: CorpusIndex, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "new.png").write_bytes((photos / "0.png").read_bytes())
    (photos / "1.png").unlink()
    PilImages.fromarray(blotches(99)).save(photos / "2.png")
    os.utime(photos / "2.png", ns=(1, 1))
    decoded = []
    load = picture_loading.load_picture
    monkeypatch.setattr(picture_loading, "load_picture", lambda path, as_: decoded.append(path.name) or load(path, as_))
    built = build_corpus(plan(photos), load_extractor("phash"))
    assert sorted(decoded) == ["2.png", "new.png"]
    assert (built.added, built.known, built.gone, built.pictures) == (2, 10, 1, 12)
    found = CorpusIndex("photos")
    assert {"1.png"} == {picture.path for picture in index.pictures} - {picture.path for picture in found.pictures}
    assert len(found.vectors) == 14
    assert len(found.replaced) == 2
    assert len(found.copies[found.by_vector[0].pixels_sha256]) == 2, "0.png and new.png"


@pytest.mark.slow
@pytest.mark.parametrize("left", [0.0, 0.37, 0.5, 0.99])
@pytest.mark.parametrize("name", [PICTURES, VECTORS])
def test_files_that_a_crash_cut_are_completed(index: CorpusIndex, photos: Path, name: str, left: float) -> None:
    before = {picture.path: index.vectors[picture.vector].tobytes() for picture in index.pictures}
    file = index.folder / name
    del index
    os.truncate(file, int(file.stat().st_size * left))
    built = build_corpus(plan(photos), load_extractor("phash"))
    assert built.pictures == 12
    assert built.added >= (1 if left < 1 else 0)
    after = CorpusIndex("photos")
    assert {picture.path: after.vectors[picture.vector].tobytes() for picture in after.pictures} == before
    assert not after.replaced


def test_it_goes_on_after_an_error_in_the_middle(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        name, identity, dimension = "phash", load_extractor("phash").identity, 64
        calls = 0

        def extract(self, images: Sequence[PilImages.Image]) -> FeatureVectors:
            self.calls += 1
            if self.calls == 3:
                raise RuntimeError("killed")
            return load_extractor("phash").extract(images)

    monkeypatch.setattr(corpus_building, "BATCH", 4)
    with pytest.raises(RuntimeError, match="killed"):
        build_corpus(plan(photos), Failing())
    assert len(CorpusIndex("photos").pictures) == 8
    seen: list[tuple[int, int]] = []
    built = build_corpus(plan(photos), load_extractor("phash"), lambda done, total: seen.append((done, total)))
    assert (built.added, built.known) == (4, 8)
    assert seen == [(4, 4)]


def test_unreadable_pictures_are_named_and_tried_again(photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    (photos / "empty.jpg").touch()
    (photos / "notes.txt").write_text("not a picture")
    os.mkfifo(photos / "pipe.png")
    built = build_corpus(plan(photos), load_extractor("phash"))
    assert built.pictures == 12
    assert [Path(reason.partition(": ")[0]).name for reason in built.unreadable] == ["broken.png", "empty.jpg"]
    assert built.not_pictures == 2
    assert {row.path for row in CorpusIndex("photos").unreadable} == {"broken.png", "empty.jpg"}
    PilImages.fromarray(blotches(77)).save(photos / "broken.png")
    again = build_corpus(plan(photos), load_extractor("phash"))
    assert (again.added, len(again.unreadable)) == (1, 1)


def test_a_name_that_is_not_utf8_is_told(photos: Path) -> None:
    (photos / os.fsdecode(b"caf\xe9.png")).write_bytes((photos / "0.png").read_bytes())
    for _ in range(2):
        built = build_corpus(plan(photos), load_extractor("phash"))
        assert built.pictures == 12
        assert "not UTF-8" in built.unreadable[0]


def test_a_name_is_of_one_folder_and_one_kind_of_features(index: CorpusIndex, photos: Path) -> None:
    with pytest.raises(InputError, match=r"made otherwise \(size 256 and not 512\): choose another --name"):
        build_corpus(CorpusPlan("photos", photos), load_extractor("phash"))
    with pytest.raises(InputError, match="folder"):
        build_corpus(plan(photos / "sub"), load_extractor("phash"))
    assert [*list_corpora()] == ["photos"]
    with locked(index.folder), pytest.raises(HeldError, match="another process"):
        build_corpus(plan(photos), load_extractor("phash"))
    remove_corpus("photos")
    assert [*list_corpora()] == []
    assert (photos / "0.png").exists()
    with pytest.raises(InputError, match="no corpus"):
        remove_corpus("photos")


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures"):
        build_corpus(plan(tmp_path), load_extractor("phash"))
    with pytest.raises(SourceError, match="does not exist"):
        build_corpus(plan(tmp_path / "nowhere"), load_extractor("phash"))
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    with pytest.raises(SourceError, match="not UTF-8"):
        build_corpus(plan(tmp_path / os.fsdecode(b"caf\xe9")), load_extractor("phash"))
    assert [*list_corpora()] == [], "nothing was begun"


def test_default_names() -> None:
    assert default_name(Path("/data/My Photos"), "phash") == "My-Photos"
    assert default_name(Path("/data/photos"), "clip:openai/x") == "photos-clip-openai-x"
    assert default_name(Path("/"), "phash") == "corpus"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_processes_give_the_same_in_the_same_order(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_loading, "IN_PROCESS", 2)
    paths = sorted(photos.glob("*.png"))
    alone, several = (
        [(one.path, one.pixels_sha256) for one in load_pictures(paths, PreparedAs(256, "bands"), jobs)]
        for jobs in (1, 2)
    )
    assert several == alone


def test_a_decoder_that_dies_costs_its_picture_alone(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(photos.glob("*.png"))
    monkeypatch.setattr(picture_loading, "IN_PROCESS", 2)
    monkeypatch.setattr(picture_loading, "ProcessPoolExecutor", lambda jobs, mp_context: DyingPool(paths[5]))
    loaded = [*load_pictures(paths, PreparedAs(256, "bands"), 2)]
    assert [one.path for one in loaded] == paths
    assert [one.path for one in loaded if one.error] == [paths[5]]
    assert "the decoder crashed" in loaded[5].error


class DyingPool:
    """Runs a call at once, in this process; after it met one picture, all its calls fail."""

    def __init__(self, deadly: Path) -> None:
        self.deadly, self.dead = deadly, False

    def __enter__(self) -> "DyingPool":
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def submit(self, call, path, prepared):  # type: ignore[no-untyped-def]
        self.dead = self.dead or path == self.deadly
        loaded = None if self.dead else call(path, prepared)
        return FinishedCall(loaded)

    def shutdown(self, **given: object) -> None:
        pass


class FinishedCall:
    def __init__(self, loaded: object) -> None:
        self.loaded = loaded

    def result(self) -> object:
        if self.loaded is None:
            raise BrokenProcessPool
        return self.loaded


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_committed(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_building, "BATCH", 4)
    write, calls = corpus_writer.write_at, []

    def fail_in_the_third_batch(fd: int, data: bytes, start: int) -> None:
        calls.append(len(data))
        if len(calls) == 2 * 2 + 1 + 1:  # lines of what is gone, then vectors and lines of two batches, then vectors
            write(fd, data[:100], start)
            raise OSError(errno.ENOSPC, "no space")
        write(fd, data, start)

    monkeypatch.setattr(corpus_writer, "write_at", fail_in_the_third_batch)
    with pytest.raises(DiskError, match="the disk is full"):
        build_corpus(plan(photos), load_extractor("phash"))
    assert len(CorpusIndex("photos").pictures) == 8
    monkeypatch.setattr(corpus_writer, "write_at", write)
    assert build_corpus(plan(photos), load_extractor("phash")).known == 8
