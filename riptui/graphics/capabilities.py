"""Parse a terminal's replies to queries, and choose its graphics protocol from them and the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:  # NumPy takes 0.1 s
    from riptui.graphics.rgb import RGBColour

GraphicsProtocol = Literal["kitty", "sixel", "halfblock", "off"]
PROTOCOLS: tuple[GraphicsProtocol, ...] = get_args(GraphicsProtocol)

UNQUERIED_TERMS = ("", "dumb", "linux")  # values of TERM that are not queried; the Linux console would print queries
DEFAULT_CELL = (10, 20)  # (width, height) in pixels if the terminal reports none: the VT340's


@dataclass(frozen=True)
class Terminal:
    """A terminal and the graphics protocol chosen for it."""

    protocol: GraphicsProtocol
    reason: str
    """Why this protocol, for the user. ASCII."""
    cell: tuple[int, int] = DEFAULT_CELL
    """(width, height) in pixels."""
    tmux: int = 0
    """How many tmux are between it and us."""
    name: str = ""
    """As it calls itself, as the version; "": unknown."""
    version: str = ""
    offered: tuple[GraphicsProtocol, ...] = ("halfblock",)
    """The protocols that it supports, best first, without "off"."""
    truecolor: bool = False
    """Whether it is known to accept 24-bit colours, whatever COLORTERM says (xterm and ssh drop that variable)."""
    background: RGBColour | None = None
    """None: unknown."""
    remote: bool = False
    """Whether it is connected by SSH."""


NO_TERMINAL = Terminal("off", "stdin or stdout is not a terminal", offered=())


@dataclass(frozen=True)
class TerminalReplies:
    """The replies of a terminal to our queries; empty, False or None where there was none."""

    name: str = ""
    """XTVERSION's, as the version."""
    version: str = ""
    attributes: frozenset[int] = frozenset()
    """DA1's; 4 is sixel."""
    kitty: bool = False
    """Whether it answered "OK" to kitty's graphics query."""
    cell: tuple[int, int] | None = None
    """(width, height) in pixels."""
    background: RGBColour | None = None

    @property
    def answered(self) -> bool:
        """Whether it answered XTVERSION or DA1."""
        return bool(self.name or self.attributes)


_XTVERSION = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_NAME = re.compile(r"([\w-]+)[ (]*v?([\w.+-]*)", re.ASCII)
_DA1 = re.compile(rb"\x1b\[\?(\d[\d;]*)c")
_KITTY = re.compile(rb"\x1b_G[^;\x1b]*;OK\x1b\\")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_BACKGROUND = re.compile(rb"\x1b\]11;rgb:([\da-fA-F]+)/([\da-fA-F]+)/([\da-fA-F]+)")


def read_replies(data: bytes) -> TerminalReplies:
    """Find the replies in the bytes received; anything else (keys, fragments, garbage) is ignored."""
    replies = TerminalReplies()
    if found := _XTVERSION.search(data):
        name_match = _NAME.match(found[1].decode(errors="replace").strip())
        if name_match:
            replies = replace(replies, name=name_match[1], version=name_match[2])
    if found := _DA1.search(data):
        replies = replace(replies, attributes=frozenset(int(part) for part in found[1].split(b";") if part))
    for height, width in _CELL.findall(data):
        if 4 <= int(height) <= 500 and 4 <= int(width) <= 500:
            replies = replace(replies, cell=(int(width), int(height)))
    if found := _BACKGROUND.search(data):
        red, green, blue = (round(255 * int(part, 16) / (16 ** len(part) - 1)) for part in found.groups())
        replies = replace(replies, background=(red, green, blue))
    return replace(replies, kitty=_KITTY.search(data) is not None)


@dataclass(frozen=True)
class TmuxClient:
    """The tmux around us, and what is known of the terminal around it."""

    client: str
    """Name and version of the terminal around it, as tmux reports them; "" where tmux is at the other end of SSH."""
    features: frozenset[str]
    """What tmux knows the terminal around it to support: `client_termfeatures`."""
    passthrough: bool
    """Whether it forwards wrapped sequences."""
    is_active: bool = True
    """Whether our pane gets what is typed, and with it the terminal's replies."""
    levels: int = 1
    """How many tmux are around us."""
    outermost: TerminalReplies | None = None
    """The replies of the terminal around all of them; None: it was not asked, or did not answer."""

    @property
    def is_nested(self) -> bool:
        """Whether the terminal around this tmux is another tmux."""
        return self.client.startswith("tmux")

    @property
    def terminal(self) -> TerminalReplies | None:
        """The name and version, or all replies, of the terminal around all tmux; None: unknown."""
        match = None if self.outermost or self.is_nested else _NAME.match(self.client)
        return TerminalReplies(match[1], match[2]) if match else self.outermost

    @property
    def label(self) -> str:
        """Where we run, as part of a message: "tmux in tmux on kitty 0.41.1"."""
        found = self.outermost
        name = f"{found.name} {found.version}".strip() if found else "" if self.is_nested else self.client
        return f"{'tmux in ' * (self.levels - 1)}tmux on {_escape(name) or 'an unknown terminal'}"


def choose_protocol(
    replies: TerminalReplies,
    environment: Mapping[str, str],
    tmux: TmuxClient | None,
    requested: str = "auto",
    *,
    at_terminal: bool = True,
) -> Terminal:
    """The terminal with the best protocol that it supports, or with the requested one, supported or not.

    tmux: None outside tmux, or if tmux reports nothing. at_terminal: whether stdin and stdout are a terminal.
    Raises ValueError if `requested` is neither "auto" nor a protocol.
    """
    if requested not in ("auto", *PROTOCOLS):
        raise ValueError(f"unknown graphics protocol {requested!a}: use auto, {', '.join(PROTOCOLS)}")
    terminal = _detect(replies, environment, tmux) if at_terminal else NO_TERMINAL
    if requested == "auto":
        return terminal
    protocol = next(name for name in PROTOCOLS if name == requested)
    offered = terminal.offered if protocol in (*terminal.offered, "off") else (protocol, *terminal.offered)
    return replace(
        terminal, protocol=protocol, reason=f"set by you; auto would use: {terminal.reason}", offered=offered
    )


def _detect(replies: TerminalReplies, environment: Mapping[str, str], tmux: TmuxClient | None) -> Terminal:
    term = environment.get("TERM", "")
    in_tmux = tmux is not None or replies.name == "tmux"
    if term in ("", "dumb"):
        return Terminal("off", f"TERM is {_escape(term) or 'not set'}: no colours, no cursor", offered=())
    shown_by = replies
    if in_tmux:
        shown_by = (tmux.terminal if tmux else None) or replies
        pixel_protocol, reason = _tmux_protocol(tmux, replies)
        truecolor = tmux is not None and "RGB" in tmux.features
    else:
        pixel_protocol, reason = _direct_protocol(replies, term)
        truecolor = _takes_truecolor(replies.name, replies.version)
    return Terminal(
        protocol=pixel_protocol or "halfblock",
        reason=reason,
        cell=shown_by.cell or replies.cell or DEFAULT_CELL,
        tmux=(tmux.levels if tmux else 1) if in_tmux else 0,
        name=shown_by.name,
        version=shown_by.version,
        offered=(pixel_protocol, "halfblock") if pixel_protocol else ("halfblock",),
        truecolor=truecolor,
        background=replies.background,
        remote=bool(environment.get("SSH_CONNECTION")),
    )


def _direct_protocol(replies: TerminalReplies, term: str) -> tuple[GraphicsProtocol | None, str]:
    label = f"{replies.name} {replies.version}".strip() or f"this terminal (TERM={_escape(term)})"
    if term == "linux":
        return None, "the Linux console shows text only"
    if not replies.answered:
        return None, f"{label} did not answer in time"
    if replies.kitty and _has_placeholders(replies.name, replies.version):
        return "kitty", f"{label} supports kitty graphics with placeholders"
    if 4 in replies.attributes and replies.cell:
        return "sixel", f"{label} supports sixel"
    if 4 in replies.attributes:
        return None, f"{label} supports sixel, but does not report its cell size"
    if replies.kitty:
        return None, f"{label} supports kitty graphics, but without reliable placeholders, and no sixel"
    return None, f"{label} supports neither kitty graphics nor sixel"


def _tmux_protocol(tmux: TmuxClient | None, replies: TerminalReplies) -> tuple[GraphicsProtocol | None, str]:
    """The protocol in tmux, and why. tmux claims sixel if it was built with it: the terminal around it counts too."""
    if tmux is None:
        return None, "tmux does not report its outer terminal; for pictures there: tmux set -g allow-passthrough on"
    terminal = tmux.terminal
    if tmux.is_nested and terminal is None:
        active = "" if tmux.is_active else ", and start riptui in the active pane"
        return None, f"{tmux.label}; for pictures: tmux set -g allow-passthrough on, in both{active}"
    if terminal and _has_placeholders(terminal.name, terminal.version):
        if tmux.passthrough:
            return "kitty", f"{tmux.label}, with allow-passthrough"
        return None, f"{tmux.label}; for pictures: tmux set -g allow-passthrough on"
    claimed = tmux.outermost.attributes if tmux.outermost else {4} if "sixel" in tmux.features else {}
    if 4 not in claimed:
        return None, f"{tmux.label}, without pictures"
    if 4 not in replies.attributes:
        return None, f"{tmux.label}, which takes sixel; tmux does too from 3.4 on, if it was built with it"
    if "sixel" not in tmux.features:  # the inner tmux does not know that the outer one takes sixel
        advice = "tmux set -as terminal-features ',tmux*:sixel' in the inner one, and attach it anew"
        return None, f"{tmux.label}, which takes sixel; for pictures: {advice}"
    return "sixel", f"{tmux.label}, with sixel"


def _has_placeholders(name: str, version: str) -> bool:
    """Whether Unicode placeholders work: since kitty 0.28. WezTerm and Konsole answer the query but garble them."""
    return (name == "kitty" and _version_numbers(version) >= (0, 28)) or name.lower() == "ghostty"


def _takes_truecolor(name: str, version: str) -> bool:
    """Whether the terminal is known to accept 24-bit colours; xterm does since 331, even if it approximates them."""
    is_known = name.lower() in ("kitty", "ghostty", "wezterm", "foot", "konsole", "contour", "mlterm", "iterm2")
    return is_known or (name == "XTerm" and _version_numbers(version) >= (331,))


def _escape(text: str) -> str:
    return ascii(text)[1:-1]


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
