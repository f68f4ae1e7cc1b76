"""The launch form: what is typed and what it means, what it will take, and new trajectories, computed by a worker."""

import sys
from pathlib import Path
from threading import Event

import numpy as np
import PIL.Image
import pytest
from textual.widgets import Button, Collapsible, Input, Select

from riptui.errors import DiskError, InputError, SourceError, WorkerError
from riptui.graphics.picture import PictureWidget
from riptui.inpainters import CUSTOM, REGISTRY
from riptui.inpainters.registry import fetch_name
from riptui.metrics.availability import check_default_metrics
from riptui.planning.sweep import Interventions, Sweep
from riptui.settings.state import recall, remember
from riptui.store.frames import read_frame
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_registry import list_workers
from riptui.text import int_ranges
from riptui.tui.launch import form, installed, start_runs
from riptui.tui.launch import screen as launch_screen
from riptui.tui.launch.fields import Field
from riptui.tui.launch.form import FormValues, parse_form
from riptui.tui.launch.picture_browser import (
    PictureList,
    complete_path,
    explain_no_picture,
    find_folder,
    list_entries,
    parse_path,
    shorten_path,
)
from riptui.tui.launch.screen import LaunchScreen
from riptui.tui.studies.studies_screen import StudiesScreen
from riptui.tui.work_supervisor import WorkSupervisor
from tests.support.app_pilot import AppPilot, open_app
from tests.support.forgotten_modules import forget_modules
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture, set_iteration_seconds

# ── what is typed ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "numbers"), [("64,128", (64, 128)), ("0-3", (0, 1, 2, 3)), (" 5 , 1-2 ,5", (5, 1, 2)), ("7-7", (7,))]
)
def test_numbers_are_lists_and_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert int_ranges.parse(text) == numbers


@pytest.mark.parametrize("text", ["", "x", "1-", "3-1", "-1", "1.5", "0-100000", "1,,2", "9" * 17])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        int_ranges.parse(text)


def test_an_untouched_form_is_the_papers_protocol() -> None:
    reading = parse_form(FormValues())
    assert reading.problems == {}
    assert reading.sweep == Sweep(["navier-stokes"], (128,), (0,), {})


@pytest.mark.parametrize(
    ("field", "text", "about"),
    [
        ("masks", "100", "does not divide"),
        ("masks", "", "expected numbers"),
        ("masks", "0", "mask 0 px"),
        ("seeds", "x", "not a number"),
        ("seeds", "0-99999", "limit here is 1,000"),
        ("amount", "lots", "a percentage"),
        ("amount", "-3", "above 0"),
        ("amount", "nan", "above 0"),
        ("size", "500", "multiple of 64"),
        ("size", "512,1024", "one size"),
        ("metrics", "lpips", "unknown metric"),
        ("anchor", "often", "expected a whole number"),
        ("feather", "-1", "expected a whole number"),
        ("feather", "99", "feather"),
        ("schedule", "radius", "expected NAME=FROM..TO"),
        ("schedule", "radius=5..1; width=1..2", "schedule width"),
        ("order", "cycle", "with --masks FOLDER"),
        ("mask_folder", "/no/such/folder", "no such folder"),
        ("mask_folder", "~nobody-of-this-name/masks", "home directory"),
        ("group", "a b", "not a name"),
        ("group", "../out", "not a name"),
    ],
)
def test_what_is_wrong_is_told_of_its_field(field: str, text: str, about: str) -> None:
    reading = parse_form(FormValues(**{field: text}))  # type: ignore[arg-type]
    assert reading.sweep is None
    assert list(reading.problems) == [field]
    assert about in reading.problems[field]


def test_interventions_and_orders_are_those_of_the_sweep(tmp_path: Path) -> None:
    PIL.Image.new("L", (64, 64), 255).save(tmp_path / "hole.png")
    typed = {"paste": "original", "anchor": "8", "match": "border", "feather": "4", "schedule": "radius=5..1"}
    reading = parse_form(FormValues(mask_folder=str(tmp_path), **typed))  # type: ignore[arg-type]
    assert reading.problems == {}
    expected = Interventions("original", 8, "radius=5..1", "border", 4)
    given = {"order": "cycle", "interventions": expected, "mask_folder": tmp_path}
    assert reading.sweep == Sweep(["navier-stokes"], (128,), (0,), {}, **given)  # type: ignore[arg-type]
    assert FormValues(anchor="8", order="offset").departures == 2
    assert parse_form(FormValues(paste="none")).sweep == Sweep(["navier-stokes"], (128,), (0,), {}, paste=False)


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert parse_form(FormValues(masks="x", seeds="y", group="a b")).problems.keys() == {"masks", "seeds", "group"}


def test_only_models_take_a_prompt() -> None:
    assert parse_form(FormValues(inpainter="sd2", prompt="a barn")).sweep == Sweep(
        ["sd2"], (128,), (0,), {"prompt": "a barn"}
    )
    assert parse_form(FormValues(inpainter="telea", prompt="a barn")).sweep == Sweep(["telea"], (128,), (0,), {})


def test_squares_off_a_models_grid_are_told_of_the_masks() -> None:
    assert "multiples of 8" in parse_form(FormValues(inpainter="sd2", masks="4")).problems["masks"]


def test_a_server_is_asked_for_its_model_and_others_are_not() -> None:
    assert form.list_typed_parameters("iopaint") == ("model", "prompt", "steps")
    assert [*map(form.list_typed_parameters, ("sd2", "telea", "no-such"))] == [("prompt", "steps"), (), ()]
    parsed = parse_form(FormValues(inpainter="iopaint", model="lama", prompt="a cat"))
    assert parsed.sweep is not None
    assert parsed.sweep.parameters == {"model": "lama", "prompt": "a cat"}
    assert "needs the model" in parse_form(FormValues(inpainter="iopaint")).problems["inpainter"]


def test_any_model_is_named_and_steps_are_asked_for_where_there_are_some(tmp_path: Path) -> None:
    for model in ("org/name", str(tmp_path)):
        parsed = parse_form(FormValues(inpainter="diffusion", model=model, steps="20"))
        assert parsed.sweep == Sweep([model], (128,), (0,), {"prompt": "", "steps": 20})
    parsed = parse_form(FormValues(inpainter="sd2"))
    assert parsed.sweep is not None
    assert "steps" not in parsed.sweep.parameters
    for values, field, words in (
        (FormValues(inpainter="diffusion"), "model", "a folder, a file, or a hub id"),
        (FormValues(inpainter="diffusion", model="no-such"), "model", "unknown inpainter"),
        (FormValues(inpainter="sd2", steps="0"), "steps", "a whole number"),
        (FormValues(inpainter="sd2", steps="20,50"), "steps", "a whole number"),
    ):
        assert words in parse_form(values).problems[field]
    assert parse_form(FormValues(inpainter="telea", steps="x")).sweep is not None


@pytest.mark.parametrize(
    ("state", "said", "label"),
    [
        ("here", "", "a server"),
        ("missing", "iopaint has no server: set url in [servers.iop", "a server; no URL in the settings"),
        ("unknown", "iopaint needs an extra: pip install 'riptui[servers]'", "a server; needs riptui[servers]"),
    ],
)
def test_what_a_server_lacks_is_told_with_what_to_do(state: str, said: str, label: str) -> None:
    models = {"iopaint": installed.ListedModel("iopaint", state)}
    assert installed.explain_unavailable("iopaint", models)[: len(said) or 99] == said
    [line] = [line for line, name in installed.list_options(models) if name == "iopaint"]
    assert line.split(maxsplit=1)[1] == label


# ── what is here ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_what_is_here_comes_from_riptui_models() -> None:
    found = installed.query_models(installed.MODELS_COMMAND)
    assert found.keys() >= {fetch_name(name) for name in REGISTRY.keys() - {*installed.NOT_OFFERED, CUSTOM}}
    lines = {name: line for line, name in installed.list_options(found)}
    assert "Fast, no weights" in lines["telea"]
    assert "5.2 GB" in lines["sd2"]


@pytest.mark.parametrize("script", ["print('no json')", "raise SystemExit(3)", "print('[{}]')"])
def test_if_that_fails_nothing_is_known_and_nothing_barred(script: str) -> None:
    found = installed.query_models([sys.executable, "-c", script])
    assert found == {}
    assert len(installed.list_options(found)) == len(REGISTRY) - len(installed.NOT_OFFERED)
    assert installed.explain_unavailable("sd2", found) == ""


@pytest.mark.parametrize(
    ("state", "words"), [("here", ""), ("missing", "riptui fetch sd2"), ("incomplete", "fetch"), ("unknown", "pip")]
)
def test_a_model_that_is_not_here_is_told_with_what_fetches_it(state: str, words: str) -> None:
    assert words in (said := installed.explain_unavailable("sd2", {"sd2": installed.ListedModel("sd2", state)}))
    assert bool(said) == bool(words)


@pytest.mark.parametrize(
    ("name", "extra"), [("sd2", "diffusion"), ("repaint", "diffusion"), ("lama", "lama"), ("mat", "mat")]
)
def test_an_inpainter_without_its_packages_is_told_with_its_extra(name: str, extra: str) -> None:
    found = {name: installed.ListedModel(name, "unknown")}
    assert installed.explain_unavailable(name, found) == f"{name} needs an extra: pip install 'riptui[{extra}]'"
    assert f"needs riptui[{extra}]" in {name: line for line, name in installed.list_options(found)}[name]


def test_an_inpainter_that_samples_with_another_models_weights_is_here_when_they_are() -> None:
    found = {"sd2-base": installed.ListedModel("sd2-base", "missing", 5_160_000_000)}
    lines = {name: line for line, name in installed.list_options(found)}
    assert lines["latent-resampling"] == "latent-resampling not installed, 5.2 GB to fetch"
    assert installed.explain_unavailable("latent-resampling", found).endswith("riptui fetch sd2-base")


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    (root / "b10").mkdir(parents=True)
    (root / "b9").mkdir()
    (root / ".hidden").mkdir()
    for name in ("cat.png", "dog.JPG", "notes.txt", "x\x1b[31m.png"):
        (root / name).write_bytes(b"")
    PIL.Image.fromarray(picture()).save(root / "cat.png")
    return root


def test_folders_come_first_then_pictures_in_natural_order(folder: Path) -> None:
    assert [place.path.name for place in list_entries(folder)] == ["b9", "b10", "cat.png", "dog.JPG", "x\x1b[31m.png"]
    assert list_entries(folder / "gone") == []


def test_a_path_is_completed_to_the_first_that_begins_so(folder: Path) -> None:
    assert complete_path(f"{folder}/c") == f"{folder}/cat.png"
    assert complete_path(f"{folder}/b") == f"{folder}/b9/"
    assert complete_path(f"{folder}/zz") is None
    assert complete_path(f"{folder}/x") is None
    assert complete_path("~nobody-of-that-name/x") is None


def test_a_picture_that_comes_with_it_is_completed_and_taken_by_its_name() -> None:
    assert complete_path("riptui:c") == "riptui:coffee"
    assert complete_path("riptui:x") is None
    coffee = parse_path("riptui:coffee")
    assert coffee is not None
    assert (coffee.name, shorten_path(coffee)) == ("coffee.jpg", "riptui:coffee")
    assert parse_path("riptui:cofee") is None
    assert "Did you mean riptui:coffee" in explain_no_picture("riptui:cofee")
    assert explain_no_picture("cofee") == "choose a picture"


# ── the form in the app ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def quick_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `riptui models` would say, at once; tests that name the command start it."""
    look, found = installed.query_models, {"sd2": installed.ListedModel("sd2", "missing", 5_160_000_000)}
    monkeypatch.setattr(installed, "query_models", lambda command=None: look(command) if command else found)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders that a worker was asked for."""
    runs: list[Path] = []
    monkeypatch.setattr(WorkSupervisor, "supervise", lambda self, trajectories: runs.append(self.runs))
    return runs


async def form_of(pilot: AppPilot, **texts: str) -> LaunchScreen:
    """Open the form and fill it in."""
    await pilot.press("n")
    screen: LaunchScreen = await pilot.wait_for_dialog(LaunchScreen)
    for name, text in texts.items():
        screen.query_one(f"#{name}", Input).value = text
    return screen


def problem(screen: LaunchScreen, name: str) -> str:
    return str(screen.query_one(f"#{name}-field", Field).query_one(".problem").content)


def ready(screen: LaunchScreen) -> bool:
    return not screen.query_one("#launch", Button).disabled


@pytest.mark.slow
async def test_the_form_makes_and_queues_what_it_says(
    runs: Path, folder: Path, asked: list[Path], make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("other/m64-s0")
    async with open_app(runs) as pilot:
        screen = await form_of(
            pilot, picture=str(folder / "cat.png"), masks="64,128", seeds="0-1", size="256", amount="100", group="fig7"
        )
        await pilot.wait_until(lambda: ready(screen))
        assert "4 trajectories · 40 iterations" in pilot.text_of("#estimate")
        screen.query_one("#masks", Input).value = "256"
        await pilot.wait_until(lambda: "256 px is the whole frame" in pilot.text_of("#estimate"))
        screen.query_one("#masks", Input).value = "64,128"
        await pilot.wait_until(lambda: "whole frame" not in pilot.text_of("#estimate") and ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("4 trajectories queued")
        await pilot.wait_for_command()
        assert asked == [runs]
        await pilot.wait_until(lambda: pilot.cursor == "fig7/cat")
    made = list(find_trajectories(runs / "fig7"))
    assert [one.path.name for one in made] == [f"m{m}-s{s}-a100-256px" for m in (64, 128) for s in (0, 1)]
    assert all(one.read_status() is Status.QUEUED for one in made)
    assert {one.request.metrics for one in made} == {check_default_metrics().available}
    places_in_queue = [one.request.queued for one in made]
    assert places_in_queue == sorted(places_in_queue)


@pytest.mark.slow
async def test_a_launch_before_the_picture_is_read_waits_for_it(
    runs: Path, folder: Path, asked: list[Path], make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("other/m64-s0")
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"), size="256", amount="100", group="fig7")
        await pilot.wait_until(lambda: ready(screen))
        screen.query_one("#size", Input).value = "384"
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("1 trajectory queued")
    [made] = find_trajectories(runs / "fig7")
    assert made.spec.size == 384


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_same_again_is_found_and_what_is_done_is_left_alone(
    runs: Path, folder: Path, asked: list[Path]
) -> None:
    texts = {"picture": str(folder / "cat.png"), "size": "256", "amount": "50", "masks": "128", "metrics": "psnr"}
    runs.mkdir()
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, **texts)
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_for_command()
        [one] = find_trajectories(runs)
        list(run_trajectory(one))
        screen = await form_of(pilot)
        assert screen.values == FormValues(**texts)  # type: ignore[arg-type]
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("already done")
        assert len(asked) == 1
        assert recall(form.STATE_KEY, FormValues) == FormValues(**texts)  # type: ignore[arg-type]


@pytest.mark.slow
async def test_a_picture_that_cannot_be_read_is_told_and_keeps_it_from_launching(runs: Path, folder: Path) -> None:
    (folder / "dog.JPG").write_bytes(b"no picture\x1b[31m")
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "dog.JPG"))
        await pilot.wait_until(lambda: "not a readable image" in problem(screen, "picture"))
        assert not ready(screen)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert list(find_trajectories(folder)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), [("masks", "100"), ("seeds", "x"), ("group", "a b")])
async def test_what_is_wrong_stands_below_its_field(runs: Path, name: str, text: str) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, **{name: text})
        await pilot.wait_until(lambda: problem(screen, name))
        assert not ready(screen)
        assert pilot.text_of("#estimate") == ""


@pytest.mark.slow
async def test_a_model_that_is_not_here_cannot_be_launched_and_shows_a_prompt(runs: Path, folder: Path) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"))
        assert not screen.query_one("#prompt-field").display
        screen.query_one("#inpainter", Select).value = "sd2"
        await pilot.wait_until(lambda: "riptui fetch sd2" in problem(screen, "inpainter"))
        assert screen.query_one("#prompt-field").display
        assert not ready(screen)


@pytest.mark.slow
async def test_what_is_lacking_is_told_before_it_is_launched(
    runs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", "http://127.0.0.1:9")  # where nothing listens
    monkeypatch.setitem(sys.modules, "httpx2", None)
    forget_modules(monkeypatch, lambda name: name.startswith("riptui.inpainters.servers."))
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"))
        screen.query_one("#inpainter", Select).value = "iopaint"
        screen.query_one("#model", Input).value = "lama"
        await pilot.wait_until(lambda: "pip install 'riptui[servers]'" in pilot.text_of("#estimate"))


@pytest.mark.slow
async def test_the_time_is_told_from_what_was_computed_before(
    runs: Path, folder: Path, make_trajectory: MakeTrajectory
) -> None:
    list(run_trajectory(done := make_trajectory("a/m128-s0", mask=128)))
    set_iteration_seconds(done, 60.0)
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"), size="256", masks="128")
        await pilot.wait_until(lambda: "16 iterations · about 16 min ·" in pilot.text_of("#estimate"))
        screen.query_one("#inpainter", Select).value = "sd2"
        await pilot.wait_until(lambda: "16 iterations · time unknown ·" in pilot.text_of("#estimate"))


@pytest.mark.slow
async def test_a_picture_is_chosen_from_the_list(runs: Path, folder: Path) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder))
        screen.query_one("#picture").focus()
        await pilot.press("enter")
        listed = screen.query_one(PictureList)
        await pilot.wait_until(lambda: listed.has_focus and listed.option_count == 6)
        await pilot.press("home", "down", "down", "down")
        await pilot.wait_until(lambda: screen.query_one("#picture", Input).value.endswith("cat.png"))
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("home", "enter")
        await pilot.wait_until(lambda: listed.folder == folder.parent)


@pytest.mark.slow
async def test_a_picture_is_chosen_with_the_mouse(runs: Path, folder: Path) -> None:
    PIL.Image.fromarray(picture()).save(folder / "b9" / "owl.png")
    async with open_app(runs) as pilot:
        await pilot.click("#choose")
        screen: LaunchScreen = await pilot.wait_for_dialog(LaunchScreen)
        listed, typed = screen.query_one(PictureList), screen.query_one("#picture", Input)
        typed.value = str(folder)
        await pilot.wait_until(lambda: listed.option_count == 6, "the folder")
        await pilot.click_text("b9/")
        await pilot.wait_until(lambda: listed.folder == folder / "b9", "the folder in it")
        await pilot.click_text("owl.png")
        await pilot.wait_until(lambda: typed.value.endswith("b9/owl.png"), "the picture")
        await pilot.wait_until(lambda: ready(screen))
        await pilot.click_text("../")
        await pilot.wait_until(lambda: listed.folder == folder, "the folder above")


@pytest.mark.slow
async def test_a_click_on_the_welcome_plans_a_study(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await pilot.click("#plan-study")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, StudiesScreen), "the studies")
        await pilot.click_text("esc Back")
        await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the welcome again")


@pytest.mark.slow
async def test_the_list_follows_a_folder_that_is_typed_and_the_default_metrics_are_named(
    runs: Path, folder: Path
) -> None:
    (folder / "deep").mkdir(exist_ok=True)
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "ca"))
        listed, typed = screen.query_one(PictureList), screen.query_one("#picture", Input)
        await pilot.wait_until(lambda: listed.folder == folder)
        assert typed.has_focus
        typed.value = f"{folder}/deep/"
        await pilot.wait_until(lambda: listed.folder == folder / "deep")
        await pilot.wait_until(lambda: "choose a picture" in problem(screen, "picture"))
        names = ", ".join(check_default_metrics().available)
        await pilot.wait_until(lambda: screen.query_one("#metrics", Input).placeholder == names)


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_after_a_launch_the_cursor_is_on_it_also_where_a_filter_hides_it(
    runs: Path, folder: Path, asked: list[Path], make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("cat/before", seed=9)
    async with open_app(runs) as pilot:
        await pilot.press("slash", *"before", "enter")
        screen = await form_of(pilot, picture=str(folder / "cat.png"), seeds="0-1", size="256", amount="100")
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: pilot.cursor == "cat/m128-s0-a100-256px")


@pytest.mark.slow
async def test_hostile_names_reach_the_list_as_escapes(runs: Path, folder: Path) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder))
        await pilot.press("enter")
        listed = screen.query_one(PictureList)
        await pilot.wait_until(lambda: listed.option_count == 6)
        assert "x\\x1b[31m.png" in str(listed.get_option_at_index(5).prompt)


@pytest.mark.slow
async def test_it_can_be_closed_while_the_disk_is_still_read(
    runs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was closed before the thread had found the folder that was typed, and the app crashed."""
    reading, go_on, ended = Event(), Event(), Event()

    def find_slowly(path: Path) -> Path | None:
        reading.set()
        go_on.wait(timeout=30)
        return find_folder(path)

    def refuse(*_: object, **__: object) -> None:
        ended.set()
        raise SourceError("the disk is gone")

    monkeypatch.setattr(launch_screen, "find_folder", find_slowly)
    monkeypatch.setattr(launch_screen, "prepare_original", refuse)
    async with open_app(runs) as pilot:
        await form_of(pilot, picture=str(folder / "cat.png"))
        await pilot.wait_until(reading.is_set)
        await pilot.press("escape")
        await pilot.wait_for_command()
        go_on.set()
        await pilot.wait_until(ended.is_set)
        assert pilot.app.return_code is None


@pytest.mark.slow
async def test_escape_closes_it_and_nothing_is_made(runs: Path, folder: Path) -> None:
    async with open_app(runs) as pilot:
        await form_of(pilot, picture=str(folder / "cat.png"), prompt="a cat")
        await pilot.press("escape")
        await pilot.wait_for_command()
        assert not runs.exists()
        screen = await form_of(pilot)
        assert screen.query_one("#prompt", Input).value == "a cat"  # what was typed is not lost


@pytest.mark.slow
async def test_a_disk_that_refuses_is_told_and_the_form_stays(
    runs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DiskError("the disk is full\x1b: free some space")

    monkeypatch.setattr(start_runs, "submit", refuse)
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"))
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: "disk is full" in pilot.text_of("#estimate"))
        assert "\x1b" not in pilot.text_of("#estimate")
        assert ready(screen)


@pytest.mark.slow
async def test_a_worker_that_does_not_start_is_told(runs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WorkerError("the worker did not start")

    monkeypatch.setattr(WorkSupervisor, "supervise", refuse)
    async with open_app(runs) as pilot:
        screen = await form_of(pilot, picture=str(folder / "cat.png"), size="256")
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_for_toast("no worker could be started: the worker did not start")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 20)])
@pytest.mark.exhaustive
async def test_every_field_can_be_reached_at_any_size(runs: Path, size: tuple[int, int]) -> None:
    async with open_app(runs, size=size) as pilot:
        screen = await form_of(pilot)
        seen = set()
        protocol = screen.query_one("#protocol", Collapsible)
        protocol.query_one("CollapsibleTitle").focus()
        protocol.collapsed = False  # Textual scrolls to it, some time later
        for _ in range(30):
            await pilot.press("tab")
            focused = screen.focused
            assert focused is not None
            seen.add(focused.id)
            await pilot.wait_until(lambda: screen.region.contains_region(screen.focused.region))
        assert seen >= {"picture", "pictures", "masks", "seeds", "amount", "size", "metrics", "group", "cancel"}
        assert seen >= {"order", "mask_folder", "paste", "anchor", "match", "feather", "schedule"}


@pytest.mark.slow
async def test_what_departs_from_the_paper_is_folded_until_it_is_used(runs: Path) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(pilot)
        fold = screen.query_one("#protocol", Collapsible)
        assert (fold.collapsed, fold.title) == (True, "Beyond the paper")
        fold.query_one("#anchor", Input).value = "8"
        await pilot.wait_until(lambda: fold.title == "Beyond the paper: 1 set")
        assert screen.values.anchor == "8"
        await pilot.press("escape")
        screen = await form_of(pilot)
        assert not screen.query_one("#protocol", Collapsible).collapsed


@pytest.mark.slow
async def test_a_form_remembered_by_another_version_is_as_if_never_filled_in(runs: Path) -> None:
    remember(form.STATE_KEY, {"fit": "sideways", "inpainter": 7})
    async with open_app(runs) as pilot:
        screen = await form_of(pilot)
        assert screen.values == FormValues()


# ── again, the demo ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_n_again_is_the_same_with_the_next_seed(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]
) -> None:
    one = make_trajectory("a/m64-s0", metrics=("psnr",))
    async with open_app(runs) as pilot:
        await pilot.press("N")
        await pilot.wait_for_words("queued, with seed 1")
        await pilot.wait_for_command()
        assert asked == [runs]
        await pilot.wait_until(lambda: "s1" in pilot.cursor)
        made = Trajectory(runs / pilot.cursor)
    assert (made.spec.seed, made.spec.mask, made.spec.amount) == (1, one.spec.mask, one.spec.amount)
    assert made.request.metrics == ("psnr",)
    assert made.request.queued > 0


@pytest.mark.slow
async def test_on_a_group_it_says_what_it_is_for(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]
) -> None:
    make_trajectory("a/m64-s0")
    async with open_app(runs, select="a") as pilot:
        await pilot.press("N")
        await pilot.wait_for_words("select a trajectory")
        assert asked == []


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("way", ["enter", "click"])
async def test_the_demo_is_a_key_or_a_click_away_where_there_are_no_runs(
    runs: Path, asked: list[Path], there: bool, way: str
) -> None:
    if there:
        runs.mkdir()
    async with open_app(runs) as pilot:
        await pilot.wait_until(lambda: pilot.app.focused is not None and pilot.app.focused.id == "demo")
        await (pilot.press("enter") if way == "enter" else pilot.click("#demo"))
        await pilot.wait_until(lambda: pilot.cursor.startswith("demo/coffee/"))
        await pilot.wait_until(lambda: pilot.app.focused is pilot.browser.runs_tree)
        await pilot.wait_for_command()
        assert asked == [runs]
        assert Trajectory(runs / pilot.cursor).spec.fit == "crop"


# ── to the end ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_what_is_launched_is_computed_by_a_worker_and_its_frame_appears(runs: Path, folder: Path) -> None:
    async with open_app(runs) as pilot:
        screen = await form_of(
            pilot, picture=str(folder / "cat.png"), size="256", masks="64", amount="100", metrics="psnr"
        )
        await pilot.wait_until(lambda: ready(screen))
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: pilot.cursor == "cat/m64-s0-a100-256px")
        one = Trajectory(runs / pilot.cursor)
        await pilot.wait_until(lambda: one.read_status() is Status.DONE)
        details = pilot.browser.details
        assert details is not None
        await pilot.wait_until(lambda: details.current == "trajectory" and details.trajectory_view.cursor.k == 16)
        last = read_frame(one, 16)
        await pilot.wait_until(
            lambda: any(
                shown.image is not None and np.array_equal(shown.image, last)
                for shown in details.trajectory_view.query(PictureWidget)
            )
        )
        await pilot.wait_until(lambda: not any(worker.alive for worker in list_workers(runs)))
