"""Parse the tables [sweep] of a study file: lists of values, and a sweep for each combination of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from riptui import inpainters
from riptui.errors import InputError, with_choices
from riptui.planning.sweep import Interventions, Sweep
from riptui.spec import COLOUR_MATCHES, FITS, FOLDER_ORDERS, MAX_SEED, PASTE_BASES, SQUARE_ORDERS, SQUARE_SOURCES
from riptui.study.study_document import StudyDocument, ValueKind, is_bool, is_list_of, is_number, is_text, is_whole
from riptui.text import int_ranges

TABLES = ValueKind(
    "a table: [sweep], or several: [[sweep]]",
    lambda value: isinstance(value, dict) or (is_list_of(dict, value) and bool(value)),
)
PARAMETER = ValueKind("true, false, a number or text", lambda value: isinstance(value, bool | int | float | str))
SEED_RULE = f'it must be whole numbers from 0 to {MAX_SEED:,}: 7, [0, 1, 2] or "0-9"'


def _one_of(choices: Sequence[str]) -> ValueKind:
    return ValueKind(f"one of {', '.join(choices)}", choices.__contains__)


SPEC_KEYS = {
    "inpainter": ValueKind("the name of an inpainter", is_text),
    "mask": ValueKind("a whole number of px", is_whole),
    "seed": ValueKind("a whole number", is_whole),
    "amount": ValueKind("a number of %", is_number),
    "order": _one_of(SQUARE_ORDERS),
    "mask_folder": ValueKind("a folder of pictures", is_text),
    "squares": _one_of(SQUARE_SOURCES),
    "paste": ValueKind("true or false", is_bool),
    "onto": _one_of(PASTE_BASES),
    "anchor": ValueKind("a whole number of iterations", is_whole),
    "match": _one_of(COLOUR_MATCHES),
    "feather": ValueKind("a whole number of px", is_whole),
    "schedule": ValueKind("text such as strength=1..0.3", is_text),
    "size": ValueKind("a whole number of px", is_whole),
    "fit": _one_of(FITS),
}
"""Keys for fields of the spec. All other keys are inpainter parameters."""
INTERVENTION_KEYS = {field.name for field in fields(Interventions)}
KEYS_OF_SQUARES = {"mask", "order", "mask_folder", "paste", *INTERVENTION_KEYS} - {"schedule"}
"""Those that do not concern inpainters of whole pictures: several values of one do not make several trajectories."""


def tables_of(value: Any) -> list[dict[str, Any]]:
    """The tables [[sweep]], the one table [sweep], or an empty one."""
    return value if isinstance(value, list) else [value or {}]


def read_sweeps(document: StudyDocument, value: Any, *, top_keys: Collection[str]) -> Iterator[Sweep]:
    """The sweeps of [sweep], or of each [[sweep]]; of no table, that of the defaults.

    Raises StudyError for impossible values, and if two tables have a trajectory in common.
    """
    tables = tables_of(value)
    first_tables: dict[str, int] = {}
    for number, table in enumerate(tables, start=1):
        numbered = replace(document, table_number=number)
        for sweep in build_sweeps(numbered, read_sweep_table(numbered, table, top_keys=top_keys)):
            for digest in _list_digests(numbered, sweep) if len(tables) > 1 else ():
                if (first := first_tables.setdefault(digest, number)) != number:
                    raise numbered.error("sweep", f"[[sweep]] number {first} has some of these trajectories already")
            yield sweep


def _list_digests(document: StudyDocument, sweep: Sweep) -> list[str]:
    with document.locate_errors("sweep"):
        return [spec.digest for spec in sweep.specs("", "0" * 64, "0" * 64)]


def read_sweep_table(
    document: StudyDocument, table: Mapping[str, object], *, top_keys: Collection[str]
) -> dict[str, list[Any]]:
    """The lists of [sweep], with single values as lists of one. Raises StudyError."""
    for key in table:
        _require_key(document, key, top_keys)
    return {key: _read_values(document, key, value) for key, value in table.items()}


def build_sweeps(document: StudyDocument, table: Mapping[str, list[Any]]) -> Iterator[Sweep]:
    """One sweep per combination of values except the seeds.

    A parameter applies to the inpainters that have it, and a key of squares to those that repaint squares. Raises
    StudyError if no inpainter has a parameter, and for impossible values.
    """
    names: list[str] = table.get("inpainter", [inpainters.DEFAULT_INPAINTER])
    axes = {key: values for key, values in table.items() if key not in ("seed", "inpainter")}
    used_keys = set(SPEC_KEYS)
    for name in names:
        with document.locate_errors("sweep.inpainter"):
            info = inpainters.find_inpainter(inpainters.resolve_inpainter(name).name)
        used_keys.update(info.parameters)
        spec_keys = SPEC_KEYS.keys() - (KEYS_OF_SQUARES if info.scope == "image" else set())
        keys = [key for key in axes if key in spec_keys or key in info.parameters]
        for values in product(*(axes[key] for key in keys)):
            combination = dict(zip(keys, values, strict=True))
            try:
                yield _build_sweep(name, combination, table.get("seed", [0]))
            except InputError as error:
                raise document.error(_find_offending_key(name, combination), str(error)) from error
    for key in axes:
        if key not in used_keys:
            raise document.error(f"sweep.{key}", f"{key} is a parameter of none of the inpainters: {', '.join(names)}")


def _require_key(document: StudyDocument, key: str, top_keys: Collection[str]) -> None:
    known = [*SPEC_KEYS, *dict.fromkeys(name for info in inpainters.REGISTRY.values() for name in info.parameters)]
    if key in known:
        return
    if key in top_keys:
        raise document.error(f"sweep.{key}", f"{key} belongs above [sweep]")
    raise document.error(f"sweep.{key}", with_choices(f"unknown key {key!r}", key, known))


def _read_values(document: StudyDocument, key: str, value: object) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if key == "seed":
        return _read_seeds(document, value, values)
    kind = SPEC_KEYS.get(key, PARAMETER)
    if not values or not all(PARAMETER.accepts(item) and kind.accepts(item) for item in values):
        raise document.error(f"sweep.{key}", f"{key} is {value!r}; it must be {kind.description}, or a list of them")
    if key == "mask_folder":
        return [str(document.file.parent / Path(item).expanduser()) for item in dict.fromkeys(values)]
    return [item for _, item in dict.fromkeys((type(item), item) for item in values)]


def _read_seeds(document: StudyDocument, value: object, items: list[Any]) -> list[int]:
    try:
        seeds = int_ranges.parse(",".join(map(str, items)))
    except InputError as error:
        raise document.error("sweep.seed", f"seed is {value!r}: {error}; {SEED_RULE}") from error
    if any(map(is_bool, items)) or max(seeds) > MAX_SEED:
        raise document.error("sweep.seed", f"seed is {value!r}; {SEED_RULE}")
    return [*seeds]


def _build_sweep(name: str, combination: Mapping[str, Any], seeds: Sequence[int]) -> Sweep:
    """Raises InputError for values that are invalid, or invalid together."""
    interventions = {key: value for key, value in combination.items() if key in INTERVENTION_KEYS}
    used = {*interventions, "mask", "mask_folder"}
    folder = combination.get("mask_folder") if combination.get("order") in FOLDER_ORDERS else None
    others = {key: value for key, value in combination.items() if key in SPEC_KEYS and key not in used}
    parameters = {key: value for key, value in combination.items() if key not in SPEC_KEYS}
    return Sweep(
        [name],
        [combination.get("mask", 128)],
        seeds,
        parameters,
        **others,
        interventions=Interventions(**interventions),
        mask_folder=Path(folder) if folder else None,
    )


def _find_offending_key(name: str, combination: Mapping[str, Any]) -> str:
    """The key without which the other values are valid."""
    for key in combination:
        try:
            _build_sweep(name, {other_key: value for other_key, value in combination.items() if other_key != key}, [0])
        except InputError:
            continue
        return f"sweep.{key}"
    return "sweep"
