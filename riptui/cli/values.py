"""Values on the command line: lists such as 64,128,256 and 0-9, names, intervals; and the completion of paths."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.cli.lazy import lazy
from riptui.errors import InputError
from riptui.planning.bundled_pictures import BUNDLED_PREFIX, list_bundled
from riptui.spec import MeasureInterval
from riptui.text import int_ranges
from riptui.text.terminal import printable

ValueT = TypeVar("ValueT")

runs_folder = lazy("riptui.cli.runs_folder:runs_folder")
_list_entries = lazy("riptui.store.trash:list_entries")


class NumberRange(click.FloatRange):
    """A finite number in a range; Click's comparisons alone would accept nan in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class ParsedParam(click.ParamType[ValueT]):
    """A text that `parse` reads, which raises InputError. `words`: those to complete. A default may be no text."""

    def __init__(self, name: str, parse: Callable[[str], ValueT], words: Sequence[str] = ()) -> None:
        self.name = name
        self._parse = parse
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ValueT:
        try:
            return self._parse(value) if isinstance(value, str) else value
        except InputError as error:
            self.fail(str(error))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _complete(self._words, incomplete)


class NameListParam(ParsedParam[tuple[str, ...]]):
    """Names separated by commas: a tuple. A comma in an existing path separates nothing.

    `choices` returns those to complete.
    """

    def __init__(self, choices: Callable[[], Iterable[str]]) -> None:
        super().__init__("names", lambda text: tuple(dict.fromkeys(_split_names(text))))
        self._choices = choices

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        done, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{done}{comma}{name}") for name in self._choices() if name.startswith(last)]


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


def _parse_measure(text: str) -> MeasureInterval:
    if text == "half" or text == "every":
        return text  # type: ignore[return-value]
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise InputError(f"expected half (every 50 %), every (each iteration) or a number of iterations, got {text!r}")
    return int(text)


def _parse_amounts(text: str) -> Literal["end", "half"] | tuple[float, ...]:
    if text == "end" or text == "half":
        return text  # type: ignore[return-value]
    try:
        amounts = tuple(dict.fromkeys(float(part.strip().removesuffix("%")) for part in text.split(",")))
    except ValueError:
        amounts = ()
    if not (amounts and all(0 < amount < inf for amount in amounts)):
        raise InputError(f"expected end, half (every 50 %) or inpainted % such as 100,400, got {text!r}")
    return amounts


def _parse_minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not minutes >= 0:
        raise InputError(
            f"expected a number of minutes, 0 (exit when the queue is empty) or inf (never exit), got {text!r}"
        )
    return minutes


NUMBERS = ParsedParam("numbers", int_ranges.parse)
"""Whole numbers such as 64,128,256 or 0-9: a tuple in the given order, without duplicates."""
MEASURE = ParsedParam("half|every|N", _parse_measure, ("half", "every"))
"""When to measure."""
AMOUNTS = ParsedParam("end|half|P,P", _parse_amounts, ("end", "half"))
"""Where to look at trajectories: end, half, or inpainted % such as 100,400: a tuple of numbers."""
MINUTES = ParsedParam("minutes", _parse_minutes)
"""A number of minutes, or inf."""
FILE = click.Path(path_type=Path, dir_okay=False)


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

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.is_absolute() and not os.path.lexists(path):
            below_runs = _find_runs(ctx) / path
            if os.path.lexists(below_runs):
                return below_runs
        return path

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return complete_folders(ctx, param, incomplete) or _complete_below(_find_runs(ctx), incomplete)


def _find_runs(ctx: click.Context | None) -> Path:
    with nullcontext() if ctx is None else ctx.scope(cleanup=False):  # the completion has left it
        found: Path = (ctx and ctx.params.get("runs")) or runs_folder()
    return found


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


def complete_trashed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete where trajectories in the trash were; a name that a terminal would obey is left out."""
    places = dict.fromkeys(entry.record.place for entry in _list_entries(ctx.params.get("runs") or runs_folder()))
    return _complete([place for place in places if printable(place) == place], incomplete)


def complete_devices(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the words of --devices; GPUs are not looked for, which takes seconds on some machines."""
    return _complete(("all", "cpu", "free"), incomplete)


def _complete(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
