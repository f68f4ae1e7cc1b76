"""Pictures by kitty's graphics protocol: sent under a number (image id), then shown by text with that number.

The text is a Unicode placeholder per cell (kitty 0.28 and newer), so an app can move, cover and erase it as any text.
In all commands `tmux` is the number of tmux on the way, for which a command is wrapped.
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

import random
from base64 import standard_b64encode
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.tmux import wrap_for_tmux

if TYPE_CHECKING:  # freeing a picture must not import it
    from PIL import Image as Pillow

_CHUNK = 4096  # characters of a command: the protocol's limit
_PLACEHOLDER = "\U0010eeee"


def encode(picture: Pillow.Image) -> str:
    """A palette picture as PNG in base64. Without a palette it would be four times as long."""
    buffer = BytesIO()
    picture.save(buffer, "png")
    return standard_b64encode(buffer.getvalue()).decode()


def transmit(number: int, png: str, columns: int, rows: int, *, tmux: int) -> str:
    """The commands that send a picture for a box of cells, which it fills as far as its proportions allow.

    The box comes last: then kitty looks again at the cells that name the picture, if they are there already.
    """
    sent = _send(f"a=t,f=100,i={number},q=2,", "q=2,", png, tmux)
    return sent + _command(f"a=p,U=1,i={number},c={columns},r={rows},q=2", tmux)


def end_broken(*, tmux: int) -> str:
    """The command that ends a picture whose last bytes were lost: kitty would take the next one for its rest."""
    return _command("q=2,m=0;", tmux)


def replace_part(number: int, x: int, y: int, png: str, *, tmux: int) -> str:
    """The commands that replace pixels of a sent picture, with (x, y) as the upper left one. No cell changes.

    They edit frame 1 of what kitty takes for an animation (since 0.20; ghostty has none). Each chunk names that frame
    (r=1): kitty goes by the last chunk, and without r=1 there it would add a frame, which is never shown.
    """
    return _send(f"a=f,r=1,X=1,f=100,i={number},x={x},y={y},q=2,", "a=f,r=1,q=2,", png, tmux)


def _send(first_keys: str, keys: str, png: str, tmux: int) -> str:
    chunks = [png[start : start + _CHUNK] for start in range(0, len(png), _CHUNK)]
    return "".join(
        _command(f"{keys if index else first_keys}m={int(index < len(chunks) - 1)};{chunk}", tmux)
        for index, chunk in enumerate(chunks)
    )


def random_numbers() -> range:
    """240 numbers for pictures. Other programs' numbers cannot be known: the high byte is random.

    The low byte is a colour of the palette from 16 on, the same in all terminals; the middle bytes are 0.
    """
    first = random.randrange(1, 256) << 24
    return range(first + 16, first + 256)


def delete(number: int, *, tmux: int) -> str:
    """The command that frees a picture's memory in the terminal and removes it from the screen."""
    return _command(f"a=d,d=I,i={number},q=2", tmux)


def placeholders(number: int, columns: int, rows: int, background: str) -> list[list[PictureCell]]:
    """The rows of cells that show a picture: the foreground encodes the lowest byte of its number, a mark the highest.

    A colour of the palette of 256 works without 24-bit colours too; the middle bytes are 0. background: SGR parameters,
    visible where the picture does not fill the box.
    """
    ink = f"38;5;{number & 255}"
    highest = _MARKS[number >> 24]
    return [
        [
            PictureCell(f"{_PLACEHOLDER}{_MARKS[row]}{_MARKS[column]}{highest}", ink, background)
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def _command(text: str, tmux: int) -> str:
    return wrap_for_tmux(f"\x1b_G{text}\x1b\\", tmux=tmux)


def _parse_span(span: str) -> range:
    first, _, last = span.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


# The protocol's marks for 0 to 296, in its order: combining characters of class 230 without a decomposition.
_SPANS = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac 5af 5c4
610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a
7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b
1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7
20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f
10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244
"""
_MARKS = [chr(code) for code in chain.from_iterable(map(_parse_span, _SPANS.split()))]
