"""The list of the studies: a line each, repainted where it changed."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from riptui.study.study_state import StudyState
from riptui.tui import screen_bindings
from riptui.tui.studies.study_texts import list_lines


class LineList(OptionList):
    """Lines with keys of their own; the cursor stays on its key while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.STUDY_LINES]
    DEFAULT_CSS = "LineList { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._keys: list[str] = []

    @property
    def current_key(self) -> str:
        """The key of the line at the cursor; "" if there are no lines."""
        return self._keys[self.highlighted] if self.highlighted is not None and self._keys else ""

    def show_lines(self, lines: Sequence[tuple[str, Text]]) -> None:
        """Show these lines, each by its key."""
        keys = [key for key, _ in lines]
        if keys == self._keys:
            for index, (_, text) in enumerate(lines):
                if self.get_option_at_index(index).prompt != text:
                    self.replace_option_prompt_at_index(index, text)
            return
        current, place = self.current_key, self.highlighted or 0
        self._keys = keys
        self.clear_options()
        self.add_options([Option(text) for _, text in lines])
        if keys:
            first = next((index for index, key in enumerate(keys) if key), 0)  # below the notes, which have no key
            at_place = min(max(place, first), len(keys) - 1)
            self.highlighted = keys.index(current) if current and current in keys else at_place

    def go_to_key(self, key: str) -> None:
        if key in self._keys:
            self.highlighted = self._keys.index(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select" or any(self._keys)

    def action_page_up(self) -> None:
        if self.scrollable_content_region:  # Textual fails at a list that has no room yet
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]


class StudyList(LineList):
    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._states: Sequence[StudyState] = ()

    def show_studies(self, states: Sequence[StudyState]) -> None:
        self._states = states
        columns = self.scrollable_content_region.width or self.size.width
        keys = [state.known.key for state in states]
        self.show_lines([*zip(keys, list_lines(states, columns), strict=True)])

    def on_resize(self) -> None:
        self.show_studies(self._states)
