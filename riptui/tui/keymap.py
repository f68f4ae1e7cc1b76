"""The keys of the user's own, onto the app's bindings.

Within a scope, which is a table of bindings, a key can mean only one thing; between scopes the one nearer to the focus
holds, as always in Textual.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import KEY_ALIASES, KEY_DISPLAY_ALIASES, REPLACED_KEYS, Keys, key_to_character

MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
NAMED = frozenset(key.value.rpartition("+")[2] for key in Keys if "<" not in key.value) | REPLACED_KEYS.keys()
SHOWN = {shown: key for key, shown in KEY_DISPLAY_ALIASES.items()} | {",": "comma"}
"""Keys by what the footer calls them, e.g. pgdn; and the comma, which parts keys."""
SAME = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
"""Keys for which a terminal sends what it sends for another, e.g. ctrl+i and tab."""


@dataclass(frozen=True)
class Known:
    """A binding that has an ID."""

    keys: str
    """By default, separated by commas."""
    scope: str


def known(scopes: Mapping[str, Iterable[Binding]]) -> dict[str, Known]:
    """The bindings of some scopes by their ID."""
    return {binding.id: Known(binding.key, name) for name, table in scopes.items() for binding in table if binding.id}


def checked(keys: Mapping[str, str], known: Mapping[str, Known]) -> tuple[dict[str, str], list[str]]:
    """What of the user's keys can hold, for `App.set_keymap`, and sentences about the rest, not yet printable.

    `keys` maps an ID to keys, separated by commas. What cannot hold is left out, so that the binding keeps its own; of
    two of the user's that want one key, the first gets it.
    """
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for one, wanted in keys.items():
        if one not in known:
            near = difflib.get_close_matches(one, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            problems.append(f"keys: there is no {one!r}; {meant}Known: {', '.join(known)}")
            continue
        try:
            keymap[one] = ",".join(map(_as_textual_says, wanted.split(",")))
        except ValueError as error:
            problems.append(f"keys: {one} keeps {known[one].keys}: {error}")
    while clash := _clash(keymap, known):
        one, key, other = clash
        del keymap[one]
        problems.append(f"keys: {one} keeps {known[one].keys}: {key} is {other}'s; give one of them another key")
    return keymap, problems


def apply(app: App[Any], keys: Mapping[str, str], known: Mapping[str, Known]) -> list[str]:
    """Make the app follow the user's keys. Returns what is wrong with them, in sentences."""
    keymap, problems = checked(keys, known)
    app.set_keymap(keymap)
    return problems


def _clash(keymap: Mapping[str, str], known: Mapping[str, Known]) -> tuple[str, str, str] | None:
    """The first ID of the keymap that wants a key which another of its scope has: the ID, the key, the other."""
    owners: dict[tuple[str, str], str] = {}
    settled = {one: binding.keys for one, binding in known.items() if one not in keymap}
    for one, keys in [*settled.items(), *keymap.items()]:
        for key in keys.split(","):
            plain = _as_textual_says(key)
            owner = owners.setdefault((known[one].scope, SAME.get(plain, plain)), one)
            if owner != one and one in keymap:
                return one, key, owner
    return None


def _as_textual_says(key: str) -> str:
    """The name by which Textual knows a key, e.g. Ctrl+PgDn: ctrl+pagedown. Raises ValueError."""
    key = key.strip()
    *modifiers, last = [key] if len(key) == 1 else [part.strip() for part in key.split("+")]
    held = {modifier.lower() for modifier in modifiers}
    if len(last) > 1:
        last = last.lower()
    elif held == {"shift"} and last.isalpha():
        held, last = set(), last.upper()  # which is what a terminal sends
    elif held:
        last = last.lower()
    last = SHOWN.get(last, last)
    if len(last) == 1:
        [binding] = Binding.make_bindings([(last, "")])
        last = binding.key
    if not (held <= MODIFIERS and last.isprintable() and (last in NAMED or key_to_character(last))):
        raise ValueError(f"{key!r} is no key; keys are such as x, X, ?, space, f5, pageup, ctrl+s")
    return "+".join([*sorted(held), last])
