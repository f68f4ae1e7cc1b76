"""Refuses trajectories whose weights, packages, programs or servers are not there, before any is made."""

from collections.abc import Hashable, Iterable

from riptui import inpainters
from riptui.errors import RiptuiError
from riptui.inpainters import models
from riptui.inpainters.import_trial import require_importable, require_installed
from riptui.inpainters.programs.program_registry import explain_missing
from riptui.inpainters.servers.server_registry import explain_unreachable
from riptui.spec import Spec


def require_weights(specs: Iterable[Spec]) -> None:
    """Raise the error that the first of new trajectories would fail with at once.

    Reads names and sizes of files, no weights; tries once to import the packages, in another process; asks a server
    which model it has.
    Raises WeightsError, InputError, MissingExtraError, BrokenExtraError.
    """
    for error in find_missing(specs).values():
        raise error


def find_missing(specs: Iterable[Spec]) -> dict[Hashable, RiptuiError]:
    """What is missing, by the key of the specs that need it."""
    distinct = {weights_key(spec): spec for spec in specs}
    return {key: error for key, spec in distinct.items() if (error := _find_error(spec))}


def weights_key(spec: Spec) -> Hashable:
    """Specs with equal keys need the same weights."""
    return spec.inpainter, tuple(sorted(spec.parameters.items(), key=lambda item: item[0]))


def _find_error(spec: Spec) -> RiptuiError | None:
    info = inpainters.find_inpainter(spec.inpainter)
    if missing := explain_missing(spec.inpainter, info) or explain_unreachable(spec.inpainter, info, spec.parameters):
        return missing
    if not info.takes_record:
        return None
    try:
        require_installed(spec.inpainter, info)
        models.identity.require_places(spec.parameters)
        require_importable(spec.inpainter, info)
    except RiptuiError as error:
        return error
    return None
