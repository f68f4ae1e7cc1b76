"""The screens above the browser: each closes itself and no other, and q goes back in all of them."""

import re
from pathlib import Path

import pytest
from textual.app import App
from textual.binding import Binding

import riptui.tui
from riptui.tui import bindings
from riptui.tui.dialogs import ConfirmDialog, TextDialog
from riptui.tui.inner_screen import InnerScreen


class ScreensApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[str | None] = []
        self.below = InnerScreen[str]()
        self.above = InnerScreen[str]()

    def on_mount(self) -> None:
        self.push_screen(self.below, self.answers.append)
        self.push_screen(self.above)


async def test_a_screen_that_is_below_another_closes_after_it() -> None:
    app = ScreensApp()
    async with app.run_test() as pilot:
        app.below.dismiss("late")
        assert (app.screen, app.answers) == (app.above, [])
        app.above.dismiss()
        await pilot.pause()
        assert (len(app.screen_stack), app.answers) == (1, ["late"])


async def test_a_screen_that_is_closed_already_closes_no_other() -> None:
    app = ScreensApp()
    async with app.run_test() as pilot:
        app.above.dismiss()
        app.above.dismiss()
        await pilot.pause()
        assert (app.screen, app.answers) == (app.below, [])


def test_every_screen_but_the_browser_is_an_inner_one() -> None:
    texts = [file.read_text() for file in Path(riptui.tui.__file__).parent.rglob("*.py")]
    screens = re.findall(r"^class (\w+)\((.*\b(?:Modal)?Screen\[.*)", "\n".join(texts), re.M)
    strange = {name for name, bases in screens if not bases.startswith("Inner")}
    assert strange == {"Browser", "InnerScreen", "InnerModalScreen"}


async def test_behind_a_dialog_one_sees_where_one_is() -> None:
    app = App[None]()
    async with app.run_test():
        for dialog in (ConfirmDialog("Stop", "all of it?", yes="Stop"), TextDialog("Name", "", str)):
            await app.push_screen(dialog)
            assert 0 < dialog.styles.background.a < 1


SCOPES = ("compare", "large", "gallery", "rating", "nearest", "diversity", "workers", "report")


@pytest.mark.parametrize("scope", SCOPES)
def test_q_goes_back_in_every_screen(scope: str) -> None:
    closing = next(key for key in bindings.SCOPES[scope] if key.action in ("close", "leave"))
    assert {"escape", "q"} <= {key.key for key in Binding.make_bindings([closing])}
