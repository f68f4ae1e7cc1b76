"""The group of commands, and every way out of one to an exit code."""

import difflib
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import rich_click as click
from click.exceptions import Exit

from riptui import __version__
from riptui.cli import COMMANDS, is_folder, streams
from riptui.errors import DiskError, RiptuiError

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 128 + signal.SIGINT, 128 + signal.SIGPIPE


class LazyGroup(click.RichGroup):
    """A group whose commands, by name "module:attribute", are imported when they are looked up."""

    def __init__(self, *args: Any, lazy_commands: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy_commands:
            return None
        module, _, attribute = self._lazy_commands[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            for suggestion in difflib.get_close_matches(args[0], self._lazy_commands, n=1):
                raise click.UsageError(f"{error.format_message()} Did you mean {suggestion}?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Click would call it a failure when the reader, e.g. `head`, has seen enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise Exit(BROKEN_PIPE) from error


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `riptui demo`. Exit codes: 0 done, 1 failed while running, 2 bad input or usage, 130 Ctrl-C.",
)
@click.rich_config(
    help_config=click.RichHelpConfiguration(text_paragraph_linebreaks="\n\n", padding_helptext_first_line=(0, 0, 1, 0))
)
@click.version_option(__version__, "-V", "--version", message="riptui %(version)s")
@click.command_panel("Compute", commands=["demo", "run", "resume", "pause", "stop", "study"])
@click.command_panel("Workers", commands=["worker", "ps", "logs"])
@click.command_panel("Look", commands=["browse", "ls", "show", "check"])
@click.command_panel("Use", commands=["measure", "export", "results", "report"])
@click.command_panel("Set up", commands=["fetch", "models", "config", "doctor", "completion"])
def riptui() -> None:
    """Recursive InPainting (RIP): how far does a picture drift when it is repainted square by square, again and again?

    A trajectory is one picture, one mask size, one seed and one inpainter, with all its frames and their distances
    to the original. Trajectories are folders below a runs folder (./runs, --runs, $RIPTUI_RUNS or `riptui config`).

    `riptui` alone, or with a runs folder, starts the app: `riptui browse`.
    """


def run_command_line(argv: list[str]) -> int:
    """Run the command line; return the exit code. Nothing raised on purpose reaches the user as a traceback."""
    try:
        code = riptui.main(expand_aliases(argv), prog_name="riptui", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        return handle_error(error)
    return code if isinstance(code, int) else 0


def handle_error(error: BaseException) -> int:
    """The exit code of what ended a command; tells it first. Raises it if nobody raised it on purpose."""
    from riptui.cli.console import print_error

    match error:
        case click.ClickException():
            context = getattr(error, "ctx", None)
            print_error(error.format_message(), hint=f"{context.command_path} --help" if context else "")
            return USAGE
        case RiptuiError():
            print_error(str(error))
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return INTERRUPTED
        case BrokenPipeError():
            streams.discard_output(sys.stdout)
            return BROKEN_PIPE
        case OSError():  # those of the runs folder are RiptuiErrors
            streams.discard_output(sys.stdout)
            try:
                print_error(explain_os_error(error))
            except OSError:  # stderr is as full, or as gone
                streams.discard_output(sys.stderr)
            return FAILED
        case SystemExit():  # click's own: a completion is printed, or nobody reads the help
            if isinstance(error.__context__, BrokenPipeError):
                streams.discard_output(sys.stdout)
                return BROKEN_PIPE
            return error.code if isinstance(error.code, int) else 0
    raise error


def expand_aliases(argv: list[str]) -> list[str]:
    """`riptui`, `riptui RUNS` and `riptui --select PATH` mean `riptui browse ...`."""
    if not argv:
        return ["browse"]
    first = argv[0]
    is_browse = first.partition("=")[0] in ("--select", "--graphics") or (first not in COMMANDS and is_folder(first))
    return ["browse", *argv] if is_browse else argv


def explain_os_error(error: OSError) -> str:
    from riptui.store.disk import explain_errors

    target = error.filename or ("the current folder" if isinstance(error, FileNotFoundError) else "the output")
    try:
        with explain_errors(str(target)):
            raise error
    except DiskError as disk_error:
        return str(disk_error)
