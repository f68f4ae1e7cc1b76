"""`riptui report`: what it writes, what it leaves alone, and what its text says."""

import csv
import hashlib
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import numpy as np

from riptui.errors import DiskError, InputError
from riptui.figures import averages, markdown, report, report_folder, style
from riptui.results.paper_tests import NETS
from riptui.store import layout
from riptui.store.creation import create_or_open
from riptui.store.listing import find_trajectories
from riptui.store.records import Request
from tests.support.command import RICH, Outcome, require_harmless, riptui, spawned
from tests.support.made import made_spec, write
from tests.support.running import run_trajectory
from tests.support.trajectories import make_spec, picture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real trajectories of one picture at two mask sizes, to 100 %, with SSIM."""
    folder, original = tmp_path_factory.mktemp("report") / "runs", picture()
    for mask in (64, 128):
        spec = make_spec(original, mask=mask, inpainter="telea")
        list(run_trajectory(create_or_open(folder, f"m{mask}", spec, original, Request(metrics=("ssim",)))))
    return folder


@pytest.fixture(scope="module")
def written(runs: Path) -> tuple[Outcome, Path]:
    out = runs.parent / "out"
    return riptui("report", runs, "--out", out), out


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn, and their files hold nothing: for tests of what is around them."""
    monkeypatch.setattr(style, "render_figure", lambda figure, kind, metadata: kind.encode())


@pytest.fixture
def few(unrendered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figure 7 alone."""
    monkeypatch.setattr(
        report, "list_draw_functions", lambda reference: [partial(averages.draw_mean_drift, reference=reference)]
    )


@pytest.fixture
def one(tmp_path: Path) -> Path:
    write(tmp_path / "runs" / "a", made_spec(mask=256), {"lpips-vgg": lambda x: x / 1000})
    return tmp_path / "runs"


# ── the whole of it ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_figure_is_png_svg_pdf_and_csv_and_in_the_text(written: tuple[Outcome, Path]) -> None:
    outcome, out = written
    assert (outcome.code, outcome.err) == (0, "")
    there = {file.name for file in out.iterdir()}
    stems = {name.removesuffix(".png") for name in there if name.endswith(".png")}
    of_pictures, of_values = ["01", "02", "04", "06", "10"], ["07", "08", "09"]
    of_views = [f"{number}-{view}" for number in of_values for view in ("coverage", "excess")]
    assert stems == {"recursion", *(f"figure-{one}" for one in [*of_pictures, *of_values, *of_views])}
    files = {f"{stem}.{kind}" for stem in stems for kind in ("png", "svg", "pdf", "csv")} | {"collapse.csv"}
    assert there == files | {"report.md", "report.html", "report.json"}
    text = (out / "report.md").read_text()
    assert {*re.findall(r"\]\(([^)]+)\)", text)} == files
    assert f"report.md: {len(stems)} figures" in outcome.out
    page = (out / "report.html").read_text()
    assert page.count('src="data:image/png;base64,') == len(stems)
    assert {*json.loads((out / "report.json").read_text())["files"]} == there


def test_every_caption_says_how_many(written: tuple[Outcome, Path]) -> None:
    captions = [one["caption"] for one in json.loads((written[1] / "report.json").read_text())["figures"]]
    assert len(captions) == 15
    assert [one for one in captions if not re.search(r"\b(n = )?\d+ (image|trajector)", one)] == []


def test_what_cannot_be_drawn_is_told_with_what_it_needs(written: tuple[Outcome, Path]) -> None:
    outcome, out = written
    assert "left out: figure 13: it needs an image with at least 2 seeds at a mask size" in outcome.out
    assert "- figure 13: it needs an image with at least 2 seeds" in (out / "report.md").read_text()


def test_the_csv_beside_a_figure_has_what_it_shows(written: tuple[Outcome, Path], runs: Path) -> None:
    with (written[1] / "figure-09.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["mask"] == "128"]
    measured = map(json.loads, (runs / "m128" / layout.METRICS).read_text().splitlines())
    assert [float(row["value"]) for row in rows] == [one["ssim"] for one in measured]
    assert [float(row["inpainted"]) for row in rows] == [0, 50, 100]


def hash_files(folder: Path) -> dict[str, str]:
    """By name; comparing the bytes would take pytest minutes to explain."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_the_same_trajectories_give_the_same_bytes(written: tuple[Outcome, Path], runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    another_hash_seed = spawned("report", runs / "m128", runs / "m64", "--out", out)
    assert another_hash_seed.code == 0
    assert hash_files(out) == hash_files(written[1])


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def growing(folder: Path, images: int) -> Path:
    rng = np.random.default_rng(0)
    for image in range(images):
        for mask in (128, 256):
            for seed in range(3):
                rate = (0.4 + mask / 1280 + image / 50) * rng.uniform(0.95, 1.05)
                values = dict.fromkeys(NETS, lambda x, rate=rate: rate * (1 - 2 ** (-x / 100)))
                write(folder / f"{image}-{mask}-{seed}", made_spec(image, mask=mask, seed=seed), values)
    return folder


def text_of(runs: Path, out: Path, *argv: str | Path) -> str:
    assert riptui("report", runs, "--out", out, *argv).code == 0
    return (out / "report.md").read_text()


@pytest.mark.usefixtures("few")
def test_findings_have_effect_interval_verdict_and_n(tmp_path: Path) -> None:
    text = text_of(growing(tmp_path / "runs", 9), tmp_path / "out").partition("## The paper's findings")[2]
    verdicts = re.findall(r"^### (\d)\. .+\n\nTest: .+\.\n\n.+\n.+\n\| .+ \| \*\*(.+?)\*\* \| 9 \| 54 \|", text, re.M)
    assert [number for number, _ in verdicts] == list("1234567")
    assert verdicts[0][1] == "holds"
    assert "| Kendall's tau of distance and amount (null: 0) |" in text
    assert "| navier-stokes | **holds** | 9 | 54 | 1.0000 [1.0000, 1.0000] |" in text
    assert "it needs 20 images" in text


@pytest.mark.usefixtures("few")
def test_the_summary_has_the_stability_the_verdicts_and_what_limits_them(tmp_path: Path) -> None:
    runs = growing(tmp_path / "runs", 4)
    text = text_of(runs, tmp_path / "out").partition("## Summary")[2].partition("## Runs")[0]
    assert "24 trajectories of 4 images, computed to the end, in 1 condition" in text
    assert re.search(r"^\| navier-stokes \| 4 \| 0\.\d+ \| 0\.\d+ \| 0\.\d+ \|$", text, re.M), "two masks, and the area"
    assert re.search(r"^\| 1\. The distance .+ \| undecided \|$", text, re.M)
    assert "- undecided, findings 1, 2, 3, 7, 1′, 2′, 3′: it needs 8 images" in text
    assert "- 4 images: there are no intervals over fewer than 5" in text


@pytest.mark.usefixtures("few")
def test_many_conditions_are_shown_by_inpainter_and_their_pairs_are_in_a_file(tmp_path: Path) -> None:
    for name in ("telea", "biharmonic"):
        for feather in (0, 8, 16):
            for image in range(6):
                spec = made_spec(image, mask=256, inpainter=name, feather=feather)
                value = {"lpips-vgg": lambda x, rate=(20 - feather + image) / 30: rate * x / 400}
                write(tmp_path / "runs" / f"{name}-{feather}-{image}", spec, value)
    text = text_of(tmp_path / "runs", tmp_path / "out")
    shown = text.partition("### Figure 7\n")[2].partition("###")[0]
    assert re.findall(r"!\[Figure 7, (.+?)\]", shown) == ["biharmonic", "telea"]
    assert re.findall(r"\[([a-z]+, feather \d+)\]\(figure-07-.+?\.png\)", shown) == [
        f"{name}, feather {feather}" for name in ("biharmonic", "telea") for feather in (8, 16)
    ]
    assert shown.count("Mean over images") == 1, "a caption that all share is told once"
    with (tmp_path / "out" / "comparison.csv").open(newline="") as file:
        assert len([*csv.DictReader(file)]) == 15
    table = text.partition("Differences between the area of the most stable and each other")[2]
    assert len(re.findall(r"^\| \w+, feather 16 \| .+ \|$", table.partition("significantly")[0], re.M)) == 5
    assert "With 6 images p is at least 0.031, and 15 times that is above 0.05" in text
    assert "| 3. Larger masks end farther away at the same amount. | - | - | - | 6 |" in text


@pytest.mark.usefixtures("few")
def test_stability_has_an_interval_and_a_half_life(tmp_path: Path) -> None:
    table = text_of(growing(tmp_path / "runs", 5), tmp_path / "out").partition("## Stability")[2]
    assert re.search(
        r"^\| navier-stokes \| 128 px \| 15 \| 5 \| 0\.\d+ ± 0\.\d+ \| 0\.\d+ \[.+\] \| \d+ % \(\d+ %\) \|", table, re.M
    )
    assert "nothing to compare: all measured trajectories have the same inpainter" in table


@pytest.mark.usefixtures("few")
def test_inpainters_are_compared_with_paired_tests(tmp_path: Path) -> None:
    for image in range(6):
        for name, slope in (("telea", 0.5), ("biharmonic", 0.4)):
            spec = made_spec(image, mask=256, inpainter=name)
            value = {"lpips-vgg": lambda x, rate=slope + image / 100: rate * x / 400}
            write(tmp_path / "runs" / f"{name}-{image}", spec, value)
    text = text_of(tmp_path / "runs", tmp_path / "out").partition("Most stable first")[2]
    assert text.index("| biharmonic | 6 | 6 |") < text.index("| telea | 6 | 6 |")
    assert "| biharmonic | telea | 0.0500 [0.0500, 0.0500] | 0.031 | 0.031 |" in text


@pytest.mark.usefixtures("few")
def test_names_from_disk_cannot_break_the_text(tmp_path: Path) -> None:
    for seed, name in enumerate(["![x](http://x)", "a|b", "</td><script>", "\x1b[31m\u202e", "# h\n- x"]):
        spec = made_spec(mask=256, seed=seed, source_name=name)
        write(tmp_path / "runs" / f"{seed}", spec, {"m|1\x1b": lambda x: x / 1000})
    outcome = riptui("report", tmp_path / "runs", "--out", tmp_path / "out")
    require_harmless(outcome)
    text = (tmp_path / "out" / "report.md").read_text()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "m\\|1" in text
    for raw in ("](http://x)", "<script>"):
        assert re.search(rf"(?<!\\){re.escape(raw)}", text) is None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a_b*c", "a\\_b\\*c"),
        ("[x](y)", "\\[x\\](y)"),
        ("<b>&", "\\<b\\>\\&"),
        ("`$1$`", "\\`\\$1\\$\\`"),
        ("a\nb", "a\\\\nb"),
    ],
)
def test_markdown_is_escaped(raw: str, shown: str) -> None:
    assert markdown.escape_markdown(raw) == shown


@pytest.mark.usefixtures("few")
def test_what_is_unfinished_unreadable_or_unmeasured_is_told(tmp_path: Path) -> None:
    runs = growing(tmp_path / "runs", 2)
    rows = runs / "0-128-0" / layout.ROWS
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:5]))
    (runs / "0-128-1" / layout.SPEC).write_text("{")
    unasked = runs / "1-128-0"
    (unasked / layout.ROWS).write_text("".join((unasked / layout.ROWS).read_text().splitlines(keepends=True)[:5]))
    (unasked / layout.REQUEST).write_text("{")
    metrics = runs / "0-128-2" / layout.METRICS
    metrics.write_text(metrics.read_text() + '{"k": 64, "lpips-vgg": null}\n')
    outcome = riptui("report", runs, "--out", tmp_path / "out")
    assert "left out, unfinished: 1 trajectory; see riptui resume" in outcome.err
    assert "left out, unreadable: 2 trajectories; see riptui check" in outcome.err
    text = (tmp_path / "out" / "report.md").read_text()
    assert "- left out, not finished: 1 trajectory" in text
    assert re.search(r"- left out, unreadable: .*0-128-1", text)
    assert re.search(r"- left out, unreadable: .*1-128-0.*request\.json", text)
    assert "- lpips-vgg is infinite at the end in 1 trajectory" in text


@pytest.mark.usefixtures("unrendered")
def test_trajectories_without_measurements_still_make_a_report(tmp_path: Path) -> None:
    original = picture()
    spec = make_spec(original, inpainter="noise", mask=128)
    list(run_trajectory(create_or_open(tmp_path / "runs", "a", spec, original, Request())))
    text = text_of(tmp_path / "runs", tmp_path / "out")
    assert "no trajectory was measured to its end" in text
    assert "figure-01.png" in text
    assert "No finding was tested." in text


def test_nothing_complete_is_a_report_that_says_so(tmp_path: Path) -> None:
    (write(tmp_path / "runs" / "a", made_spec(mask=256), {}) / layout.ROWS).write_bytes(b"")
    text = text_of(tmp_path / "runs", tmp_path / "out")
    assert "No trajectory is finished." in text
    assert "No figure could be drawn." in text


@pytest.mark.usefixtures("few")
def test_a_reference_curve_that_nothing_was_measured_for_is_told(one: Path, tmp_path: Path) -> None:
    curves = tmp_path / "paper.csv"
    curves.write_text("metric,mask,inpainted,mean,sd\nlpips-vgg,256,400,0.4,\nlpips-alex,64,400,0.4,0.1\n")
    outcome = riptui("report", one, "--out", tmp_path / "out", "--reference", curves)
    assert "its curve of lpips-alex at mask 64 px is not drawn" in outcome.err
    assert "mask 256" not in outcome.err
    assert "dashed, with a band of one standard deviation: paper.csv" in (tmp_path / "out" / "report.md").read_text()


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(out: Path, names: list[str], data: str = "new", *, overwrite: bool = False) -> None:
    """A report of these files."""
    with report_folder.staged_report(out, overwrite=overwrite) as staging:
        for name in names:
            (staging / name).write_text(data)
        (staging / report_folder.JSON_NAME).write_text(json.dumps({"riptui_report": 1, "files": names}))


def contents(out: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in out.iterdir() if file.name != report_folder.JSON_NAME}


def test_an_earlier_report_is_replaced_and_what_is_not_its_own_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, ["report.md", "figure-01.png", "figure-13.png", "recursion-telea.svg", "ratings.csv"], "old")
    (out / "notes.txt").write_text("mine")
    fill(out, ["report.md", "figure-01.png"])
    assert contents(out) == {"report.md": "new", "figure-01.png": "new", "notes.txt": "mine"}


def test_a_folder_of_other_things_is_refused_unless_told_to_overwrite(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.md").write_text("mine")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty and not a report: choose another folder, or use --overwrite"):
        fill(out, ["report.md"])
    assert contents(out) == {"report.md": "mine", "notes.txt": "mine"}
    fill(out, ["report.md"], overwrite=True)
    assert contents(out) == {"report.md": "new", "notes.txt": "mine"}


def test_a_users_file_in_a_reports_folder_is_not_replaced_unless_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, ["report.md"], "old")
    (out / "figure-01.png").write_text("mine")
    with pytest.raises(InputError, match=r"figure-01.png is not part of the existing report: --overwrite"):
        fill(out, ["report.md", "figure-01.png"])
    assert contents(out) == {"report.md": "old", "figure-01.png": "mine"}
    fill(out, ["report.md", "figure-01.png"], overwrite=True)
    assert contents(out) == {"report.md": "new", "figure-01.png": "new"}


def test_a_folder_of_a_figures_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "figure-01.png").mkdir()
    with pytest.raises(InputError, match="is a folder, but the report has a file of that name"):
        fill(tmp_path, ["figure-01.png"], overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["figure-01.png"]


@pytest.mark.parametrize("name", ["../thesis.docx", "thesis.docx", "/etc/passwd", "figure-01.png/../../thesis.docx"])
def test_a_report_that_claims_files_of_others_does_not_get_them_removed(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for place in (out, tmp_path):
        (place / "thesis.docx").write_text("mine")
    (out / report_folder.JSON_NAME).write_text(json.dumps({"riptui_report": 1, "files": [name]}))
    fill(out, ["report.md"])
    assert (out / "thesis.docx").read_text() == (tmp_path / "thesis.docx").read_text() == "mine"


@pytest.mark.parametrize("mark", ["", "{}", "[1]", '{"riptui_report": "x", "files": []}', "[" * 100_000, "\ud83d"])
def test_a_file_of_that_name_is_no_report_by_itself(mark: str, tmp_path: Path) -> None:
    (tmp_path / report_folder.JSON_NAME).write_bytes(mark.encode(errors="surrogatepass"))
    with pytest.raises(InputError, match="not a report"):
        report_folder.require_report_folder(tmp_path, overwrite=False)


@pytest.mark.parametrize("there", [True, False])
def test_a_report_that_fails_leaves_no_trace(there: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if there:
        fill(out, ["report.md"], "old")
    unwritable = "figure-01.png\0"
    with pytest.raises(ValueError, match="null"):
        fill(out, ["report.md", unwritable])
    assert [file.name for file in tmp_path.iterdir()] == (["out"] if there else [])
    assert not there or contents(out) == {"report.md": "old"}


@pytest.mark.usefixtures("few")
def test_a_full_disk_leaves_the_earlier_report(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    assert riptui("report", one, "--out", out).code == 0
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def full(file: Path, data: bytes) -> None:
        raise DiskError(f"{file}: No space left on device")

    monkeypatch.setattr(style, "write_atomically", full)
    outcome = riptui("report", one, "--out", out)
    assert outcome.code != 0
    assert "No space left on device" in outcome.err
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("no/such/out", ["no/such does not exist: create the folder first"]),
        ("file", ["is a file: give a folder"]),
        ("runs", ["not a report"]),
    ],
)
def test_a_wrong_target_is_refused_before_any_work(
    out: str, words: list[str], one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(report, "load_report_data", None)
    outcome = riptui("report", one, "--out", tmp_path / out)
    assert outcome.code == 2
    outcome.require_one_line(*words)


def test_a_wrong_reference_is_refused_before_any_work(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "load_report_data", None)
    (tmp_path / "paper.csv").write_text("metric,mask,inpainted,mean,sd\nlpips-vgg,64,50,much,\n")
    outcome = riptui("report", one, "--out", tmp_path / "out", "--reference", tmp_path / "paper.csv")
    assert outcome.code == 2
    outcome.require_one_line("paper.csv, line 2: mean is 'much'")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("few")
def test_json_is_what_the_folder_has(one: Path, tmp_path: Path) -> None:
    outcome = riptui("report", one, "--out", tmp_path / "out", "--json")
    assert outcome.err == ""
    found: dict[str, Any] = json.loads(outcome.out)
    assert found == json.loads((tmp_path / "out" / "report.json").read_text())
    assert {*found["files"]} == {file.name for file in (tmp_path / "out").iterdir()}
    assert found["metric"] == "lpips-vgg"
    assert len(found["findings"][0]["findings"]) == 7


@pytest.mark.usefixtures("few")
def test_its_progress_ends_at_the_whole(one: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    report.write_report(find_trajectories(one), tmp_path / "out", on_progress=lambda *told: heard.append(told))
    last = {what: (done, total) for what, done, total in heard}
    assert list(last) == ["reading", "reading squares", "drawing", "reading last frames", "comparing ends", "testing"]
    assert all(done == total for done, total in last.values())


@pytest.mark.usefixtures("few")
def test_on_a_terminal_it_says_the_same(one: Path, tmp_path: Path) -> None:
    outcome = riptui("report", one, "--out", tmp_path / "out", terminal=True)
    require_harmless(outcome, terminal=True)
    assert "report.md: 3 figures" in RICH.sub("", outcome.out)


def test_without_matplotlib_the_command_names_the_extra(one: Path, tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['matplotlib'] = None; from riptui.cli import main; sys.exit(main(sys.argv[1:]))"
    outcome = spawned("report", one, "--out", tmp_path / "out", command=[sys.executable, "-c", hidden])
    assert outcome.code == 2
    outcome.require_one_line("matplotlib", "pip install 'riptui[report]'")
