"""A word to the desktop, as the terminal gets it."""

from riptui.tui.notification import LONGEST, notification


def test_it_is_one_sequence_whatever_the_text_holds() -> None:
    sent = notification("riptui: a\x07b\x1b\\c\u202e: done", tmux=False)
    assert sent == "\x1b]9;riptui: a\\x07b\\x1b\\c\\u202e: done\x07"


def test_a_long_one_is_cut() -> None:
    assert len(notification("x" * 1000, tmux=False)) == LONGEST + len("\x1b]9;\x07")


def test_tmux_is_asked_to_hand_it_on() -> None:
    assert notification("done", tmux=True) == "\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\"
