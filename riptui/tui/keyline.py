"""The last line: the keys that hold now. One widget; Textual's Footer makes one for each key, anew at every change."""

from rich.text import Text
from textual import events
from textual.binding import ActiveBinding
from textual.widgets import Static


class KeyLine(Static):
    """Shows the bindings that ask for it, as long as there is room; a click presses the key."""

    COMPONENT_CLASSES = {"keyline--key"}  # noqa: RUF012  # Textual's own declaration has ClassVar
    DEFAULT_CSS = """
    KeyLine {
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $footer-description-foreground;

        & > .keyline--key { color: $footer-key-foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._keys: list[tuple[range, ActiveBinding]] = []
        """Which columns belong to which key."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._draw())
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_attached:
            self._draw()

    def _draw(self) -> None:
        text, self._keys = Text(no_wrap=True), []
        shown: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or binding.action in shown:
                continue
            shown.add(binding.action)
            begin = text.cell_len
            key = self.app.get_key_display(binding)
            if begin + len(key) + 1 + len(binding.description) > self.size.width:
                break
            text.append(key, self.get_component_rich_style("keyline--key", partial=True))
            text.append(f" {binding.description}  ")
            self._keys.append((range(begin, text.cell_len), active))
        if text != self.content:
            self.update(text)

    async def on_click(self, event: events.Click) -> None:
        column = event.get_content_offset(self)
        for columns, active in self._keys:
            if column is not None and column.x in columns and active.enabled:
                await self.app.run_action(active.binding.action, active.node)
