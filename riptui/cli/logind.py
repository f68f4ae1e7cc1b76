"""Whether the system ends a user's processes when they log out, detached ones too, and what to do about it."""

import getpass
import os
import subprocess


def logout_advice() -> str:
    """What to do so that detached work survives the logout; "" where nothing is to be done, or nobody can tell."""
    if os.getuid() == 0 or _read_property("show-session", "KillUserProcesses") != "yes":
        return ""
    user = getpass.getuser()
    if _read_property("show-user", "Linger", user) != "no":
        return ""
    return f"this system ends your processes when you log out: loginctl enable-linger {user}"


def _read_property(command: str, name: str, *target: str) -> str:
    """A property of systemd's logind, of a user or its own; "" if it does not answer."""
    try:
        completed = subprocess.run(
            ["loginctl", command, *target, f"--property={name}", "--value"],
            capture_output=True,
            text=True,
            timeout=2,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return completed.stdout.strip()
