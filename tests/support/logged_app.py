"""The app with a log of every key that reaches it: `python logged_app.py LOG RUNS SELECT`.

The graphics protocol is written beside the log, with the suffix .protocol.
"""

import sys
from pathlib import Path

from riptui.settings import load_settings
from riptui.tui import start

LOG = Path(sys.argv[1])


def log_keys() -> None:
    """Replace the set-up of the app's log: at that time Textual is imported and the app is not made yet."""
    from textual import events

    from riptui.tui.app import RiptuiApp

    handle = RiptuiApp.on_event
    logged: list[events.Key] = []  # a key that no widget handles comes back to the app

    async def on_event(self: RiptuiApp, event: events.Event) -> None:
        if isinstance(event, events.Key) and event not in logged:
            logged.append(event)
            with LOG.open("a") as log:
                log.write(f"{event.key}\n")
        LOG.with_suffix(".protocol").write_text(self.graphics.protocol)
        await handle(self, event)

    RiptuiApp.on_event = on_event


if __name__ == "__main__":
    start.log_to_file = log_keys
    sys.exit(start.start(Path(sys.argv[2]), load_settings(), selected_path=sys.argv[3]))
