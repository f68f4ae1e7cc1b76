"""What a study lacks on this machine is told by its plan, all at once, with how to get it."""

import json
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")
pytest.importorskip("spandrel", reason="needs riptui[lama]")
pytest.importorskip("spandrel_extra_arches", reason="needs riptui[mat]")

from huggingface_hub import constants

from riptui.inpainters import import_trial
from riptui.study.presets import write_preset
from riptui.study.study_file import read_study
from riptui.study.study_needs import find_lacking
from tests.support.command import riptui
from tests.support.forgotten_modules import forget_modules
from tests.support.study_files import SWEEP, Written, written
from tests.support.tiny_checkpoints import Checkpoints, checkpoints

__all__ = ["checkpoints", "written"]
FETCHES = {
    "quick": set(),
    "orders": set(),
    "interventions": set(),
    "paper-1": {"sd2", "lpips-squeeze", "lpips-alex", "lpips-vgg"},
    "stability": {
        *("lama", "mat", "sd2", "sd2-base", "repaint", "cross-attention/asymmetric-autoencoder-kl-x-2"),
        *("lpips-vgg", "lpips-alex"),
    },
    "slides-decoders": {
        *("sd1.5", "cross-attention/asymmetric-autoencoder-kl-x-1-5"),
        *("cross-attention/asymmetric-autoencoder-kl-x-2", "lpips-vgg", "lpips-alex"),
    },
    "slides-prompts": {"sd2", "lpips-vgg", "lpips-alex"},
    "autoencoder": {"sd1.5", "stabilityai/sd-vae-ft-mse", "stabilityai/sdxl-vae", "lpips-vgg"},
    "no-op": {"stable-diffusion-v1-5/stable-diffusion-v1-5", "lpips-vgg"},
}
"""What `riptui fetch` gets for the presets, on a machine that has nothing."""


@pytest.fixture(autouse=True)
def nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("riptui.planning.missing_weights.require_importable", lambda *_: None)  # takes seconds


@pytest.mark.parametrize("preset", FETCHES)
def test_of_each_preset_all_that_is_to_be_fetched(preset: str, tmp_path: Path) -> None:
    file = tmp_path / "preset.toml"
    write_preset(preset, file)
    lacking = find_lacking(read_study(file, runs=tmp_path / "runs"))
    assert set(re.findall(r"riptui fetch (\S+?),?(?: |$)", "\n".join(lacking), re.MULTILINE)) == FETCHES[preset]
    assert len(lacking) == len({*lacking})
    assert not any("\n" in line for line in lacking)


def test_parts_from_elsewhere_are_told_beside_a_model_that_is_not_there(written: Written) -> None:
    sweeps = '[[sweep]]\ninpainter = "sd2"\nlora = "org/name/x.safetensors"\ncontrolnet = "org/control"\n'
    lacking = "\n".join(find_lacking(read_study(written(sweep=f'{sweeps}[[sweep]]\ninpainter = "kandinsky"'))))
    parts = ("org/name/x.safetensors", "org/control", "kandinsky-community/kandinsky-2-2-prior")
    for name in ("sd2", "kandinsky", *parts):
        assert re.search(rf"riptui fetch {name}$", lacking, re.MULTILINE), name


def test_nothing_is_told_of_what_is_there(checkpoints: Checkpoints, written: Written) -> None:
    sweep = SWEEP.replace('"noise"', f'["noise", "{checkpoints["sd2"]}"]')
    assert find_lacking(read_study(written(sweep=sweep))) == ()


@pytest.mark.parametrize(
    ("package", "inpainter", "extra"),
    [
        ("spandrel", "lama", "lama"),
        ("spandrel_extra_arches", "mat", "mat"),
        ("diffusers", "repaint", "diffusion"),
        ("torch", "sd2", "diffusion"),
    ],
)
def test_a_package_that_is_not_installed_is_told_with_its_extra(
    package: str, inpainter: str, extra: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_trial, "find_spec", lambda name: None if name == package else name)
    file = written(sweep=f'[sweep]\ninpainter = "{inpainter}"')
    needs = f"the inpainter {inpainter} needs the package {package}, which is not installed"
    said = f"{needs}: pip install 'riptui[{extra}]'"
    told = riptui("study", "plan", file)
    assert (told.code, told.err.count(said)) == (0, 1)
    assert json.loads(riptui("study", "plan", file, "--json").out)["lacking"] == [said]


def test_without_the_packages_of_the_hub_a_plan_says_so_of_each_inpainter(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_modules(monkeypatch, lambda name: name.startswith("riptui.inpainters.models."))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr(import_trial, "find_spec", lambda name: None if name == "diffusers" else name)
    of_the_hub = '[[sweep]]\ninpainter = ["sd2", "img2img"]\nmodel = "sd1.5"\n'
    told = riptui("study", "plan", written(sweep=f'{of_the_hub}[[sweep]]\ninpainter = "iopaint"\nmodel = "x"\n'))
    assert told.code == 0
    assert told.err.count("needs the package diffusers, which is not installed: pip install 'riptui[diffusion]'") == 2
    assert told.err.count("the inpainter iopaint has no server") == 1


def test_of_default_metrics_it_is_told_what_the_study_goes_without(written: Written) -> None:
    [line] = find_lacking(read_study(written('images = ["pictures"]')))
    assert line.startswith("left out: lpips-squeeze, lpips-alex, lpips-vgg (no weights in ")
