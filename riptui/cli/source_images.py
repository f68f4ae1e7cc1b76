"""The pictures of `riptui run`: files and folders that the user named, read, with a line for each that is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from click.exceptions import Exit

from riptui.cli.console import print_error, short_path, warn
from riptui.errors import RiptuiError, SourceError
from riptui.images import PreparedImage, is_folder, prepare_original
from riptui.planning.picture_files import PictureFiles, describe_copies, find_equal_files, list_pictures
from riptui.spec import Fit
from riptui.store.frames import keyframe_path
from riptui.store.listing import find_trajectories
from riptui.store.names import slugify
from riptui.store.trajectory import Trajectory


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
    name: str = ""
    """What the picture is called; "": as its file."""


def find_sources(paths: Sequence[Path], *, recursive: bool) -> list[Source]:
    """The files that were named, and those of folders that were named, each once; of trajectories the last frames."""
    found: dict[Path, Source] = {}
    for path in paths:
        for source in _list_in(path, recursive) if is_folder(path) else [Source(path)]:
            found.setdefault(source.path, source)
    copies = find_equal_files(source.path for source in found.values() if source.in_folder)
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
    left_out = unusable = 0
    for source in sources:
        try:
            if source.problem:
                raise SourceError(source.problem)
            picture = prepare_original(source.path, size=size, fit=fit, strict=strict)
            picture = picture._replace(source_name=source.name or picture.source_name)
        except SourceError as error:
            if source.in_folder:
                left_out += 1
                print_error(f"left out: {error}")
            else:
                unusable += 1
                print_error(str(error))
            continue
        pictures.setdefault(source.subgroup, []).append(picture)
        for text in picture.notes:
            warn(f"{source.path if source.in_folder else source.path.name}: {text}")
    if unusable or not pictures:
        raise Exit(SourceError.exit_code)
    return pictures, not left_out


def _list_in(folder: Path, recursive: bool) -> list[Source]:
    """The last frames of a trajectory or a group, or the pictures of any other folder."""
    if Trajectory(folder).exists:
        return [_find_last_frame(Trajectory(folder), in_folder=False)]
    files = list_pictures(folder, recursive=recursive)
    if not files.pictures and not recursive and (trajectories := [*find_trajectories(folder)]):
        return [_find_last_frame(trajectory, in_folder=True) for trajectory in trajectories]
    return _list_folder(folder, files, recursive)


def _find_last_frame(trajectory: Trajectory, *, in_folder: bool) -> Source:
    place = short_path(trajectory.path)
    name = f"{trajectory.path.absolute().parent.name}-{trajectory.path.name}.png"
    try:
        last, wanted = len(trajectory.read_rows()), trajectory.spec.iterations
    except RiptuiError as error:
        return Source(trajectory.path, in_folder=in_folder, problem=str(error))
    missing = f"{place} has {last} of {wanted} iterations: finish it with riptui resume" if last < wanted else ""
    return Source(keyframe_path(trajectory, last), in_folder=in_folder, problem=missing, name=name)


def _list_folder(folder: Path, files: PictureFiles, recursive: bool) -> list[Source]:
    if not files.pictures:
        advice = "name another one" if recursive else "name another one, or add --recursive for its subfolders"
        return [Source(folder, problem=f"{folder}: there is no picture in this folder: {advice}")]
    for text in files.describe_left_out(short_path(folder)):
        warn(text)
    return [Source(path, _name_subgroup(path.parent.relative_to(folder)), in_folder=True) for path in files.pictures]


def _name_subgroup(subfolder: Path) -> str:
    return "/".join(map(slugify, subfolder.parts))
