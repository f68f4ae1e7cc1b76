"""Query the terminal before Textual starts reading the keyboard.

All queries are sent in one write. Every terminal answers the last one, DA1, and answers in order, so its reply is the
last. All replies are read here, so none becomes a key press.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Mapping
from dataclasses import replace

from riptui.graphics.capabilities import (
    UNQUERIED_TERMS,
    Terminal,
    TerminalReplies,
    TmuxClient,
    choose_protocol,
    read_replies,
)

PROTOCOL_VARIABLE = "RIPTUI_GRAPHICS"
TIMEOUT_SECONDS = 2.0  # round trips of 500 ms were tested; a terminal that never answers delays the start by this

_XTVERSION = b"\x1b[>0q"
_KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL = b"\x1b[16t"
_BACKGROUND = b"\x1b]11;?\x1b\\"
_DA1 = b"\x1b[c"
QUERIES = _XTVERSION + _KITTY + _CELL + _BACKGROUND + _DA1
TMUX_QUERIES = QUERIES.replace(_KITTY, b"")
"""tmux answers nothing to kitty's query and makes it the title of the pane."""


def probe(
    requested: str = "", *, environment: Mapping[str, str] = os.environ, stdin: int = 0, stdout: int = 1
) -> Terminal:
    """Query the terminal and choose its protocol: `requested`, else $RIPTUI_GRAPHICS, else the best.

    Takes a round trip, at most `TIMEOUT_SECONDS`. Raises ValueError for an unknown protocol.
    """
    requested = requested or environment.get(PROTOCOL_VARIABLE, "") or "auto"
    if not (os.isatty(stdin) and os.isatty(stdout)):
        return choose_protocol(TerminalReplies(), environment, None, requested, at_terminal=False)
    in_tmux = bool(environment.get("TMUX"))
    silent = environment.get("TERM", "") in UNQUERIED_TERMS
    replies = (
        TerminalReplies()
        if silent
        else read_replies(_query_terminal(stdin, stdout, TMUX_QUERIES if in_tmux else QUERIES))
    )
    if not replies.cell:  # xterm as a VT340 does not report it
        replies = replace(replies, cell=cell_from_window(stdin))
    tmux = _query_tmux(environment) if in_tmux else None
    return choose_protocol(replies, environment, tmux, requested)


def _query_terminal(stdin: int, stdout: int, queries: bytes) -> bytes:
    """Send the queries and return the bytes received."""
    saved = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin, termios.TCSANOW)  # no echo: replies must not appear on the screen
        os.write(stdout, queries)
        return _read_until_done(stdin)
    finally:
        termios.tcsetattr(stdin, termios.TCSAFLUSH, saved)


def _read_until_done(stdin: int) -> bytes:
    data = b""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not read_replies(data).attributes and (remaining := deadline - time.monotonic()) > 0:
        if select.select([stdin], [], [], remaining)[0]:
            chunk = os.read(stdin, 4096)
            if not chunk:  # the terminal is gone
                break
            data += chunk
    return data


def _query_tmux(environment: Mapping[str, str]) -> TmuxClient | None:
    question = "#{client_termtype}\n#{client_termfeatures}\n#{allow-passthrough}"
    pane = environment.get("TMUX_PANE", "")
    command = ["tmux", "display-message", "-p", *(["-t", pane] if pane else []), question]
    try:
        completed = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=dict(environment)
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line.strip() for line in completed.stdout.split("\n")]
    if completed.returncode or len(lines) < 3:
        return None
    return TmuxClient(lines[0], frozenset(lines[1].split(",")) - {""}, lines[2] in ("on", "all", "1"))


def cell_from_window(descriptor: int = 0) -> tuple[int, int] | None:
    """The window's pixels per cell, if the terminal reports them; rounded down, because borders may be included."""
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("4H", answer)
    return (width // columns, height // rows) if min(rows, columns, width, height) > 0 else None


def main() -> None:
    """Print what a terminal supports: `python -m riptui.graphics.probe`."""
    sys.stdout.write(f"{probe()}\n")


if __name__ == "__main__":
    main()
