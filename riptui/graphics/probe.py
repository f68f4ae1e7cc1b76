"""Queries the terminal before Textual starts to read the keyboard.

All queries are sent in one write. Terminals answer in order, and all answer the last query, DA1, so we read until its
reply. No reply is left to become a key press.
"""

import fcntl
import os
import select
import struct
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
from riptui.graphics.tmux import ask_tmux, wrap_for_tmux

PROTOCOL_VARIABLE = "RIPTUI_GRAPHICS"
TIMEOUT_SECONDS = 2.0  # round trips of 500 ms were tested; without an answer the start takes this long

_XTVERSION = b"\x1b[>0q"
_KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL = b"\x1b[16t"
_BACKGROUND = b"\x1b]11;?\x1b\\"
_DA1 = b"\x1b[c"
QUERIES = _XTVERSION + _KITTY + _CELL + _BACKGROUND + _DA1
TMUX_QUERIES = QUERIES.replace(_KITTY, b"")
"""Without kitty's query, which tmux does not answer and takes for the title of the pane."""
TMUX_TERMS = ("tmux", "screen")  # how TERM starts in tmux, also at the other end of SSH
MAX_TMUX_LEVELS = 4
OUTSIDE_TIMEOUT_SECONDS = 1.0  # there is no answer where a tmux has passthrough off


def outside_queries(levels: int) -> bytes:
    """Queries for the terminal around so many tmux. Without kitty's: another tmux would take it for a title."""
    return wrap_for_tmux((_XTVERSION + _CELL + _DA1).decode(), tmux=levels).encode()


def probe(
    requested: str = "", *, environment: Mapping[str, str] = os.environ, stdin: int = 0, stdout: int = 1
) -> Terminal:
    """Query the terminal and choose its protocol: `requested`, else $RIPTUI_GRAPHICS, else the best.

    Takes a round trip, at most TIMEOUT_SECONDS; where tmux is in tmux, or at the other end of SSH, one more for each,
    at most OUTSIDE_TIMEOUT_SECONDS. Raises ValueError for an unknown protocol.
    """
    requested = requested or environment.get(PROTOCOL_VARIABLE, "") or "auto"
    if not (os.isatty(stdin) and os.isatty(stdout)):
        return choose_protocol(TerminalReplies(), environment, None, requested, at_terminal=False)
    silent = environment.get("TERM", "") in UNQUERIED_TERMS
    may_be_tmux = bool(environment.get("TMUX")) or environment.get("TERM", "").startswith(TMUX_TERMS)
    queries = TMUX_QUERIES if may_be_tmux else QUERIES
    replies = TerminalReplies() if silent else read_replies(_query_terminal(stdin, stdout, queries, TIMEOUT_SECONDS))
    tmux = _query_tmux(environment) if environment.get("TMUX") else None
    if tmux and tmux.is_nested and tmux.passthrough and tmux.is_active and not silent:
        tmux = _look_outside(2, stdin, stdout, tmux) or tmux
    elif not tmux and replies.name == "tmux":  # it runs at the other end of SSH
        tmux = _look_outside(1, stdin, stdout)
    if not replies.cell:  # xterm as a VT340 does not answer that query
        replies = replace(replies, cell=cell_from_window(stdin))
    return choose_protocol(replies, environment, tmux, requested)


def _look_outside(first_level: int, stdin: int, stdout: int, tmux: TmuxClient | None = None) -> TmuxClient | None:
    """Query the terminal around so many tmux, or more. Each passes the replies, as keys, to its active pane.

    None if nothing answers because one of them does not forward the queries, and beyond MAX_TMUX_LEVELS.
    """
    for level in range(first_level, MAX_TMUX_LEVELS + 1):
        replies = read_replies(_query_terminal(stdin, stdout, outside_queries(level), OUTSIDE_TIMEOUT_SECONDS))
        if not replies.answered:
            return None
        if replies.name != "tmux":
            features = frozenset({"sixel"} if 4 in replies.attributes else ())
            return replace(tmux or TmuxClient("", features, passthrough=True), levels=level, outermost=replies)
    return None


def _query_terminal(stdin: int, stdout: int, queries: bytes, seconds: float) -> bytes:
    """Send queries; return the bytes received until the reply to DA1, or for so many seconds."""
    saved = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin, termios.TCSANOW)  # no echo: replies must not appear on the screen
        os.write(stdout, queries)
        return _read_until_done(stdin, seconds)
    finally:
        termios.tcsetattr(stdin, termios.TCSAFLUSH, saved)


def _read_until_done(stdin: int, seconds: float) -> bytes:
    data = b""
    deadline = time.monotonic() + seconds
    while not read_replies(data).attributes and (remaining := deadline - time.monotonic()) > 0:
        if select.select([stdin], [], [], remaining)[0]:
            chunk = os.read(stdin, 4096)
            if not chunk:  # the terminal is gone
                break
            data += chunk
    return data


def _query_tmux(environment: Mapping[str, str]) -> TmuxClient | None:
    question = "#{client_termtype}\n#{client_termfeatures}\n#{allow-passthrough}\n#{pane_active}#{window_active}"
    lines = [line.strip() for line in ask_tmux(question, environment).split("\n")]
    if len(lines) < 4:
        return None
    client, features, passthrough, active = lines[:4]
    found = TmuxClient(client, frozenset(features.split(",")) - {""}, passthrough in ("on", "all", "1"), active == "11")
    return replace(found, levels=2) if found.is_nested else found


def cell_from_window(descriptor: int = 0) -> tuple[int, int] | None:
    """(width, height) of a cell in pixels, from the window's size; None if the terminal does not report it.

    Rounded down, because the window's borders may be included.
    """
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("4H", answer)
    return (width // columns, height // rows) if min(rows, columns, width, height) > 0 else None


def main() -> None:
    """Print what the terminal supports: `python -m riptui.graphics.probe`."""
    sys.stdout.write(f"{probe()}\n")


if __name__ == "__main__":
    main()
