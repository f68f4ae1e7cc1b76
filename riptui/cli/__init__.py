"""The command `riptui`: argv to a subcommand, and every way out of it to an exit code.

    console     what is printed, made safe; values: metric values as people read them
    streams     what it is printed to; options: values such as 64,128,256 and 0-9, and options that commands share
    browse      the app; listing: `ls`
    runs        `run` and `resume`; jobs: the loop behind them, or attend: a worker; display: how it is shown
    worker      `worker`; asking: `pause` and `stop`; lingering: what happens to detached work at a logout
    results     `results`; outcomes: its tables; report: `report`
    and a file for each of ps, logs, show, check, measure, export, demo, fetch, models, config, doctor, completion

Only the declarations are imported to print help or complete a word; a command imports its work when it starts
(NumPy, OpenCV and scikit-image take 0.8 s together).
"""

import difflib
import os
import signal
import sys
from importlib import import_module

import rich_click as click
from click.exceptions import Exit

from riptui import __version__
from riptui.cli import streams
from riptui.errors import DiskError, RiptuiError

COMMANDS = {
    "browse": "riptui.cli.browse:browse",
    "demo": "riptui.cli.demo:demo",
    "run": "riptui.cli.runs:run",
    "resume": "riptui.cli.runs:resume",
    "pause": "riptui.cli.asking:pause",
    "stop": "riptui.cli.asking:stop",
    "worker": "riptui.cli.worker:worker",
    "ps": "riptui.cli.ps:ps",
    "logs": "riptui.cli.logs:logs",
    "ls": "riptui.cli.listing:ls",
    "show": "riptui.cli.show:show",
    "check": "riptui.cli.check:check",
    "measure": "riptui.cli.measure:measure",
    "export": "riptui.cli.export:export",
    "results": "riptui.cli.results:results",
    "report": "riptui.cli.report:report",
    "fetch": "riptui.cli.fetch:fetch",
    "models": "riptui.cli.models:models",
    "config": "riptui.cli.config:config",
    "doctor": "riptui.cli.doctor:doctor",
    "completion": "riptui.cli.completion:completion",
}

FAILED, USAGE, INTERRUPTED, UNREAD = 1, 2, 128 + signal.SIGINT, 128 + signal.SIGPIPE


class LateGroup(click.RichGroup):
    """A group whose commands are imported when they are looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            for near in difflib.get_close_matches(args[0], COMMANDS, n=1):
                raise click.UsageError(f"{error.format_message()} Did you mean {near}?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Click would call it a failure when the reader, e.g. `head`, has seen enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise Exit(UNREAD) from error


@click.group(
    cls=LateGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `riptui demo`. Exit codes: 0 done, 1 failed while running, 2 bad input or usage, 130 Ctrl-C.",
)
@click.rich_config(
    help_config=click.RichHelpConfiguration(text_paragraph_linebreaks="\n\n", padding_helptext_first_line=(0, 0, 1, 0))
)
@click.version_option(__version__, "-V", "--version", message="riptui %(version)s")
@click.command_panel("Compute", commands=["demo", "run", "resume", "pause", "stop"])
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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code. Nothing raised on purpose reaches the user as a traceback."""
    from riptui.cli.console import complain

    streams.prepare()
    try:
        code = riptui.main(spelt_out(sys.argv[1:] if argv is None else argv), prog_name="riptui", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        complain(error.format_message(), hint=f"{context.command_path} --help" if context else "")
        return USAGE
    except RiptuiError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        streams.abandon(sys.stdout)
        return UNREAD
    except OSError as error:  # those of the runs folder are RiptuiErrors
        streams.abandon(sys.stdout)
        try:
            complain(explanation(error))
        except OSError:  # stderr is as full, or as gone
            streams.abandon(sys.stderr)
        return FAILED
    except SystemExit as error:  # click's own: a completion is printed, or nobody reads the help
        if isinstance(error.__context__, BrokenPipeError):
            streams.abandon(sys.stdout)
            return UNREAD
        return error.code if isinstance(error.code, int) else 0
    return code if isinstance(code, int) else 0


def spelt_out(argv: list[str]) -> list[str]:
    """`riptui`, `riptui RUNS` and `riptui --select PATH` mean `riptui browse ...`."""
    if not argv:
        return ["browse"]
    first = argv[0]
    begins = first.partition("=")[0] in ("--select", "--graphics") or (first not in COMMANDS and is_folder(first))
    return ["browse", *argv] if begins else argv


def is_folder(text: str) -> bool:
    return not text.startswith("-") and os.path.isdir(text)  # noqa: PTH112  # a Path raises for some names


def explanation(error: OSError) -> str:
    from riptui.store.disk import explained

    what = error.filename or ("the current folder" if isinstance(error, FileNotFoundError) else "the output")
    try:
        with explained(str(what)):
            raise error
    except DiskError as told:
        return str(told)
