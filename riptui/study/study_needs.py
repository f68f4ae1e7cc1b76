"""What a study needs that this machine lacks, all of it, before anything runs: so that it can be fetched at once."""

from riptui.inpainters.import_trial import OnTrial
from riptui.metrics.availability import check_availability, check_default_metrics
from riptui.planning.estimate import specs_without_seeds
from riptui.planning.missing_weights import list_missing
from riptui.study.study_file import Study


def find_lacking(study: Study, on_trial: OnTrial = lambda text: None) -> tuple[str, ...]:
    """The weights, packages, programs and servers that are not there, each in a line that says how to get it.

    Of metrics that the file doesn't name, all are in one line: the study goes without them. Asks servers which model
    they have. `on_trial`: told what is tried, if it takes seconds.
    """
    specs = (spec for sweep in study.sweeps for spec in specs_without_seeds(sweep))
    lines = [str(error) for error in list_missing(specs, on_trial)]
    if study.metrics is None:
        lines.append(check_default_metrics().note)
    else:
        unavailable = check_availability(study.metrics).unavailable
        for item in unavailable:
            how = f": riptui fetch lpips-{item.fetchable}" if item.fetchable else ""
            lines.append(f"metric {item.metric}: {item.reason}{how}")
    return tuple(dict.fromkeys(line for line in lines if line))
