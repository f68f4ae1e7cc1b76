"""What the report has of trajectories that pass whole images through a process: passes, spectra, strengths."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui import inpainters
from riptui.figures import averages, report, sequences, spectrum_figure, style
from riptui.figures.report import WrittenReport, write_report
from riptui.metrics.frequency_bins import FREQUENCIES
from riptui.store import layout
from riptui.store.listing import find_trajectories
from riptui.store.records import encode_line
from tests.support.made import made_spec, write

IMAGES = 5


def save(runs: Path, image: int, inpainter: str, loss: float, **parameters: Any) -> None:
    """Three passes; the distance grows by `loss` each time, and so does what is lost at high frequencies."""
    given = inpainters.spec_parameters(inpainter, parameters)
    spec = made_spec(image, inpainter=inpainter, mask=512, amount=300.0, parameters=given)
    values = {"lpips-vgg": lambda x: (1 + image / 10) * loss * x / 100}
    folder = write(runs / f"i{image}" / spec.digest[:10], spec, values)
    lines = [{"k": k, "profiles": {"spectrum": (-loss * k * FREQUENCIES).tolist()}} for k in range(4)]
    (folder / layout.PROFILES).write_bytes(b"".join(map(encode_line, lines)))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> WrittenReport:
    runs = tmp_path_factory.mktemp("whole")
    for image in range(IMAGES):
        save(runs, image, "autoencoder", 0.01, vae="org/model")
        for strength in (0.1, 0.2, 0.3, 0.4):
            save(runs, image, "img2img", 0.01 + strength**2, model="org/model", strength=strength, prompt="same")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(style, "render_figure", lambda figure, kind, options: kind.encode())  # is slow
        some = [sequences.draw_one_inpainting, partial(averages.draw_mean_drift, reference=None)]
        patched.setattr(report, "list_draw_functions", lambda reference: [*some, spectrum_figure.draw_spectra])
        return write_report(find_trajectories(runs), runs.parent / "report")


@pytest.mark.exhaustive
def test_the_paper_s_figures_of_squares_are_left_out(written: WrittenReport) -> None:
    numbers = {figure.number for figure in written.all_figures}
    assert numbers == {"7", "S2", "S3", "S4"}
    sevens = [figure for figure in written.figures if figure.number == "7"]
    assert {figure.view for figure in sevens} == {""}
    assert all("against the passes over the image" in figure.caption for figure in sevens)
    assert not [figure.caption for figure in sevens if "mask size" in figure.caption]
    text = (written.folder / "report.md").read_text()
    assert re.search(r"^\| autoencoder \| whole image \| 5 \| 5 \| .+ \| \d\.\d passes \|", text, re.M), "its half-life"
    assert "through the surroundings |" not in text


@pytest.mark.slow
def test_the_spectrum_has_a_line_per_pass_and_its_data(written: WrittenReport) -> None:
    [figure] = [one for one in written.figures if one.stem == "figure-s2-autoencoder"]
    assert "5 images" in figure.caption
    rows = (written.folder / "figure-s2-autoencoder.csv").read_text().splitlines()
    assert rows[0] == "mask,k,inpainted,images,frequency,mean,sd"
    assert len(rows) == 1 + 3 * len(FREQUENCIES)


def test_the_exponent_stands_in_the_report_with_its_interval(written: WrittenReport) -> None:
    text = (written.folder / "report.md").read_text()
    [line] = [line for line in text.splitlines() if line.startswith("| all | lpips-vgg | 1 |")]
    assert "0.1, 0.2, 0.3, 0.4" in line
    assert re.search(r"\| 2\.0000 \[2\.0000, 2\.0000\] \|$", line)
    first, last = json.loads((written.folder / "report.json").read_text())["strengths"]
    assert (first["passes"], last["passes"]) == (1, 3)
    assert first["metric"] == "lpips-vgg"
    assert first["exponent"]["value"] < 2 < first["exponent_beyond"]["value"] + 1e-9


def test_all_conditions_stand_in_one_table(written: WrittenReport) -> None:
    text = (written.folder / "report.md").read_text().partition("## Side by side")[2].partition("## ")[0]
    assert "| condition | mask | images | lpips-vgg |" in text
    assert "| autoencoder | whole image | 5 | 0.0120 → 0.0360 |" in text
    assert text.count("img2img") == 4
