"""All errors that riptui raises on purpose. A message says what happened, what was got, and what to do next.

RiptuiError                  exit 1: the command failed while running
├── InputError               exit 2: the request cannot be carried out as given
│   ├── SourceError          a source image cannot be read
│   ├── SpecError            a spec is not valid
│   ├── NameRefusedError     a group or trajectory name is not valid, or is taken
│   ├── NotATrajectoryError  a path is not a trajectory
│   ├── SettingsError        a settings file, or a value in it, is not valid
│   ├── StudyError           a study file, or something it names, cannot be used
│   ├── MissingExtraError    an optional package is not installed
│   └── BrokenExtraError     an optional package is installed, and cannot be imported
├── InpainterError           an inpainter failed, or returned something other than an image
│   └── DeviceMemoryError    the device does not have enough memory for the batch
├── MetricError              a metric failed
├── WeightsError             a network's weights are missing or cannot be loaded
├── WorkerError              a worker did not start, died, or was shut down
└── StoreError               something on disk failed
    ├── DiskError            a read or write failed: full, read-only, too large, removed ...
    ├── DamagedError         the content of a file is not what was written
    └── HeldError            another process holds the lock, e.g. of a trajectory that it is running
"""

import difflib
import errno
from collections.abc import Iterable
from pathlib import Path

WHOLE_DISK_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EFBIG),  # limits of the process
}


class RiptuiError(Exception):
    """The root of the tree. `exit_code` is the exit code of the command."""

    exit_code = 1


class InputError(RiptuiError):
    exit_code = 2


class SourceError(InputError):
    pass


class SpecError(InputError):
    pass


class NameRefusedError(InputError):
    pass


class NotATrajectoryError(InputError):
    pass


class SettingsError(InputError):
    pass


class StudyError(InputError):
    pass


class MissingExtraError(InputError):
    """A package of an optional extra is not installed. The message names the extra."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package}, which is not installed: pip install 'riptui[{extra}]'"
        )


class BrokenExtraError(InputError):
    """A package of an optional extra is installed, and cannot be imported. `cause`: what it raised.

    `reason` is the message without what needs it.
    """

    def __init__(self, feature: str, cause: Exception, extra: str) -> None:
        cause_text = " ".join(str(cause).split())[:200] or type(cause).__name__
        self.reason = f"its packages cannot be imported ({cause_text}): pip install --force-reinstall 'riptui[{extra}]'"
        super().__init__(f"{feature}: {self.reason}")


class InpainterError(RiptuiError):
    pass


class DeviceMemoryError(InpainterError):
    pass


class MetricError(RiptuiError):
    pass


class WeightsError(RiptuiError):
    pass


class WorkerError(RiptuiError):
    pass


class StoreError(RiptuiError):
    pass


class DiskError(StoreError):
    """path: the file or folder. number: the errno. None and 0 where the system was not the one to refuse."""

    def __init__(self, message: str, *, path: Path | str | None = None, number: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.number = number

    @property
    def is_of_whole_disk(self) -> bool:
        """Whether the cause is likely to concern every folder on that disk, or everything that this process writes."""
        return self.number in WHOLE_DISK_ERRORS


class DamagedError(StoreError):
    pass


class HeldError(StoreError):
    pass


def first_line(error: Exception) -> str:
    """The first line of an error's message, at most 300 characters; the name of its class if it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def with_choices(problem: str, name: str, choices: Iterable[str]) -> str:
    """The message for a name that is not among the choices: the problem, the closest choice, and all of them."""
    names = [*choices]
    closest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {closest[0]}?" if closest else ""
    return f"{problem}.{hint} Available: {', '.join(names) or 'none'}"
