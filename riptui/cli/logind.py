"""Whether systemd kills a user's background processes at logout, and how to prevent it."""

import getpass
import os
import subprocess


def logout_advice() -> str:
    """How to keep background work alive after the logout; "" if it survives anyway, or if systemd does not answer."""
    if os.getuid() == 0 or _read_property("show-session", "KillUserProcesses") != "yes":
        return ""
    user = getpass.getuser()
    if _read_property("show-user", "Linger", user) != "no":
        return ""
    return f"this system kills your processes when you log out; prevent it with: loginctl enable-linger {user}"


def _read_property(command: str, name: str, *target: str) -> str:
    """A property of logind, or of a user in it; "" if it does not answer."""
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
