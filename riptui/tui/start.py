"""Start the app: what the terminal can, the settings, the log; and how it ends, whatever ends it."""

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from riptui.settings import Loaded, places
from riptui.terminal import printable

CRASHED = 1


def start(runs: Path, loaded: Loaded, *, select: str = "", graphics: str | None = None) -> int:
    """Run the app on a runs folder until it ends; return the exit code. stdin and stdout must be a terminal."""
    from riptui.tui.graphics.probe import probe

    terminal = probe(graphics or loaded.settings.graphics)
    if terminal.truecolor or terminal.protocol == "kitty":  # kitty: the id of a picture travels in a 24-bit colour
        os.environ["COLORTERM"] = "truecolor"  # which xterm and ssh drop
    from riptui.tui.app import RiptuiApp  # Textual reads the environment when it is imported

    _log_to_file()
    app = RiptuiApp(runs, loaded, terminal, select=below(runs, select))
    app.run()
    if app.crash is not None:
        _report(app.crash, loaded)
        return CRASHED
    return app.return_code or 0


def below(runs: Path, select: str) -> str:
    """A path that a person gave, as one in the runs folder: both runs/fig7/cat and fig7/cat mean the same."""
    if not select:
        return ""
    whole, root = Path(select).absolute(), runs.absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) and whole != root else select.strip("/")


def _log_to_file() -> None:
    """What libraries warn of goes into riptui's log, never over the screen. A home that cannot be written has none."""
    root = logging.getLogger()
    try:
        places.log_file().parent.mkdir(parents=True, exist_ok=True)
        root.addHandler(logging.FileHandler(places.log_file(), delay=True))
    except OSError:
        root.addHandler(logging.NullHandler())
    logging.captureWarnings(True)


def _report(crash: BaseException, loaded: Loaded) -> None:
    """Save the traceback; say in two lines what happened and what is safe."""
    text = "".join(traceback.format_exception(crash))
    file = places.crash_file(datetime.now(UTC))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        where = f"The report: {file}"
    except OSError:
        where = text
    sys.stderr.write(
        f"error: the app failed: {printable(f'{type(crash).__name__}: {crash}')}\n"
        f"Nothing is lost: what is computed goes on, what was computed is saved. {where}\n"
    )
