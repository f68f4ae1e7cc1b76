"""`riptui corpus index`: features of all pictures in a folder."""

import os
from dataclasses import asdict
from pathlib import Path

from riptui.cli.console import print_json, print_line, short_path, warn
from riptui.cli.transient_progress import named_bars
from riptui.corpus.corpus_building import BuiltCorpus, CorpusPlan, build_corpus, default_name
from riptui.corpus.corpus_files import corpus_folder
from riptui.errors import InputError
from riptui.features import load_extractor
from riptui.spec import SIZES, Fit
from riptui.text.units import format_count

MAX_TOLD = 5
"""Unreadable pictures that are named; all are with --json."""


def index(
    folder: Path,
    name: str | None,
    features: str,
    size: int,
    fit: Fit,
    flat: bool,
    jobs: int | None,
    device: str,
    as_json: bool,
) -> int:
    if size not in SIZES:
        raise InputError(f"size {size} px: it must be a multiple of 64 from {SIZES[0]} to {SIZES[-1]}")
    extractor = load_extractor(features, device)
    chosen = name or default_name(folder, features)
    plan = CorpusPlan(chosen, folder, size, fit, not flat, jobs or len(os.sched_getaffinity(0)))
    with named_bars(as_json=as_json) as begin:
        built = build_corpus(plan, extractor, begin("indexing pictures"))
    if as_json:
        print_json(asdict(built) | {"pictures": built.pictures, "index": str(corpus_folder(chosen))})
    else:
        _print_built(built, folder)
    return 0


def _print_built(built: BuiltCorpus, folder: Path) -> None:
    changes = [f"{built.added:,} added", f"{built.known:,} known"]
    if built.gone:
        changes.append(f"{built.gone:,} gone")
    print_line(f"corpus {built.name}: {format_count(built.pictures, 'picture')} ({', '.join(changes)})")
    print_line(f"riptui nearest RUNS --corpus {built.name}", "dim")
    for reason in built.unreadable[:MAX_TOLD]:
        warn(f"left out, {reason}")
    if (more := len(built.unreadable) - MAX_TOLD) > 0:
        warn(f"left out, unreadable: {more:,} more; --json names them")
    if built.not_pictures:
        warn(f"left out, not pictures: {format_count(built.not_pictures, 'file')} in {short_path(folder)}")
