"""Refuses trajectories whose weights, packages, programs or servers are not there, before any is made."""

from collections.abc import Hashable, Iterable
from itertools import chain

from riptui import inpainters
from riptui.errors import BrokenExtraError, MissingExtraError, RiptuiError
from riptui.inpainters import models
from riptui.inpainters.import_trial import OnTrial, require_importable, require_installed
from riptui.inpainters.programs.program_registry import explain_missing
from riptui.inpainters.servers.server_infos import explain_unreachable
from riptui.spec import Spec


def require_weights(specs: Iterable[Spec], on_trial: OnTrial = lambda text: None) -> None:
    """Raise the error that the first of new trajectories would fail with at once.

    Reads names and sizes of files, no weights; tries once to import the packages, in another process; asks a server
    which model it has.
    Raises WeightsError, InputError, MissingExtraError, BrokenExtraError.
    """
    for error in find_missing(specs, on_trial).values():
        raise error


def find_missing(
    specs: Iterable[Spec], on_trial: OnTrial = lambda text: None, *, tries_imports: bool = True
) -> dict[Hashable, RiptuiError]:
    """What is missing, by the key of the specs that need it. `on_trial`: told what is tried, if it takes seconds.

    tries_imports: also try whether installed packages can be imported, if nobody has.
    """
    distinct = {weights_key(spec): spec for spec in specs}
    found = {key: _find_error(spec, on_trial, tries_imports=tries_imports) for key, spec in distinct.items()}
    return {key: error for key, error in found.items() if error}


def list_missing(specs: Iterable[Spec], on_trial: OnTrial = lambda text: None) -> list[RiptuiError]:
    """All that is missing, for somebody who gets it at once: of a model that is not there its other parts too."""
    distinct = {weights_key(spec): spec for spec in specs}
    missing = find_missing(distinct.values(), on_trial)
    models_away = [distinct[key] for key, error in missing.items() if _is_of_files(distinct[key], error)]
    added = (models.identity.list_absent_parts(spec.parameters) for spec in models_away)
    return [*missing.values(), *chain.from_iterable(added)]


def weights_key(spec: Spec) -> Hashable:
    """Specs with equal keys need the same weights."""
    return spec.inpainter, tuple(sorted(spec.parameters.items(), key=lambda item: item[0]))


def _is_of_files(spec: Spec, error: RiptuiError) -> bool:
    """Whether its packages are there and its files are not; without packages, nobody can look for files."""
    takes_files = inpainters.find_inpainter(spec.inpainter).takes_record
    return takes_files and not isinstance(error, MissingExtraError | BrokenExtraError)


def _find_error(spec: Spec, on_trial: OnTrial, *, tries_imports: bool) -> RiptuiError | None:
    info = inpainters.find_inpainter(spec.inpainter)
    if missing := explain_missing(spec.inpainter, info) or explain_unreachable(spec.inpainter, info, spec.parameters):
        return missing
    if not info.takes_record:
        return None
    try:
        require_installed(spec.inpainter, info)
        models.identity.require_places(spec.parameters)
        if tries_imports:
            require_importable(spec.inpainter, info, on_trial)
    except RiptuiError as error:
        return error
    return None
