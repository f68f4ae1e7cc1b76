"""The study file: TOML to a `Study`. Whatever is wrong with it is refused before anything is made, with its line."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from riptui import inpainters, metrics, ranges
from riptui.errors import InputError, NameRefusedError, RiptuiError, SettingsError, StudyError
from riptui.settings.document import Document
from riptui.settings.document import read as read_document
from riptui.spec import FITS, LAST_SEED, ORDERS, Fit, Measure, Parameter, points
from riptui.store import layout
from riptui.study import dataset
from riptui.sweep import Sweep

KEYS = ("images", "sample", "sample_seed", "runs", "group", "metrics", "measure", "sweep")
SEEDS = f'it must be whole numbers from 0 to {LAST_SEED:,}: 7, [0, 1, 2] or "0-9"'


@dataclass(frozen=True)
class Study:
    """What a study file says, whole and valid."""

    file: Path
    """Absolute."""
    text: str
    """Of the file, as it was read."""
    images: tuple[str, ...]
    """Files, folders, globs, `riptui:NAME` for a picture that comes with riptui, and `hf:ORG/NAME` for a dataset."""
    sample: int | None
    """How many of the pictures; None: all."""
    sample_seed: int
    runs: Path
    group: str
    metrics: tuple[str, ...] | None
    """None: the usual ones that can be had."""
    measure: Measure
    sweeps: tuple[Sweep, ...]
    """One of each combination but the seeds: together they give each spec of a picture once."""

    def __len__(self) -> int:
        """Trajectories of one picture."""
        return sum(map(len, self.sweeps))

    @property
    def name(self) -> str:
        return layout.name_from(self.file.stem)

    @property
    def folder(self) -> Path:
        """Of the group, in the runs folder."""
        return self.runs / self.group

    @property
    def preparations(self) -> tuple[tuple[int, Fit], ...]:
        """The sizes and fits that a picture is needed in."""
        return tuple(dict.fromkeys((sweep.size, sweep.fit) for sweep in self.sweeps))

    @property
    def needs_weights(self) -> bool:
        """Whether a diffusion model is among the inpainters."""
        return any(inpainters.entry(inpainters.choose(sweep.inpainters[0]).name).weights for sweep in self.sweeps)


def read(file: Path, *, runs: Path = Path("runs")) -> Study:
    """Read a study file. `runs` is the runs folder where the file names none.

    Paths in the file are relative to its folder. Raises StudyError with the file and the line; InputError.
    """
    file = file.absolute()
    try:
        document = read_document(file)
    except FileNotFoundError:
        raise StudyError(f"{file} is not there; `riptui study new` writes one") from None
    except SettingsError as error:
        raise StudyError(str(error)) from error
    return _Reader(file, document).study(runs)


class _Reader:
    def __init__(self, file: Path, document: Document) -> None:
        self._file, self._document = file, document

    def study(self, runs: Path) -> Study:
        self._require_known(self._document.values, KEYS, "")
        given = self._value("runs", _is_text, "a path", None)
        group = self._value(
            "group", _is_text, "a name, or several with / between them", layout.name_from(self._file.stem)
        )
        try:
            for part in group.split("/"):
                layout.require_name(part)
        except NameRefusedError as error:
            raise self._error("group", str(error)) from error
        swept = self._swept()
        measure = self._measure()
        sweeps = tuple(self._sweeps(swept))
        try:
            for sweep in sweeps:
                points(sweep.specs("", "0" * 64, "0" * 64)[0], measure)
        except RiptuiError as error:
            raise self._error("measure", str(error)) from error
        return Study(
            file=self._file,
            text=self._document.text,
            images=self._images(),
            sample=self._value("sample", _is_positive, "a whole number from 1 up", None),
            sample_seed=self._value("sample_seed", _is_whole, "a whole number from 0 up", 0),
            runs=(self._file.parent / Path(given).expanduser()) if given else runs.absolute(),
            group=group,
            metrics=self._metrics(),
            measure=measure,
            sweeps=sweeps,
        )

    # ── the top of the file ──────────────────────────────────────────────────────────────────────────────────────

    def _images(self) -> tuple[str, ...]:
        wanted = 'a list of files, folders and globs, e.g. ["pictures/*.jpg"]'
        images = self._value("images", _is_texts, wanted, None)
        if not images:
            raise self._error("images", f"images is needed, and not empty: {wanted}")
        texts = dict.fromkeys([images] if isinstance(images, str) else images)
        try:
            for text in texts:
                if text.startswith(dataset.PREFIX):
                    dataset.parse(text)
        except StudyError as error:
            raise self._error("images", str(error)) from error
        return tuple(texts)

    def _metrics(self) -> tuple[str, ...] | None:
        names = self._value("metrics", _is_texts, 'a list of metrics, e.g. ["ssim", "lpips-vgg"]', None)
        if names is None:
            return None
        try:
            return metrics.parse([names] if isinstance(names, str) else names)
        except InputError as error:
            raise self._error("metrics", str(error)) from error

    def _measure(self) -> Measure:
        measure: Measure = self._value(
            "measure",
            lambda value: value in ("half", "every") or _is_positive(value),
            '"half" (every 50 %), "every" (each iteration) or a number of iterations',
            "half",
        )
        return measure

    # ── [sweep] ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _swept(self) -> dict[str, list[Any]]:
        """The lists of [sweep], with single values as lists of one."""
        table = self._value("sweep", lambda value: isinstance(value, dict), "a table: [sweep]", {})
        known = [*FIELDS, *dict.fromkeys(key for entry in inpainters.REGISTRY.values() for key in entry.parameters)]
        self._require_known(table, known, "sweep.")
        return {key: self._listed(key, value) for key, value in table.items()}

    def _listed(self, key: str, value: object) -> list[Any]:
        if key == "seed":
            return self._seeds(value)
        wanted, fits = FIELDS.get(key, ("true, false, a number or a text", _is_parameter))
        values = value if isinstance(value, list) else [value]
        if not values or not all(_is_parameter(one) and fits(one) for one in values):
            raise self._error(f"sweep.{key}", f"{key} is {value!r}; it must be {wanted}, or a list of such")
        return [one for _, one in dict.fromkeys((type(one), one) for one in values)]

    def _seeds(self, value: object) -> list[int]:
        given = value if isinstance(value, list) else [value]
        try:
            seeds = ranges.read(",".join(map(str, given)))
        except InputError as error:
            raise self._error("sweep.seed", f"seed is {value!r}: {error}; {SEEDS}") from error
        if any(isinstance(one, bool) for one in given) or max(seeds) > LAST_SEED:
            raise self._error("sweep.seed", f"seed is {value!r}; {SEEDS}")
        return [*seeds]

    def _sweeps(self, swept: Mapping[str, list[Any]]) -> Iterator[Sweep]:
        """Every combination. A parameter is for the inpainters that have it; one that none has is refused."""
        told: set[str] = set()
        given = {key: values for key, values in swept.items() if key not in ("seed", "inpainter")}
        for name in swept.get("inpainter", [inpainters.DEFAULT]):
            try:
                own = inpainters.entry(inpainters.choose(name).name).parameters
            except InputError as error:
                raise self._error("sweep.inpainter", str(error)) from error
            keys = [key for key in given if key in FIELDS or key in own]
            told.update(keys)
            for values in product(*(given[key] for key in keys)):
                combination = dict(zip(keys, values, strict=True))
                try:
                    yield _sweep(name, combination, swept.get("seed", [0]))
                except InputError as error:
                    raise self._error(_culprit(name, combination), str(error)) from error
        for key in given:
            if key not in told:
                names = ", ".join(swept.get("inpainter", [inpainters.DEFAULT]))
                raise self._error(f"sweep.{key}", f"{key} is a parameter of none of the inpainters: {names}")

    # ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────

    def _value(self, key: str, fits: Callable[[Any], bool], wanted: str, default: Any) -> Any:
        value = self._document.values.get(key)
        if value is None:
            return default
        if not fits(value):
            raise self._error(key, f"{key} is {value!r}; it must be {wanted}")
        return value

    def _require_known(self, table: Mapping[str, object], known: Sequence[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                hint = _hint(key, known, in_sweep=bool(prefix))
                raise self._error(f"{prefix}{key}", f"unknown key {key!r}; {hint}Known: {', '.join(known)}")

    def _error(self, key: str, text: str) -> StudyError:
        line = self._document.line(key) or self._document.line(key.partition(".")[0])
        return StudyError(f"{self._file}{f', line {line}' if line else ''}: {text}")


def _sweep(name: str, combination: Mapping[str, Any], seeds: Sequence[int]) -> Sweep:
    """Raises InputError for values that cannot be, or not together."""
    fields = {key: value for key, value in combination.items() if key in FIELDS and key != "mask"}
    parameters: dict[str, Parameter] = {key: value for key, value in combination.items() if key not in FIELDS}
    return Sweep([name], [combination.get("mask", 128)], seeds, parameters, **fields)


def _culprit(name: str, combination: Mapping[str, Any]) -> str:
    """The key without which the rest would be possible."""
    for key in combination:
        try:
            _sweep(name, {other: value for other, value in combination.items() if other != key}, [0])
        except InputError:
            continue
        return f"sweep.{key}"
    return "sweep"


def _hint(key: str, known: Sequence[str], *, in_sweep: bool) -> str:
    if key in (KEYS if in_sweep else FIELDS):
        return f"it belongs {'above' if in_sweep else 'below'} [sweep]. "
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}? " if near else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value


def _is_texts(value: object) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(map(_is_text, value)))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: object) -> bool:
    return _is_whole(value) and value != 0


def _is_parameter(value: object) -> bool:
    return isinstance(value, bool | int | float | str)


FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "inpainter": ("the name of an inpainter", _is_text),
    "mask": ("a whole number of px", _is_whole),
    "seed": ("a whole number", _is_whole),
    "amount": ("a number of %", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "order": (f"one of {', '.join(ORDERS)}", lambda value: value in ORDERS),
    "paste": ("true or false", lambda value: isinstance(value, bool)),
    "size": ("a whole number of px", _is_whole),
    "fit": (f"one of {', '.join(FITS)}", lambda value: value in FITS),
}
"""Fields of the spec that can be swept, with what each must be; the others are parameters of the inpainters."""
