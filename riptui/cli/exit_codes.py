"""Errors to exit codes: how a command may end."""

import os
import signal
import sys
from collections.abc import Sequence

import rich_click as click

from riptui.cli import streams
from riptui.cli.console import print_error
from riptui.cli.lazy import BROKEN_PIPE
from riptui.cli.usage_errors import explain_usage_error
from riptui.errors import DiskError, RiptuiError
from riptui.store.disk_errors import explain_errors

FAILED, USAGE, INTERRUPTED = 1, 2, 128 + signal.SIGINT


def handle_error(error: BaseException, argv: Sequence[str] = ()) -> int:
    """Print what ended a command, given as `argv`, and return the exit code. Raises the error again if it is a bug."""
    match error:
        case click.ClickException():
            context = getattr(error, "ctx", None)
            message = explain_usage_error(error)
            if isinstance(error, click.NoSuchOption) and (file := _find_dashed_file(argv)):
                message += f" For the file {file}, write ./{file}"
            _try_to_print(message, hint=f"{context.command_path} --help" if context else "")
            return USAGE
        case RiptuiError():
            _try_to_print(str(error))
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return INTERRUPTED
        case BrokenPipeError():
            streams.discard_output(sys.stdout)
            return BROKEN_PIPE
        case OSError():  # those of the runs folder are RiptuiErrors
            streams.discard_output(sys.stdout)
            _try_to_print(explain_os_error(error))
            return FAILED
        case SystemExit():  # from click: a completion was printed, or the reader of the help closed the pipe
            if isinstance(error.__context__, BrokenPipeError):
                streams.discard_output(sys.stdout)
                return BROKEN_PIPE
            return error.code if isinstance(error.code, int) else 0
    raise error


def _find_dashed_file(argv: Sequence[str]) -> str:
    """The first word that is taken for an option and is the name of a file; empty if there is none."""
    return next((word for word in argv if word.startswith("-") and os.path.lexists(word)), "")


def _try_to_print(message: str, *, hint: str = "") -> None:
    """Print an error, even where stderr is on the disk that is full."""
    try:
        print_error(message, hint=hint)
        sys.stderr.flush()
    except OSError:
        for stream in (sys.stdout, sys.stderr):
            streams.discard_output(stream)


def explain_os_error(error: OSError) -> str:
    """What happened to which file, and what to do."""

    target = error.filename or ("the current folder" if isinstance(error, FileNotFoundError) else "the output")
    try:
        with explain_errors(str(target)):
            raise error
    except DiskError as disk_error:
        return str(disk_error)
