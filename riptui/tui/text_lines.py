"""Text that changes often: only changed lines are rendered and repainted."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

PART_GAP = "   "  # between two parts of a line


class TextLines(Widget):
    """Lines of text, cut off where they do not fit."""

    DEFAULT_CSS = "TextLines { width: auto; height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Content] = [Content("")]
        self._strips: dict[int, tuple[int, Strip]] = {}  # by line: width and strip

    @property
    def text(self) -> str:
        """The text without colours."""
        return "\n".join(line.plain for line in self._lines)

    def show(self, lines: Sequence[Content]) -> None:
        before, self._lines = self._lines, lines
        if len(lines) != len(before) or _max_width(lines) != _max_width(before):
            self._strips.clear()
            self.refresh(layout=self._is_auto())
            return
        pairs = enumerate(zip(before, lines, strict=True))
        changed = [y for y, (old, new) in pairs if new is not old and not new.is_same(old)]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return _max_width(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        if y not in self._strips or self._strips[y][0] != width:
            [strip] = Visual.to_strips(self, self._lines[y], width, 1, self.visual_style, pad=True)
            self._strips[y] = width, strip
        return self._strips[y][1]

    def notify_style_update(self) -> None:
        self._strips.clear()  # they contain the old theme's colours
        super().notify_style_update()

    def _is_auto(self) -> bool:
        """Whether the widget is as large as its text."""
        sides = self.styles.width, self.styles.height
        return any(side is not None and side.is_auto for side in sides)


class TextLine(TextLines):
    DEFAULT_CSS = "TextLine { height: 1; }"

    def set_text(self, text: Content) -> None:
        self.show([text])


class WrappedLine(TextLines):
    """Parts of text beside each other, in as many rows as they take; a part goes on in a new row whole, if it fits."""

    DEFAULT_CSS = "WrappedLine { width: 1fr; height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: Sequence[Content] = ()

    def show_parts(self, *parts: Content) -> None:
        self._parts = parts
        self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        width, lines = self.size.width, [Content("")]
        for part in self._parts:
            if lines[-1].cell_length and lines[-1].cell_length + len(PART_GAP) + part.cell_length > width > 0:
                lines.append(Content(""))
            lines[-1] = Content.assemble(lines[-1], PART_GAP if lines[-1].cell_length else "", part)
        self.show([row for line in lines for row in (line.wrap(width) if width and line.plain else [line])])


def _max_width(lines: Sequence[Content]) -> int:
    return max((line.cell_length for line in lines), default=0)
