"""One key of the app, as the tables of keys have it."""

from textual.binding import Binding


def key_binding(id: str, keys: str, action: str, description: str, tooltip: str = "", *, footer: str = "") -> Binding:
    """A key. keys: separated by commas; tooltip: what the help says, "" for the description; footer: the key as the
    footer shows it, "" keeps it out of the footer."""
    shown, tooltip = footer or None, tooltip or description
    return Binding(keys, action, description, show=bool(footer), key_display=shown, id=id, tooltip=tooltip)
