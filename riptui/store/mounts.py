"""Which file systems only this machine changes: on others, what is asked of a file may be a minute old."""

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
LOCAL_TYPES = frozenset(
    (
        *("bcachefs", "btrfs", "ext2", "ext3", "ext4", "exfat", "f2fs", "jfs", "nilfs2", "ntfs3", "overlay"),
        *("ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs"),
    )
)


def is_local(folder: str) -> bool:
    """Whether a folder is known to be on a file system that no other machine has. Never raises."""
    try:
        lines = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    path = f"{os.path.realpath(folder).rstrip('/')}/"
    found = ""
    longest = 0
    for line in lines:
        place, _, source = line.partition(" - ")
        mount = f"{_unescape(place.split()[4]).rstrip('/')}/"
        if path.startswith(mount) and len(mount) >= longest:  # a later one hides an earlier one
            longest, found = len(mount), source.split()[0]
    return found in LOCAL_TYPES


def _unescape(text: str) -> str:
    r"""The kernel writes blanks, tabs, line ends and backslashes of a path as \040 and so on."""
    for code in ("040", "011", "012"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text.replace("\\134", "\\")
