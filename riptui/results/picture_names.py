"""What to call pictures where several are shown together."""

from collections import Counter
from collections.abc import Iterable

from riptui.spec import Spec
from riptui.text.terminal import printable


def name_pictures(specs: Iterable[Spec]) -> dict[str, str]:
    """The name of each picture by the SHA-256 of its original, in the order of the specs, safe to print.

    Different pictures of one file name, e.g. of two folders, are told apart by the beginning of the hash.
    """
    names = {spec.original_sha256: printable(spec.source_name) for spec in specs}
    counts = Counter(names.values())
    return {sha256: name if counts[name] == 1 else f"{name} {sha256[:6]}" for sha256, name in names.items()}
