"""Servers that inpaint: the tables [servers.NAME] of the settings. Contacts none of them."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from riptui.errors import SettingsError, with_choices
from riptui.settings.toml_file import quote_value

SERVER_NAMES = ("iopaint", "a1111", "comfyui")
"""The inpainters that are servers."""
ALLOWED_VALUES = {
    "url": 'text, e.g. "http://127.0.0.1:8080"',
    "timeout": "seconds for one picture, above 0 and at most 86400",
    "reconnect": "seconds for which a lost connection is tried again, from 0 to 86400",
}


class InpaintingServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a server is, and how long it is waited for."""

    url: Annotated[str, Meta(max_length=2000)]
    """With http:// or https://, and a path if it has one; without a slash at the end."""
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 300.0
    """Seconds for one picture, those that wait before it on the server included."""
    reconnect: Annotated[float, Meta(ge=0, le=86400)] = 60.0
    """Seconds for which a connection that was lost is tried again, before the trajectory fails."""


def clean_url(text: str) -> str:
    """A server's URL without a slash at its end.

    Raises SettingsError, which does not repeat a URL that has a password in it.
    """
    try:
        parts = urlsplit(text.strip())
        has_port = parts.port != 0  # raises ValueError for one that is none
    except ValueError as error:
        raise SettingsError(f"it is no URL; it must be {ALLOWED_VALUES['url']}") from error
    if "@" in text or parts.query or parts.fragment:
        raise SettingsError(
            "it has a user, a password, a query or a fragment; it must have none: credentials come from the environment"
        )
    is_plain = re.fullmatch(r"[!-~]+", text.strip()) is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port or not is_plain:
        raise SettingsError(f"it is {quote_value(text)}; it must be {ALLOWED_VALUES['url']}")
    return text.strip().rstrip("/")


def parse_server(name: str, entries: object) -> InpaintingServer:
    """The server of a table [servers.NAME], or of its URL. Raises SettingsError."""
    title = f"servers.{name}"
    if name not in SERVER_NAMES:
        raise SettingsError(with_choices(f"there is no server {quote_value(name)}", name, SERVER_NAMES))
    if isinstance(entries, str):
        entries = {"url": entries}
    if not isinstance(entries, dict):
        raise SettingsError(f"{title} is {quote_value(entries)}; it must be a table: [{title}], and below it url")
    if "url" not in entries:
        raise SettingsError(f"{title} has no url; it must be {ALLOWED_VALUES['url']}")
    for key, value in entries.items():
        _require_value(title, key, value)
    try:
        url = clean_url(entries["url"])
    except SettingsError as error:
        raise SettingsError(f"{title}.url: {error}") from error
    return msgspec.convert(entries | {"url": url}, InpaintingServer)


def _require_value(title: str, key: str, value: Any) -> None:
    if key not in ALLOWED_VALUES:
        raise SettingsError(with_choices(f"{title} has no setting {quote_value(key)}", key, ALLOWED_VALUES))
    try:
        msgspec.convert({"url": "", key: value}, InpaintingServer)
    except msgspec.ValidationError as error:
        quoted = "" if key == "url" and "@" in str(value) else f" is {quote_value(value)};"
        raise SettingsError(f"{title}.{key}{quoted} it must be {ALLOWED_VALUES[key]}") from error
