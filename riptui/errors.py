"""All errors that riptui raises on purpose. A message says what happened, what was got, and what to do next.

RiptuiError                  exit 1: the command failed while running
├── InputError               exit 2: the request cannot be carried out as given
│   ├── SourceError          a source image cannot be read
│   ├── SpecError            a spec is not valid
│   ├── NameRefusedError     a group or trajectory name is not valid, or is taken
│   ├── NotATrajectoryError  a path is not a trajectory
│   ├── SettingsError        a settings file, or a value in it, is not valid
│   ├── StudyError           a study file, or something it names, cannot be used
│   └── MissingExtraError    an optional package is not installed
├── InpainterError           an inpainter failed, or returned something other than an image
│   └── DeviceMemoryError    the device does not have enough memory for the batch
├── MetricError              a metric failed
├── WeightsError             a network's weights are missing or cannot be loaded
├── WorkerError              a worker did not start, died, or was shut down
└── StoreError               something on disk failed
    ├── DiskError            a read or write failed: full, read-only, too large, removed ...
    ├── DamagedError         the content of a file is not what was written
    └── HeldError            another process is running this trajectory
"""

import difflib
from collections.abc import Iterable


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
    pass


class DamagedError(StoreError):
    pass


class HeldError(StoreError):
    pass


def with_choices(problem: str, name: str, choices: Iterable[str]) -> str:
    """The message for a name that is not among the choices: the problem, the closest choice, and all of them."""
    names = [*choices]
    closest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {closest[0]}?" if closest else ""
    return f"{problem}.{hint} Available: {', '.join(names) or 'none'}"
