"""What this machine lacks for the trajectories of the form: looked for once, in a thread, and shown before a launch."""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from riptui.planning.estimate import specs_without_seeds
from riptui.planning.missing_weights import find_missing, weights_key
from riptui.planning.sweep import Sweep
from riptui.spec import Spec


class LackingParts:
    """Weights, packages, programs and servers, by the key of the specs that need them."""

    def __init__(self) -> None:
        self._found: dict[Hashable, str] = {}  # "": nothing is lacking

    def list_unseen(self, sweep: Sweep) -> list[Spec]:
        """The specs that have not been checked yet."""
        return [spec for spec in specs_without_seeds(sweep) if weights_key(spec) not in self._found]

    def store(self, found: Mapping[Hashable, str]) -> None:
        self._found |= found

    def list_lines(self, sweep: Sweep) -> Iterator[str]:
        """Each with how to get it. Not yet safe to print."""
        keys = map(weights_key, specs_without_seeds(sweep))
        yield from filter(None, dict.fromkeys(self._found.get(key, "") for key in keys))


def find_lacking(specs: Sequence[Spec]) -> dict[Hashable, str]:
    """For `LackingParts.store`. Asks servers which model they have; tries no import, which takes seconds."""
    missing = find_missing(specs, tries_imports=False)
    return {key: str(missing.get(key, "")) for key in map(weights_key, specs)}
