"""A word to the desktop of a person who looks elsewhere: OSC 9, which kitty, WezTerm, Ghostty, foot and iTerm2 show."""

from riptui.text.terminal import printable
from riptui.tui.graphics.tmux import wrap_for_tmux

MAX_CHARACTERS = 250  # characters; some terminals take no more


def notification_sequence(text: str, *, tmux: bool) -> str:
    """What makes the terminal show a line of text. It must not begin with a digit: 9;4 is a progress bar elsewhere."""
    return wrap_for_tmux(f"\x1b]9;{printable(text)[:MAX_CHARACTERS]}\x07", tmux=tmux)
