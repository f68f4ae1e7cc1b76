"""`riptui diversity`: how far the seeds of each picture are apart."""

from pathlib import Path

from riptui.cli.console import print_json, warn, warn_left_out, warn_left_out_count
from riptui.cli.diversity_tables import print_diversity
from riptui.cli.mask_names import MaskNames
from riptui.cli.results_tables import to_json_value
from riptui.cli.transient_progress import named_bars, show_by_stage
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError
from riptui.export.files import require_file
from riptui.export.tables import CSV_SUFFIXES, write_csv
from riptui.inpainters.devices.device_names import require_device
from riptui.results.curves import drop_copies
from riptui.results.diversity import Amounts, analyse_diversity
from riptui.results.diversity_rows import diversity_as_dict, list_pair_rows
from riptui.results.frame_comparison import load_comparison
from riptui.store.listing import find_all_trajectories, summarize_measured


def diversity(
    paths: tuple[Path, ...],
    by: str,
    amounts: Amounts,
    near_bits: int,
    csv: Path | None,
    overwrite: bool,
    device: str,
    as_json: bool,
) -> int:
    if csv:
        require_file(csv, CSV_SUFFIXES, overwrite=overwrite)
    require_device(device)
    comparison = load_comparison(by, device)
    unlisted = UnlistedFolders()
    found = [summarize_measured(trajectory) for trajectory in find_all_trajectories(paths, on_error=unlisted)]
    summaries = drop_copies(found)
    unfinished = sum(not (summary.spec and summary.k >= summary.spec.iterations) for summary in summaries)
    warn_left_out_count("unfinished or unreadable", unfinished)
    with named_bars(as_json=as_json) as begin:
        analysis = analyse_diversity(
            summaries, comparison, amounts=amounts, near_bits=near_bits, on_progress=show_by_stage(begin)
        )
    warn_left_out(analysis.left_out)
    if not analysis.sets:
        raise InputError("no two complete trajectories differ in the seed alone: add some with --seed 0-9")
    if csv:
        warn(f"{write_csv([*list_pair_rows(analysis)], csv, overwrite=overwrite)}: written")
    if as_json:
        print_json(to_json_value(diversity_as_dict(analysis)))
    else:
        print_diversity(analysis, MaskNames(summary.spec for summary in summaries if summary.spec))
    return unlisted.exit_code
