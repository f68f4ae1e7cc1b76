"""Run a program in a real terminal on a virtual display, press keys and photograph the window. Also a command:

    python tests/support/terminal_photo.py xterm-sixel photo.png --keys Down question -- riptui ~/runs

It needs, from Debian: xterm kitty tmux xvfb xdotool x11-apps libgl1-mesa-dri fonts-dejavu-core.
"""

import argparse
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

PATIENCE = 25.0  # seconds: a terminal with software OpenGL takes its time
STILL = 0.4  # seconds without a change: nothing is being drawn any more
XTERM = (
    *("xterm", "-name", "photo", "-geometry", "{columns}x{rows}+0+0", "-fa", "DejaVu Sans Mono", "-fs", "{font}"),
    *("-b", "0", "-bw", "0", "+sb", "-u8", "-bg", "black", "-fg", "white"),
)
VT340 = (
    *("-ti", "vt340", "-xrm", "*decGraphicsID: vt340", "-xrm", "*numColorRegisters: 1024"),
    *("-xrm", "*maxGraphicSize: 3000x3000"),
)
KITTY = (
    *("kitty", "--config", "NONE", "--name", "photo", "-o", "remember_window_size=no", "-o", "window_padding_width=0"),
    *("-o", "initial_window_width={columns}c", "-o", "initial_window_height={rows}c", "-o", "font_size={font}"),
    *("-o", "font_family=DejaVu Sans Mono", "-o", "placement_strategy=top-left", "-o", "cursor_blink_interval=0"),
    *("-o", "linux_display_server=x11", "-o", "confirm_os_window_close=0", "-o", "update_check_interval=0"),
)
TMUX = ("tmux", "-L", "photo", "-f", "{conf}", "new-session")
OUTER_TMUX = (
    *("tmux", "-L", "outer", "-f", "{conf}", "new-session"),
    *("sh", "-c", 'unset TMUX TMUX_PANE; exec "$@"', "sh"),
)
TERMINALS = {
    "xterm-sixel": (*XTERM, *VT340, "-e"),
    "xterm-plain": (*XTERM, "-ti", "vt420", "-e"),
    "kitty": KITTY,
    "tmux-in-xterm": (*XTERM, *VT340, "-e", *TMUX),
    "tmux-in-kitty": (*KITTY, *TMUX),
}
NESTED = {
    "tmux-in-tmux-in-xterm": (*XTERM, *VT340, "-e", *OUTER_TMUX, *TMUX),
    "tmux-in-tmux-in-kitty": (*KITTY, *OUTER_TMUX, *TMUX),
}
TMUX_CONF = """\
set -g default-terminal tmux-256color
set -ga terminal-overrides ",*:RGB"
set -as terminal-features ",tmux*:sixel"
set -g allow-passthrough on
set -g status off
set -g escape-time 10
"""
WHEN_TMUX_KNOWS = """\
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(tmux display-message -p '#{client_termtype}')" ] && break
    sleep 0.1
done
exec "$@"
"""
"""Starts a program once the terminal has identified itself to tmux, as it has in every tmux that a person uses."""
HIDDEN = ("TMUX", "TMUX_PANE", "WAYLAND_DISPLAY", "NO_COLOR", "SSH_CONNECTION", "COLORTERM", "RIPTUI_GRAPHICS")


def missing(terminal: str) -> list[str]:
    """The programs that a photograph of this terminal needs and that are not installed."""
    command = (TERMINALS | NESTED)[terminal]
    needed = {"Xvfb", "xdotool", "xwd", command[0]} | ({"tmux"} & set(command))
    return sorted(name for name in needed if not shutil.which(name))


class Window:
    """A terminal's window, whose process is `terminal`."""

    def __init__(self, terminal: subprocess.Popen[bytes], environment: dict[str, str], size: tuple[int, int]) -> None:
        self._terminal, self._environment = terminal, environment
        self._number = self._opened()
        self._first = size, self.photo().size

    def press(self, *keys: str) -> None:
        """Press keys, by xdotool's names: g, Right, Escape, question."""
        self._call("xdotool", "key", *keys)

    def resize(self, columns: int, rows: int) -> None:
        (columns_at_first, rows_at_first), (width, height) = self._first
        width += (columns - columns_at_first) * (width // columns_at_first)  # the terminal's borders stay as they are
        height += (rows - rows_at_first) * (height // rows_at_first)
        self._call("xdotool", "windowsize", self._number, str(width), str(height))

    def photo(self) -> Pillow.Image:
        return read_dump(self._call("xwd", "-silent", "-id", self._number))

    def wait_for(
        self, true: Callable[[Pillow.Image], bool], *, still: float = STILL, seconds: float = PATIENCE
    ) -> Pillow.Image:
        """The first photograph of a still window for which `true` holds; else the last one."""
        until, since, before = time.monotonic() + seconds, time.monotonic(), self.photo()
        while (now := time.monotonic()) < until:
            photo = self.photo()
            if photo != before:
                since, before = now, photo
            elif now - since >= still and true(photo):
                break
            time.sleep(0.05)
        return before

    def at_rest(self) -> Pillow.Image:
        """A photograph after a pause in drawing that is long enough for a program to have reacted."""
        return self.wait_for(lambda photo: True, still=3 * STILL)

    def closed(self, *, seconds: float = PATIENCE) -> bool:
        """Whether the program ends within this time, and the window with it."""
        try:
            self._terminal.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _opened(self) -> str:
        """The window's number, once it is open and has the keyboard focus."""
        search = ["xdotool", "search", "--onlyvisible", "--classname", "^photo$"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._terminal.poll() is None:
            found = subprocess.run(search, env=self._environment, capture_output=True, text=True, timeout=20)
            if numbers := found.stdout.split():
                self._call("xdotool", "windowfocus", numbers[-1])
                return numbers[-1]
            time.sleep(0.05)
        raise RuntimeError(f"{self._terminal.args!r} showed no window within {PATIENCE:.0f} s")

    def _call(self, *command: str) -> bytes:
        done = subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=20)
        assert b"No such key" not in done.stderr, done.stderr  # then xdotool ends with 0
        return done.stdout


def read_dump(dump: bytes) -> Pillow.Image:
    """The picture that xwd wrote of a window with 24-bit colours."""
    header, _, _, _, width, height, _, _, _, _, _, bits, stride = struct.unpack(">13I", dump[:52])
    assert bits == 32, f"{bits} bits a pixel"
    colours = struct.unpack(">I", dump[76:80])[0]
    return Pillow.frombytes("RGB", (width, height), dump[header + 12 * colours :], "raw", "BGRX", stride)


@contextmanager
def window(
    terminal: str, program: Sequence[str | Path], *, size: tuple[int, int] = (100, 30), font: int = 10, **variables: str
) -> Iterator[Window]:
    """The program in a terminal of that name, of `size` columns and rows, with these variables set.

    All processes are ended afterwards.
    """
    with tempfile.TemporaryDirectory() as folder, display() as number:
        (conf := Path(folder, "tmux.conf")).write_text(TMUX_CONF)
        environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        environment |= {"DISPLAY": number, "TMUX_TMPDIR": folder, "LIBGL_ALWAYS_SOFTWARE": "1", "LC_ALL": "C.UTF-8"}
        given = {"conf": conf, "columns": size[0], "rows": size[1], "font": font}
        command = [part.format(**given) for part in (TERMINALS | NESTED)[terminal]]
        named = [f"{name}={value}" for name, value in variables.items()]
        later = ("sh", "-c", WHEN_TMUX_KNOWS, "sh") if "tmux" in terminal else ()
        process = started([*command, "env", *named, *later, *map(str, program)], environment)
        try:
            yield Window(process, environment, size)
        finally:
            for server in ("photo", "outer") if "tmux" in terminal else ():
                subprocess.run(["tmux", "-L", server, "kill-server"], env=environment, capture_output=True, timeout=20)
            ended(process)


@contextmanager
def display() -> Iterator[str]:
    """A virtual display's name. The user's own is left alone."""
    read, write = os.pipe()
    screen = ["-screen", "0", "2000x1400x24", "-nolisten", "tcp", "-noreset"]
    server = started(["Xvfb", "-displayfd", str(write), *screen], dict(os.environ), kept_open=write)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            yield ":" + pipe.readline().strip()
    finally:
        ended(server)


def started(command: list[str], environment: dict[str, str], kept_open: int | None = None) -> subprocess.Popen[bytes]:
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    kept = [] if kept_open is None else [kept_open]
    return subprocess.Popen(command, env=environment, start_new_session=True, pass_fds=kept, **quiet)


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a process and its process group."""
    for end in signal.SIGTERM, signal.SIGKILL:
        try:
            os.killpg(process.pid, end)
            process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.wait(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("terminal", choices=sorted(TERMINALS | NESTED))
    parser.add_argument("photo", type=Path)
    parser.add_argument("--keys", nargs="*", default=[], help="pressed one after another, each when the window rests")
    parser.add_argument("--size", default="100x30", help="columns x rows (default 100x30)")
    parser.add_argument("program", nargs="+", help="after --")
    asked = parser.parse_args()
    if lacking := missing(asked.terminal):
        sys.exit(f"not installed: {', '.join(lacking)}")
    columns, rows = map(int, asked.size.split("x"))
    with window(asked.terminal, asked.program, size=(columns, rows)) as seen:
        time.sleep(3)  # for the program to start
        for key in asked.keys:
            seen.at_rest()
            seen.press(key)
        seen.at_rest().save(asked.photo)


if __name__ == "__main__":
    main()
