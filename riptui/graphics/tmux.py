"""Escape sequences for the terminal around tmux, which forwards them if allow-passthrough is on."""


def wrap_for_tmux(sequence: str, *, tmux: int) -> str:
    """Wrap an escape sequence for the terminal around so many tmux, once for each."""
    for _ in range(tmux):
        sequence = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence
