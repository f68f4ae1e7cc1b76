"""The symbol and colour of each status, the same on every screen."""

STATUS_MARKS = {
    "done": ("✓", "green"),
    "running": ("●", "cyan"),
    "queued": ("○", "none"),
    "paused": ("‖", "yellow"),
    "interrupted": ("◼", "yellow"),
    "failed": ("✗", "red"),
    "unreadable": ("!", "red"),
}
