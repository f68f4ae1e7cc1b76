"""The command `riptui`: argv to a subcommand, and every way out of it to an exit code.

    console     what is printed, made safe; values: metric values as people read them
    options     values such as 64,128,256 and 0-9, and options that commands share
    runs        `run` and `resume`; jobs: the loop behind them; display: how its events are shown
    listing     `ls`
    and a file for each of show, check, measure, export, demo, fetch, models, doctor, completion

Only the declarations are imported to print help or complete a word; a command imports its work when it starts
(NumPy, OpenCV and scikit-image take 0.3 s together).
"""

import os
import signal
import sys
from importlib import import_module

import rich_click as click

from riptui import __version__
from riptui.errors import RiptuiError

COMMANDS = {
    "demo": "riptui.cli.demo:demo",
    "run": "riptui.cli.runs:run",
    "resume": "riptui.cli.runs:resume",
    "ls": "riptui.cli.listing:ls",
    "show": "riptui.cli.show:show",
    "check": "riptui.cli.check:check",
    "measure": "riptui.cli.measure:measure",
    "export": "riptui.cli.export:export",
    "fetch": "riptui.cli.fetch:fetch",
    "models": "riptui.cli.models:models",
    "doctor": "riptui.cli.doctor:doctor",
    "completion": "riptui.cli.completion:completion",
}

FAILED, USAGE, INTERRUPTED = 1, 2, 128 + signal.SIGINT


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


@click.group(
    cls=LateGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `riptui demo`. Exit codes: 0 done, 1 failed while running, 2 bad input or usage, 130 Ctrl-C.",
)
@click.version_option(__version__, "-V", "--version", message="riptui %(version)s")
@click.command_panel("Compute", commands=["demo", "run", "resume"])
@click.command_panel("Look", commands=["ls", "show", "check"])
@click.command_panel("Use", commands=["measure", "export"])
@click.command_panel("Set up", commands=["fetch", "models", "doctor", "completion"])
def riptui() -> None:
    """Recursive InPainting (RIP): how far does a picture drift when it is repainted square by square, again and again?

    A trajectory is one picture, one mask size, one seed and one inpainter, with all its frames and their distances
    to the original. Trajectories are folders below a runs folder (./runs, --runs or $RIPTUI_RUNS).
    """


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code. Nothing raised on purpose reaches the user as a traceback."""
    from riptui.cli.console import complain

    try:
        code = riptui.main(argv, prog_name="riptui", standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        complain(error.format_message(), hint=f"{context.command_path} --help" if context else "")
        return USAGE
    except RiptuiError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader, e.g. `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0
