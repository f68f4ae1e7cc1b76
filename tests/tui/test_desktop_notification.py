"""A word to the desktop, as the terminal gets it."""

from riptui.tui.desktop_notification import MAX_CHARACTERS, notification_sequence


def test_it_is_one_sequence_whatever_the_text_holds() -> None:
    sent = notification_sequence("riptui: a\x07b\x1b\\c\u202e: done", tmux=False)
    assert sent == "\x1b]9;riptui: a\\x07b\\x1b\\c\\u202e: done\x07"


def test_a_long_one_is_cut() -> None:
    assert len(notification_sequence("x" * 1000, tmux=False)) == MAX_CHARACTERS + len("\x1b]9;\x07")


def test_tmux_is_asked_to_hand_it_on() -> None:
    assert notification_sequence("done", tmux=True) == "\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\"
