"""What the terminal sends: keys go to the app, late answers of the terminal and bytes that are no text do not.

Textual's own driver ends at a byte that is no UTF-8 (a mouse click in the old X10 encoding, Latin-1 that was pasted),
and takes an answer that comes after the probe has given up, over a slow line, for keys that were pressed.
"""

import os
import re
import selectors
import termios
import time
from codecs import getincrementaldecoder
from contextlib import suppress

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

POLL_SECONDS = 0.1
HOLD_SECONDS = 0.5  # for the rest of an answer of which a part has come
MAX_HELD_BYTES = 2**16  # bytes; answers are shorter

_ANSWER = re.compile(
    rb"\x1b[P_^X][^\x1b]+\x1b\\"  # DCS, APC, PM and SOS: the version, kitty's answer
    rb"|\x1b\][0-9][^\x1b\x07]*(?:\x1b\\|\x07)"  # OSC: a colour
    rb"|\x1b\[[?>=][0-9;]*[cS]"  # device attributes, the sixel geometry
    rb"|\x1b\[6;[0-9;]*t"  # a cell's size; 48 is a resize, which Textual reads
    rb"|\x1b\[M[^\x1b]{3}"  # a click in the X10 encoding
)
_BEGUN_ANSWER = re.compile(
    rb"\x1b[P_^X][^\x1b]+\x1b?\Z|\x1b\][0-9][^\x1b\x07]*\x1b?\Z|\x1b\[[?>=][0-9;]*\Z|\x1b\[6(;[0-9;]*)?\Z"
    rb"|\x1b\[M[^\x1b]{0,2}\Z"
)


class InputFilter:
    """Bytes from the terminal to the text that the parser of keys gets."""

    def __init__(self) -> None:
        self._held = b""
        self._held_since = 0.0
        self._decode = getincrementaldecoder("utf-8")(errors="ignore").decode

    def feed(self, data: bytes) -> str:
        """The text to parse now. The beginning of an answer is held back until its end comes, or for half a second."""
        now = time.monotonic()
        if self._held and now - self._held_since > HOLD_SECONDS:
            self._held = b""  # the rest was lost
        data = _ANSWER.sub(b"", self._held + data)
        begun = _BEGUN_ANSWER.search(data)
        if begun is None or len(begun.group()) > MAX_HELD_BYTES:
            self._held = b""
        else:
            if not self._held:
                self._held_since = now
            self._held, data = begun.group(), data[: begun.start()]
        return self._decode(data)


RESTORE = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # the mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[<u"  # pasting, the focus, resizes, kitty's keys
    b"\x1b[?7h\x1b[?1049l\x1b[?25h"  # line wrap, the first screen, the cursor
)


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

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        parser, input_filter = XTermParser(self._debug), InputFilter()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(POLL_SECONDS):
                    if not (data := os.read(self.fileno, 4096)):
                        return  # the terminal is gone
                    if text := input_filter.feed(data):
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
