"""The trajectories that a filter leaves."""

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import rich_click as click

from riptui.errors import InputError
from riptui.settings.named_filters import expand_names
from riptui.store.annotations import peek_annotations
from riptui.store.filters import FilterSubject, KnownNames, parse_filter, subject_fields
from riptui.store.listing import OnListingError, TrajectorySummary, find_all_trajectories, summarize
from riptui.store.trajectory import Trajectory


def select_matching(
    summaries: Sequence[TrajectorySummary], folders: Sequence[Path], filter_text: str
) -> list[TrajectorySummary]:
    """Those that match, their paths from the first of `folders` that has them. Raises click.UsageError."""
    group_tags = functools.cache(lambda group: peek_annotations(group).tags)

    def make_subject(summary: TrajectorySummary) -> FilterSubject:
        path = summary.trajectory.path
        runs = next((folder for folder in folders if path.is_relative_to(folder)), Path())
        path = path.relative_to(runs) if path.is_relative_to(runs) else path
        tags = [tag for group in path.parents for tag in group_tags(runs / group)]
        return FilterSubject(**subject_fields(summary, path.as_posix(), tags))

    subjects = [make_subject(summary) for summary in summaries]
    try:
        matches = parse_filter(expand_names(filter_text), KnownNames(subjects))
    except ValueError as error:
        raise click.UsageError(f"--filter: {error}") from None
    if matches is None:
        return [*summaries]
    return [summary for summary, subject in zip(summaries, subjects, strict=True) if matches(subject)]


def find_filtered(
    paths: Iterable[Path], folders: Sequence[Path], filter_text: str, on_error: OnListingError
) -> list[Trajectory]:
    """The trajectories at or below paths that match; folders: as `select_matching`; `on_error`: as `find_trajectories`.

    Raises InputError if none does, and what finding them raises.
    """
    found = find_all_trajectories(paths, on_error=on_error)
    if not filter_text.strip():
        return found
    left = select_matching([*map(summarize, found)], folders, filter_text)
    if not left:
        raise InputError(f"none of {len(found):,} trajectories matches {filter_text}; see riptui ls --filter")
    return [summary.trajectory for summary in left]
