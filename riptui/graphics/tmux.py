"""Escape sequences through tmux, which forwards them if allow-passthrough is on."""


def wrap_for_tmux(sequence: str, *, tmux: bool) -> str:
    """An escape sequence for the outer terminal, wrapped if the app runs in tmux."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else sequence
