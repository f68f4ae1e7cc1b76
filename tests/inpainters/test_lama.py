"""LaMa with random weights, from files in the layout of the published one, against spandrel's own calls."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("spandrel", reason="needs riptui[lama]")

import torch
from spandrel import ModelLoader
from spandrel.architectures.LaMa.__arch.LaMa import LaMa

from riptui import inpainters
from riptui.arrays import Images, Masks
from riptui.cli import main
from riptui.errors import DeviceMemoryError, InpainterError, InputError, MissingExtraError, WeightsError
from riptui.inpainters import Inpainter, LoadedInpainter, OnStep
from riptui.inpainters.models import file_digests, identity, weight_check
from riptui.inpainters.network_inpainter import NetworkInpainter, prepare_network
from riptui.planning.estimate import cost_key, times_on_disk
from riptui.planning.missing_weights import require_weights
from riptui.planning.same_weights import find_same_weights, without_places
from riptui.recursion import ignore_step
from riptui.spec import Spec
from riptui.store.provenance import describe_mixed_sessions
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.running import run_trajectory
from tests.support.tiny_networks import lama_state, save_lama, save_torchscript, small_lama
from tests.support.trajectories import MakeTrajectory

__all__ = ["small_lama"]
pytestmark = pytest.mark.usefixtures("small_lama")


@pytest.fixture(scope="module")
def file(small_lama: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lama(tmp_path_factory.mktemp("lama") / "big-lama.pt")


@pytest.fixture(scope="module")
def lama(file: Path) -> LoadedInpainter:
    return load(file)


def load(file: Path | str, **options: object) -> LoadedInpainter:
    return inpainters.load("lama", {"weights": str(file)}, device="cpu", **options)  # type: ignore[arg-type]


def paint(inpaint: Inpainter, images: Images, masks: Masks, seed: int = 0) -> Images:
    return inpaint(images, masks, seeds=[seed] * len(images), on_step=ignore_step)


@pytest.mark.slow
def test_it_keeps_the_rules_of_inpainters(lama: LoadedInpainter) -> None:
    check_inpainter(lama, size=64)


@pytest.mark.parametrize("size", [64, 60])  # 60: reflected to 64
def test_it_is_spandrels_call_rounded_to_8_bits_and_the_picture_outside_the_mask(
    lama: LoadedInpainter, size: int
) -> None:
    image, mask = make_images(1, 64)[:, :size, :size].copy(), np.zeros((1, size, size), bool)
    mask[:, 8:32, 40:size] = True
    with torch.inference_mode():
        expected = (
            ModelLoader()
            .load_from_state_dict(lama_state())
            .eval()(torch.from_numpy(image).permute(0, 3, 1, 2) / 255, torch.from_numpy(mask)[:, None].float())
        )
    levels = expected.permute(0, 2, 3, 1).numpy() * 255
    painted = paint(lama, image, mask)
    assert np.array_equal(painted, np.rint(levels))
    assert not np.array_equal(painted, np.floor(levels))
    assert np.array_equal(painted[~mask], image[~mask])
    assert (painted != image)[mask].mean() > 0.5


def test_neither_what_lies_under_the_mask_nor_the_seed_has_an_influence(lama: LoadedInpainter) -> None:
    images, masks = make_images(1, 64), make_masks(1, 64)
    hidden = np.where(masks[..., None], 255 - images, images)
    expected = paint(lama, images, masks)[masks]
    assert np.array_equal(paint(lama, hidden, masks)[masks], expected)
    assert np.array_equal(paint(lama, images, masks, seed=2**53 - 1)[masks], expected)


@pytest.mark.parametrize("suffix", ["pth", "ckpt", "safetensors"])
def test_a_file_of_any_layout_paints_alike(lama: LoadedInpainter, suffix: str, tmp_path: Path) -> None:
    other = load(save_lama(tmp_path / f"lama.{suffix}"))
    images, masks = make_images(2, 64), make_masks(2, 64)
    assert np.array_equal(paint(other, images, masks), paint(lama, images, masks))


# --- which weights


@pytest.mark.slow
def test_the_session_records_the_files_digest_and_its_replacement_is_noticed(small_lama: None, tmp_path: Path) -> None:
    file = save_lama(tmp_path / "lama.pt")
    before = load(file)
    assert before.notes == {"dtype": "float32", "weights of file": file_digests.file_sha256(file)}
    assert before.is_current
    save_lama(file, seed=1)
    after = load(file, recorded=before.notes)
    assert not before.is_current
    assert after.notes["weights of file"] != before.notes["weights of file"]
    assert after.notices == [f"{file} has changed since the last session"]


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder, not a file: check the path"):
        load(tmp_path)


@pytest.mark.slow
def test_a_file_that_moved_is_found_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_digests, "MIN_AGE_NS", 0)
    file, moved = save_lama(tmp_path / "lama.pt"), tmp_path / "elsewhere.pt"
    notes = load(file).notes
    file.rename(moved)
    with pytest.raises(InputError, match=r"lama.pt does not exist: check the path"):
        load(file, recorded=notes)
    load(moved)
    found = load(file, recorded=notes)
    assert found.notes == notes
    assert found.notices == [f"{file} is gone; {moved} is used, which has the same content"]


def test_a_spec_with_the_same_weights_from_elsewhere_is_the_same_work(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pt"
    copy.write_bytes(file.read_bytes())
    first, second = spec(file), spec(copy)
    assert without_places(first) == without_places(second)
    assert cost_key(first) == cost_key(second)
    notes = load(file).notes
    assert identity.used_weights(second.parameters, notes)
    assert not identity.used_weights({"weights": str(save_lama(tmp_path / "other.pt", seed=1))}, notes)
    assert not identity.used_weights({"weights": str(tmp_path / "none.pt")}, notes)
    assert find_same_weights(tmp_path, second) is None
    assert weight_check.read_place(str(copy))[weight_check.FILE] == notes["weights of file"]


def spec(weights: Path | str) -> Spec:
    parameters = inpainters.spec_parameters("lama", {"weights": str(weights)})
    return Spec(
        source_name="cat.png", source_sha256="0" * 64, original_sha256="0" * 64, inpainter="lama", parameters=parameters
    )


def test_the_name_of_published_weights_stays_and_a_path_becomes_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert inpainters.parse_parameters("lama", {"weights": "big-lama"}) == {"weights": "big-lama"}
    assert inpainters.parse_parameters("lama", {"weights": "mine.pt"}) == {"weights": "/mine.pt"}
    with pytest.raises(InputError, match="it must be big-lama, or a file"):
        inpainters.complete_parameters("lama", {"weights": ""})


# --- what is refused


@pytest.mark.parametrize("damage", ["truncated", "text", "another network", "fewer tensors", "a pickle with code"])
def test_a_file_that_is_not_lamas_is_refused_in_one_line(damage: str, file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pt"
    match damage:
        case "truncated":
            wrong.write_bytes(file.read_bytes()[:-5000])
        case "text":
            wrong.write_text("<html>Sign in to the hotel's network</html>")
        case "another network":
            save_torchscript({"synthesis.weight": torch.zeros(3)}, wrong)
        case "fewer tensors":
            state = lama_state()
            del state["generator.model.1.ffc.convl2l.weight"], state["generator.model.1.bn_l.bias"]
            torch.save(state, wrong)
        case _:
            torch.save({"generator.model.1.bn_l.running_mean": print}, wrong)
    with pytest.raises(
        WeightsError, match=r"cannot be read as weights|of another network than LaMa|does not fit LaMa"
    ) as refusal:
        load(wrong)
    assert str(wrong) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_weights_that_are_not_numbers_are_an_error_of_the_inpainter(tmp_path: Path) -> None:
    state = {name: value * float("nan") for name, value in lama_state().items()}
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(InpainterError, match=r"lama produced NaN or infinity: look at its weights, .*nan\.pth"):
        paint(load(tmp_path / "nan.pth"), make_images(1, 64), make_masks(1, 64))


def test_memory_that_is_not_enough_for_its_weights_is_told_in_a_line(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore lines.")

    monkeypatch.setattr(LaMa, "to", full)
    with pytest.raises(DeviceMemoryError, match=r"not enough memory for .*big-lama\.pt: CUDA out of memory") as refusal:
        load(file)
    assert "\n" not in str(refusal.value)


def test_memory_that_is_not_enough_is_told_with_what_it_was_for(file: Path) -> None:
    def paint_too_much(images: torch.Tensor, holes: torch.Tensor, seeds: Sequence[int], _: OnStep) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    inpaint = NetworkInpainter("lama", paint_too_much, prepare_network("lama", str(file), device="cpu", compile="on"))
    assert inpaint.notices == ["lama is not compiled: one pass of a network is too short to gain from it"]
    assert inpaint.max_batch(512) is None
    with pytest.raises(DeviceMemoryError, match=r"not enough memory for 2 x 64 x 64 px at once: CUDA out of memory"):
        paint(inpaint, make_images(2, 64), make_masks(2, 64))


def test_weights_that_were_not_fetched_are_told_before_a_trajectory_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match=r"lama needs its weights \(206 MB\).*missing.*riptui fetch lama"):
        require_weights([spec("big-lama")])
    with pytest.raises(InputError, match=r"none\.pt does not exist"):
        require_weights([spec("/none.pt")])
    (tmp_path / "cat.png").touch()
    with pytest.raises(InputError, match=r"cat\.png is not a file of weights: its name must end with \.pt or"):
        require_weights([spec(tmp_path / "cat.png")])
    installed = tmp_path / "hub" / "checkpoints" / "big-lama.pt"
    installed.parent.mkdir(parents=True)
    installed.write_bytes(b"what a portal answered")
    require_weights([spec("big-lama")])
    with pytest.raises(WeightsError, match=r"big-lama\.pt .* is damaged.* riptui fetch lama"):
        load("big-lama")


def test_without_spandrel_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riptui.inpainters.import_trial.find_spec", lambda name: None if name == "spandrel" else name)
    with pytest.raises(MissingExtraError, match=r"the inpainter lama needs .*spandrel.*'riptui\[lama\]'"):
        require_weights([spec("big-lama")])


@pytest.mark.slow
def test_a_trajectory_records_its_weights_and_check_tells_others(
    file: Path, make_trajectory: MakeTrajectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trajectory = make_trajectory(inpainter="lama", parameters={"weights": str(file)}, amount=12.5)
    assert [*run_trajectory(trajectory)]
    [session] = trajectory.read_sessions()
    assert session.notes["weights of file"] == file_digests.file_sha256(file)
    assert "spandrel" in session.versions
    other = save_lama(tmp_path / "other.pt", seed=1)
    for weights, code, told in [(file, 0, "those that computed it"), (other, 1, "other weights computed it: file")]:
        assert main(["check", str(trajectory.path), "--weights", str(weights)]) == code
        assert told in capsys.readouterr().out
    assert main(["check", str(trajectory.path), "--weights", "big-lama"]) == 1  # which were not fetched
    assert "riptui fetch lama" in capsys.readouterr().err


@pytest.mark.slow
def test_other_weights_in_the_middle_are_told_and_the_time_is_known_from_either(
    make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    file = save_lama(tmp_path / "lama.pt")
    trajectory = make_trajectory(inpainter="lama", parameters={"weights": str(file)}, amount=25)
    stops = iter([True])
    assert [*run_trajectory(trajectory, should_stop=lambda: next(stops, False))]
    save_lama(file, seed=1)
    assert [*run_trajectory(trajectory)]
    assert "weights of file" in describe_mixed_sessions(trajectory, trajectory.read_rows())
    elsewhere = msgspec.structs.replace(trajectory.spec, parameters={"weights": "big-lama"})
    assert times_on_disk([cost_key(elsewhere)], [trajectory]).keys() == {cost_key(elsewhere)}
