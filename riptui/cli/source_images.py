"""The pictures of `riptui run`: files and folders that the user named, read, with a line for each that is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from click.exceptions import Exit

from riptui.cli.console import print_error, short_path, warn
from riptui.errors import RiptuiError, SourceError, StoreError
from riptui.images import PreparedImage, is_folder, prepare_frame, prepare_original
from riptui.planning.bundled_pictures import resolve_bundled
from riptui.planning.picture_files import PictureFiles, describe_copies, find_equal_files, list_pictures
from riptui.spec import Fit
from riptui.store.frames import read_frame
from riptui.store.listing import find_trajectories
from riptui.store.names import slugify
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count


@dataclass(frozen=True)
class Source:
    """A picture's file, and how it was found."""

    path: Path
    subgroup: str = ""
    """The group of its trajectories, below the one that was asked for: its subfolder's name."""
    in_folder: bool = False
    """Found in a folder, not named: it is left out if it cannot be read."""
    problem: str = ""
    """Why there is nothing to read, if so."""
    trajectory: Trajectory | None = None
    """Whose last frame it is, in the folder `path`; None for a file."""


def find_sources(paths: Sequence[Path], *, recursive: bool) -> list[Source]:
    """The files that were named, and those of folders that were named, each once; of trajectories the last frames.

    Exits for an unknown name of a bundled picture, and for a URL.
    """
    found: dict[Path, Source] = {}
    for path in map(_resolve, paths):
        for source in _list_in(path, recursive) if is_folder(path) else [Source(path)]:
            found.setdefault(source.path, source)
    copies = find_equal_files(source.path for source in found.values() if source.in_folder and not source.trajectory)
    for text in describe_copies(copies):
        warn(text)
    return [source for path, source in found.items() if path not in copies]


def read_pictures(
    sources: Sequence[Source], *, size: int, fit: Fit, strict: bool
) -> tuple[dict[str, list[PreparedImage]], bool]:
    """Read the source images and print how each was changed. Returns them by subgroup, and whether none was left out.

    Exits if one that was named is unusable, or all are, after naming all of those.
    """
    pictures: dict[str, list[PreparedImage]] = {}
    shrunk: list[str] = []
    left_out = unusable = 0
    for source in sources:
        try:
            picture = _read(source, size=size, fit=fit, strict=strict)
        except (SourceError, StoreError) as error:
            if source.in_folder:
                left_out += 1
                print_error(f"left out: {error}")
            else:
                unusable += 1
                print_error(str(error))
            continue
        pictures.setdefault(source.subgroup, []).append(picture)
        shown = str(source.path) if source.in_folder else source.path.name
        for text in picture.notes:
            warn(f"{shown}: {text}")
        if picture.source_size and max(picture.source_size) > size:
            width, height = picture.source_size
            shrunk.append(f"{shown}: shrunk from {width}x{height} to {size} px")
    if shrunk:
        more = f", and {format_count(len(shrunk) - 1, 'picture')} more" if shrunk[1:] else ""
        warn(f"{shrunk[0]}{more}")
    if unusable or not pictures:
        raise Exit(SourceError.exit_code)
    return pictures, not left_out


def _resolve(path: Path) -> Path:
    """Exits if it is a URL, or looks like the name of a bundled picture and is not one."""
    try:
        return resolve_bundled(str(path))
    except SourceError as error:
        print_error(str(error))
        raise Exit(error.exit_code) from None


def _list_in(folder: Path, recursive: bool) -> list[Source]:
    """The last frames of a trajectory or a group, or the pictures of any other folder."""
    if Trajectory(folder).exists:
        return [_find_last_frame(Trajectory(folder), in_folder=False)]
    files = list_pictures(folder, recursive=recursive)
    if not files.pictures and not recursive and (trajectories := [*find_trajectories(folder)]):
        return [_find_last_frame(trajectory, in_folder=True) for trajectory in trajectories]
    return _list_folder(folder, files, recursive)


def _find_last_frame(trajectory: Trajectory, *, in_folder: bool) -> Source:
    place, problem = short_path(trajectory.path), ""
    try:
        last, wanted = len(trajectory.read_rows()), trajectory.spec.iterations
        if last < wanted:
            problem = f"{place} has {last} of {wanted} iterations: finish it with riptui resume"
    except RiptuiError as error:
        problem = str(error)
    return Source(trajectory.path, in_folder=in_folder, problem=problem, trajectory=trajectory)


def _read(source: Source, *, size: int, fit: Fit, strict: bool) -> PreparedImage:
    if source.problem:
        raise SourceError(source.problem)
    trajectory = source.trajectory
    if trajectory is None:
        return prepare_original(source.path, size=size, fit=fit, strict=strict)
    name = f"{trajectory.path.absolute().parent.name}-{trajectory.path.name}.png"
    return prepare_frame(read_frame(trajectory, trajectory.spec.iterations), name, size=size, fit=fit)


def _list_folder(folder: Path, files: PictureFiles, recursive: bool) -> list[Source]:
    if not files.pictures:
        advice = "name another one" if recursive else "name another one, or add --recursive for its subfolders"
        return [Source(folder, problem=f"{folder}: there is no picture in this folder: {advice}")]
    for text in files.describe_left_out(short_path(folder)):
        warn(text)
    return [Source(path, _name_subgroup(path.parent.relative_to(folder)), in_folder=True) for path in files.pictures]


def _name_subgroup(subfolder: Path) -> str:
    return "/".join(map(slugify, subfolder.parts))
