"""A frame beside the nearest pictures of a corpus, by the screen's keys; and what the app says without a corpus."""

from pathlib import Path

import pytest
from PIL import Image as PilImages
from textual.app import App
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from riptui.corpus.corpus_building import CorpusPlan, build_corpus
from riptui.corpus.corpus_files import list_corpora
from riptui.errors import InputError
from riptui.features import load_extractor
from riptui.graphics.capabilities import Terminal
from riptui.graphics.protocol import Graphics
from riptui.tui import screen_bindings
from riptui.tui.dialogs import ChoiceDialog
from riptui.tui.nearest import nearest_lookup
from riptui.tui.nearest.nearest_lookup import NearestLookup, look_up, read_pair
from riptui.tui.nearest.nearest_screen import NearestScreen
from riptui.tui.titled_picture import TitledPicture
from tests.corpus.conftest import blotches
from tests.support.app_pilot import AppPilot, click_text, open_app, wait_until
from tests.support.recursed import paint, save_recursion


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two outputs, of which one is picture 2 of the corpus."""
    (tmp_path / "photos").mkdir()
    for seed in range(4):
        PilImages.fromarray(blotches(seed, 256)).save(tmp_path / f"photos/{seed}.png")
    build_corpus(CorpusPlan("photos", tmp_path / "photos", size=256), load_extractor("phash"))
    for name, seed in (("copy", 2), ("new", 1003)):
        shown = blotches(seed, 256)
        inpaint = paint(lambda image, noise, shown=shown: shown)
        save_recursion(tmp_path / f"runs/g/{name}", blotches(9, 256), inpaint, mask=256, amount=100.0, seed=seed)
    return tmp_path / "runs"


class NearestApp(App[None]):
    def __init__(self, runs: Path) -> None:
        super().__init__()
        self.lookup = look_up("photos", [runs / "g/copy", runs / "g/new"], runs)
        self.closed = False

    def on_mount(self) -> None:
        graphics = Graphics(Terminal("halfblock", "a test", truecolor=True))
        self.push_screen(NearestScreen(self.lookup, graphics), lambda _: setattr(self, "closed", True))


def titles(pilot: Pilot[None]) -> list[str]:
    return [str(column.query_one(Static).content) for column in pilot.app.screen.query(TitledPicture)]


def head(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#nearest-frame", Static).content)


@pytest.mark.slow
async def test_its_keys(runs: Path) -> None:
    app = NearestApp(runs)
    async with app.run_test(size=(120, 30)) as pilot:
        await wait_until(pilot, lambda: titles(pilot) == ["frame 1, 100 %", "1 of 4: a copy  2.png"], "the first pair")
        assert head(pilot) == "g/copy  not novel  1 of 2"
        assert "leave-one-out" in str(pilot.app.screen.query_one("#nearest-rule", Static).content)
        frame, picture = pilot.app.screen.query(TitledPicture)
        assert (frame.picture.image == picture.picture.image).all()
        await pilot.press("right")
        await wait_until(pilot, lambda: titles(pilot)[1].startswith("2 of 4: 0."), "the next picture")
        await pilot.press("h")
        await wait_until(pilot, lambda: "a copy" in titles(pilot)[1], "the nearest again")
        await pilot.press("o")
        await wait_until(pilot, lambda: titles(pilot)[0] == "original", "the original")
        assert (frame.picture.image == blotches(9, 256)).all()
        await pilot.press("space")
        await pilot.press("j")
        await wait_until(pilot, lambda: head(pilot) == "g/new  novel  2 of 2", "the other frame")
        await pilot.press("up")
        await wait_until(pilot, lambda: head(pilot).startswith("g/copy"), "the first frame")
        await pilot.press("escape")
        await wait_until(pilot, lambda: app.closed, "it closed")


@pytest.mark.slow
async def test_the_wheel_turns_what_it_is_over_and_arrows_of_the_last_line_are_clicked(runs: Path) -> None:
    app = NearestApp(runs)
    async with app.run_test(size=(120, 30)) as pilot:
        await wait_until(pilot, lambda: titles(pilot) == ["frame 1, 100 %", "1 of 4: a copy  2.png"], "the first pair")
        await scroll(pilot, MouseScrollDown, 90)
        await wait_until(pilot, lambda: titles(pilot)[1].startswith("2 of 4: 0."), "the next picture")
        await scroll(pilot, MouseScrollUp, 90)
        await wait_until(pilot, lambda: "a copy" in titles(pilot)[1], "the nearest again")
        await scroll(pilot, MouseScrollDown, 20)
        await wait_until(pilot, lambda: head(pilot) == "g/new  novel  2 of 2", "the other frame")
        await scroll(pilot, MouseScrollUp, 20)
        await wait_until(pilot, lambda: head(pilot).startswith("g/copy"), "the first frame")
        await click_text(pilot, "→ Picture")
        await wait_until(pilot, lambda: titles(pilot)[1].startswith("2 of 4: 0."), "the arrow that was clicked")
        await click_text(pilot, "←→ Picture")
        await wait_until(pilot, lambda: "a copy" in titles(pilot)[1], "the other arrow")
        await click_text(pilot, "↓ Frame")
        await wait_until(pilot, lambda: head(pilot) == "g/new  novel  2 of 2", "the other frame")
        await click_text(pilot, "o Original")
        await wait_until(pilot, lambda: titles(pilot)[0] == "original", "the original")
        await click_text(pilot, "esc Close")
        await wait_until(pilot, lambda: app.closed, "it closed")


async def scroll(pilot: Pilot[None], event: type[MouseScrollDown | MouseScrollUp], x: int) -> None:
    """One turn of the wheel in the middle of the screen's height."""
    y = pilot.app.size.height // 2
    widget, _ = pilot.app.screen.get_widget_at(x, y)
    pilot.app.screen._forward_event(event(widget, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y))
    await pilot.pause()


def test_every_key_of_the_screen_has_an_action() -> None:
    for binding in screen_bindings.NEAREST:
        assert hasattr(NearestScreen, f"action_{str(binding.action).partition('(')[0]}"), binding.id


def test_a_network_is_never_run_here(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other features only what is stored is used: what riptui nearest has computed."""
    computed = look_up("photos", [runs / "g/new"], runs)
    monkeypatch.setattr(nearest_lookup, "WITHOUT_NETWORK", ())
    with pytest.raises(InputError, match="no phash features are stored of this frame: riptui nearest computes them"):
        look_up("photos", [runs / "g/copy"], runs)
    assert similarities(look_up("photos", [runs / "g/new"], runs)) == similarities(computed)


def similarities(lookup: NearestLookup) -> list[float]:
    return [near.similarity for frame in lookup.found.frames for near in frame.pictures]


def test_a_picture_that_is_gone_is_told(runs: Path, tmp_path: Path) -> None:
    lookup = look_up("photos", [runs / "g/copy"], runs, 1)
    [frame] = lookup.found.frames
    (tmp_path / "photos/2.png").unlink()
    pair = read_pair(frame, 0, lookup.prepared)
    assert pair.picture is None
    assert "does not exist" in pair.problem
    assert pair.frame is not None


@pytest.mark.slow
async def test_the_key_of_the_browser(runs: Path) -> None:
    async with open_app(runs) as pilot:
        pilot.tree.select("g/copy")
        await pilot.wait_until(lambda: pilot.browser.shown_path == "g/copy", "the trajectory")
        await pilot.press("equals_sign")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, NearestScreen), "the screen")
        await pilot.press("escape")
        await pilot.wait_until(lambda: not isinstance(pilot.app.screen, NearestScreen), "back")
        await choose_among_two(pilot, runs)
        await forget_all(pilot)


async def choose_among_two(pilot: AppPilot, runs: Path) -> None:
    """Of two corpora one is chosen; if both are of the same pictures, a key changes to the other."""
    build_corpus(CorpusPlan("photos-2", runs.parent / "photos", size=256), load_extractor("phash"))
    await pilot.press("equals_sign")
    dialog = await pilot.wait_for_dialog(ChoiceDialog)
    assert "by phash" in str(dialog.query_one(OptionList).get_option_at_index(1).prompt)
    await pilot.press("2")
    for name in ("photos-2: ", "photos: "):
        await pilot.wait_until(lambda name=name: name in text(pilot, "#nearest-rule"), name)
        await pilot.press("E")
    await pilot.wait_until(lambda: "photos-2: " in text(pilot, "#nearest-rule"), "the first one again")
    await pilot.press("escape")
    await pilot.wait_until(lambda: not isinstance(pilot.app.screen, NearestScreen), "back")


def text(pilot: AppPilot, selector: str) -> str:
    found = pilot.app.screen.query(selector)
    return str(found.first(Static).content) if found else ""


async def forget_all(pilot: AppPilot) -> None:
    """Without a corpus the key says how to make one."""
    from riptui.corpus.corpus_files import remove_corpus

    for name in list_corpora():
        remove_corpus(name)
    await pilot.press("equals_sign")
    await pilot.wait_until(lambda: any("riptui corpus index" in toast for toast in pilot.toasts), "the advice")
