"""What the terminal sends: keys go to the app, late answers of the terminal and bytes that are no text do not.

Textual's own driver ends at a byte that is no UTF-8 (a mouse click in the old X10 encoding, Latin-1 that was pasted),
and takes an answer that comes after the probe has given up, over a slow line, for keys that were pressed.
"""

import os
import re
import selectors
import signal
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

POLL_SECONDS = 0.1
HOLD_SECONDS = 0.5  # for the rest of an answer of which a part has come
INTRODUCER_SECONDS = 0.1  # for the rest of what could also be escape, or alt and a bracket
HELD_POLL_SECONDS = 0.02  # while a key may be held back
PASTE_SECONDS = 2.0  # of silence, after which the end of what is pasted was lost
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"
BULK_BYTES = 32  # read at once: more than a key sends

_ANSWER = re.compile(
    rb"\x1b[P_^X][^\x1b]+\x1b\\"  # DCS, APC, PM and SOS: the version, kitty's answer
    rb"|\x1b\][0-9lL][^\x1b\x07]*(?:\x1b\\|\x07)"  # OSC: a colour, a title
    rb"|\x1b\[M[^\x1b]{3}"  # a click in the X10 encoding
    rb"|\x1b\\"  # the end of an answer whose beginning was lost
    rb"|\x1b(?:\[[0-?]*[ -/]*|[]P_^X])(?=\x1b)"  # the beginning of one whose end was lost
)
_BEGUN = re.compile(
    rb"\x1b[P_^X][^\x1b]+\x1b?\Z|\x1b\][0-9lL][^\x1b\x07]*\x1b?\Z|\x1b\[[0-?]+[ -/]*\Z|\x1b\[M[^\x1b]{0,2}\Z"
)
_INTRODUCER = re.compile(rb"\x1b[]\[P_^X]?\Z")
_CONTROL = re.compile(rb"\x1b\[[0-?]+[ -/]*[@-~]")  # a control sequence with parameters: a key, or any answer
_UNDERSTOOD = re.compile(
    rb"\x1b\[(?:[0-9]*(?:;[0-9]*(?:;[0-9:]*)?)?[A-HPQRSZu~]"  # a key, the cursor's place, the ends of what is pasted
    rb"|<[0-9]+;-?[0-9]+;-?[0-9]+[Mm]|\?[0-9]+;[0-9]\$y|48;[0-9:;]+t)"  # the mouse, a mode, a resize
)
_NUMBER = re.compile(rb"[0-9]+")
_PASTE_ENDS = re.compile(f"({re.escape(PASTE_START)}|{re.escape(PASTE_END)})")
_ESCAPED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|O.?|[^\x1b\[O])?")  # a control sequence, a key, or the escape alone
_CHARACTER = re.compile(
    rb"\x1b\[M(?:[^\x1b]{3}|[^\x1b]{0,2}\Z)"  # a click in the X10 encoding, whose bytes are no text
    rb"|\xc2?([\x90\x98\x9b-\x9f])"  # a control character of eight bits, in the place of ESC [ and the like
    rb"|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|([\x80-\xff])"  # in no character, such as Latin-1: it means nothing, and must not join what is around it
)
_WHOLE_KEYS = ANSI_SEQUENCES_KEYS.keys() - {"\x1b"}
_CUT = re.compile(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z")
"""A character of which a part has come."""


class InputFilter:
    """Bytes from the terminal to the text that the parser of keys gets: only what that understands."""

    def __init__(self) -> None:
        self._held = b""
        self._held_since = 0.0
        self._is_typed = True  # whether what is held may be a key: none begins with a control character of eight bits
        self._cut = b""  # the part of a character that has come
        self._pastes = False  # whether what comes is pasted
        self._pasted_at = 0.0
        self._decode = getincrementaldecoder("utf-8")(errors="ignore").decode

    def feed(self, data: bytes) -> str:
        """The text to parse now. The beginning of an answer is held back until its end comes, or for half a second."""
        now = time.monotonic()
        if self._held and now - self._held_since > HOLD_SECONDS:
            self._held = b""  # the rest was lost
        is_bulk, self._is_typed = len(data) > BULK_BYTES, data[-1:] < b"\x80"
        data = _ANSWER.sub(b"", self._to_seven_bits(self._held + self._cut + data))
        data = _CONTROL.sub(lambda match: match[0] if _is_understood(match[0]) else b"", data)
        begun = _BEGUN.search(data) or _INTRODUCER.search(data)
        if begun is None or begun.group().decode(errors="ignore") in _WHOLE_KEYS:
            self._held = b""
        else:
            if not self._held or is_bulk:
                self._held_since = now
            data, answer = data[: begun.start()], begun.group()
            self._held = answer if len(answer) < 2 * BULK_BYTES else answer[:3] + answer[-1:]  # nobody will read it
        return self._clean_paste(self._decode(data))

    def end_paste(self) -> str:
        """The end of what is pasted, if it was lost: until it comes, keys are text."""
        if not self._pastes or time.monotonic() - self._pasted_at < PASTE_SECONDS:
            return ""
        self._pastes = False
        return PASTE_END

    def _clean_paste(self, text: str) -> str:
        """Leave out the control sequences in what is pasted: Textual's parser takes them for keys that were pressed."""
        kept = []
        for part in _PASTE_ENDS.split(text):
            if part in (PASTE_START, PASTE_END):
                is_start = part == PASTE_START
                kept += [] if is_start and self._pastes else [part]
                self._pastes = is_start
            else:
                kept.append(_ESCAPED.sub("", part) if self._pastes else part)
        if self._pastes:
            self._pasted_at = time.monotonic()
        return "".join(kept)

    @property
    def holds_key(self) -> bool:
        """Whether what is held back may turn out to be a key."""
        return _INTRODUCER.fullmatch(self._held) is not None

    def take_key(self) -> str:
        """What was held back as the beginning of an answer and is a key: escape, or alt and a bracket."""
        if not self.holds_key or time.monotonic() - self._held_since < INTRODUCER_SECONDS:
            return ""
        key, self._held = self._held.decode(), b""
        return key if self._is_typed and not self._pastes else ""

    def _to_seven_bits(self, data: bytes) -> bytes:
        """Write control characters of eight bits as ESC and a letter, and leave out bytes that are no text."""
        cut = _CUT.search(data)
        self._cut = cut.group() if cut else b""
        data = data.removesuffix(self._cut)
        return _CHARACTER.sub(_write_in_seven_bits, data)


def _write_in_seven_bits(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return b"\x1b" + bytes([match[1][0] - 0x40])
    return b"" if match[2] else match[0]


def _is_understood(sequence: bytes) -> bool:
    """Whether Textual's parser knows a control sequence; it takes others for keys that were pressed, and fails at
    numbers that are no character.
    """
    if _UNDERSTOOD.fullmatch(sequence) is None:
        return sequence.decode() in ANSI_SEQUENCES_KEYS
    return all(len(digits) < 8 and _is_character(int(digits)) for digits in _NUMBER.findall(sequence))


def _is_character(number: int) -> bool:
    return number <= sys.maxunicode and not 0xD800 <= number < 0xE000


RESTORE = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # the mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[<u"  # pasting, the focus, resizes, kitty's keys
    b"\x1b[?7h\x1b[?1049l\x1b[?25h"  # line wrap, the first screen, the cursor
)


class KeyParser(XTermParser):
    """Textual's parser, which does not wait where the filter has waited already, and which no bytes end."""

    def feed(self, data: str) -> Iterator[Message]:
        try:
            yield from super().feed(data)
        except (ValueError, OverflowError):  # numbers that are no key: Textual's parser has ended, and begins anew
            super().__init__()

    def feed_key(self, text: str) -> Iterator[Message]:
        """The messages of a key that is whole, at once."""
        if text:
            yield from self.feed(text)
            self._timeout_time = None if self._timeout_time is None else 0.0
            yield from self.tick()


class TerminalDriver(LinuxDriver):
    """Textual's driver, with the filter before its parser, and a crash report when reading fails."""

    def restore_terminal(self) -> None:
        """Leave the terminal as it was, without waiting for anything; harmless if that was done before."""
        with suppress(OSError, termios.error):
            os.set_blocking(self.fileno, False)
            os.write(self.fileno, RESTORE)
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            os.set_blocking(self.fileno, True)

    def _sigtstp_application(self, *signal_and_frame: object) -> None:
        """Suspend between two callbacks: within a write, Textual would wait for the lock that this write holds."""
        self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *signal_and_frame: object) -> None:
        """After ctrl+z begin anew; after another stop (kill -STOP) only draw all.

        Textual would begin a second time, with two threads that share the keys, on a screen that this has emptied.
        """
        if self._must_signal_resume or not self._auto_restart:
            super()._sigcont_application(*signal_and_frame)
            return
        with suppress(OSError):  # the terminal is gone
            if os.tcgetpgrp(self.fileno) == os.getpgrp():
                self._loop.call_soon_threadsafe(self._app.refresh)
            else:  # the shell's `bg`
                os.kill(os.getpid(), signal.SIGSTOP)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        parser, input_filter = KeyParser(self._debug), InputFilter()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for message in parser.feed_key(input_filter.take_key()):
                    self.process_message(message)
                text = input_filter.end_paste()
                if selector.select(HELD_POLL_SECONDS if input_filter.holds_key else POLL_SECONDS):
                    if not (data := os.read(self.fileno, 4096)):
                        return  # the terminal is gone
                    text += input_filter.feed(data)
                for message in parser.feed(text) if text else ():
                    self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
