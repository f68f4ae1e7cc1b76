"""The names of groups and trajectories: letters and digits of any script, and what a text becomes as one.

A name is in Unicode's composed form (NFC), so that é is one name and not two. Nothing in it is invisible, changes the
direction of a text or has a meaning for a shell or a file system.
"""

import hashlib
import re
import unicodedata

from riptui.errors import NameRefusedError

MAX_LENGTH = 100  # characters
MAX_BYTES = 200  # bytes in UTF-8; file systems take 255
ASCII_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a name was until names had letters of any script; all of these stay valid."""
FALLBACK = "picture"
HASH_LENGTH = 8
NOT_IN_NAMES = re.compile(r"[\x00-\x2d/:-@\[-^`{-\x7f]+")
"""ASCII without letters, digits, dots and underscores."""
INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters and marks that nothing is drawn for."""


def is_name(text: str) -> bool:
    """Whether a text is a name, in whichever form a file system gives it back (macOS decomposes it)."""
    if ASCII_NAME.fullmatch(text):
        return True
    name = compose(text)
    return (
        0 < len(name) <= MAX_LENGTH
        and _is_letter_or_digit(name[0])
        and all(c in "._-" or _is_letter_or_digit(c) or _is_mark(c) for c in name)
        and len(name.encode()) <= MAX_BYTES
    )


def compose(path: str) -> str:
    """A name, or several with / between them, in the form that is created."""
    return unicodedata.normalize("NFC", path)


def require_name(name: str) -> str:
    """Return the name of a group or trajectory, composed. Raises NameRefusedError if it is not valid."""
    if not is_name(name):
        raise NameRefusedError(
            f"{name!r} is not a name: use 1 to 100 letters, digits, '.', '_' and '-', and begin with a letter or digit"
        )
    return compose(name)


def slugify(text: str) -> str:
    """The nearest valid name to a text, e.g. an image's file name.

    Letters and digits of any script stay, symbols are spelled out (🐱: cat-face), and the rest becomes '-'. A text that
    is too long, or of which nothing stays, gets a part of its hash, so that other texts get other names.
    """
    if not (spelled := text).isascii():
        spelled = _drop_loose_marks("".join(map(_spell, unicodedata.normalize("NFKC", text))))
    name = compose(NOT_IN_NAMES.sub("-", spelled)).strip("-._")
    if not name:
        return f"{FALLBACK}-{_hash(text)}" if text else FALLBACK
    if is_name(name):
        return name
    return f"{cut(name, MAX_LENGTH - HASH_LENGTH - 1).rstrip('-._')}-{_hash(text)}"


def older_slug(text: str) -> str:
    """What `slugify` gave until names had letters of any script: accents were dropped, other letters too."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._]+", "-", ascii_text).strip("-._")
    return name[:MAX_LENGTH].rstrip("-._") or FALLBACK


def cut(name: str, length: int) -> str:
    """The beginning of a name, so that the rest has room for as many characters as `length` leaves."""
    name = name[:length]
    while len(name.encode()) > MAX_BYTES - (MAX_LENGTH - length):
        name = name[:-1]
    return name


def _spell(character: str) -> str:
    if character.isascii() or _is_letter_or_digit(character) or _is_mark(character):
        return character
    if unicodedata.category(character) == "So" and character not in INVISIBLE:
        return f"-{unicodedata.name(character, '').lower()}-"
    return ""


def _drop_loose_marks(text: str) -> str:
    """Without the accents that have no letter before them."""
    kept = ""
    for character in text:
        if not _is_mark(character) or (kept and (_is_letter_or_digit(kept[-1]) or _is_mark(kept[-1]))):
            kept += character
    return kept


def _is_letter_or_digit(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] == "L" or category == "Nd") and character not in INVISIBLE


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc") and character not in INVISIBLE


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH_LENGTH]
