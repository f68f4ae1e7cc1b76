"""Start the app: what the terminal can, the settings, the log; and how it ends, whatever ends it."""

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from riptui.settings import LoadedSettings, paths
from riptui.text.terminal import printable

CRASH_EXIT_CODE = 1


def start(runs: Path, loaded: LoadedSettings, *, selected_path: str = "", graphics: str | None = None) -> int:
    """Run the app on a runs folder until it ends; return the exit code. stdin and stdout must be a terminal."""
    from riptui.tui.graphics.probe import probe

    terminal = probe(graphics or loaded.settings.graphics)
    if terminal.truecolor or terminal.protocol == "kitty":  # kitty: the id of a picture travels in a 24-bit colour
        os.environ["COLORTERM"] = "truecolor"  # which xterm and ssh drop
    from riptui.tui.app import RiptuiApp  # Textual reads the environment when it is imported

    _log_to_file()
    app = RiptuiApp(runs, loaded, terminal, selected_path=to_relative_path(runs, selected_path))
    app.run()
    if app.crash is not None:
        _report_crash(app.crash, loaded)
        return CRASH_EXIT_CODE
    return app.return_code or 0


def to_relative_path(runs: Path, selected_path: str) -> str:
    """A path that a person gave, as one in the runs folder: both runs/fig7/cat and fig7/cat mean the same."""
    if not selected_path:
        return ""
    absolute_path, root = Path(selected_path).absolute(), runs.absolute()
    return (
        absolute_path.relative_to(root).as_posix()
        if absolute_path.is_relative_to(root) and absolute_path != root
        else selected_path.strip("/")
    )


def _log_to_file() -> None:
    """What libraries warn of goes into riptui's log, never over the screen. A home that cannot be written has none."""
    root = logging.getLogger()
    try:
        paths.log_file().parent.mkdir(parents=True, exist_ok=True)
        root.addHandler(logging.FileHandler(paths.log_file(), delay=True))
    except OSError:
        root.addHandler(logging.NullHandler())
    logging.captureWarnings(True)


def _report_crash(crash: BaseException, loaded: LoadedSettings) -> None:
    """Save the traceback; say in two lines what happened and what is safe."""
    text = "".join(traceback.format_exception(crash))
    file = paths.crash_file(datetime.now(UTC))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        report_note = f"The report: {file}"
    except OSError:
        report_note = text
    sys.stderr.write(
        f"error: the app failed: {printable(f'{type(crash).__name__}: {crash}')}\n"
        f"Nothing is lost: what is computed goes on, what was computed is saved. {report_note}\n"
    )
