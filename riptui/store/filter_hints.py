"""What somebody may have meant whose filter leaves nothing."""

import difflib
from collections.abc import Collection, Iterable

from riptui.metrics.display import in_display_order
from riptui.store.filters import CONDITION, FilterSubject, KnownNames, split_words


def explain_nothing(text: str, subjects: Collection[FilterSubject]) -> str:
    """Why a filter may leave nothing, of these subjects: a value that is misspelt, or a metric that none has; or ""."""
    return suggest_value(text, subjects) or _name_unmeasured(text, subjects)


def _name_unmeasured(text: str, subjects: Collection[FilterSubject]) -> str:
    known = KnownNames(subjects)
    measured = in_display_order({name for subject in subjects for name in subject.measured})
    for word in split_words(text.lower()):
        parts = CONDITION.fullmatch(word.removeprefix("-"))
        if parts is None or parts[2] == ":" or parts[1] in known.fields or not known.is_metric(parts[1]):
            continue
        if not any(name.startswith(parts[1]) for name in measured):
            return f"{parts[1]} is not measured here{', only ' if measured else ''}{', '.join(measured)}"
    return ""


def suggest_value(text: str, subjects: Iterable[FilterSubject]) -> str:
    """did you mean inpainter:telea? Of the first field in a filter that no subject has with such a value; or ""."""
    conditions = [
        parts for word in split_words(text.lower()) if (parts := CONDITION.fullmatch(word)) and parts[2] == ":"
    ]
    known: dict[str, dict[str, None]] = {parts[1]: {} for parts in conditions}
    for subject in subjects:
        for name, values in known.items():
            values.update(dict.fromkeys(_values_of(subject, name)))
    for parts in conditions:
        name, typed = parts[1], parts[3]
        if typed and not any(value.startswith(each) for value in known[name] for each in typed.split(",")):
            for value in difflib.get_close_matches(typed, known[name], n=1):
                return f"did you mean {name}:{value}?"
    return ""


def _values_of(subject: FilterSubject, name: str) -> list[str]:
    match name:
        case "tag":
            return [tag.lower() for tag in subject.tags]
        case "group":
            return [subject.path.lower().partition("/")[0]]
        case "status" | "note" | "seed" | "iteration":  # an unknown status is an error, and numbers are not misspelt
            return []
    value = subject.settings.get(name)
    return [value.lower()] if isinstance(value, str) else []
