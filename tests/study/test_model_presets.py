"""The presets of whole images and of decoders, in small, with tiny random weights, up to their figures and tables."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")
pytest.importorskip("matplotlib", reason="needs riptui[report]")
pytest.importorskip("spandrel", reason="needs riptui[lama]")
pytest.importorskip("spandrel_extra_arches", reason="needs riptui[mat]")
pytest.importorskip("wsproto", reason="needs riptui[servers]")

import torch
from diffusers import AsymmetricAutoencoderKL
from safetensors.torch import save_file

from riptui.figures import report, spectrum_figure, style
from riptui.figures.report import WrittenReport, write_report
from riptui.images import prepare_original
from riptui.inpainters import REGISTRY
from riptui.inpainters.servers.server_place import url_variable
from riptui.planning.submit import submit
from riptui.store.listing import find_trajectories
from riptui.store.records import Request
from riptui.study.presets import write_preset
from riptui.study.study_file import Study, read_study
from tests.support.pixel_checkpoints import save_folders
from tests.support.programs import define_program, stand_in
from tests.support.recursed import PICTURES
from tests.support.running import run_trajectory
from tests.support.stand_in_servers import serve_stand_in
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, enliven, one_thread_and_no_network
from tests.support.tiny_networks import save_lama, save_mat, shrink_mat, small_lama

__all__ = ["checkpoints", "one_thread_and_no_network", "small_lama"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

METRICS = ("ssim", "psnr", "spectrum")


@pytest.fixture
def quick_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn, and their files hold nothing; of those of single conditions only the spectra."""
    monkeypatch.setattr(style, "render_figure", lambda figure, kind, options: kind.encode())
    monkeypatch.setattr(report, "list_draw_functions", lambda reference: [spectrum_figure.draw_spectra])


def in_small(preset: str, folder: Path, more: str = "", **changes: str) -> Study:
    """The preset with other values of some keys, at 256 px, and with more lines."""
    file = folder / f"{preset}.toml"
    write_preset(preset, file)
    text = re.sub(r"(?m)^seed = 0$", f'seed = 0\nsize = 256\nfit = "crop"\n{more}', file.read_text())
    for key, value in changes.items():
        text, count = re.subn(f"(?m)^{key} = [^#\n]*", f"{key} = {value} ", text)
        assert count == 1, key
    file.write_text(text)
    return read_study(file)


def computed(study: Study, runs: Path) -> WrittenReport:
    picture = prepare_original(PICTURES / "coffee.jpg", size=256, fit="crop")
    for sweep in study.sweeps:
        for trajectory in submit(runs, [picture], sweep, Request(metrics=METRICS)):
            list(run_trajectory(trajectory))
    assert len(list(find_trajectories(runs))) == len(study)
    return write_report(find_trajectories(runs), runs.parent / "report")


def read_section(written: WrittenReport, heading: str) -> str:
    return (written.folder / "report.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.exhaustive
def test_autoencoder(checkpoints: Checkpoints, tmp_path: Path, quick_report: None) -> None:
    places = f'["{checkpoints["sd1.5"]}", "{checkpoints["sd2"]}/vae"]'
    study = in_small("autoencoder", tmp_path, vae=places, amount="200", passes="[1, 2]")
    written = computed(study, tmp_path / "runs")
    numbers = [figure.number for figure in written.all_figures]
    assert numbers.count("S2") == len(study) == 7
    assert "S3" in numbers
    table = read_section(written, "Side by side")
    assert table.count("| autoencoder, ") == 4
    assert "| blur | whole image | 1 |" in table


@pytest.mark.exhaustive
def test_no_op(checkpoints: Checkpoints, tmp_path: Path, quick_report: None) -> None:
    model = f'"{checkpoints["sd1.5-text"]}"'
    changes = {"model": model, "vae": model, "amount": "200", "steps": "10", "prompt": '["a copy"]'}
    study = in_small("no-op", tmp_path, strength="[0.1, 0.2, 0.4]", **changes)
    written = computed(study, tmp_path / "runs")
    found = json.loads((written.folder / "report.json").read_text())["strengths"]
    laws = {(law["metric"], law["passes"]): law for law in found}
    assert {*laws} == {("ssim", 1), ("ssim", 2), ("mse", 1), ("mse", 2)}
    assert laws["mse", 1]["without_noise"] > 0
    assert laws["mse", 1]["strengths"] == [0.1, 0.2, 0.4]
    assert "S4" in [figure.number for figure in written.all_figures]
    assert read_section(written, "Drift against strength").count("| all |") == 4


def test_stability(
    checkpoints: Checkpoints,
    small_lama: None,
    tmp_path: Path,
    quick_report: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of it: networks, a program of the settings, and a server."""
    monkeypatch.setitem(REGISTRY, "mat", replace(REGISTRY["mat"], size_grid=256))
    define_program(stand_in("invert", pillow=True), name="mat-cli", seed="unused")
    model, lama = checkpoints["sd2"], save_lama(tmp_path / "lama.pt")
    file, few_steps = tmp_path / "stability.toml", "steps = 2\njump_samples = 1"
    write_preset("stability", file)
    text = file.read_text().replace(
        '"mat", "latent-resampling"]', f'"latent-resampling"]\nweights = "{lama}"\n{few_steps}\nmodel = "{model}"'
    )
    text = text.replace('inpainter = "sd2"', f'inpainter = "{model}"\nsteps = 2').replace("#[[sweep]]", "[[sweep]]")
    text = re.sub(r"(?m)^#(inpainter|model|mask|amount|seed) = ", r"\1 = ", text)
    text = re.sub(r'vae = "[^"]*"', f'vae = "{checkpoints["sd1.5"]}"', text)
    text = text.replace('"repaint"', f'"repaint"\nmodel = "{save_folders(tmp_path / "pixels")}"\n{few_steps}')
    text = re.sub(r"(?m)^(mask|amount) = .*\n", "", text)
    seed = 'seed = 0\nsize = 256\nmask = 128\namount = 25\nfit = "crop"\n'
    text = re.sub(r"(?m)^seed = 0$", seed, text)
    with serve_stand_in("iopaint", model="lama") as server, shrink_mat(256):
        mat = f'[[sweep]]\ninpainter = "mat"\nweights = "{save_mat(tmp_path / "mat.pth")}"\n'
        file.write_text(f"{text}\n{mat}{seed}")
        monkeypatch.setenv(url_variable("iopaint"), server.url)
        study = read_study(file)
        written = computed(study, tmp_path / "runs")
    table = read_section(written, "Side by side")
    for name in ("navier-stokes", "telea", "lama", "mat", "latent-resampling", "repaint", "iopaint", "mat-cli"):
        assert f"| {name}" in table
    assert "background" in table
    assert len(study) == 11


@pytest.mark.exhaustive
def test_slides_prompts(checkpoints: Checkpoints, tmp_path: Path, quick_report: None) -> None:
    save_file({"<mine>": torch.randn(2, 32)}, tmp_path / "learned.safetensors")
    file = tmp_path / "slides-prompts.toml"
    write_preset("slides-prompts", file)
    text = re.sub(r"(?m)^#(\[\[sweep|inpainter|embedding|mask|amount|seed)", r"\1", file.read_text())
    text = text.replace('"learned.safetensors"', f'"{tmp_path / "learned.safetensors"}"')
    text = text.replace('"sd2"', f'"{checkpoints["sd2"]}"').replace("amount = 400", "amount = 25\nsteps = 2")
    file.write_text(re.sub(r"(?m)^seed = 0$", 'seed = 0\nsize = 256\nfit = "crop"', text))
    study = read_study(file)
    written = computed(study, tmp_path / "runs")
    assert len(study) == 3
    table = read_section(written, "Side by side")
    for words in ("prompt background", "embedding "):
        assert words in table
    assert "S3" in [figure.number for figure in written.all_figures]


@pytest.mark.exhaustive
def test_slides_decoders(checkpoints: Checkpoints, tmp_path: Path, quick_report: None) -> None:
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    channels = {"down_block_out_channels": (4, 4, 4, 8), "up_block_out_channels": (4, 4, 8, 8)}
    layers = {"layers_per_down_block": 1, "layers_per_up_block": 1, "norm_num_groups": 2}
    torch.manual_seed(1)
    network = AsymmetricAutoencoderKL(**blocks, **channels, **layers)
    enliven(network)
    network.save_pretrained(tmp_path / "conditional")
    changes = {"inpainter": f'"{checkpoints["sd1.5"]}"', "vae": f'["none", "{tmp_path}/conditional"]'}
    study = in_small("slides-decoders", tmp_path, "steps = 1", mask="128", amount="12", **changes)
    written = computed(study, tmp_path / "runs")
    table = read_section(written, "Side by side")
    assert len(study) == 4
    assert table.count("vae ") == 2
    assert "no paste" in table
