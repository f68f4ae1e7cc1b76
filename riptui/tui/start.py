"""Start the app: probe the terminal, set up the log, run; report a crash."""

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from riptui import tui
from riptui.graphics.probe import probe
from riptui.settings import LoadedSettings, paths
from riptui.text.terminal import printable

if TYPE_CHECKING:
    from riptui.tui.app import OnlyScreen

CRASH_EXIT_CODE = 1


def start(
    runs: Path,
    loaded: LoadedSettings,
    *,
    selected_path: str = "",
    graphics: str | None = None,
    only_screen: "OnlyScreen | None" = None,
) -> int:
    """Run the app on a runs folder until it ends; return the exit code. stdin and stdout must be a terminal.

    only_screen: makes a screen that is shown instead of the browser; the app ends with it.
    """
    terminal = probe(graphics or loaded.settings.graphics)
    if terminal.truecolor or terminal.protocol == "kitty":  # kitty: the id of a picture is sent as a colour
        os.environ["COLORTERM"] = "truecolor"  # xterm and ssh drop this variable; Textual reads it when it is imported
    log_to_file()
    place = to_relative_path(runs, selected_path)
    app = tui.app.RiptuiApp(runs, loaded, terminal, selected_path=place, only_screen=only_screen)
    app.run()
    for text in app.farewell:
        sys.stdout.write(f"{text}\n")
    if app.crash is not None:
        _report_crash(app.crash)
        return CRASH_EXIT_CODE
    return app.return_code or 0


def to_relative_path(runs: Path, selected_path: str) -> str:
    """Make a path given by the user relative to the runs folder: runs/fig7/cat and fig7/cat mean the same."""
    if not selected_path:
        return ""
    absolute_path, root = Path(selected_path).absolute(), runs.absolute()
    return (
        absolute_path.relative_to(root).as_posix()
        if absolute_path.is_relative_to(root) and absolute_path != root
        else selected_path.strip("/")
    )


def log_to_file() -> None:
    """Send warnings of libraries to riptui's log file instead of the screen; nowhere if it cannot be written."""
    root = logging.getLogger()
    try:
        paths.log_file().parent.mkdir(parents=True, exist_ok=True)
        root.addHandler(logging.FileHandler(paths.log_file(), delay=True))
    except OSError:
        root.addHandler(logging.NullHandler())
    logging.captureWarnings(True)


def _report_crash(crash: BaseException) -> None:
    """Save the traceback, and print what happened in two lines."""
    text = "".join(traceback.format_exception(crash))
    file = paths.crash_file(datetime.now(UTC))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        report_note = f"Crash report: {file}"
    except OSError:
        report_note = text
    sys.stderr.write(
        f"error: the app crashed: {printable(f'{type(crash).__name__}: {crash}')}\n"
        f"Nothing is lost: workers keep running, and every finished iteration is saved. {report_note}\n"
    )
