"""`riptui run`, as its users meet it."""

from pathlib import Path

import PIL.Image
import pytest

from riptui.images import decode_png
from riptui.metrics.availability import DEFAULT_METRICS
from riptui.store import layout
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import riptui
from tests.support.run_command import NAME, QUICK, SMALL, contents, folders, metrics_of, objects, run
from tests.support.trajectories import MakeTrajectory, advance, picture

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = pytest.mark.usefixtures("place")

LPIPS = tuple(name for name in DEFAULT_METRICS if name.startswith("lpips"))


# ── what is computed ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_by_default_it_is_the_papers_protocol() -> None:
    assert run().code == 0
    trajectory = Trajectory(Path("runs/cat/m128-s0"))
    spec = trajectory.spec
    assert (spec.mask, spec.amount, spec.seed, spec.order, spec.size) == (128, 400, 0, "replacement", 512)
    assert (spec.paste, spec.fit, spec.inpainter, spec.parameters) == (True, "bands", "navier-stokes", {"radius": 3})
    assert len(trajectory.read_rows()) == 64
    assert list(trajectory.read_metrics()) == [0, 8, 16, 24, 32, 40, 48, 56, 64]
    assert {name for values in trajectory.read_metrics().values() for name in values} == {"ssim", "psnr"}
    assert trajectory.read_status() == Status.DONE
    assert folders() == {"cat/m128-s0"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_pictures_masks_seeds_and_inpainters_make_a_trajectory_each() -> None:
    PIL.Image.fromarray(255 - picture()).save("dog.jpg")
    options = ("--mask", "64,128", "--seed", "1-2", "-i", "noise,identity", "--size", "256", "--amount", "20")
    assert riptui("run", "cat.png", "dog.jpg", *options, "--display", "none").code == 0
    assert folders() == {
        f"{animal}/m{mask}-s{seed}-{inpainter}-a20-256px"
        for animal in ("cat", "dog")
        for mask in (64, 128)
        for seed in (1, 2)
        for inpainter in ("noise", "identity")
    }
    assert {line.split()[0] for line in riptui("ls").out.splitlines()[:-1]} == {"✓"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_an_option_given_twice_means_both() -> None:
    short = ("--size", "256", "--amount", "20", "--display", "none")
    several = ("--mask", "64", "--mask", "128", "-i", "noise", "-i", "identity,noise", "--seed", "1", "--seed", "1-2")
    assert riptui("run", "cat.png", *several, *short).code == 0
    assert folders() == {
        f"cat/m{mask}-s{seed}-{inpainter}-a20-256px"
        for mask in (64, 128)
        for seed in (1, 2)
        for inpainter in ("noise", "identity")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        ("3", [3]),
        ("0-9,12", [*range(10), 12]),
        ("5,1,5,0-1", [0, 1, 5]),
        (" 1 , 2 - 3 ", [1, 2, 3]),
        ("9007199254740992", [2**53]),
    ],
)
def test_seeds_are_numbers_and_ranges(given: str, seeds: list[int]) -> None:
    assert run(*QUICK, "--mask", "256", "--seed", given, "--display", "none").code == 0
    assert {Trajectory(Path("runs", folder)).spec.seed for folder in folders()} == set(seeds)
    assert len(folders()) == len(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["replacement", "shuffle", "raster"])
def test_the_order_decides_the_squares(order: str) -> None:
    run(*SMALL, "--order", order, "--metrics", "psnr", "--name", "x")
    boxes = [row.box[:2] for row in Trajectory(Path("runs/cat/x")).read_rows()]
    grid = [(x, y) for y in range(0, 256, 64) for x in range(0, 256, 64)]
    assert (boxes == grid) == (order == "raster")
    assert (sorted(boxes, key=grid.index) == grid) == (order != "replacement")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amount", "iterations"), [("0.001", 1), ("33.3", 6), ("50", 8), ("100", 16), ("100.1", 17), ("1000", 160)]
)
def test_any_amount_is_reached(amount: str, iterations: int) -> None:
    assert run("--size", "256", "--mask", "64", "--amount", amount, "-i", "identity", "--metrics", "psnr").code == 0
    [folder] = folders()
    rows = Trajectory(Path("runs", folder)).read_rows()
    assert len(rows) == iterations
    assert rows[-1].inpainted >= float(amount)
    assert folder == f"cat/m64-s0-identity-a{amount}-256px"


@pytest.mark.slow
def test_without_paste_all_pixels_may_change() -> None:
    run(*QUICK, "--no-paste", "--name", "all")
    run(*QUICK, "--paste", "--name", "square")
    [all_of_it] = {value["psnr"] for k, value in metrics_of("all").items() if k == 2}
    [square] = {value["psnr"] for k, value in metrics_of("square").items() if k == 2}
    assert all_of_it is not None
    assert square is not None
    assert all_of_it < square - 1


@pytest.mark.slow
@pytest.mark.parametrize(("fit", "black"), [("bands", True), ("crop", False), ("stretch", False)])
def test_the_fit_decides_what_becomes_of_a_picture_that_is_not_square(fit: str, black: bool) -> None:
    PIL.Image.fromarray(picture()[:128] | 1).save("wide.png")
    assert riptui("run", "wide.png", *QUICK, "--fit", fit, "--name", "x").code == 0
    original = decode_png(Path("runs/wide/x/original.png").read_bytes())
    assert original.shape == (256, 256, 3)
    assert (original[0, 128].max() == 0) == black


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_mask_as_large_as_the_frame_is_told_where_it_is_planned() -> None:
    told = "mask 256 px is the whole frame, which leaves telea nothing to paint from"
    outcome = run("--mask", "256", "--size", "256", "--amount", "100", "-i", "telea", "--metrics", "psnr")
    assert outcome.code == 0
    assert told in outcome.err
    Path("study.toml").write_text(
        'images = ["cat.png"]\n[[sweep]]\ninpainter = "telea"\nmask = [64, 256]\nsize = 256\nseed = [0, 1]\n'
    )
    assert riptui("study", "plan", "study.toml").err.count(told) == 1
    assert told in riptui("study", "run", "study.toml", "--detach", "--workers", "0").err


def test_a_parameter_is_set_and_named() -> None:
    assert run(*SMALL, "--metrics", "psnr").code == 0
    assert run(*SMALL, "--metrics", "psnr", "--set", "radius=9.5").code == 0
    assert folders() == {f"cat/{NAME}", "cat/m64-s0-radius9.5-a100-256px"}
    assert Trajectory(Path("runs/cat/m64-s0-radius9.5-a100-256px")).spec.parameters == {"radius": 9.5}
    assert metrics_of(NAME)[16] != metrics_of("m64-s0-radius9.5-a100-256px")[16]


def test_what_was_done_to_a_picture_is_said() -> None:
    PIL.Image.fromarray(picture(100)).save("small.png")
    outcome = riptui("run", "small.png", *QUICK)
    assert outcome.code == 0
    assert outcome.err == "small.png: enlarged from 100x100\n"


def test_a_picture_that_is_shrunk_or_misnamed_is_said_to_be() -> None:
    PIL.Image.fromarray(picture(300)).save("cat.png")
    PIL.Image.fromarray(picture(300)).resize((280, 400)).save("dog.jpg", format="PNG")
    outcome = riptui("run", "cat.png", "dog.jpg", *QUICK)
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        "dog.jpg: named .jpg, but its contents are PNG",
        "cat.png: shrunk from 300x300 to 256 px, and 1 picture more",
    ]


def test_json_is_the_display_in_json() -> None:
    made = objects(run(*QUICK, "--json"))
    assert [made[0]["event"], made[-1]["event"]] == ["started", "ended"]
    assert [event["event"] for event in objects(riptui("resume", "runs", "--json"))] == ["already"]
    assert objects(riptui("measure", "runs", "--metrics", "psnr", "--json"))


def test_a_file_whose_name_begins_with_a_dash_gets_advice() -> None:
    Path("-x.png").touch()
    for words in (["run", "-x.png"], ["-x.png"], ["--", "-x.png"]):
        outcome = riptui(*words)
        assert outcome.code == 2
        outcome.require_one_line("write ./-x.png")


# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_runs_folder_is_an_option_or_in_the_environment_or_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_RUNS", "there")
    assert run(*QUICK).code == 0
    assert folders("there") == {"cat/m128-s0-noise-a50-256px"}
    assert run(*QUICK, "--runs", "elsewhere/deep").code == 0
    assert folders("elsewhere/deep") == folders("there")
    monkeypatch.delenv("RIPTUI_RUNS")
    assert run(*QUICK).code == 0
    assert folders("runs") == folders("there")


def test_the_last_line_says_where_it_is_saved() -> None:
    assert riptui("run", "cat.png", *QUICK).out.endswith("\nsaved in runs/cat/m128-s0-noise-a50-256px\n")
    assert riptui("run", "cat.png", *QUICK, "--seed", "0-1").out.endswith("\nsaved in runs/cat\n")
    assert "saved in" not in riptui("run", "cat.png", *QUICK, "--display", "json").out


def test_groups_nest_and_a_name_is_given() -> None:
    assert run(*QUICK, "--group", "fig7/cats", "--name", "first.try").code == 0
    assert folders() == {"fig7/cats/cat/first.try"}


@pytest.mark.slow
def test_two_pictures_with_one_stem_are_kept_apart() -> None:
    Path("b").mkdir()
    PIL.Image.fromarray(255 - picture()).save("b/cat.jpg")
    assert riptui("run", "cat.png", "b/cat.jpg", *QUICK).code == 0
    usual = "cat/m128-s0-noise-a50-256px"
    [other] = folders() - {usual}
    assert other == f"{usual}-{Trajectory(Path('runs', other)).spec.digest[:8]}"
    assert Trajectory(Path("runs", usual)).spec.source_name == "cat.png"


def test_a_name_that_another_spec_has_is_refused_with_what_differs() -> None:
    assert run(*QUICK, "--name", "x").code == 0
    before = contents(Path("runs"))
    outcome = run(*QUICK, "--name", "x", "--seed", "3", "--order", "shuffle")
    outcome.require_one_line("runs/cat/x", "order replacement, not shuffle", "seed 0, not 3", "--name")
    assert outcome.code == 2
    assert contents(Path("runs")) == before


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mask", "100"], ["mask 100 px", "64, 128"]),
        (["--mask", "64,big"], ["--mask", "big"]),
        (["--mask", ""], ["--mask"]),
        (["--mask"], ["--mask", "requires an argument"]),
        (["--seed", "9-0"], ["--seed", "9-0 runs backwards"]),
        (["--seed", "-1"], ["--seed", "-1"]),
        (["--seed", "1.5"], ["--seed", "1.5"]),
        (["--seed", "0-1000000"], ["--seed", "more than 100,000"]),
        (["--seed", "9007199254740993"], ["9007199254740993", "9,007,199,254,740,992"]),
        (["--amount", "0"], ["amount", "above 0"]),
        (["--amount", "-5"], ["amount", "above 0"]),
        (["--amount", "nan"], ["amount"]),
        (["--amount", "inf"], ["amount"]),
        (["--amount", "much"], ["--amount", "much"]),
        (["--size", "300"], ["size 300 px", "multiple of 64"]),
        (["--order", "random"], ["--order", "replacement", "shuffle", "raster"]),
        (["--fit", "squeeze"], ["--fit", "bands", "crop", "stretch"]),
        (["-i", "tela"], ["Did you mean telea?", "navier-stokes"]),
        (["-i", ","], ["at least one inpainter"]),
        (["--set", "radius"], ["--set", "KEY=VALUE"]),
        (["--set", "raduis=3"], ["no parameter raduis", "Did you mean radius? Available: radius"]),
        (["--set", "radius=wide"], ["radius", "wide"]),
        (["--set", "radius=0"], ["radius", "above 0"]),
        (["--set", "radius=5", "-i", "noise"], ["noise has no parameter radius"]),
        (["--metrics", "ssim,lpips-vg"], ["lpips-vg", "Did you mean lpips-vgg?"]),
        (["--metrics", "entropy@previous"], ["entropy"]),
        (["--metrics", "ssim@next"], ["@previous"]),
        (["--measure", "often"], ["--measure", "often", "half", "every"]),
        (["--measure", "0"], ["--measure"]),
        (["--measure", "-3"], ["--measure"]),
        (["--display", "fancy"], ["--display", "plain"]),
        (["--name", "x", "--seed", "0-1"], ["--name x", "these are 2", "--group"]),
        (["--name", "a/b"], ["a/b", "is not a name"]),
        (["--name", ".x"], [".x", "is not a name"]),
        (["--group", "a//b"], ["is not a name"]),
        (["--group", "../up"], ["is not a name"]),
        (["--sed", "3"], ["--sed", "--seed"]),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_made(options: list[str], words: list[str]) -> None:
    outcome = run(*options)
    outcome.require_one_line(*words)
    assert outcome.code == 2
    assert not Path("runs").exists()


def test_all_pictures_that_cannot_be_read_are_named_at_once() -> None:
    Path("empty.png").touch()
    outcome = riptui("run", "missing.png", "cat.png", "empty.png", *QUICK)
    assert outcome.code == 2
    assert [line.split(":")[1].strip() for line in outcome.err.splitlines()] == ["missing.png", "empty.png"]
    assert not Path("runs").exists()


@pytest.mark.needs("diffusion")
def test_weights_that_were_asked_for_and_cannot_be_had_are_an_error() -> None:
    outcome = run("--size", "256", "--metrics", "ssim,lpips-vgg")
    assert outcome.code == 1
    outcome.require_one_line("LPIPS vgg", "vgg16-397923af.pth")
    assert not Path("runs").exists()


def test_a_run_without_a_picture_says_how_to_get_help() -> None:
    outcome = riptui("run")
    assert outcome.code == 2
    outcome.require_one_line("IMAGE", "riptui run --help")


def test_a_mistyped_name_is_said_before_weights_are_missed() -> None:
    run("--name", "a/b").require_one_line("a/b")
    run("--name", "x", "--mask", "64,128").require_one_line("--name x")


# ── when it is measured ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "at"),
    [
        ("half", [0, 8, 16]),
        ("every", list(range(17))),
        ("5", [0, 5, 10, 15, 16]),
        ("999", [0, 16]),
        ("007", [0, 7, 14, 16]),
    ],
)
def test_it_is_measured_when_asked_for(measure: str, at: list[int]) -> None:
    assert run(*SMALL, "--metrics", "psnr", "--measure", measure).code == 0
    assert list(metrics_of(NAME)) == at


@pytest.mark.slow
def test_previous_is_the_distance_to_the_frame_measured_before() -> None:
    run(*SMALL, "--metrics", "psnr,psnr@previous")
    values = metrics_of(NAME)
    assert values[0] == {"psnr": None}
    assert values[8]["psnr@previous"] == values[8]["psnr"]
    assert values[16]["psnr@previous"] != values[16]["psnr"]


@pytest.mark.slow
def test_metrics_can_be_none_at_all() -> None:
    outcome = run(*SMALL, "--metrics", "")
    assert outcome.code == 0
    assert outcome.err == ""
    assert metrics_of(NAME) == {}


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_without_weights_it_says_so_once_and_goes_on() -> None:
    outcome = run(*SMALL, "--seed", "0-1")
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"left out: {', '.join(LPIPS)} (no weights in")
    assert "add them later with `riptui measure`" in outcome.err
    assert all(values.keys() == {"ssim", "psnr"} for values in metrics_of(NAME).values())


@pytest.mark.slow
def test_lpips_that_is_measured_later_is_exactly_that_of_a_run_that_had_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*SMALL, "--name", "later")
    assert not any(name in values for values in metrics_of("later").values() for name in LPIPS)
    request.getfixturevalue("torch_home")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    outcome = riptui("measure", "runs/cat/later")
    assert (outcome.code, outcome.err) == (0, "")
    run(*SMALL, "--name", "at-once")
    assert metrics_of("later") == metrics_of("at-once")
    assert metrics_of("later")[16].keys() == {"ssim", "psnr", *LPIPS}
    assert all(metrics_of("later")[16][name] > 0 for name in LPIPS)


# ── again ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_same_command_again_says_done_and_touches_nothing() -> None:
    run(*SMALL, "--metrics", "psnr")
    before = contents(Path("runs"))
    again = run(*SMALL, "--metrics", "psnr")
    assert (again.code, again.out, again.err) == (0, f"cat/{NAME}: already done\nsaved in runs/cat/{NAME}\n", "")
    assert contents(Path("runs")) == before


@pytest.mark.slow
def test_with_another_metric_it_measures_and_computes_nothing() -> None:
    run(*SMALL, "--metrics", "psnr")
    old, values = contents(Path("runs")), metrics_of(NAME)
    events = objects(run(*SMALL, "--metrics", "delta-e", "--display", "json"))
    assert [event["event"] for event in events] == ["started", "measured", "measured", "measured", "ended"]
    assert [event["k"] for event in events] == [16, 0, 8, 16, 16]
    new = contents(Path("runs"))
    changed = {name.rpartition("/")[2] for name in new if new[name][0] != old[name][0]}
    assert changed == {layout.METRICS, layout.REQUEST}
    assert all(metrics_of(NAME)[k]["psnr"] == values[k]["psnr"] for k in values)
    assert all("delta-e" in values for values in metrics_of(NAME).values())


@pytest.mark.slow
def test_with_another_metric_only_that_one_is_measured() -> None:
    run(*SMALL, "--metrics", "psnr")
    events = objects(run(*SMALL, "--metrics", "delta-e", "--display", "json"))
    assert [event["values"].keys() for event in events if event["event"] == "measured"] == [{"delta-e"}] * 3


@pytest.mark.slow
def test_after_a_stop_it_goes_on_to_the_same_bytes(make_trajectory: MakeTrajectory) -> None:
    run(*SMALL, "--metrics", "psnr", "--group", "whole")
    whole = Trajectory(Path("runs/whole/cat", NAME))
    parts = make_trajectory(f"cat/{NAME}", metrics=("psnr",))
    assert advance(parts, 3) == 3
    assert parts.read_status() == Status.INTERRUPTED
    outcome = run(*SMALL, "--metrics", "psnr")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == f"cat/{NAME}: resumes at 3, 16 iterations"
    assert [row.sha256 for row in parts.read_rows()] == [row.sha256 for row in whole.read_rows()]
    assert parts.read_metrics() == whole.read_metrics()
    for name in (layout.PATCHES, f"{layout.KEYFRAMES}/8.png", f"{layout.KEYFRAMES}/16.png"):
        assert (parts.path / name).read_bytes() == (whole.path / name).read_bytes()
