"""A word to the desktop of a person who looks elsewhere: OSC 9, which kitty, WezTerm, Ghostty, foot and iTerm2 show."""

from riptui.terminal import printable
from riptui.tui.graphics.passthrough import outwards

LONGEST = 250  # characters; some terminals take no more


def notification(text: str, *, tmux: bool) -> str:
    """What makes the terminal show a line of text. It must not begin with a digit: 9;4 is a progress bar elsewhere."""
    return outwards(f"\x1b]9;{printable(text)[:LONGEST]}\x07", tmux=tmux)
