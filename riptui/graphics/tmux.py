"""Escape sequences through tmux, which forwards them if allow-passthrough is on and the terminal takes them in time."""

import os
import subprocess
from collections.abc import Mapping

ANSWER_SECONDS = 2.0


def wrap_for_tmux(sequence: str, *, tmux: int) -> str:
    """Wrap an escape sequence for the terminal around so many tmux, once for each."""
    for _ in range(tmux):
        sequence = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence


def ask_tmux(question: str, environment: Mapping[str, str] = os.environ) -> str:
    """A text in tmux's format language, filled in for our pane; "" if tmux does not answer."""
    pane = environment.get("TMUX_PANE", "")
    command = ["tmux", "display-message", "-p", *(["-t", pane] if pane else []), question]
    try:
        completed = subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_SECONDS, env=dict(environment)
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if completed.returncode else completed.stdout


def count_discarded() -> int:
    """How many bytes tmux has thrown away so far because the terminal was too slow for them; 0 if it does not say.

    It then draws all text anew, but what it only forwards is lost, also while it draws.
    """
    answer = ask_tmux("#{client_discarded}").strip()
    return int(answer) if answer.isdecimal() else 0
