"""A report's folder, written atomically: all files appear when the last one is written, or none does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from riptui.errors import InputError
from riptui.export.files import require_parent, staging_folder
from riptui.store.disk import read_file
from riptui.store.disk_errors import explain_errors

JSON_NAME = "report.json"
"""The file that marks a folder as a report, and lists the report's files."""
FORMAT = 1
_MAX_BYTES = 2**26  # bytes
_REPORT_FILE = re.compile(r"[a-z0-9][\w.-]*\.(png|svg|pdf|csv)|report\.(md|html|json)")


class ReportIndex(msgspec.Struct):
    """The fields of `JSON_NAME` by which a report is recognised."""

    riptui_report: int
    files: list[str]


def require_report_folder(out: Path, *, overwrite: bool) -> None:
    """Raise InputError unless a report can be written to this folder: its parent must exist, and the folder must be
    missing, empty or an earlier report. With `overwrite` it may contain anything.
    """
    require_parent(out.absolute())
    with explain_errors(out):
        if not out.is_dir():
            if out.exists() or out.is_symlink():
                raise InputError(f"{out} is a file: give a folder")
        elif not overwrite and any(out.iterdir()) and not _report_files(out):
            raise InputError(
                f"{out} is not empty and not a report: choose another folder, or use --overwrite, which replaces "
                "files of the same names and keeps all others"
            )


@contextmanager
def staged_report(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """A staging folder for the report's files, `JSON_NAME` among them; moved into place on exit, removed on an error.

    Files of an earlier report are removed. Other files in the folder are kept; with `overwrite` those of the same names
    are replaced. Raises InputError, DiskError.
    """
    require_report_folder(out, overwrite=overwrite)
    exists = out.is_dir()
    with explain_errors(out), staging_folder(out if exists else out.parent) as staging:
        yield staging
        if exists:
            _move_into_place(staging, out, overwrite=overwrite)
        else:
            staging.replace(out)


def _move_into_place(staging: Path, out: Path, *, overwrite: bool) -> None:
    """Move the files into place, `JSON_NAME` last, so that a crash in between leaves no folder that looks complete."""
    old, new = _report_files(out), {file.name for file in staging.iterdir()}
    for name in sorted(new - old):
        if (out / name).is_dir():
            raise InputError(f"{out / name} is a folder, but the report has a file of that name: choose another folder")
        if not overwrite and (out / name).exists():
            raise InputError(f"{out / name} is not part of the existing report: --overwrite replaces it")
    (out / JSON_NAME).unlink(missing_ok=True)
    for name in sorted(new - {JSON_NAME}):
        (staging / name).replace(out / name)
    for name in old - new:
        (out / name).unlink(missing_ok=True)
    (staging / JSON_NAME).replace(out / JSON_NAME)


def _report_files(out: Path) -> set[str]:
    """The files of the report in a folder; none if it is not a report. Names that no report uses are ignored."""
    data = read_file(out / JSON_NAME, _MAX_BYTES)
    try:
        contents = msgspec.json.decode(data or b"", type=ReportIndex)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return set()
    return {name for name in contents.files if _REPORT_FILE.fullmatch(name) and (out / name).is_file()} | {JSON_NAME}
