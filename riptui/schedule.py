"""Schedules: parameters of the inpainter that change over the iterations. Text in, values out; knows no inpainter.

`strength=1..0.3` goes evenly from 1 at the first iteration to 0.3 at the last; `1..0.3..1` there and back again.
`prompt=a cat|a dog` has one value after another, each for an equal share of the iterations. Several are lines.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from riptui.errors import SpecError

GLIDE, STAGE = "..", "|"


@dataclass(frozen=True)
class Course:
    """The values of one parameter over the iterations."""

    text: str
    """As it is written in a spec."""
    points: tuple[float, ...] = ()
    """To go through evenly; empty: there are stages."""
    stages: tuple[str, ...] = ()
    """One after another."""

    def value(self, iteration: int, iterations: int) -> float | str:
        """The value at an iteration, from 1, of so many."""
        if self.stages:
            return self.stages[(iteration - 1) * len(self.stages) // iterations]
        place = (iteration - 1) / max(1, iterations - 1) * (len(self.points) - 1)
        before = min(int(place), len(self.points) - 2)
        start, end = self.points[before : before + 2]
        return start + (end - start) * (place - before)


@lru_cache(256)
def parse_schedules(text: str) -> dict[str, Course]:
    """The courses by parameter, in the order of their names. Raises SpecError."""
    found: dict[str, Course] = {}
    for line in filter(None, text.split("\n")):
        name, equals, values = line.partition("=")
        if not (name and equals):
            raise SpecError(f"schedule {line!r}: expected NAME=FROM..TO or NAME=A|B, e.g. strength=1..0.3")
        if name in found:
            raise SpecError(f"schedule {line!r}: {name} has two schedules")
        found[name] = _parse_course(line, values)
    return dict(sorted(found.items()))


def write_schedules(courses: dict[str, Course]) -> str:
    """The text that a spec has: the same for the same courses."""
    return "\n".join(f"{name}={course.text}" for name, course in sorted(courses.items()))


def _parse_course(line: str, values: str) -> Course:
    if STAGE in values:
        return Course(values, stages=tuple(values.split(STAGE)))
    points = values.split(GLIDE)
    try:
        numbers = tuple(map(float, points))
    except ValueError:
        numbers = ()
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)):
        raise SpecError(
            f"schedule {line!r}: expected numbers to go through, e.g. strength=1..0.3, or values to take in turn, e.g. "
            "prompt=a cat|a dog"
        )
    return Course(GLIDE.join(f"{number:.12g}" for number in numbers), points=numbers)
