"""Check boxes with a sign, [x] or [ ]: Textual's show their state by colour alone."""

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Checkbox, SelectionList
from textual.widgets.option_list import OptionDoesNotExist

SIGNS = {True: "[x]", False: "[ ]"}


class SignCheckbox(Checkbox):
    @property
    def _button(self) -> Content:
        return Content.styled(SIGNS[self.value], self.get_visual_style("toggle--button"))


class SignSelectionList(SelectionList[str]):
    def render_line(self, y: int) -> Strip:
        segments = list(super().render_line(y))
        try:
            option = self.get_option_at_index(self.scroll_offset.y + y)
        except OptionDoesNotExist:
            return Strip(segments)
        _, (_, style, _), _, *prompt = segments  # the three parts of Textual's button
        return Strip([Segment(SIGNS[option.value in self.selected], style), *prompt])
