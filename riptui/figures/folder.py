"""A report's folder: all of it appears at once, when the last file is written, or nothing does."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from riptui.errors import InputError
from riptui.export.target import require_parent, temporary_in
from riptui.store.disk import explained, read_file

MARK = "report.json"
"""Only reports have it; it names their files."""
FORMAT = 1
_LIMIT = 2**26  # bytes
_OURS = re.compile(r"figure-[\w.-]+\.(png|svg|csv)|report\.(md|json)")


class Contents(msgspec.Struct):
    """As much of `MARK` as tells a report from another file of that name."""

    riptui_report: int
    files: list[str]


def require_folder(out: Path, *, overwrite: bool) -> None:
    """Raise InputError unless a report can be written here: its parent exists, and it is not there, empty or a report.

    With `overwrite` it may hold anything.
    """
    require_parent(out.absolute())
    with explained(out):
        if not out.is_dir():
            if out.exists() or out.is_symlink():
                raise InputError(f"{out} is a file: name a folder")
        elif not overwrite and any(out.iterdir()) and not _files(out):
            raise InputError(
                f"{out} is not empty and holds no report: choose another folder, or --overwrite, which replaces files "
                "of the same names and keeps the rest"
            )


@contextmanager
def whole(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder to write flat files to, `MARK` among them. In the end they are the report; on an error no trace is left.

    Files of an earlier report go; whatever else is in the folder stays, but with `overwrite` for files of the same
    names. Raises InputError, DiskError.
    """
    require_folder(out, overwrite=overwrite)
    there = out.is_dir()
    staging = temporary_in(out if there else out.parent)
    try:
        with explained(out):
            staging.mkdir()
        yield staging
        with explained(out):
            if there:
                _replace(staging, out, overwrite=overwrite)
            else:
                staging.replace(out)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _replace(staging: Path, out: Path, *, overwrite: bool) -> None:
    """Move the files up, `MARK` last: what a crash leaves between is no report."""
    old, new = _files(out), {file.name for file in staging.iterdir()}
    for name in sorted(new - old):
        if (out / name).is_dir():
            raise InputError(f"{out / name} is a folder, and the report has a file of that name: choose another folder")
        if not overwrite and (out / name).exists():
            raise InputError(f"{out / name} is no file of the report that is there: --overwrite replaces it")
    (out / MARK).unlink(missing_ok=True)
    for name in sorted(new - {MARK}):
        (staging / name).replace(out / name)
    for name in old - new:
        (out / name).unlink(missing_ok=True)
    (staging / MARK).replace(out / MARK)
    staging.rmdir()


def _files(out: Path) -> set[str]:
    """The files of the report in a folder; none if it holds no report. Names that no report gives are left out."""
    data = read_file(out / MARK, _LIMIT)
    try:
        contents = msgspec.json.decode(data or b"", type=Contents)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return set()
    return {name for name in contents.files if _OURS.fullmatch(name) and (out / name).is_file()} | {MARK}
