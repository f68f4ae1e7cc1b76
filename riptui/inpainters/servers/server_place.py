"""Where a server is: its URL from the environment or the settings, and its credentials from the environment alone."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from riptui.errors import InputError, SettingsError


def url_variable(name: str) -> str:
    """The environment variable with the URL of an inpainter's server; it has precedence over the settings."""
    return f"RIPTUI_{name.upper()}_URL"


def auth_variable(name: str) -> str:
    """The environment variable with the credentials: USER:PASSWORD, or a token."""
    return f"RIPTUI_{name.upper()}_AUTH"


@dataclass(frozen=True)
class ServerPlace:
    """Where an inpainter's server is, and how long it is waited for."""

    name: str
    """Of the inpainter."""
    url: str
    """Without a slash at the end, and without credentials."""
    timeout: float = 300.0
    """Seconds for one picture."""
    reconnect: float = 60.0
    """Seconds for which a lost connection is tried again."""
    credentials: str = field(default="", repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of each request: its credentials, if there are any."""
        if not self.credentials:
            return {}
        if ":" not in self.credentials:
            return {"Authorization": f"Bearer {self.credentials}"}
        return {"Authorization": f"Basic {base64.b64encode(self.credentials.encode()).decode()}"}

    def redact(self, text: str) -> str:
        """A text from a server, with *** in place of credentials that it repeats."""
        secrets = [self.credentials, self.credentials.partition(":")[2]]
        secrets += [header.partition(" ")[2] for header in self.headers.values()]
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return text


def find_server(name: str) -> ServerPlace:
    """Where the server of an inpainter is. Raises InputError if neither the environment nor the settings say so."""
    place = find_named_server(name)
    if place is None:
        raise InputError(
            f"the inpainter {name} has no server: set url in [servers.{name}] of your settings (riptui config edit), "
            f"${url_variable(name)}, or --set url=http://HOST:PORT"
        )
    return place


def find_named_server(name: str) -> ServerPlace | None:
    """As `find_server`; None if neither says so. Raises InputError for a URL or settings that are not valid."""
    from riptui.settings.inpainter_tables import read_servers  # msgspec takes 50 ms, and most commands name no server
    from riptui.settings.servers import clean_url

    variable = url_variable(name)
    url = os.environ.get(variable, "")
    try:
        url = clean_url(url) if url else ""
    except SettingsError as error:
        raise InputError(f"${variable}: {error}") from error
    try:
        servers, problems = read_servers()
    except SettingsError as error:
        raise InputError(f"the inpainter {name}: {error}") from error
    if name in servers:
        found = servers[name]
        return ServerPlace(name, url or found.url, found.timeout, found.reconnect, _read_credentials(name))
    if url:
        return ServerPlace(name, url, credentials=_read_credentials(name))
    if name in problems:
        raise InputError(f"the inpainter {name}: {problems[name]}")
    return None


def _read_credentials(name: str) -> str:
    """The credentials; "" if there are none. Raises InputError, without repeating them, if no header can hold them."""
    text = os.environ.get(auth_variable(name), "").strip()
    if text and not (text.isprintable() and (":" in text or text.isascii())):
        raise InputError(f"${auth_variable(name)} is neither USER:PASSWORD nor a token of ASCII letters")
    return text
