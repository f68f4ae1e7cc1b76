"""Desktop notifications by OSC 9, which kitty, WezTerm, Ghostty, foot and iTerm2 show."""

from riptui.graphics.tmux import wrap_for_tmux
from riptui.text.terminal import printable

MAX_CHARACTERS = 250  # some terminals take no more


def notification_sequence(text: str, *, tmux: int) -> str:
    """The escape sequence for a notification. The text must not begin with a digit: OSC 9;4 is a progress bar."""
    return wrap_for_tmux(f"\x1b]9;{printable(text)[:MAX_CHARACTERS]}\x07", tmux=tmux)
