"""Who the terminal is: the right choice at any round trip, and no reply that becomes a key press."""

import os
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from riptui.graphics import probe as probing
from riptui.graphics.capabilities import TerminalReplies, TmuxClient, choose_protocol, read_replies
from riptui.graphics.probe import TMUX_QUERIES, outside_queries, probe
from tests.support import fake_terminal as fakes
from tests.support.fake_terminal import ENVIRONMENT, fake_terminal, running_app


def probed(replies: bytes, *, delay: float = 0.0, piece: int = 65536, asked: str = "") -> Any:
    with fake_terminal(replies, delay=delay, piece=piece) as terminal:
        before = termios.tcgetattr(terminal.inside)
        found = probe(asked, environment=ENVIRONMENT, stdin=terminal.inside, stdout=terminal.inside)
        assert termios.tcgetattr(terminal.inside) == before
        return found


# --- the choice


@pytest.mark.parametrize(
    ("replies", "protocol", "why"),
    [
        (fakes.KITTY, "kitty", "kitty 0.41.1 supports kitty graphics with placeholders"),
        (fakes.OLD_KITTY, "halfblock", "kitty 0.26.5 supports kitty graphics, but without reliable placeholders"),
        (fakes.XTERM, "sixel", "XTerm 398 supports sixel"),
        (fakes.WEZTERM, "sixel", "WezTerm 20240203-110809 supports sixel"),
        (fakes.DA1, "halfblock", "this terminal (TERM=xterm-256color) supports neither"),
        (fakes.SIXEL_DA1, "halfblock", "does not report its cell size"),
    ],
)
def test_a_terminal_gets_the_best_that_it_can_show(replies: bytes, protocol: str, why: str) -> None:
    terminal = probed(replies)
    assert (terminal.protocol, why in terminal.reason) == (protocol, True), terminal.reason


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.15, 0.5])
@pytest.mark.parametrize("replies", [fakes.KITTY, fakes.XTERM])
def test_a_slow_link_changes_nothing(replies: bytes, delay: float) -> None:
    assert probed(replies, delay=delay) == probed(replies)


@pytest.mark.slow
def test_replies_in_pieces_are_put_together() -> None:
    assert probed(fakes.KITTY, piece=1) == probed(fakes.KITTY)


@pytest.mark.slow
def test_a_terminal_that_never_answers_gets_half_blocks_and_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "TIMEOUT_SECONDS", 0.2)
    started = time.monotonic()
    terminal = probed(b"")
    assert (terminal.protocol, "did not answer" in terminal.reason) == ("halfblock", True)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "garbage", [b"\x1b[?;;c", b"\xff\xfe\x1bP>|\x1b\\", b"hello\x1b[A", b"\x1b[6;0;0t", b"\x1bP>|x"]
)
def test_garbage_between_the_replies_does_no_harm(garbage: bytes) -> None:
    assert probed(garbage + fakes.XTERM).protocol == "sixel"


def test_what_the_terminal_calls_itself_is_made_printable() -> None:
    replies = read_replies(b"\x1bP>|ev\x07il(\x9b1)\x1b\\" + fakes.SIXEL_DA1)
    assert replies.name.isprintable()
    assert replies.version.isprintable()


def test_the_replies_tell_the_cell_and_the_background() -> None:
    light = fakes.XTERM.replace(b"0000/0000/0000", b"ffff/ffff/eeee")
    assert (probed(fakes.XTERM).cell, probed(fakes.XTERM).background) == ((9, 18), (0, 0, 0))
    assert probed(light).background == (255, 255, 238)


@pytest.mark.slow
def test_late_replies_are_gone_when_the_probe_returns() -> None:
    with fake_terminal(fakes.KITTY, delay=0.3) as terminal:
        probe(environment=ENVIRONMENT, stdin=terminal.inside, stdout=terminal.inside)
        os.set_blocking(terminal.inside, False)
        with pytest.raises(BlockingIOError):
            os.read(terminal.inside, 1)


def test_nothing_is_asked_where_it_would_be_printed() -> None:
    for term in ("linux", "dumb", ""):
        with fake_terminal(fakes.KITTY) as terminal:
            found = probe(environment=ENVIRONMENT | {"TERM": term}, stdin=terminal.inside, stdout=terminal.inside)
            assert found.protocol == ("halfblock" if term == "linux" else "off")
            assert not terminal.written


def test_without_a_terminal_pictures_are_off() -> None:
    read, write = os.pipe()
    try:
        assert probe(environment=ENVIRONMENT, stdin=read, stdout=write).reason == "stdin or stdout is not a terminal"
    finally:
        os.close(read)
        os.close(write)


# --- asked for


def test_what_is_asked_for_wins_and_the_own_choice_is_told() -> None:
    terminal = probed(fakes.KITTY, asked="halfblock")
    assert terminal.protocol == "halfblock"
    assert terminal.reason == "set by you; auto would use: kitty 0.41.1 supports kitty graphics with placeholders"
    assert probed(fakes.DA1, asked="sixel").offered == ("sixel", "halfblock")


def test_the_variable_asks_too_and_the_option_goes_before_it() -> None:
    environment = ENVIRONMENT | {"RIPTUI_GRAPHICS": "off"}
    with fake_terminal(fakes.XTERM) as terminal:
        both: dict[str, Any] = {"environment": environment, "stdin": terminal.inside, "stdout": terminal.inside}
        assert probe(**both).protocol == "off"
    with fake_terminal(fakes.XTERM) as terminal:
        both = {"environment": environment, "stdin": terminal.inside, "stdout": terminal.inside}
        assert probe("auto", **both).protocol == "sixel"


def test_an_unknown_protocol_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"'ascii': use auto, kitty, sixel, halfblock, off"):
        choose_protocol(TerminalReplies(), ENVIRONMENT, None, "ascii")


# --- tmux

IN_TMUX = read_replies(b"\x1bP>|tmux 3.5a\x1b\\" + fakes.CELL + fakes.SIXEL_DA1)


@pytest.mark.parametrize(
    ("client", "features", "passthrough", "protocol"),
    [
        ("kitty(0.41.1)", {"RGB"}, True, "kitty"),
        ("kitty(0.41.1)", {"RGB", "sixel"}, False, "halfblock"),
        ("kitty(0.26.5)", {"RGB"}, True, "halfblock"),
        ("XTerm(398)", {"sixel"}, False, "sixel"),
        ("XTerm(398)", set(), True, "halfblock"),
        ("", set(), False, "halfblock"),
    ],
)
def test_inside_tmux_the_terminal_outside_decides(
    client: str, features: set[str], passthrough: bool, protocol: str
) -> None:
    terminal = choose_protocol(IN_TMUX, ENVIRONMENT, TmuxClient(client, frozenset(features), passthrough))
    assert (terminal.protocol, terminal.tmux) == (protocol, True)


@pytest.mark.slow
def test_a_tmux_that_cannot_be_asked_gets_half_blocks(tmp_path: Path) -> None:
    with fake_terminal(b"\x1bP>|tmux 3.5a\x1b\\" + fakes.CELL + fakes.SIXEL_DA1) as terminal:
        environment = ENVIRONMENT | {"TMUX": f"{tmp_path}/none,1,0", "PATH": str(tmp_path)}
        found = probe(environment=environment, stdin=terminal.inside, stdout=terminal.inside)
    assert (found.protocol, found.tmux) == ("halfblock", True)


def test_a_tmux_that_was_built_without_sixel_says_so() -> None:
    built_without = read_replies(b"\x1bP>|tmux 3.5a\x1b\\" + fakes.CELL + b"\x1b[?1;2c")
    terminal = choose_protocol(built_without, ENVIRONMENT, TmuxClient("XTerm(398)", frozenset({"sixel"}), False))
    assert terminal.protocol == "halfblock"
    assert (
        terminal.reason == "tmux on XTerm(398), which takes sixel; tmux does too from 3.4 on, if it was built with it"
    )


KITTY_AROUND, XTERM_AROUND = read_replies(fakes.KITTY), read_replies(fakes.XTERM)


@pytest.mark.parametrize(
    ("around", "features", "levels", "protocol", "reason"),
    [
        (KITTY_AROUND, set(), 2, "kitty", "tmux in tmux on kitty 0.41.1, with allow-passthrough"),
        (KITTY_AROUND, {"sixel"}, 3, "kitty", "tmux in tmux in tmux on kitty 0.41.1, with allow-passthrough"),
        (XTERM_AROUND, {"sixel"}, 2, "sixel", "tmux in tmux on XTerm 398, with sixel"),
        (XTERM_AROUND, set(), 2, "halfblock", "terminal-features ',tmux*:sixel'"),
        (read_replies(fakes.WEZTERM), set(), 2, "halfblock", "terminal-features"),
        (read_replies(fakes.DA1), {"sixel"}, 2, "halfblock", "without pictures"),
        (None, {"sixel"}, 2, "halfblock", "tmux in tmux on an unknown terminal; for pictures: tmux set -g allow-pass"),
    ],
)
def test_inside_tmux_in_tmux_the_outermost_terminal_decides(
    around: TerminalReplies | None, features: set[str], levels: int, protocol: str, reason: str
) -> None:
    client = TmuxClient("tmux 3.5a", frozenset(features), True, levels=levels, outermost=around)
    terminal = choose_protocol(IN_TMUX, ENVIRONMENT, client)
    assert (terminal.protocol, terminal.tmux) == (protocol, levels)
    assert reason in terminal.reason
    assert not around or terminal.name == around.name


def answers(monkeypatch: pytest.MonkeyPatch, by_queries: dict[bytes, bytes]) -> list[bytes]:
    """Stands for a terminal that answers some queries; returns the list of those that it was asked."""
    asked: list[bytes] = []

    def query(stdin: int, stdout: int, queries: bytes, seconds: float) -> bytes:
        asked.append(queries)
        return by_queries.get(queries, b"")

    monkeypatch.setattr(probing, "_query_terminal", query)
    monkeypatch.setattr(probing.os, "isatty", lambda descriptor: True)
    monkeypatch.setattr(probing, "cell_from_window", lambda descriptor: None)
    return asked


TMUX_ANSWER = b"\x1bP>|tmux 3.5a\x1b\\" + fakes.CELL + fakes.SIXEL_DA1
AT_SSH = ENVIRONMENT | {"TERM": "tmux-256color", "SSH_CONNECTION": "somewhere"}


def test_a_tmux_at_the_other_end_of_ssh_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, {TMUX_QUERIES: TMUX_ANSWER, outside_queries(1): fakes.KITTY})
    terminal = probe(environment=AT_SSH)
    assert (terminal.protocol, terminal.tmux, terminal.remote) == ("kitty", 1, True)
    assert b"\x1b_G" not in b"".join(asked), "that would become the title of the pane"
    answers(monkeypatch, {TMUX_QUERIES: TMUX_ANSWER, outside_queries(1): fakes.XTERM})
    assert probe(environment=AT_SSH).protocol == "sixel"
    answers(monkeypatch, {TMUX_QUERIES: TMUX_ANSWER, outside_queries(1): TMUX_ANSWER, outside_queries(2): fakes.KITTY})
    assert (probe(environment=AT_SSH).protocol, probe(environment=AT_SSH).tmux) == ("kitty", 2)


def test_a_tmux_at_the_other_end_of_ssh_without_passthrough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, {TMUX_QUERIES: TMUX_ANSWER})
    terminal = probe(environment=AT_SSH)
    assert (terminal.protocol, "allow-passthrough on" in terminal.reason) == ("halfblock", True)


@pytest.mark.parametrize(
    ("client", "asked"),
    [
        (TmuxClient("tmux 3.5a", frozenset(), True, levels=2), [TMUX_QUERIES, outside_queries(2)]),
        (TmuxClient("tmux 3.5a", frozenset(), False, levels=2), [TMUX_QUERIES]),
        (TmuxClient("tmux 3.5a", frozenset(), True, False, levels=2), [TMUX_QUERIES]),  # another pane gets the answer
        (TmuxClient("kitty(0.41.1)", frozenset(), True), [TMUX_QUERIES]),
    ],
)
def test_what_is_around_tmux_is_asked_only_where_the_answer_arrives(
    client: TmuxClient, asked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_query_tmux", lambda environment: client)
    heard = answers(monkeypatch, {TMUX_QUERIES: TMUX_ANSWER})
    probe(environment=ENVIRONMENT | {"TMUX": "/tmp/socket,1,0"})
    assert heard == asked


# --- no stray keys


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replies", "delay", "protocol"),
    [(fakes.KITTY, 0.0, b"kitty:"), (fakes.XTERM, 0.15, b"sixel:"), (fakes.KITTY, 0.5, b"kitty:"), (b"", 0.0, b"half")],
)
@pytest.mark.exhaustive
def test_no_reply_becomes_a_key_press(replies: bytes, delay: float, protocol: bytes, tmp_path: Path) -> None:
    with fake_terminal(replies, delay=delay) as terminal, running_app(terminal, tmp_path / "keys") as app:
        terminal.wait_for(b"ready " + protocol)
        terminal.type("q")
        assert app.wait(10) == 0
    assert set((tmp_path / "keys").read_text().split()) == {"q"}
