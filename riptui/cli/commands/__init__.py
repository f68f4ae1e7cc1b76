"""The group of commands. The file NAME declares what can be typed; `riptui.cli.NAME` does the work."""

import sys

import rich_click as click

from riptui import __version__
from riptui.cli import COMMANDS, PANELS, UNLISTED_COMMANDS, is_folder
from riptui.cli.lazy import LazyGroup, lazy

warn = lazy("riptui.cli.console:warn")


@click.group(
    cls=LazyGroup,
    package=__name__,
    panels=PANELS,
    unlisted=UNLISTED_COMMANDS,
    epilog="Start with `riptui demo`. Exit codes: 0 done, 1 failed while running, 2 bad input or usage, 129 hang-up, "
    "130 Ctrl-C, 143 SIGTERM.",
)
@click.rich_config(
    help_config=click.RichHelpConfiguration(text_paragraph_linebreaks="\n\n", padding_helptext_first_line=(0, 0, 1, 0))
)
@click.version_option(__version__, "-V", "--version", message="riptui %(version)s")
def riptui() -> None:
    """Recursive InPainting (RIP): how far does a picture drift when it is repainted square by square, again and again?

    A trajectory is one picture repainted with one mask size, seed and inpainter: all its frames, and how far each is
    from the original. Trajectories are saved in a runs folder: ./runs, or set by --runs, $RIPTUI_RUNS or `riptui
    config`.

    `riptui` alone, or `riptui RUNS`, opens the app, as `riptui browse` does.
    """


def run_command_line(argv: list[str]) -> int:
    code = riptui.main(expand_aliases(argv), prog_name="riptui", standalone_mode=False)
    sys.stdout.flush()
    _warn_of_full_gpu()
    return code if isinstance(code, int) else 0


def _warn_of_full_gpu() -> None:
    """Say what the command computed on the CPU because a GPU had no memory left, unless its events said so."""
    if fallback := sys.modules.get("riptui.features.cpu_fallback"):  # importing it would take 30 ms
        for text in fallback.take_unsaid():
            warn(text)


def expand_aliases(argv: list[str]) -> list[str]:
    """`riptui`, `riptui RUNS`, `riptui --select PATH` and `riptui --runs RUNS` mean `riptui browse ...`."""
    if not argv:
        return ["browse"]
    first = argv[0]
    is_command = first in COMMANDS or first in UNLISTED_COMMANDS
    is_browse = first.partition("=")[0] in ("--select", "--graphics", "--runs") or (not is_command and is_folder(first))
    return ["browse", *argv] if is_browse else argv
