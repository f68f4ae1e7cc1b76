"""Parse a study file, TOML, to a `Study`. Errors are reported with their line, before anything is created."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from riptui import inpainters, metrics
from riptui.errors import InputError, NameRefusedError, RiptuiError, SettingsError, StudyError
from riptui.planning.sweep import Sweep
from riptui.settings.toml_file import TomlDocument
from riptui.settings.toml_file import read_toml as read_document
from riptui.spec import (
    FITS,
    MAX_SEED,
    SQUARE_ORDERS,
    SQUARE_SOURCES,
    Fit,
    MeasureInterval,
    ParameterValue,
    SquareSource,
    measured_iterations,
)
from riptui.store import names
from riptui.study.dataset_name import HUB_PREFIX, parse_dataset_name
from riptui.text import int_ranges

KEYS = ("images", "sample", "sample_seed", "strict", "runs", "group", "metrics", "measure", "sweep")
SEED_RULE = f'it must be whole numbers from 0 to {MAX_SEED:,}: 7, [0, 1, 2] or "0-9"'


@dataclass(frozen=True)
class Study:
    """A study file, parsed and validated."""

    file: Path
    """Absolute."""
    text: str
    """The content of the file."""
    images: tuple[str, ...]
    """Files, folders, globs, `riptui:NAME` for a picture that comes with riptui, and `hf:ORG/NAME` for a dataset."""
    sample: int | None
    """How many of the pictures; None: all."""
    sample_seed: int
    strict: bool
    """Whether pictures with damage inside are left out."""
    runs: Path
    group: str
    metrics: tuple[str, ...] | None
    """None: the default metrics that are installed."""
    measure: MeasureInterval
    sweeps: tuple[Sweep, ...]
    """One per combination of values except the seeds; together they give each spec of a picture once."""

    names_squares: bool
    """Whether the file says whose squares a seed gives; if not, that depends on when the study was begun."""

    def __len__(self) -> int:
        """Trajectories of one picture."""
        return sum(map(len, self.sweeps))

    def sweeps_with(self, squares: SquareSource) -> list[Sweep]:
        """The sweeps, with these squares where the file does not name any."""
        return [sweep if self.names_squares else replace(sweep, squares=squares) for sweep in self.sweeps]

    @property
    def name(self) -> str:
        return _name_study(self.file, self.folder)

    @property
    def folder(self) -> Path:
        """The group's folder."""
        return self.runs / self.group

    @property
    def preparations(self) -> tuple[tuple[int, Fit], ...]:
        """The sizes and fits in which each picture is needed."""
        return tuple(dict.fromkeys((sweep.size, sweep.fit) for sweep in self.sweeps))

    @property
    def needs_weights(self) -> bool:
        """Whether a diffusion model is among the inpainters."""
        return any(
            inpainters.find_inpainter(inpainters.resolve_inpainter(sweep.inpainters[0]).name).takes_device
            for sweep in self.sweeps
        )


def read_study(file: Path, *, runs: Path = Path("runs")) -> Study:
    """Read a study file. `runs` is the runs folder where the file names none.

    Paths in the file are relative to its folder. Raises StudyError with the file and the line; InputError.
    """
    file = file.absolute()
    try:
        document = read_document(file)
    except FileNotFoundError:
        raise StudyError(f"{file} does not exist; `riptui study new` writes one") from None
    except SettingsError as error:
        raise StudyError(str(error)) from error
    return _StudyParser(file, document).parse(runs)


class _StudyParser:
    def __init__(self, file: Path, document: TomlDocument) -> None:
        self._file, self._document = file, document

    def parse(self, runs: Path) -> Study:
        self._require_known(self._document.values, KEYS, "")
        runs_text = self._read_value("runs", _is_text, "a path", None)
        folder = (self._file.parent / Path(runs_text).expanduser()) if runs_text else runs.absolute()
        group = self._read_value(
            "group",
            _is_text,
            "a name, or several with / between them",
            _name_study(self._file, folder / names.older_slug(self._file.stem)),
        )
        try:
            group = "/".join(map(names.require_name, group.split("/")))
        except NameRefusedError as error:
            raise self._error("group", str(error)) from error
        sweep_values = self._parse_sweep_table()
        measure = self._parse_measure()
        sweeps = tuple(self._build_sweeps(sweep_values))
        try:
            for sweep in sweeps:
                measured_iterations(sweep.specs("", "0" * 64, "0" * 64)[0], measure)
        except RiptuiError as error:
            raise self._error("measure", str(error)) from error
        return Study(
            file=self._file,
            text=self._document.text,
            images=self._parse_images(),
            sample=self._read_value("sample", _is_positive, "a whole number of at least 1", None),
            sample_seed=self._read_value("sample_seed", _is_whole, "a whole number of at least 0", 0),
            strict=self._read_value("strict", lambda value: isinstance(value, bool), "true or false", False),
            runs=folder,
            group=group,
            metrics=self._parse_metrics(),
            measure=measure,
            sweeps=sweeps,
            names_squares="squares" in sweep_values,
        )

    # ── the top of the file ──────────────────────────────────────────────────────────────────────────────────────

    def _parse_images(self) -> tuple[str, ...]:
        expected = 'a list of files, folders and globs, e.g. ["pictures/*.jpg"]'
        images = self._read_value("images", _is_texts, expected, None)
        if not images:
            raise self._error("images", f"images is required: {expected}")
        texts = dict.fromkeys([images] if isinstance(images, str) else images)
        try:
            for text in texts:
                if text.startswith(HUB_PREFIX):
                    parse_dataset_name(text)
        except StudyError as error:
            raise self._error("images", str(error)) from error
        return tuple(texts)

    def _parse_metrics(self) -> tuple[str, ...] | None:
        chosen = self._read_value("metrics", _is_texts, 'a list of metrics, e.g. ["ssim", "lpips-vgg"]', None)
        if chosen is None:
            return None
        try:
            return metrics.check_names([chosen] if isinstance(chosen, str) else chosen)
        except InputError as error:
            raise self._error("metrics", str(error)) from error

    def _parse_measure(self) -> MeasureInterval:
        measure: MeasureInterval = self._read_value(
            "measure",
            lambda value: value in ("half", "every") or _is_positive(value),
            '"half" (every 50 %), "every" (each iteration) or a number of iterations',
            "half",
        )
        return measure

    # ── [sweep] ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _parse_sweep_table(self) -> dict[str, list[Any]]:
        """The lists of [sweep], with single values as lists of one."""
        table = self._read_value("sweep", lambda value: isinstance(value, dict), "a table: [sweep]", {})
        known = [*SWEEP_FIELDS, *dict.fromkeys(key for info in inpainters.REGISTRY.values() for key in info.parameters)]
        self._require_known(table, known, "sweep.")
        return {key: self._parse_values(key, value) for key, value in table.items()}

    def _parse_values(self, key: str, value: object) -> list[Any]:
        if key == "seed":
            return self._parse_seeds(value)
        expected, is_valid = SWEEP_FIELDS.get(key, ("true, false, a number or text", _is_parameter))
        values = value if isinstance(value, list) else [value]
        if not values or not all(_is_parameter(item) and is_valid(item) for item in values):
            raise self._error(f"sweep.{key}", f"{key} is {value!r}; it must be {expected}, or a list of them")
        return [item for _, item in dict.fromkeys((type(item), item) for item in values)]

    def _parse_seeds(self, value: object) -> list[int]:
        items = value if isinstance(value, list) else [value]
        try:
            seeds = int_ranges.parse(",".join(map(str, items)))
        except InputError as error:
            raise self._error("sweep.seed", f"seed is {value!r}: {error}; {SEED_RULE}") from error
        if any(isinstance(item, bool) for item in items) or max(seeds) > MAX_SEED:
            raise self._error("sweep.seed", f"seed is {value!r}; {SEED_RULE}")
        return [*seeds]

    def _build_sweeps(self, sweep_values: Mapping[str, list[Any]]) -> Iterator[Sweep]:
        """One sweep per combination. A parameter applies to the inpainters that have it; none may be left unused."""
        used_keys: set[str] = set()
        axes = {key: values for key, values in sweep_values.items() if key not in ("seed", "inpainter")}
        for name in sweep_values.get("inpainter", [inpainters.DEFAULT_INPAINTER]):
            try:
                parameters = inpainters.find_inpainter(inpainters.resolve_inpainter(name).name).parameters
            except InputError as error:
                raise self._error("sweep.inpainter", str(error)) from error
            keys = [key for key in axes if key in SWEEP_FIELDS or key in parameters]
            used_keys.update(keys)
            for values in product(*(axes[key] for key in keys)):
                combination = dict(zip(keys, values, strict=True))
                try:
                    yield _build_sweep(name, combination, sweep_values.get("seed", [0]))
                except InputError as error:
                    raise self._error(_find_offending_key(name, combination), str(error)) from error
        for key in axes:
            if key not in used_keys:
                listed = ", ".join(sweep_values.get("inpainter", [inpainters.DEFAULT_INPAINTER]))
                raise self._error(f"sweep.{key}", f"{key} is a parameter of none of the inpainters: {listed}")

    # ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────

    def _read_value(self, key: str, is_valid: Callable[[Any], bool], expected: str, default: Any) -> Any:
        value = self._document.values.get(key)
        if value is None:
            return default
        if not is_valid(value):
            raise self._error(key, f"{key} is {value!r}; it must be {expected}")
        return value

    def _require_known(self, table: Mapping[str, object], known: Sequence[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                hint = _hint(key, known, in_sweep=bool(prefix))
                raise self._error(f"{prefix}{key}", f"unknown key {key!r}; {hint}Known: {', '.join(known)}")

    def _error(self, key: str, text: str) -> StudyError:
        line = self._document.line_of(key) or self._document.line_of(key.partition(".")[0])
        return StudyError(f"{self._file}{f', line {line}' if line else ''}: {text}")


def _name_study(file: Path, folder: Path) -> str:
    """The name of a study, after its file; as older releases named it if one ran it in that folder."""
    name, older_name = names.slugify(file.stem), names.older_slug(file.stem)
    if older_name in (name, names.FALLBACK) or not (folder / f"{older_name}.study.json").exists():
        return name
    return older_name


def _build_sweep(name: str, combination: Mapping[str, Any], seeds: Sequence[int]) -> Sweep:
    """Raises InputError for values that are invalid, or invalid together."""
    fields = {key: value for key, value in combination.items() if key in SWEEP_FIELDS and key != "mask"}
    parameters: dict[str, ParameterValue] = {
        key: value for key, value in combination.items() if key not in SWEEP_FIELDS
    }
    return Sweep([name], [combination.get("mask", 128)], seeds, parameters, **fields)


def _find_offending_key(name: str, combination: Mapping[str, Any]) -> str:
    """The key without which the other values are valid."""
    for key in combination:
        try:
            _build_sweep(name, {other_key: value for other_key, value in combination.items() if other_key != key}, [0])
        except InputError:
            continue
        return f"sweep.{key}"
    return "sweep"


def _hint(key: str, known: Sequence[str], *, in_sweep: bool) -> str:
    if key in (KEYS if in_sweep else SWEEP_FIELDS):
        return f"it belongs {'above' if in_sweep else 'below'} [sweep]. "
    matches = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {matches[0]}? " if matches else ""


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


SWEEP_FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "inpainter": ("the name of an inpainter", _is_text),
    "mask": ("a whole number of px", _is_whole),
    "seed": ("a whole number", _is_whole),
    "amount": ("a number of %", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "order": (f"one of {', '.join(SQUARE_ORDERS)}", lambda value: value in SQUARE_ORDERS),
    "squares": (f"one of {', '.join(SQUARE_SOURCES)}", lambda value: value in SQUARE_SOURCES),
    "paste": ("true or false", lambda value: isinstance(value, bool)),
    "size": ("a whole number of px", _is_whole),
    "fit": (f"one of {', '.join(FITS)}", lambda value: value in FITS),
}
"""Fields of the spec that can be swept: what is expected, and a check. Other keys are inpainter parameters."""
