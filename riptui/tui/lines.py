"""Text that changes often: only the lines that are new are painted."""

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


class Lines(Widget):
    """Lines that are cut where they do not fit."""

    DEFAULT_CSS = "Lines { width: auto; height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Content("")

    def render(self) -> Content:
        return self._text

    def show(self, text: Content) -> None:
        before, now = self._text.split("\n"), text.split("\n")
        self._text = text
        if self._takes_other_room(before, now):
            self.refresh(layout=True)
        else:
            pairs = enumerate(zip(before, now, strict=True)) if len(before) == len(now) else ()
            changed = [Region(0, y, self.size.width, 1) for y, (old, new) in pairs if not new.is_same(old)]
            if changed or len(before) != len(now):
                self.refresh(*changed)

    def _takes_other_room(self, before: list[Content], now: list[Content]) -> bool:
        width, height = self.styles.width, self.styles.height
        wider = max(line.cell_length for line in now) != max(line.cell_length for line in before)
        return (wider and width is not None and width.is_auto) or (
            len(now) != len(before) and height is not None and height.is_auto
        )


class Line(Lines):
    """One of them."""

    DEFAULT_CSS = "Line { height: 1; }"
