"""Boxes that are checked by a sign, for people and terminals without colours."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets.selection_list import Selection

from riptui.tui.check_boxes import SignCheckbox, SignSelectionList


class BoxesApp(App[None]):
    def compose(self) -> ComposeResult:
        yield SignCheckbox("GIF", True, compact=True)
        yield SignSelectionList(Selection("ssim", "ssim", True), Selection("psnr", "psnr"), compact=True)


@pytest.mark.slow
async def test_what_is_checked_has_a_sign() -> None:
    app = BoxesApp()
    async with app.run_test() as pilot:
        box, boxes = app.query_one(SignCheckbox), app.query_one(SignSelectionList)
        assert box.render_line(0).text.strip() == "[x] GIF"
        assert [boxes.render_line(y).text.strip() for y in range(3)] == ["[x] ssim", "[ ] psnr", ""]
        await pilot.press("space", "tab", "space", "down", "space")
        assert box.render_line(0).text.strip() == "[ ] GIF"
        assert [boxes.render_line(y).text.strip() for y in range(2)] == ["[ ] ssim", "[x] psnr"]
