"""`riptui doctor` on the terminal: how pictures are shown, and what to do where they could be better."""

import pytest

from riptui.cli import doctor
from riptui.graphics.capabilities import Terminal

NESTED = "tmux in tmux on an unknown terminal; for pictures: tmux set -g allow-passthrough on, in both"


@pytest.mark.parametrize(
    ("terminal", "expected"),
    [
        (Terminal("kitty", "kitty 0.41"), ("ok", "pictures: kitty; kitty 0.41", "")),
        (
            Terminal("halfblock", NESTED),
            (
                "note",
                "pictures: half blocks; tmux in tmux on an unknown terminal",
                "tmux set -g allow-passthrough on, in both",
            ),
        ),
    ],
)
def test_how_pictures_are_shown(
    terminal: Terminal, expected: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "probe", lambda asked: terminal)
    assert doctor.check_pictures() == expected


def test_a_wrong_variable_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(asked: str) -> Terminal:
        raise ValueError("unknown graphics protocol 'x': use auto")

    monkeypatch.setattr(doctor, "probe", refuse)
    assert doctor.check_pictures() == (
        "bad",
        "pictures: unknown graphics protocol 'x': use auto",
        "unset RIPTUI_GRAPHICS",
    )
