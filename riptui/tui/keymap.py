"""Apply the user's keys to the app's bindings.

Within a scope, which is a table of bindings, a key has one meaning; between scopes the one nearer to the focus wins,
as always in Textual.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import KEY_ALIASES, KEY_DISPLAY_ALIASES, REPLACED_KEYS, Keys, key_to_character

from riptui.errors import with_choices
from riptui.tui import bindings

KeyNames = Callable[[str], str]
"""A key's name as texts have it, by the ID of its binding: `shown_key` of an app."""
KEY_IN_TEXT = re.compile(r"\{([a-z]+\.[a-z-]+)\}")
MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
KEY_NAMES = frozenset(key.value.rpartition("+")[2] for key in Keys if "<" not in key.value) | REPLACED_KEYS.keys()
RENAMED_IDS = {"runs.close-filter": "runs.back"}
"""IDs of earlier releases, which settings files may have."""
KEYS_BY_DISPLAY = {display: key for key, display in KEY_DISPLAY_ALIASES.items()} | {",": "comma"}
"""Keys by their names in the footer, e.g. pgdn; and the comma, which separates keys."""
TERMINAL_ALIASES = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
"""Keys that a terminal cannot tell from another one, e.g. ctrl+i and tab."""


@dataclass(frozen=True)
class KnownBinding:
    """The default keys and the scope of a binding."""

    keys: str  # the default keys, separated by commas
    scope: str


def bindings_by_id(scopes: Mapping[str, Iterable[Binding]]) -> dict[str, KnownBinding]:
    """The bindings of these scopes by ID."""
    return {
        binding.id: KnownBinding(binding.key, name) for name, table in scopes.items() for binding in table if binding.id
    }


def check_keys(keys: Mapping[str, str], known: Mapping[str, KnownBinding]) -> tuple[dict[str, str], list[str]]:
    """Return the valid part of the user's keys, for `App.set_keymap`, and the problems, not yet printable.

    `keys` maps an ID to keys, separated by commas. A binding with an invalid entry keeps its default; if two entries
    use the same key, the first wins.
    """
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for name, user_keys in keys.items():
        binding_id = RENAMED_IDS.get(name, name)
        if binding_id not in known:
            problems.append(with_choices(f"keys: unknown id {name!r}", name, known))
            continue
        try:
            keymap[binding_id] = ",".join(map(_normalize_key, user_keys.split(",")))
        except ValueError as error:
            problems.append(f"keys: {binding_id} keeps {known[binding_id].keys}: {error}")
    while clash := _find_clash(keymap, known):
        binding_id, key, owner_id = clash
        del keymap[binding_id]
        kept = known[binding_id].keys
        problems.append(f"keys: {binding_id} keeps {kept}: {key} belongs to {owner_id}; change one of them")
    return keymap, problems


def shown_key(app: App[Any], binding_id: str) -> str:
    """The first key of a binding as texts name it: the user's, if they chose one."""
    default = next(item for scope in bindings.SCOPES.values() for item in scope if item.id == binding_id)
    keys = app._keymap.get(binding_id, default.key)  # Textual has no public name for it
    return app.get_key_display(default.with_key(keys.partition(",")[0], None))


def describe_binding(app: App[Any], binding: Binding) -> str:
    """What a binding does, in the words of its table, where {compute.pause} stands for that binding's key."""
    return KEY_IN_TEXT.sub(lambda match: shown_key(app, match[1]), binding.tooltip or binding.description)


def _find_clash(keymap: Mapping[str, str], known: Mapping[str, KnownBinding]) -> tuple[str, str, str] | None:
    """The first ID whose key belongs to another ID of its scope: the ID, the key, the other ID."""
    owners: dict[tuple[str, str], str] = {}
    default_keys = {binding_id: binding.keys for binding_id, binding in known.items() if binding_id not in keymap}
    for binding_id, keys in [*default_keys.items(), *keymap.items()]:
        for key in keys.split(","):
            name = _normalize_key(key)
            owner = owners.setdefault((known[binding_id].scope, TERMINAL_ALIASES.get(name, name)), binding_id)
            if owner != binding_id and binding_id in keymap:
                return binding_id, key, owner
    return None


def _normalize_key(key: str) -> str:
    """Textual's name of a key, e.g. ctrl+pagedown for Ctrl+PgDn. Raises ValueError."""
    key = key.strip()
    *modifiers, last = [key] if len(key) == 1 else [part.strip() for part in key.split("+")]
    held = {modifier.lower() for modifier in modifiers}
    if len(last) > 1:
        last = last.lower()
    elif held == {"shift"} and last.isalpha():
        held, last = set(), last.upper()  # as a terminal sends it
    elif held:
        last = last.lower()
    last = KEYS_BY_DISPLAY.get(last, last)
    if len(last) == 1:
        [binding] = Binding.make_bindings([(last, "")])
        last = binding.key
    if not (held <= MODIFIERS and last.isprintable() and (last in KEY_NAMES or key_to_character(last))):
        raise ValueError(f"unknown key {key!r}; use e.g. x, X, ?, space, f5, pageup, ctrl+s")
    return "+".join([*sorted(held), last])
