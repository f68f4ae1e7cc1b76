"""Escape sequences through tmux, which forwards them if allow-passthrough is on."""


def wrap_for_tmux(sequence: str, *, tmux: int) -> str:
    """An escape sequence for the terminal around so many tmux: wrapped once for each of them."""
    for _ in range(tmux):
        sequence = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence
