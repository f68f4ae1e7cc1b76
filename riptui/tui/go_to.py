"""Where a typed text can lead: a frame, a path, a filter, a command. No Textual, no disk."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from riptui.spec import Spec
from riptui.text.terminal import printable

MAX_FOUND = 12
FRAME = re.compile(r"(?:k\s*)?(\d{1,9})")
AMOUNT = re.compile(r"(\d{1,7}(?:\.\d{1,6})?)\s*%")

TargetKind = Literal["frame", "path", "filter", "command"]


@dataclass(frozen=True)
class Target:
    kind: TargetKind
    value: str  # the number of the frame, the path, the filter, or the title of the command
    note: str = ""  # shown beside it

    @property
    def label(self) -> str:
        return printable(self.value) if self.kind != "frame" else f"frame {self.value}"


def find_targets(
    text: str,
    spec: Spec | None,
    newest: int,
    paths: Iterable[str],
    filters: Sequence[str],
    commands: dict[str, str],
    named: Mapping[str, str] = MappingProxyType({}),
) -> list[Target]:
    """What a text can mean, the likeliest first.

    spec, newest: of the shown trajectory, None and 0 if there is none; commands: their notes by their titles; filters:
    kept ones; named: others by their names.
    """
    text = text.strip()
    if text.startswith("@"):
        return [Target("filter", f"@{name}", named[name]) for name in rank(text[1:], named)][:MAX_FOUND]
    if text.startswith("/"):
        typed, *_ = texts = [text[1:].strip(), *filters]
        found = [saved for saved in dict.fromkeys(texts) if saved and typed in saved]
        return [Target("filter", name, "filter") for name in found][:MAX_FOUND]
    targets = _find_frames(text, spec, newest) if spec else []
    if not text:
        return targets
    names = rank(text, commands)
    targets += [Target("path", path) for path in rank(text, paths)[: MAX_FOUND - min(4, len(names))]]
    return (targets + [Target("command", name, commands[name]) for name in names])[:MAX_FOUND]


def is_frame(text: str) -> bool:
    """Whether a text names a frame by its number or its inpainted %."""
    return bool(AMOUNT.fullmatch(text.strip()) or FRAME.fullmatch(text.strip()))


def _find_frames(text: str, spec: Spec, newest: int) -> list[Target]:
    if match := AMOUNT.fullmatch(text):
        k = spec.reaches(float(match[1]))
    elif match := FRAME.fullmatch(text):
        k = int(match[1])
    else:
        return []
    note = "" if k <= newest else f"the newest: {k:,} is not saved"
    return [Target("frame", str(min(k, newest)), note or f"{spec.inpainted(k):.0f} %")]


def rank(text: str, names: Iterable[str]) -> list[str]:
    """The names that have the letters of a text in this order, whatever is between them: blanks only part words. First
    where the text is one piece, then the shortest.
    """
    text = text.lower()
    pattern = re.compile(".*?".join(map(re.escape, "".join(text.split()))))
    found = [name for name in names if pattern.search(name.lower())]
    return sorted(found, key=lambda name: (text not in name.lower(), len(name)))
