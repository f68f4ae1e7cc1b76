"""Filters that the user has given a name: `@night` in a filter stands for one."""

import re
from collections.abc import Mapping, Sequence

from riptui.errors import DiskError, InputError, with_choices
from riptui.settings.paths import state_file
from riptui.settings.state import recall, remember

STATE_KEY = "named_filters"
NAME = re.compile(r"[\w.-]{1,40}")


def named_filters() -> dict[str, str]:
    """The filters by name, in the order of the names."""
    return dict(sorted((recall(STATE_KEY, dict[str, str]) or {}).items()))


def check_name(name: str) -> str:
    """The name without blanks at its ends. Raises InputError for one that no filter can have."""
    name = name.strip().removeprefix("@")
    if not NAME.fullmatch(name):
        raise InputError("a name has 1 to 40 letters, digits, dots, - or _")
    return name


def name_filter(name: str, text: str) -> None:
    """Give a filter a name, which it takes from another; without a text the name is forgotten.

    Raises InputError; DiskError if that cannot be kept.
    """
    name = check_name(name)
    known = named_filters()
    known.pop(name, None)
    if not remember(STATE_KEY, known | ({name: text} if text.strip() else {})):
        raise DiskError(f"the name @{name} cannot be kept: {state_file()} cannot be written")


def expand_names(text: str, known: Mapping[str, str] | None = None) -> str:
    """A filter with what each @name stands for. `known`: the filters by name; else those that the user has named.

    Raises ValueError for an unknown name, and for one that stands for alternatives and does not stand alone.
    """
    words = text.split()
    if not any(word.startswith("@") for word in words):
        return text
    known = named_filters() if known is None else known
    return " ".join(_expand(word, words, known) if word.startswith("@") else word for word in words)


def _expand(word: str, words: Sequence[str], known: Mapping[str, str]) -> str:
    """What a name among the words of a filter stands for. Raises ValueError as above."""
    if word[1:] not in known:
        raise ValueError(with_choices(f"no filter is named {word}", word, [f"@{name}" for name in known]))
    text = known[word[1:]]
    alternatives = " ".join("\n" if each.lower() == "or" else each for each in words).splitlines()
    is_alone = all(word not in each.split() or each.split() == [word] for each in alternatives)
    if "or" in text.lower().split() and not is_alone:
        raise ValueError(f'{word} has alternatives ("or"): nothing but "or" can stand beside it')
    return text
