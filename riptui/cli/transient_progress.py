"""Progress bars that vanish when they end."""

from rich.progress import Progress, ProgressColumn

from riptui.cli.console import err, out


def transient_progress(*columns: ProgressColumn, hidden: bool = False) -> Progress:
    """Bars below the printed lines on a terminal, else on stderr; printed lines stay on stdout."""
    console = out if out.is_terminal else err
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=hidden or not console.is_terminal,
        redirect_stdout=False,  # Rich would send it to stderr with the bars
        redirect_stderr=False,
    )
