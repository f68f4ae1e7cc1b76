"""Parse a study file, TOML, to a `Study`. Errors are reported with their line, before anything is created."""

from dataclasses import dataclass, replace
from pathlib import Path

from riptui import inpainters, metrics
from riptui.errors import SettingsError, StudyError, with_choices
from riptui.planning.sweep import Sweep
from riptui.settings.toml_file import read_toml
from riptui.spec import Fit, MeasureInterval, SquareSource, measured_iterations
from riptui.store import names
from riptui.study.dataset_name import HUB_PREFIX, parse_dataset_name
from riptui.study.study_document import (
    StudyDocument,
    ValueKind,
    is_bool,
    is_positive,
    is_text,
    is_texts,
    is_whole,
)
from riptui.study.sweep_table import SPEC_KEYS, TABLES, read_sweeps, tables_of

KEYS = {
    "images": ValueKind('a list of files, folders and globs, e.g. ["pictures/*.jpg"]', is_texts),
    "sample": ValueKind("a whole number of at least 1", is_positive),
    "sample_seed": ValueKind("a whole number of at least 0", is_whole),
    "strict": ValueKind("true or false", is_bool),
    "runs": ValueKind("a path", is_text),
    "group": ValueKind("a name, or several with / between them", is_text),
    "metrics": ValueKind('a list of metrics, e.g. ["ssim", "lpips-vgg"]', is_texts),
    "measure": ValueKind(
        '"half" (every 50 %), "every" (each iteration) or a number of iterations',
        lambda value: value in ("half", "every") or is_positive(value),
    ),
    "sweep": TABLES,
}


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
    """Whether damaged pictures are left out."""
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
    def notices(self) -> list[str]:
        """Those of all sweeps, each once."""
        return list(dict.fromkeys(notice for sweep in self.sweeps for notice in sweep.notices))

    @property
    def name(self) -> str:
        return _name_study(self.file, self.folder)

    @property
    def folder(self) -> Path:
        """The group's folder."""
        return self.runs / self.group

    @property
    def report_folder(self) -> Path:
        """Where its report is written unless another folder is given: next to its file."""
        return self.file.with_name(f"{self.name}-report")

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


def read_study(file: Path, *, runs: Path = Path("runs"), given_runs: Path | None = None) -> Study:
    """Read a study file. `runs` is the runs folder where the file names none; `given_runs` goes before the file's.

    Paths in the file are relative to its folder. Raises StudyError with the file and the line; InputError.
    """
    file = file.absolute()
    try:
        toml = read_toml(file)
    except FileNotFoundError:
        raise StudyError(f"{file} does not exist; `riptui study new` writes one") from None
    except SettingsError as error:
        raise StudyError(str(error)) from error
    return _parse_study(StudyDocument(file, toml), runs, given_runs)


def _parse_study(document: StudyDocument, runs: Path, given_runs: Path | None) -> Study:
    for key in document.toml.values:
        _require_key(document, key)
    values = document.read_top(KEYS)
    own_runs = document.file.parent / Path(values["runs"]).expanduser() if values["runs"] else runs
    folder = (given_runs or own_runs).absolute()
    study = Study(
        file=document.file,
        text=document.toml.text,
        images=_read_images(document, values["images"]),
        sample=values["sample"],
        sample_seed=values["sample_seed"] or 0,
        strict=values["strict"] or False,
        runs=folder,
        group=_read_group(document, values["group"], folder),
        metrics=_read_metrics(document, values["metrics"]),
        measure=values["measure"] or "half",
        sweeps=tuple(read_sweeps(document, values["sweep"], top_keys=KEYS)),
        names_squares=any("squares" in table for table in tables_of(values["sweep"])),
    )
    with document.locate_errors("measure"):
        for sweep in study.sweeps:
            measured_iterations(sweep.specs("", "0" * 64, "0" * 64)[0], study.measure)
    return study


def _require_key(document: StudyDocument, key: str) -> None:
    if key in KEYS:
        return
    if key in SPEC_KEYS:
        raise document.error(key, f"{key} belongs below [sweep]")
    raise document.error(key, with_choices(f"unknown key {key!r}", key, KEYS))


def _read_images(document: StudyDocument, value: str | list[str] | None) -> tuple[str, ...]:
    if not value:
        raise document.error("images", f"images is required: {KEYS['images'].description}")
    texts = dict.fromkeys(_as_list(value))
    with document.locate_errors("images"):
        for text in texts:
            if text.startswith(HUB_PREFIX):
                parse_dataset_name(text)
    return tuple(texts)


def _read_group(document: StudyDocument, value: str | None, runs: Path) -> str:
    group = value or _name_study(document.file, runs / names.older_slug(document.file.stem))
    with document.locate_errors("group"):
        return "/".join(map(names.require_name, group.split("/")))


def _read_metrics(document: StudyDocument, value: str | list[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    with document.locate_errors("metrics"):
        return metrics.check_names(_as_list(value))


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _name_study(file: Path, folder: Path) -> str:
    """The name of a study, after its file; as older releases named it if one ran it in that folder."""
    name, older_name = names.slugify(file.stem), names.older_slug(file.stem)
    if older_name in (name, names.FALLBACK) or not (folder / f"{older_name}.study.json").exists():
        return name
    return older_name
