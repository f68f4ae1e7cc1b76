"""MAT with random weights, from a file in the layout of the published one, against spandrel's own generator."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("spandrel_extra_arches", reason="needs riptui[mat]")

import torch

from riptui import inpainters
from riptui.arrays import Images, Masks
from riptui.errors import InputError, WeightsError
from riptui.inpainters import Inpainter, LoadedInpainter
from riptui.inpainters import mat as module
from riptui.inpainters.models import file_digests
from riptui.inpainters.registry import require_usable
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.tiny_networks import save_lama, save_mat, small_lama, small_mat

__all__ = ["small_lama", "small_mat"]
pytestmark = pytest.mark.usefixtures("small_mat")


@pytest.fixture(scope="module")
def file(small_mat: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_mat(tmp_path_factory.mktemp("mat") / "mat.pth")


@pytest.fixture(scope="module")
def mat(file: Path) -> LoadedInpainter:
    return load(file)


def load(file: Path, **options: Any) -> LoadedInpainter:
    return inpainters.load("mat", {"weights": str(file)}, device="cpu", **options)


def paint(inpaint: Inpainter, images: Images, masks: Masks, *seeds: int) -> Images:
    return inpaint(images, masks, seeds=seeds, on_step=ignore_step)


@pytest.mark.slow
def test_it_keeps_the_rules_of_inpainters(mat: LoadedInpainter) -> None:
    check_inpainter(mat, size=128)


@pytest.mark.slow
def test_the_seed_alone_decides_what_is_drawn_whatever_torch_and_numpy_drew_before(
    mat: LoadedInpainter, file: Path
) -> None:
    images, masks = np.repeat(make_images(1, 128), 3, axis=0), np.repeat(make_masks(1, 128), 3, axis=0)
    first = paint(mat, images, masks, 5, 6, 5)
    torch.manual_seed(99)
    np.random.seed(99)
    again = paint(load(file), images, masks, 5, 6, 5)
    assert np.array_equal(first, again)
    assert np.array_equal(first[0], first[2])
    assert not np.array_equal(first[0], first[1])


def test_it_is_the_generators_picture_of_its_ranges_and_its_polarity(
    mat: LoadedInpainter, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[torch.Tensor, ...]] = []

    class SpyingGenerator(torch.nn.Module):
        img_resolution, z_dim, c_dim = 128, 16, 0

        def forward(
            self, image: torch.Tensor, known: torch.Tensor, z: torch.Tensor, *_: Any, **__: Any
        ) -> torch.Tensor:
            calls.append((image, known, z))
            return torch.full_like(image, 0.2)

    monkeypatch.setattr(module, "load_network", lambda *_: type("Holder", (), {"model": SpyingGenerator()}))
    images, masks = make_images(1, 128), make_masks(1, 128)
    painted = paint(load(file), images, masks, 3)
    [(image, known, z)] = calls
    assert torch.equal(image, torch.from_numpy(images).permute(0, 3, 1, 2) / 255 * 2 - 1)
    assert np.array_equal(known[:, 0].numpy() == 0, masks)
    assert torch.equal(z, torch.randn(1, 16, generator=torch.Generator().manual_seed(3)))
    assert (painted[masks] == 153).all()  # 0.2 of [-1, 1] is 0.6 of 255
    assert np.array_equal(painted[~masks], images[~masks])


@pytest.mark.slow
def test_what_lies_under_the_mask_has_no_influence(mat: LoadedInpainter) -> None:
    images, masks = make_images(1, 128), make_masks(1, 128)
    hidden = np.where(masks[..., None], 255 - images, images)
    assert np.array_equal(paint(mat, hidden, masks, 1)[masks], paint(mat, images, masks, 1)[masks])


def test_dropout_keeps_the_share_and_the_mean_that_torchs_keeps() -> None:
    values = torch.full((100_000,), 0.5)
    with module.SeededDropout(torch.Generator().manual_seed(1)):
        dropped = torch.nn.functional.dropout(values, p=0.25, training=True)
        untouched = torch.nn.functional.dropout(values, training=False)
    assert sorted(set(dropped.tolist())) == pytest.approx([0.0, 0.5 / 0.75])
    assert float(dropped.mean()) == pytest.approx(0.5, abs=0.01)
    assert torch.equal(untouched, values)


def test_its_licence_is_told_and_its_file_recorded(file: Path) -> None:
    loaded = load(file)
    assert loaded.notices == ["MAT's code and weights are for non-commercial use only (CC BY-NC 4.0)"]
    assert loaded.notes == {"dtype": "float32", "weights of file": file_digests.file_sha256(file)}


@pytest.mark.slow
def test_other_sizes_are_refused(mat: LoadedInpainter) -> None:
    with pytest.raises(InputError, match=r"size 256 px: mat needs pictures of 512 px, or a multiple of it"):
        require_usable("mat", {"weights": "mat-places"}, 64, 256)
    require_usable("mat", {"weights": "mat-places"}, 64, 512)
    with pytest.raises(InputError, match="mat needs square pictures of 128 px"):
        paint(mat, make_images(1, 128)[:, :64], make_masks(1, 128)[:, :64], 1)
    assert paint(mat, make_images(1, 256), make_masks(1, 256), 1).shape == (1, 256, 256, 3)


@pytest.mark.parametrize("damage", ["truncated", "lama's"])
def test_a_file_that_is_not_mats_is_refused_in_one_line(
    damage: str, file: Path, small_lama: None, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pth"
    if damage == "truncated":
        wrong.write_bytes(file.read_bytes()[:-5000])
    else:
        save_lama(wrong)
    with pytest.raises(WeightsError, match=r"cannot be read as weights|of another network than MAT") as refusal:
        load(wrong)
    assert "\n" not in str(refusal.value)
