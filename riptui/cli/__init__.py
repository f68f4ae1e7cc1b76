"""The command `riptui`: argv to a subcommand.

    commands    the group of them; errors to exit codes
    console     what is printed, made safe; values: metric values as people read them
    streams     what it is printed to; options: values such as 64,128,256 and 0-9, and options that commands share
    browse      the app; listing: `ls`
    runs        `run` and `resume`; jobs: the loop behind them, or attend: a worker; display: how it is shown
    worker      `worker`; asking: `pause` and `stop`; lingering: what happens to detached work at a logout
    results     `results`; outcomes: its tables; report: `report`
    study/      `study`, a group of commands
    and a file for each of ps, logs, show, check, measure, export, demo, fetch, models, config, doctor, completion

Only the declarations are imported to print help or complete a word; a command imports its work when it starts
(NumPy, OpenCV and scikit-image take 0.8 s together). The app alone starts without even those: a tenth of its time.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli import streams

if TYPE_CHECKING:
    from riptui.settings import LoadedSettings

COMMANDS = {
    "browse": "riptui.cli.browse:browse",
    "demo": "riptui.cli.demo:demo",
    "run": "riptui.cli.run:run",
    "resume": "riptui.cli.run:resume",
    "pause": "riptui.cli.stop:pause",
    "stop": "riptui.cli.stop:stop",
    "worker": "riptui.cli.worker:worker",
    "ps": "riptui.cli.ps:ps",
    "logs": "riptui.cli.logs:logs",
    "ls": "riptui.cli.ls:ls",
    "show": "riptui.cli.show:show",
    "check": "riptui.cli.check:check",
    "measure": "riptui.cli.measure:measure",
    "export": "riptui.cli.export:export",
    "results": "riptui.cli.results:results",
    "report": "riptui.cli.report:report",
    "study": "riptui.cli.study:study",
    "fetch": "riptui.cli.fetch:fetch",
    "models": "riptui.cli.models:models",
    "config": "riptui.cli.config:config",
    "doctor": "riptui.cli.doctor:doctor",
    "completion": "riptui.cli.completion:completion",
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code. Nothing raised on purpose reaches the user as a traceback."""
    argv = sys.argv[1:] if argv is None else argv
    streams.prepare()
    if opens_app(argv):
        from riptui.settings import load_settings

        loaded = load_settings()
        if not loaded.problems:  # else they are told
            try:
                return open_app(Path(argv[0]) if argv else loaded.settings.runs, loaded)
            except BaseException as error:
                from riptui.cli.commands import handle_error

                return handle_error(error)
    from riptui.cli.commands import run_command_line

    return run_command_line(argv)


def open_app(runs: Path, loaded: LoadedSettings, *, select: str = "", graphics: str | None = None) -> int:
    """Run the app until it ends; return the exit code. stdin and stdout must be a terminal."""
    from riptui.tui.start import start

    code = start(runs, loaded, selected_path=select, graphics=graphics)
    if code == 128 + signal.SIGHUP:
        for stream in (sys.stdout, sys.stderr):  # the terminal is gone
            streams.discard_output(stream)
    return code


def opens_app(argv: list[str]) -> bool:
    """`riptui` or `riptui RUNS` on a terminal."""
    if len(argv) > 1 or (argv and (argv[0] in COMMANDS or not is_folder(argv[0]))):
        return False
    return has_terminal() and "_RIPTUI_COMPLETE" not in os.environ


def has_terminal() -> bool:
    """All three streams: Textual draws on stderr."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def is_folder(text: str) -> bool:
    return not text.startswith("-") and os.path.isdir(text)  # noqa: PTH112  # a Path raises for some names
