"""What tmux is to hand on to the terminal outside as it is; it does where allow-passthrough is on."""


def wrap_for_tmux(sequence: str, *, tmux: bool) -> str:
    """An escape sequence for the terminal outside; tmux: whether tmux stands between."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else sequence
