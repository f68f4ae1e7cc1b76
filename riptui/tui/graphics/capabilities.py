"""Which way of showing pictures suits a terminal, decided from what it answered and from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

GraphicsProtocol = Literal["kitty", "sixel", "halfblock", "off"]
PROTOCOLS: tuple[GraphicsProtocol, ...] = get_args(GraphicsProtocol)

UNQUERIED_TERMS = (
    "",
    "dumb",
    "linux",
)  # values of TERM that are not asked: the Linux console prints what it does not know
DEFAULT_CELL = (10, 20)  # pixels of a cell where the terminal does not tell: the VT340's


@dataclass(frozen=True)
class Terminal:
    """What shows the pictures, and why.

    `cell` is (width, height) in pixels. `offered` are the protocols that this terminal can show, best first, besides
    "off". `tmux` says whether tmux stands between. `truecolor` means that it is known to take 24-bit colours, whatever
    COLORTERM says (xterm and ssh drop that variable). `dark` is the background, None where it did not tell.
    `remote` is a terminal at the other end of SSH.
    """

    protocol: GraphicsProtocol
    reason: str
    cell: tuple[int, int] = DEFAULT_CELL
    tmux: bool = False
    name: str = ""
    version: str = ""
    offered: tuple[GraphicsProtocol, ...] = ("halfblock",)
    truecolor: bool = False
    dark: bool | None = None
    remote: bool = False


NO_TERMINAL = Terminal("off", "stdin and stdout are not both a terminal", offered=())


@dataclass(frozen=True)
class TerminalReplies:
    """What a terminal answered. Empty, False or None is what it did not say."""

    name: str = ""
    version: str = ""
    attributes: frozenset[int] = frozenset()
    kitty: bool = False
    cell: tuple[int, int] | None = None
    dark: bool | None = None

    @property
    def answered(self) -> bool:
        return bool(self.name or self.attributes)


_XTVERSION = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_NAME = re.compile(r"([\w-]+)[ (]*v?([\w.+-]*)", re.ASCII)
_DA1 = re.compile(rb"\x1b\[\?(\d[\d;]*)c")
_KITTY = re.compile(rb"\x1b_G[^;\x1b]*;OK\x1b\\")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_BACKGROUND = re.compile(rb"\x1b\]11;rgb:([\da-fA-F]+)/([\da-fA-F]+)/([\da-fA-F]+)")


def read_replies(data: bytes) -> TerminalReplies:
    """The answers among what arrived; anything else in it (keys, halves, garbage) is passed over."""
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
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
        replies = replace(replies, dark=0.299 * red + 0.587 * green + 0.114 * blue < 0.5)
    return replace(replies, kitty=_KITTY.search(data) is not None)


@dataclass(frozen=True)
class TmuxClient:
    """What tmux says of the terminal that it is attached to.

    `client` is that terminal's own name and version, `features` what tmux may send it, `passthrough` whether tmux
    hands on what is wrapped for it.
    """

    client: str
    features: frozenset[str]
    passthrough: bool


def choose_protocol(
    replies: TerminalReplies,
    environment: Mapping[str, str],
    tmux: TmuxClient | None,
    requested: str = "auto",
    *,
    at_terminal: bool = True,
) -> Terminal:
    """The terminal as it answered, with the best protocol it can show, or the one that was asked for.

    Raises ValueError where `requested` is neither "auto" nor a protocol.
    """
    if requested not in ("auto", *PROTOCOLS):
        raise ValueError(f"unknown graphics protocol {requested!a}: use auto, {', '.join(PROTOCOLS)}")
    terminal = _detect(replies, environment, tmux) if at_terminal else NO_TERMINAL
    if requested == "auto":
        return terminal
    protocol = next(name for name in PROTOCOLS if name == requested)
    offered = terminal.offered if protocol in (*terminal.offered, "off") else (protocol, *terminal.offered)
    return replace(terminal, protocol=protocol, reason=f"asked for; by itself: {terminal.reason}", offered=offered)


def _detect(replies: TerminalReplies, environment: Mapping[str, str], tmux: TmuxClient | None) -> Terminal:
    cell = replies.cell or DEFAULT_CELL
    name, version = replies.name, replies.version
    term = environment.get("TERM", "")
    in_tmux = tmux is not None or name == "tmux"
    if term in ("", "dumb"):
        return Terminal("off", f"TERM is {_escape(term) or 'not set'}: no colours, no cursor", offered=())
    if in_tmux:
        pixel_protocol, reason = _tmux_protocol(tmux)
        truecolor = tmux is not None and "RGB" in tmux.features
    else:
        pixel_protocol, reason = _direct_protocol(replies, term)
        truecolor = _takes_truecolor(name, version)
    return Terminal(
        protocol=pixel_protocol or "halfblock",
        reason=reason,
        cell=cell,
        tmux=in_tmux,
        name=name,
        version=version,
        offered=(pixel_protocol, "halfblock") if pixel_protocol else ("halfblock",),
        truecolor=truecolor,
        dark=replies.dark,
        remote=bool(environment.get("SSH_CONNECTION")),
    )


def _direct_protocol(replies: TerminalReplies, term: str) -> tuple[GraphicsProtocol | None, str]:
    label = f"{replies.name} {replies.version}".strip() or f"this terminal (TERM={_escape(term)})"
    if term == "linux":
        return None, "the Linux console shows text only"
    if not replies.answered:
        return None, f"{label} did not answer within the time given"
    if replies.kitty and _has_placeholders(replies.name, replies.version):
        return "kitty", f"{label} has kitty graphics with placeholders"
    if 4 in replies.attributes and replies.cell:
        return "sixel", f"{label} claims sixel"
    if 4 in replies.attributes:
        return None, f"{label} claims sixel, but does not tell how large a cell is"
    if replies.kitty:
        return None, f"{label} has kitty graphics, but no placeholders that can be relied on, and no sixel"
    return None, f"{label} claims neither kitty graphics nor sixel"


def _tmux_protocol(tmux: TmuxClient | None) -> tuple[GraphicsProtocol | None, str]:
    """tmux 3.5 claims sixel whatever it is shown on: what counts is the terminal outside."""
    if tmux is None:
        return None, "inside a tmux that cannot be asked what it is shown on"
    client_match = _NAME.match(tmux.client)
    if client_match and _has_placeholders(client_match[1], client_match[2]):
        if tmux.passthrough:
            return "kitty", f"tmux on {_escape(tmux.client)}, through allow-passthrough"
        return None, f"tmux on {_escape(tmux.client)}: `tmux set -g allow-passthrough on` would allow pictures"
    client = _escape(tmux.client) or "a terminal that it cannot name"
    if "sixel" in tmux.features:
        return "sixel", f"tmux on {client}, to which it sends sixel"
    return None, f"tmux on {client}, to which it sends no pictures"


def _has_placeholders(name: str, version: str) -> bool:
    """Unicode placeholders came with kitty 0.28. WezTerm and Konsole answer the query but garble them."""
    return (name == "kitty" and _version_numbers(version) >= (0, 28)) or name.lower() == "ghostty"


def _takes_truecolor(name: str, version: str) -> bool:
    """xterm since 331 takes 24-bit colours even where it approximates them."""
    is_known = name.lower() in ("kitty", "ghostty", "wezterm", "foot", "konsole", "contour", "mlterm", "iterm2")
    return is_known or (name == "XTerm" and _version_numbers(version) >= (331,))


def _escape(text: str) -> str:
    return ascii(text)[1:-1]


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
