"""Run a program in a real terminal on a virtual display, press keys, and photograph the window. Anyone may use it:

    python tests/terminal_photo.py xterm-sixel photo.png -- riptui ~/runs

It needs, from Debian: xterm kitty tmux xvfb xdotool imagemagick libgl1-mesa-dri fonts-dejavu-core.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image as Pillow

COLUMNS, ROWS = 100, 30
XTERM = (
    *("xterm", "-name", "photo", "-geometry", f"{COLUMNS}x{ROWS}+0+0", "-fa", "DejaVu Sans Mono", "-fs", "10"),
    *("-b", "0", "+sb", "-u8", "-bg", "black", "-fg", "white"),
)
VT340 = ("-ti", "vt340", "-xrm", "*decGraphicsID: vt340", "-xrm", "*numColorRegisters: 1024")
KITTY = (
    *("kitty", "--config", "NONE", "--name", "photo", "-o", "remember_window_size=no", "-o", "window_padding_width=0"),
    *("-o", f"initial_window_width={COLUMNS}c", "-o", f"initial_window_height={ROWS}c"),
    *("-o", "linux_display_server=x11", "-o", "confirm_os_window_close=0", "-o", "update_check_interval=0"),
)
TMUX = ("tmux", "-L", "photo", "-f", "{conf}", "new-session")
TERMINALS = {
    "xterm-sixel": (*XTERM, *VT340, "-e"),
    "xterm-plain": (*XTERM, "-ti", "vt420", "-e"),
    "kitty": KITTY,
    "tmux-in-xterm": (*XTERM, *VT340, "-e", *TMUX),
    "tmux-in-kitty": (*KITTY, *TMUX),
}
TMUX_CONF = (
    'set -g default-terminal "tmux-256color"\nset -ga terminal-overrides ",*:RGB"\nset -g allow-passthrough on\n'
)
HIDDEN = ("TMUX", "TMUX_PANE", "WAYLAND_DISPLAY", "NO_COLOR", "SSH_CONNECTION", "COLORTERM", "RIPTUI_GRAPHICS")


def missing(terminal: str) -> list[str]:
    """The programs that a photograph of this terminal needs and that are not installed."""
    needed = {"Xvfb", "xdotool", "import", TERMINALS[terminal][0]} | (
        {"tmux"} if terminal.startswith("tmux") else set()
    )
    return sorted(name for name in needed if not shutil.which(name))


class Window:
    """A terminal's window. Its program is `program`'s child."""

    def __init__(self, environment: dict[str, str], number: str) -> None:
        self._environment, self._number = environment, number

    def press(self, *keys: str) -> None:
        """Keys by xdotool's names: g, Right, Escape."""
        self._call("xdotool", "key", *keys)

    def photo(self, path: Path) -> Pillow.Image:
        self._call("import", "-silent", "-window", self._number, f"png:{path}")
        return Pillow.open(path).convert("RGB")

    def photo_at_rest(self, path: Path, *, seconds: float = 20.0) -> Pillow.Image:
        """A photograph that looks as one half a second before: nothing is being drawn any more."""
        before, until = None, time.monotonic() + seconds
        while (photo := self.photo(path)) != before and time.monotonic() < until:
            before = photo
            time.sleep(0.5)
        return photo

    def _call(self, *command: str) -> None:
        subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=20)


@contextmanager
def window(terminal: str, program: Sequence[str | Path], **variables: str) -> Iterator[Window]:
    """The program in a terminal of that name, with these variables set. What was started is ended afterwards."""
    with tempfile.TemporaryDirectory() as folder, display() as number:
        (conf := Path(folder, "tmux.conf")).write_text(TMUX_CONF)
        environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        environment |= {"DISPLAY": number, "TMUX_TMPDIR": folder, "LIBGL_ALWAYS_SOFTWARE": "1", "LC_ALL": "C.UTF-8"}
        command = [part.format(conf=conf) for part in TERMINALS[terminal]]
        given = [f"{name}={value}" for name, value in variables.items()]
        process = started([*command, "env", *given, *map(str, program)], environment)
        try:
            yield Window(environment, opened(environment, process))
        finally:
            if "tmux" in terminal:
                subprocess.run(["tmux", "-L", "photo", "kill-server"], env=environment, capture_output=True, timeout=20)
            ended(process)


@contextmanager
def display() -> Iterator[str]:
    """A virtual display's name. The user's own is left alone."""
    read, write = os.pipe()
    screen = ["-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]
    server = started(["Xvfb", "-displayfd", str(write), *screen], dict(os.environ), kept_open=write)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            yield ":" + pipe.readline().strip()
    finally:
        ended(server)


def started(command: list[str], environment: dict[str, str], kept_open: int | None = None) -> subprocess.Popen[bytes]:
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    kept = [] if kept_open is None else [kept_open]
    return subprocess.Popen(command, env=environment, start_new_session=True, pass_fds=kept, **quiet)


def ended(process: subprocess.Popen[bytes]) -> None:
    """With all of its group, which is its own."""
    for end in signal.SIGTERM, signal.SIGKILL:
        try:
            os.killpg(process.pid, end)
            process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.wait(5)


def opened(environment: dict[str, str], process: subprocess.Popen[bytes], seconds: float = 20.0) -> str:
    """The window's number, once it is there and has the keyboard."""
    search = ["xdotool", "search", "--onlyvisible", "--classname", "^photo$"]
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if found := subprocess.run(search, env=environment, capture_output=True, text=True, timeout=20).stdout.split():
            subprocess.run(["xdotool", "windowfocus", found[-1]], env=environment, check=True, timeout=20)
            return found[-1]
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} showed no window within {seconds:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("terminal", choices=sorted(TERMINALS))
    parser.add_argument("photo", type=Path)
    parser.add_argument("--keys", nargs="*", default=[], help="pressed one after another, each when the window rests")
    parser.add_argument("program", nargs="+", help="after --")
    asked = parser.parse_args()
    if lacking := missing(asked.terminal):
        sys.exit(f"not installed: {', '.join(lacking)}")
    with window(asked.terminal, asked.program) as seen:
        time.sleep(3)  # for the program to start
        seen.photo_at_rest(asked.photo)
        for key in asked.keys:
            seen.press(key)
            seen.photo_at_rest(asked.photo)


if __name__ == "__main__":
    main()
