"""What an export wrote: its paths go to the clipboard, and a line says so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App


def copy_text(app: App[Any], text: str) -> None:
    """Ask the terminal to keep a text for pasting; it need not be valid text, as paths are not."""
    app.copy_to_clipboard(text.encode(errors="replace").decode())


def copy_written(app: App[Any], written: Sequence[Path]) -> str:
    """Copy the absolute paths of written files, of which there is at least one; return the line that says so."""
    paths = [str(path.absolute()) for path in written]
    copy_text(app, "\n".join(paths))
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"exported {paths[0]}{more} (path copied)"


def tell_written(app: App[Any], written: Sequence[Path] | None) -> None:
    """The same with a toast, on screens without a status line; nothing if nothing was written."""
    if written:
        app.notify(copy_written(app, written))
