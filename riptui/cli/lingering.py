"""Whether the system ends a user's processes when they log out, detached ones too, and what to do about it."""

import getpass
import os
import subprocess


def advice() -> str:
    """What to do so that detached work survives the logout; "" where nothing is to be done, or nobody can tell."""
    if os.getuid() == 0 or _property("show-session", "KillUserProcesses") != "yes":
        return ""
    user = getpass.getuser()
    if _property("show-user", "Linger", user) != "no":
        return ""
    return f"this system ends your processes when you log out: loginctl enable-linger {user}"


def _property(command: str, name: str, *of: str) -> str:
    """A property of systemd's logind, of a user or its own; "" if it does not answer."""
    try:
        told = subprocess.run(
            ["loginctl", command, *of, f"--property={name}", "--value"],
            capture_output=True,
            text=True,
            timeout=2,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()
