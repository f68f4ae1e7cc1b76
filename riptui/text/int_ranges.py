"""Whole numbers as people type them: 64,128,256 or 0-9 or both."""

import re
from collections.abc import Iterable

from riptui.errors import InputError

MAX_NUMBERS = 100_000  # numbers in one range


def parse(text: str) -> tuple[int, ...]:
    """The numbers in the order given, none twice. Raises InputError."""
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,16})\s*(?:-\s*(\d{1,16})\s*)?", part)
        if not match:
            place = "" if part == text else f" in {text!r}"
            raise InputError(f"{part!r}{place} is not a number or a range such as 0-9")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise InputError(f"the range {part} runs backwards")
        if last - first >= MAX_NUMBERS:
            raise InputError(f"the range {part} has more than {MAX_NUMBERS:,} numbers")
        numbers.update(dict.fromkeys(range(first, last + 1)))
    return tuple(numbers)


def join(numbers: Iterable[int]) -> str:
    """As people write them: 0-9, or 0, 3, 7-8; of more than six parts the first five, with the count of numbers."""
    distinct = sorted(set(numbers))
    parts: list[list[int]] = []
    for number in distinct:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    ranges = ["-".join(map(str, part)) for part in parts]
    return ", ".join(ranges) if len(ranges) <= 6 else f"{', '.join(ranges[:5])} … ({len(distinct):,})"
