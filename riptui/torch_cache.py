"""Single files of weights, where torch keeps its downloads: other programs find them there, and riptui finds theirs.

Imports no torch.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import WeightsError
from riptui.remote_file import OnDownloadProgress, RemoteFile, is_offline
from riptui.text.units import format_size


def torch_cache_folder() -> Path:
    """$TORCH_HOME/hub/checkpoints, by default in $XDG_CACHE_HOME/torch or ~/.cache/torch."""
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.getenv("TORCH_HOME", os.path.join(cache, "torch"))  # noqa: PTH118  as torch.hub does, "" included
    return Path(os.path.expanduser(home), "hub", "checkpoints")  # noqa: PTH111  raises for no home


@dataclass(frozen=True)
class CachedFile:
    """A file of weights that `riptui fetch` downloads to torch's cache."""

    remote: RemoteFile
    name: str
    """As `riptui fetch` knows it."""
    need: str
    """How a message begins: who needs whose weights."""

    @property
    def path(self) -> Path:
        return torch_cache_folder() / self.remote.name

    @property
    def is_installed(self) -> bool:
        """Whether the file exists and is not empty. `verify` compares its hash."""
        try:
            return self.path.is_file() and self.path.stat().st_size > 0
        except OSError:  # a folder of the path may not be searched
            return False

    def require_installed(self) -> None:
        """Raise WeightsError unless the file exists."""
        if not self.is_installed:
            raise self.missing_error("")

    def verify(self) -> None:
        """Raise WeightsError if the file is missing, unreadable, or has the wrong hash. 0.8 s per gigabyte."""
        self.require_installed()
        try:
            is_intact = self.remote.matches(self.path)
        except OSError as error:
            raise WeightsError(f"{self.path} cannot be read ({error.strerror}): check its permissions") from error
        if not is_intact:
            raise self.damaged_error()

    def fetch(self, on_progress: OnDownloadProgress = lambda done, total: None) -> Path:
        """Download the file if it is missing; continues an interrupted download.

        Raises WeightsError, one line: offline, no disk space, no network, a wrong answer, or a wrong hash.
        """
        if self.is_installed:
            return self.path
        if is_offline():
            raise self.missing_error("downloads are off ($RIPTUI_OFFLINE or $HF_HUB_OFFLINE)")
        try:
            self.remote.download(self.path, on_progress)
        except WeightsError as error:
            raise self.missing_error(f"the download failed ({error})") from error
        return self.path

    def missing_error(self, cause: str) -> WeightsError:
        happened = f"; {cause}" if cause else ""
        return WeightsError(
            f"{self.need} ({format_size(self.remote.size)}), and {self.path} is missing"
            f"{happened}: download them with: riptui fetch {self.name}, or copy the file there by hand"
        )

    def damaged_error(self) -> WeightsError:
        return WeightsError(
            f"{self.path} ({self.path.stat().st_size:,} bytes) is damaged: its SHA-256 does not begin with "
            f"{self.remote.sha256[:8]}; delete it, then: riptui fetch {self.name}"
        )
