"""The files that a program's command names, scripts and weights: what they are, and when they change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.inpainters.models.file_digests import FileState, file_sha256, file_state
from riptui.settings.programs import InpainterProgram

CHANGING = "changes while the program runs"


class ProgramSources:
    """The files' states and digests, read now, and again by `renew`. A file that changes during a run is from then on
    named without a digest, and no longer watched."""

    def __init__(self, program: InpainterProgram) -> None:
        folder = program.current_folder or Path("/")
        first, *others = program.words
        words = [first, *others] if "/" in first else others  # what is found by PATH is not recorded
        self._paths = dict.fromkeys(Path(folder, word.rpartition("=")[2]) for word in words if "{" not in word)
        self._changing: set[Path] = set()
        self.renew()

    def renew(self) -> None:
        self._states = self._read_states()
        self.description = self._describe()
        """Names and SHA-256 digests; "" if there are none."""

    @property
    def are_current(self) -> bool:
        """Whether the files are as they are described."""
        return self._list_changed(self._read_states()) <= self._changing

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Enclose a run of the program. A file that changes meanwhile is its log, or was replaced, and it is not known
        which content it read."""
        yield
        states = self._read_states()
        if changed := self._list_changed(states) - self._changing:
            self._changing |= changed
            self.renew()

    def _list_changed(self, states: Mapping[Path, FileState]) -> set[Path]:
        return {path for path in self._paths if states.get(path) != self._states.get(path)}

    def _read_states(self) -> dict[Path, FileState]:
        """What changes when a file is replaced or written to, of those that there are."""
        return {path: state for path in self._paths if path.is_file() and (state := file_state(path))}

    def _describe(self) -> str:
        digests = {path: CHANGING if path in self._changing else _digest(path) for path in self._states}
        return ", ".join(f"{path.name} {text}" for path, text in digests.items())


def _digest(path: Path) -> str:
    with suppress(OSError):
        return file_sha256(path)
    return "unreadable"
