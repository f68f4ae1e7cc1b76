"""Out of the app: files for others, the clipboard, other metrics, a shell."""

import os
import subprocess
import sys
import tempfile

from textual.app import SuspendNotSupported

from riptui import spec
from riptui.metrics import REGISTRY
from riptui.metrics.availability import DEFAULT, lack
from riptui.store.trajectory import Trajectory
from riptui.tui.commands.command_line import command
from riptui.tui.commands.exporting import ExportScreen
from riptui.tui.commands.subject import Subject
from riptui.tui.dialogs import Choice, OneOf, SomeOf
from riptui.wording import counted

MEASURE = (sys.executable, "-m", "riptui", "measure")
TOLD = 300  # characters of what went wrong


async def export(about: Subject) -> None:
    """Files; the path of what was written goes to the clipboard too."""
    trajectories = [Trajectory(about.runs / path) for path in about.paths]
    if not trajectories:
        return
    written = await about.ask(ExportScreen(trajectories, about.runs))
    if written:
        paths = [str(path.absolute()) for path in written]
        _copy(about, "\n".join(paths))
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        about.tell(f"{paths[0]}{more} (the path is in the clipboard)")


async def copy(about: Subject) -> None:
    """The path, the command line or the spec, to the terminal's clipboard."""
    if not about.place:
        return
    path = about.runs.absolute() / about.place
    if about.is_group:
        _copy(about, str(path))
        about.tell(f"copied: {path}")
        return
    trajectory = Trajectory(path)
    told = await about.in_thread(lambda: trajectory.spec)
    choices = [
        Choice("p", f"path: {path}", str(path)),
        Choice("c", f"command line: {command(told)}", command(told)),
        Choice("s", "spec, as JSON", spec.encode(told).decode()),
    ]
    chosen = await about.ask(OneOf("Copy", choices))
    if chosen is not None:
        _copy(about, chosen)
        what = next(choice.label.partition(":")[0] for choice in choices if choice.answer == chosen)
        about.tell(f"copied: {what}")


async def measure(about: Subject) -> None:
    """More metrics of the saved frames, by a process of its own, which goes on when the app ends."""
    if not about.place:
        return
    lacks = await about.in_thread(lambda: {name: found.reason for name in REGISTRY if (found := lack(name))})
    names = await about.ask(SomeOf("Measure", list(REGISTRY), chosen=DEFAULT, barred=lacks))
    if not names:
        return
    count = counted(len(about.paths), "trajectory")
    paths = about.paths if about.outline.filter else [about.place]
    words = [*MEASURE, "--metrics", ",".join(names), "--display", "none", "--"]
    words += [str(about.runs / path) for path in paths]
    about.tell(f"measuring {count}: {', '.join(names)}")
    about.app.run_worker(_measure(about, words, count), exit_on_error=False)


async def _measure(about: Subject, words: list[str], count: str) -> None:
    """To its end. What the process has to say goes to a file: a pipe would end with the app."""

    def wait() -> tuple[int, str]:
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
            code = process.wait()
            said.seek(0)
            return code, said.read().decode(errors="replace").strip()

    code, said = await about.in_thread(wait)
    if code:
        about.tell(f"measuring {count} failed: {said[-TOLD:] or f'exit code {code}'}", "error")
    else:
        about.tell(f"{count} measured")


async def shell(about: Subject) -> None:
    """A shell in the folder under the cursor; the app comes back when it ends."""
    folder = about.runs / about.place
    program = os.environ.get("SHELL") or "/bin/sh"
    try:
        with about.app.suspend():
            sys.stdout.write(f"{folder}\nexit comes back to riptui\n")
            sys.stdout.flush()
            subprocess.run([program], cwd=folder, check=False)
    except SuspendNotSupported:
        about.tell("this terminal cannot be left for a shell", "warning")
    except OSError as error:
        about.tell(f"{program} did not start in {folder}: {error.strerror}", "error")


def _copy(about: Subject, text: str) -> None:
    about.app.copy_to_clipboard(text.encode(errors="replace").decode())  # a path may be no text
