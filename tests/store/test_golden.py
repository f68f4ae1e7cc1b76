"""Folders that earlier releases wrote: each release lists, checks, resumes and measures them, also once specs grow."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pytest

from riptui import spec as spec_module
from riptui.errors import SpecError
from riptui.spec import Spec, decode_spec, encode_spec
from riptui.store import layout
from riptui.store.frames import read_frame, read_frames
from riptui.store.listing import find_trajectories, summarize
from riptui.store.trajectory import Status, Trajectory
from riptui.store.verify import inspect_folder
from tests.support.command import riptui
from tests.support.running import run_trajectory

GOLDEN = Path(__file__).parent / "golden"

PLACES = {
    "telea/finished": (12, "3d8ad26661d009d32be36bd58c90c63470946069e3c58fd62b5ee80559912e4d"),
    "telea/half-finished": (5, "394606e8638c5b9ae5873bf9fad84edfce0f560fab17aa6665b94466ea8bf50f"),
    "tiny-sd2/finished": (4, "1c35a6088e81aea18b6e107ec7fa3ecda105fccbdf3c2c2d414ba49c295a45dc"),
    "tiny-sd2/half-finished": (2, "a9740541c9083ccdb09580244d9e6bf633fad4953d190c8d822833e10ea4bd3a"),
}
"""Each trajectory's committed iterations, and the SHA-256 of its files."""

FORMAT_1_FIELDS = (
    *("format", "source_name", "source_sha256", "original_sha256", "size", "fit", "bands", "mask", "order", "amount"),
    *("seed", "paste", "inpainter", "parameters"),
)
"""The fields of the first release, whose specs have all of them."""

CHECKPOINT_COMMIT = "0123456789abcdef0123456789abcdef01234567"
CHECKPOINT_WEIGHTS = {
    "unet": "33bf8591a222b04dcae2f294297319ff6cd9148e7621e00c75c11101d7775c86",
    "vae": "836fe3386cab594c7b372a22ec6da8065d22e67c18fc014a3ba41e8cd5a07b2b",
}
"""SHA-256 of the weights that painted tiny-sd2."""


class GrownSpec(Spec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The spec of a later release, whose new trajectories do something else than the old ones did."""

    later: Literal["new", "old"] = "new"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A copy, for trajectories are locked, resumed and measured."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "runs", ignore=shutil.ignore_patterns("README.md")))


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later release, in which a spec without the new field means the old way."""
    monkeypatch.setattr(spec_module, "Spec", GrownSpec)
    monkeypatch.setitem(spec_module.ADDED_FIELDS, "later", "old")


def files_sha256(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def require_readable(runs: Path) -> None:
    """List and check all of it, and compare each frame with its hash."""
    found = {trajectory.path.relative_to(runs).as_posix(): trajectory for trajectory in find_trajectories(runs)}
    assert list(found) == list(PLACES)
    for place, trajectory in found.items():
        summary = summarize(trajectory)
        assert (summary.error, summary.mixed) == ("", "")
        assert summary.status is (Status.DONE if place.endswith("/finished") else Status.INTERRUPTED)
        assert summary.k == PLACES[place][0]
        assert summary.metrics[0] == {"ssim": 1.0, "psnr": None}
        inspection = inspect_folder(trajectory)
        assert (inspection.walk.iteration, inspection.damage, inspection.leftovers) == (summary.k, [], [])
        assert len(list(read_frames(trajectory, range(summary.k + 1)))) == summary.k + 1


def require_resumed(runs: Path, group: str, *, tolerance: int = 0) -> None:
    """Resume the half, and find the pixels of the whole."""
    finished, half = Trajectory(runs / group / "finished"), Trajectory(runs / group / "half-finished")
    list(run_trajectory(half))
    assert half.read_status() is Status.DONE
    inspection = inspect_folder(half)
    assert (inspection.walk.iteration, inspection.damage) == (finished.spec.iterations, [])
    for row, other in zip(half.read_rows(), finished.read_rows(), strict=True):
        assert (row.box, row.noise_seed, row.inpainted, row.coverage) == (
            *(other.box, other.noise_seed, other.inpainted, other.coverage),
        )
        difference = np.abs(read_frame(half, row.k).astype(int) - read_frame(finished, row.k).astype(int))
        assert difference.max() <= tolerance
        assert tolerance or row.sha256 == other.sha256


def require_measured(runs: Path) -> None:
    """Measure everything by one more metric."""
    measured = riptui("measure", str(runs), "--metrics", "entropy", "--display", "plain")
    assert measured.code == 0, measured.err
    for place in PLACES:
        trajectory = Trajectory(runs / place)
        done = len(trajectory.read_rows())
        metrics = trajectory.read_metrics()
        assert [k for k in trajectory.spec.point_iterations() if k <= done] == list(metrics)
        assert all({"ssim", "psnr", "entropy"} == values.keys() for values in metrics.values())


@pytest.mark.parametrize("place", PLACES)
def test_the_golden_folders_are_never_made_again(place: str) -> None:
    assert files_sha256(GOLDEN / place) == PLACES[place][1], "put them back as they were: see golden/README.md"


def test_they_are_listed_checked_and_every_frame_is_read(runs: Path) -> None:
    require_readable(runs)
    assert riptui("check", str(runs)).code == 0
    listed = json.loads(riptui("ls", str(runs), "--json").out)
    assert [line["digest"] for line in listed] == [
        json.loads((GOLDEN / place / layout.SPEC).read_bytes())["digest"] for place in PLACES
    ]
    for place in PLACES:
        assert files(GOLDEN / place) == files(runs / place), "a reader changed it"


@pytest.mark.slow
def test_a_classical_half_is_resumed_to_the_pixels_of_the_whole(runs: Path) -> None:
    require_resumed(runs, "telea")


@pytest.mark.slow
def test_a_diffusion_half_is_resumed_to_the_pixels_of_the_whole(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_checkpoints = pytest.importorskip("tests.support.tiny_checkpoints", reason="needs the extra [diffusion]")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--golden--tiny-sd2"
    (repository / "snapshots").mkdir(parents=True)
    checkpoint = tiny_checkpoints.tiny_checkpoint("sd2", repository / "snapshots" / CHECKPOINT_COMMIT)
    weights = {
        name: hashlib.sha256((checkpoint / name / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
        for name in CHECKPOINT_WEIGHTS
    }
    same = weights == CHECKPOINT_WEIGHTS  # another version of the libraries may draw other weights
    require_resumed(runs, "tiny-sd2", tolerance=2 if same else 255)  # another CPU may round sums otherwise


def test_they_are_measured_by_more_metrics(runs: Path) -> None:
    require_measured(runs)


@pytest.mark.parametrize("place", PLACES)
def test_their_specs_are_written_as_they_were(place: str) -> None:
    data = (GOLDEN / place / layout.SPEC).read_bytes()
    assert encode_spec(decode_spec(data)) == data


# --- a spec that grows


def test_every_field_after_the_first_release_says_what_leaving_it_out_means() -> None:
    assert {*Spec.__struct_fields__} == {*FORMAT_1_FIELDS} | spec_module.ADDED_FIELDS.keys()


def test_what_was_written_before_pictures_had_squares_of_their_own_shares_them() -> None:
    assert {decode_spec((GOLDEN / place / layout.SPEC).read_bytes()).squares for place in PLACES} == {"shared"}


@pytest.mark.slow
@pytest.mark.usefixtures("grown")
def test_a_grown_spec_reads_lists_checks_resumes_and_measures_what_was_written_before(runs: Path) -> None:
    require_readable(runs)
    require_resumed(runs, "telea")
    require_measured(runs)


@pytest.mark.usefixtures("grown")
def test_a_spec_without_a_field_has_what_leaving_it_out_means_and_keeps_its_digest_and_its_bytes() -> None:
    data = (GOLDEN / "telea/finished" / layout.SPEC).read_bytes()
    read: Any = decode_spec(data)
    assert read.later == "old"
    assert read.digest == json.loads(data)["digest"]
    assert encode_spec(read) == data


@pytest.mark.usefixtures("grown")
def test_a_new_spec_writes_the_default_that_leaving_it_out_does_not_mean() -> None:
    data = (GOLDEN / "telea/finished" / layout.SPEC).read_bytes()
    fields = json.loads(data)
    old_digest = fields.pop("digest")
    new = msgspec.convert(fields, GrownSpec)
    assert new.later == "new"
    assert new.digest != old_digest
    written = json.loads(encode_spec(new))
    assert written["later"] == "new"
    assert decode_spec(encode_spec(new)) == new
    with pytest.raises(SpecError, match="digest"):
        decode_spec(json.dumps(fields | {"later": "new", "digest": old_digest}).encode())


def test_the_release_before_reads_what_is_old_in_a_grown_spec_and_refuses_by_name_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = (GOLDEN / "telea/finished" / layout.SPEC).read_bytes()
    fields = msgspec.structs.asdict(decode_spec(data))
    with monkeypatch.context() as later:
        later.setitem(spec_module.ADDED_FIELDS, "later", "old")
        old_way, new_way = (encode_spec(GrownSpec(**fields, later=value)) for value in ("old", "new"))
    assert decode_spec(old_way) == decode_spec(data)
    with pytest.raises(SpecError, match="unknown keys: later"):
        decode_spec(new_way)
