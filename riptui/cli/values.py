"""Values on the command line: lists such as 64,128,256 and 0-9, names, intervals; and the completion of paths."""

import os
import re
from collections.abc import Callable, Iterator
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.errors import InputError
from riptui.planning.bundled_pictures import BUNDLED_PREFIX, list_bundled
from riptui.spec import MeasureInterval
from riptui.text import int_ranges
from riptui.text.terminal import printable


class NumberRange(click.FloatRange):
    """A finite number in a range; Click's comparisons alone would accept nan in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class NumberListParam(click.ParamType[tuple[int, ...]]):
    """Whole numbers such as 64,128,256 or 0-9: a tuple in the given order, without duplicates."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return int_ranges.parse(value)
        except InputError as error:
            self.fail(str(error))


class NameListParam(click.ParamType[tuple[str, ...]]):
    """Names separated by commas: a tuple. A comma in an existing path separates nothing.

    `choices` returns those to complete.
    """

    name = "names"

    def __init__(self, choices: Callable[[], list[str]]) -> None:
        self.choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(_split_names(value)))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        done, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{done}{comma}{name}") for name in self.choices() if name.startswith(last)]


def _split_names(text: str) -> Iterator[str]:
    """The names in a list, each as long as an existing path, else up to the next comma."""
    pieces = text.split(",")
    while pieces:
        lengths = (n for n in range(len(pieces), 1, -1) if _is_path(",".join(pieces[:n])))
        length = next(lengths, 1)
        name, pieces = ",".join(pieces[:length]).strip(), pieces[length:]
        if name:
            yield name


def _is_path(text: str) -> bool:
    try:
        return Path(text.strip()).expanduser().exists()
    except (OSError, RuntimeError):  # too long, or the home of nobody
        return False


class MeasureParam(click.ParamType[MeasureInterval]):
    """When to measure: half, every, or a number of iterations."""

    name = "half|every|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> MeasureInterval:
        if isinstance(value, int):
            return value
        if value == "half" or value == "every":
            return value  # type: ignore[no-any-return]
        if not re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
            self.fail(f"expected half (every 50 %), every (each iteration) or a number of iterations, got {value!r}")
        return int(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in ("half", "every") if word.startswith(incomplete)]


class AmountsParam(click.ParamType[Any]):
    """Where to look at trajectories: end, half, or inpainted % such as 100,400: a tuple of numbers."""

    name = "end|half|P,P"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Literal["end", "half"] | tuple[float, ...]:
        if isinstance(value, tuple) or value in ("end", "half"):
            return value  # type: ignore[no-any-return]
        try:
            amounts = tuple(dict.fromkeys(float(part.strip().removesuffix("%")) for part in value.split(",")))
        except ValueError:
            amounts = ()
        if not (amounts and all(0 < amount < inf for amount in amounts)):
            self.fail(f"expected end, half (every 50 %) or inpainted % such as 100,400, got {value!r}")
        return amounts

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in ("end", "half") if word.startswith(incomplete)]


class MinutesParam(click.ParamType[float]):
    """A number of minutes, or inf."""

    name = "minutes"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            minutes = float(value)
        except ValueError:
            minutes = -1.0
        if not minutes >= 0:
            self.fail(
                f"expected a number of minutes, 0 (exit when the queue is empty) or inf (never exit), got {value!r}"
            )
        return minutes


class PictureParam(click.Path):
    """A path, or the name of a picture that comes with riptui, which is completed where no file begins like it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        # bash takes a colon for the end of a word: it asks for, and replaces, what follows it
        is_split = re.search(r"\sriptui\s?:\s?\S*$", os.environ.get("COMP_WORDS", "")) is not None
        typed = BUNDLED_PREFIX + incomplete.removeprefix(":") if is_split else incomplete
        names = [name for name in list_bundled() if typed and name.startswith(typed)]
        if not names or any(path.name.startswith(typed) for path in Path().iterdir()):
            return super().shell_complete(ctx, param, incomplete)
        return [CompletionItem(name.removeprefix(BUNDLED_PREFIX) if is_split else name) for name in names]


class FolderParam(click.Path):
    """The path of a trajectory or a group: from here, else as `riptui ls` prints it, from the runs folder."""

    def __init__(self, runs_folder: Callable[[], Path]) -> None:
        super().__init__(path_type=Path)
        self._runs_folder = runs_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.is_absolute() and not os.path.lexists(path):
            below_runs: Path = self._find_runs(ctx) / path
            if os.path.lexists(below_runs):
                return below_runs
        return path

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return complete_folders(ctx, param, incomplete) or _complete_below(self._find_runs(ctx), incomplete)

    def _find_runs(self, ctx: click.Context | None) -> Path:
        if ctx is None:
            return self._runs_folder()
        with ctx.scope(cleanup=False):  # the completion has left it
            return ctx.params.get("runs") or self._runs_folder()


def complete_folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a path to folders, as the shell would."""
    return _complete_below(Path(), incomplete)


def _complete_below(root: Path, incomplete: str) -> list[CompletionItem]:
    folder, _, start = incomplete.rpartition("/")
    try:
        with os.scandir(root / (folder or ("/" if incomplete.startswith("/") else "."))) as entries:
            names = sorted(e.name for e in entries if e.is_dir() and e.name.startswith(start) and e.name[0] != ".")
    except OSError:
        return []
    harmless = [name for name in names if printable(name) == name]  # the shell prints them unescaped
    return [CompletionItem(f"{folder}/{name}" if folder else name) for name in harmless]


def complete_devices(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the words of --devices; GPUs are not looked for, which takes seconds on some machines."""
    return [CompletionItem(word) for word in ("all", "cpu", "free") if word.startswith(incomplete)]
