"""Bytes from the terminal: late answers and broken bytes do not press keys; keys arrive at once and whole."""

import asyncio
import signal

import pytest
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste

from riptui.tui import terminal_input
from riptui.tui.terminal_input import InputFilter, KeyParser, TerminalDriver

ANSWERS = [
    b"\x1bP>|kitty(0.41.1)\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]11;rgb:ffff/ffff/ffff\x07",
    b"\x1b[?62;4;22c",
    b"\x1b[>1;4000;29c",
    b"\x1b[?2;0;800;600S",
    b"\x1b[6;20;10t",
    b"\x1b[M \xe0!",
    b"\x1b[?0u",
    b"\x1b[?997;1n",
    b"\x1b[4;700;1200t",
    b"\x1b[1#q",
    b"\x1b[32;140;20M",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b]52;c;" + b"QUFB" * 40 + b"\x07",
    b"\x9b?62;4c",
    b"\xc2\x9b?62;4c",
    b"\xc2\x90>|Konsole 23.08\xc2\x9c",
    b"\x1b]lname\x1b\\",
    b"\x1b[M \x9b%",
    b"\x1b[M \x90\x9b",
    b"\x1b[M \xc2\x9b",
    b"\x1b[1;1:1S",
    b"\x1b[97:65;2u",
    b"\x1b[1114112u",
    b"\x1b[55296;1u",
    b"\x1b[97;1;99999999u",
]
KEYS = ["a", "\x1b\x1b[A", "\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[15~", "é猫", "\x1bx"]
KEYS += ["Û", "\x1b[23$", "\x1b[[A", "\x1b[12;40R", "\x1b[5~", "\x1bOR", "\u009a", "\u4c9b", "\x1b[n"]
KEYS += ["\x1b[<0;10;20M", "\x1b[200~\x1b[201~", "\x1b[?2026;1$y", "\x1b[48;30;100;0;0t", "\x1b[I", "\x1b[97;5u"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_presses_no_key_however_it_is_cut(answer: bytes) -> None:
    assert InputFilter().feed(answer) == ""
    assert InputFilter().feed(b"j" + answer + b"k" + answer) == "jk"
    for cut in range(1, len(answer)):
        input_filter = InputFilter()
        assert input_filter.feed(b"j" + answer[:cut]) + input_filter.feed(answer[cut:] + b"k") == "jk"


@pytest.mark.parametrize("key", KEYS)
def test_keys_arrive_at_once(key: str) -> None:
    assert InputFilter().feed(key.encode()) == key
    assert InputFilter().feed(b"j" + key.encode()) == "j" + key


@pytest.mark.parametrize("key", ["\x1b", "\x1bP", "\x1b_", "\x1b]", "\x1b["])
def test_escape_alone_or_with_a_bracket_is_a_key_when_nothing_follows(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    input_filter = InputFilter()
    assert input_filter.feed(b"j" + key.encode()) == "j"
    assert input_filter.take_key() == ""
    monkeypatch.setattr(terminal_input, "INTRODUCER_SECONDS", 0.0)
    assert input_filter.take_key() == key
    assert input_filter.take_key() == ""


@pytest.mark.parametrize("data", [b"\xff", b"\x1b[M \xe0", b"caf\xe9", b"\xc3(", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_are_left_out(data: bytes) -> None:
    input_filter = InputFilter()
    input_filter.feed(data)
    assert input_filter.feed(b"jjj").endswith("j")


def test_all_bytes_that_are_no_text_type_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_input, "INTRODUCER_SECONDS", 0.0)
    for data in (bytes(range(0x80, 0x100)), b"\x9b", b"\x9f", b"\x90"):
        input_filter = InputFilter()
        assert input_filter.feed(data) + input_filter.take_key() == ""


@pytest.mark.parametrize("before", [b"\xff\xfe", b"\xe9", "é".encode(), "猫".encode()])
def test_an_answer_of_eight_bits_is_known_behind_any_byte(before: bytes) -> None:
    input_filter = InputFilter()
    typed = input_filter.feed(before)
    assert typed + input_filter.feed(b"\x9b?62;4c") == before.decode(errors="ignore")


def test_a_character_may_come_in_two_reads() -> None:
    input_filter = InputFilter()
    assert input_filter.feed("猫".encode()[:1]) + input_filter.feed("猫".encode()[1:]) == "猫"


def test_an_answer_whose_end_never_comes_holds_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_input, "HOLD_SECONDS", 0.0)
    input_filter = InputFilter()
    assert input_filter.feed(b"\x1b_Gi=31") == ""
    assert input_filter.feed(b"j") == "j"


def test_an_answer_may_be_long() -> None:
    input_filter = InputFilter()
    for part in (b"\x1b]52;c;", *[b"x" * 4096] * 64):
        assert input_filter.feed(part) == ""
        assert len(input_filter._held) < 100
    assert input_filter.feed(b"x\x1b") + input_filter.feed(b"\\jk") == "jk"


def test_a_character_in_two_reads_holds_no_control_character() -> None:
    input_filter = InputFilter()
    data = "\u4c9b\u9b90".encode()
    for cut in range(1, len(data)):
        assert input_filter.feed(data[:cut]) + input_filter.feed(data[cut:]) == data.decode()


def test_keys_are_keys_again_when_the_end_of_what_is_pasted_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(terminal_input.time, "monotonic", lambda: now[0])
    input_filter = InputFilter()
    input_filter.feed(b"\x1b[200~a text")
    now[0] += terminal_input.PASTE_SECONDS - 0.1
    assert input_filter.end_paste() == ""
    input_filter.feed(b" that goes on")
    now[0] += terminal_input.PASTE_SECONDS - 0.1
    assert input_filter.end_paste() == ""
    now[0] += 0.2
    assert input_filter.end_paste() == terminal_input.PASTE_END
    assert input_filter.end_paste() == ""
    input_filter.feed(b"\x1b[200~whole\x1b[201~")
    now[0] += 10
    assert input_filter.end_paste() == ""


@pytest.mark.parametrize(
    "inside", ["\x1b[31m", "\x1b[A", "\x1bOP", "\x1bq", "\x1b", "\x1b[200~", "\x1b[97u", "\x1b]0;title"]
)
def test_what_is_pasted_presses_no_key(inside: str) -> None:
    pasted = f"\x1b[200~one {inside} two\nthree, more than fits into a control sequence\x1b[201~j".encode()
    for cut in range(1, len(pasted)):
        input_filter, parser = InputFilter(), KeyParser(False)
        texts = [input_filter.feed(pasted[:cut]), input_filter.feed(pasted[cut:])]
        paste, key = (message for text in texts if text for message in parser.feed(text))
        assert isinstance(paste, Paste)
        assert paste.text.startswith("one ")
        assert paste.text.endswith("sequence")
        assert isinstance(key, Key)
        assert key.key == "j"


def test_escape_is_a_key_at_once_when_it_was_waited_for() -> None:
    (key,) = KeyParser(False).feed_key("\x1b")
    assert isinstance(key, Key)
    assert key.key == "escape"


def test_the_parser_goes_on_behind_what_it_cannot_read() -> None:
    parser = KeyParser(False)
    assert list(parser.feed("\x1b[1;1:1S")) == []
    assert [message.key for message in parser.feed("j") if isinstance(message, Key)] == ["j"]


async def test_it_is_not_suspended_within_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of a signal runs anywhere, also where the lock that it would wait for is held."""
    suspended: list[object] = []
    monkeypatch.setattr(LinuxDriver, "_sigtstp_application", lambda driver, *_: suspended.append(driver))
    driver = TerminalDriver.__new__(TerminalDriver)  # without a terminal
    driver._loop = asyncio.get_running_loop()
    earlier = signal.signal(signal.SIGTSTP, lambda number, frame: driver._sigtstp_application(number, frame))
    try:
        signal.raise_signal(signal.SIGTSTP)
        assert suspended == []
        await asyncio.sleep(0)
        assert suspended == [driver]
    finally:
        signal.signal(signal.SIGTSTP, earlier)
