"""The spec pane and the log pane: text that scrolls."""

from collections.abc import Sequence
from typing import Any

import msgspec
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from riptui.spec import Spec
from riptui.store.annotations import NO_ANNOTATIONS, Annotations
from riptui.store.records import Failure, Session
from riptui.text.terminal import printable

UNITS = {"size": "px", "mask": "px", "amount": "%"}


def spec_text(spec: Spec, sessions: Sequence[Session], annotations: Annotations = NO_ANNOTATIONS) -> Content:
    """The tags and the note, the fields of the spec, and the sessions that computed the frames."""
    fields: dict[str, Any] = msgspec.to_builtins(spec)
    parameters = fields.pop("parameters")
    rows = [(name, f"{_format_value(value)} {UNITS.get(name, '')}".rstrip()) for name, value in fields.items()]
    rows += [(f"  {name}", _format_value(value)) for name, value in parameters.items()]
    rows += [("iterations", str(spec.iterations)), ("digest", spec.digest)]
    if annotations.note:
        lines = annotations.note.splitlines()
        rows = [("" if number else "note", line) for number, line in enumerate(lines)] + rows
    if annotations.tags:
        rows.insert(0, ("tags", " ".join(annotations.tags)))
    for session in sessions:
        versions = ", ".join(f"{name} {version}" for name, version in session.versions.items())
        rows += [("", ""), (f"session {session.session}", f"{session.started}  {session.host}  {session.device}")]
        rows += [("  batch", str(session.batch)), ("  versions", versions)]
        rows += [(f"  {name}", value) for name, value in session.notes.items()]
    return _align_rows(rows)


def log_text(log: str, failure: Failure | None, retry_key: str) -> Content:
    """The failure, if any, and the end of log.txt."""
    parts: list[tuple[str, str]] = []
    if failure is not None:
        parts.append((f"✗ iteration {failure.k} failed: {printable(failure.error)}\n", "$text-error bold"))
        parts.append((f"  {printable(failure.when)}; press {retry_key} to retry\n\n", "$foreground-muted"))
    lines = "\n".join(printable(line.expandtabs()) for line in log.splitlines())
    parts.append((lines, "$foreground") if lines else ("the log is empty", "$foreground-muted"))
    return Content.assemble(*parts)


def _format_value(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.12g}"
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _align_rows(rows: Sequence[tuple[str, str]]) -> Content:
    width = max(len(name) for name, _ in rows)
    parts: list[tuple[str, str]] = []
    for name, value in rows:
        parts += [(f"{printable(name):<{width}}  ", "$foreground-muted"), (printable(value) + "\n", "$foreground")]
    return Content.assemble(*parts)


class TextPane(VerticalScroll):
    DEFAULT_CSS = "TextPane { scrollbar-size-vertical: 1; & > Static { width: 1fr; } }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._text = Static(markup=False)
        self._shown: Content | None = None

    def on_mount(self) -> None:
        self.mount(self._text)

    def scroll_by_half(self, direction: int) -> None:
        """Scroll by half of what is seen: down (1) or up (-1)."""
        self.scroll_relative(y=direction * max(1, self.size.height // 2), animate=False)

    def show(self, text: Content) -> None:
        if self._shown is None or not text.is_same(self._shown):
            self._shown = text
            self._text.update(text)
