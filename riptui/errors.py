"""Everything riptui raises on purpose. A message says what happened, what was got, and what to do next.

RiptuiError                  exit 1: it failed while running
├── InputError               exit 2: what was asked for cannot be done as asked
│   ├── SourceError          a source image cannot be read
│   ├── SpecError            a spec is not valid
│   ├── NameRefusedError     a group or trajectory name is not one, or is taken
│   ├── NotATrajectoryError  a path holds no trajectory
│   ├── SettingsError        a settings file, or a value in it, is not one
│   ├── StudyError           a study file, or what it asks for, cannot be used
│   └── MissingExtraError    an optional package is not installed
├── InpainterError           an inpainter failed or returned something that is no image
│   └── DeviceMemoryError    the device has no memory left for so many images at once
├── MetricError              a metric failed
├── WeightsError             a network's weights are missing or cannot be had
├── WorkerError              a worker did not start, died, or was sent away
└── StoreError               the disk would not do it
    ├── DiskError            a read or write failed: full, read-only, too large, removed ...
    ├── DamagedError         what is on disk is not what was written
    └── HeldError            another process is computing this trajectory
"""


class RiptuiError(Exception):
    """The root of the tree. `exit_code` is what the command ends with."""

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
