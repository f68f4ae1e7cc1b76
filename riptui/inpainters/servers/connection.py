"""Requests to a server that inpaints. Answers are checked. A lost connection is tried again, and nothing else.

A picture is a function of its request, so that asking again gives the same. Redirects are not followed, since
credentials must not go elsewhere.
"""

import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
from httpx2.websockets import AsyncWebSocketSession

from riptui.errors import InpainterError, InputError
from riptui.inpainters.servers.server_place import ServerPlace, auth_variable
from riptui.text.terminal import printable

LOST = (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ConnectTimeout)
CONNECT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 8.0
MAX_BYTES = 256 * 2**20  # bytes of an answer: a PNG of 2048 px has at most 13 MB, and base64 adds a third
MAX_SAID = 300  # characters of a server's message that an error quotes
MAX_SENTENCE = 800  # characters of an error about a server


class ServerConnection:
    """Requests to one server. title: the kind of server, for messages.

    asks_once: it is only asked what it is: a lost connection is not tried again, and answers must come within
    CONNECT_SECONDS.
    """

    def __init__(self, title: str, place: ServerPlace, client: httpx2.AsyncClient, *, asks_once: bool = False) -> None:
        self._title, self.place, self.client = title, place, client
        self._asks_once = asks_once
        self._reconnect = 0.0 if asks_once else place.reconnect
        self._seconds = CONNECT_SECONDS if asks_once else place.timeout

    async def get_json(self, path: str, **params: str) -> Any:
        """The JSON at a path. Raises InpainterError."""
        return self._read_json(path, await self._request("GET", path, self._seconds, params=params))

    async def post_json(self, path: str, body: object, *, seconds: float) -> Any:
        """The JSON that answers a body of JSON. seconds: the time limit. Raises InpainterError."""
        return self._read_json(path, await self._request("POST", path, seconds, json=body))

    async def post_for_file(self, path: str, body: object, *, seconds: float) -> tuple[bytes, Mapping[str, str]]:
        """The file that answers a body of JSON, and the headers. seconds: the time limit. Raises InpainterError."""
        answer = await self._request("POST", path, seconds, json=body)
        return answer.content, answer.headers

    async def post_file(self, path: str, name: str, content: bytes, **fields: str) -> Any:
        """The JSON that answers a PNG, sent as a form's field "image" beside other fields. Raises InpainterError."""
        files = {"image": (name, content, "image/png")}
        answer = await self._request("POST", path, self.place.timeout, files=files, data=fields)
        return self._read_json(path, answer)

    async def get_file(self, path: str, **params: str) -> bytes:
        """The file at a path. Raises InpainterError."""
        return (await self._request("GET", path, self.place.timeout, params=params)).content

    async def lacks_file(self, path: str, **params: str) -> bool:
        """Whether the server says that there is no file at a path. False if it does not answer."""
        with suppress(InpainterError):
            return (await self._ask("GET", path, self.place.timeout, params=params)).status_code == 404
        return False

    async def post(self, path: str, body: object) -> None:
        """Send a body of JSON, and ignore the content of the answer. Raises InpainterError."""
        await self._request("POST", path, CONNECT_SECONDS, json=body)

    def open_socket(self, path: str) -> AbstractAsyncContextManager[AsyncWebSocketSession]:
        """A web socket. Raises anything: it is for progress alone."""
        return self.client.websocket(f"ws{self.place.url.removeprefix('http')}{path}", max_message_size_bytes=MAX_BYTES)

    async def _request(self, method: str, path: str, seconds: float, **content: Any) -> httpx2.Response:
        """An answer with status 200. Raises InpainterError."""
        answer = await self._ask(method, path, seconds, **content)
        self._require_success(path, answer)
        return answer

    async def _ask(self, method: str, path: str, seconds: float, **content: Any) -> httpx2.Response:
        """An answer, whatever its status. Raises InpainterError if there is none."""
        lost_at, pause = None, FIRST_PAUSE_SECONDS
        while True:
            try:
                with anyio.fail_after(seconds):
                    return await self._send(method, path, content)
            except LOST as error:
                lost_at = time.monotonic() if lost_at is None else lost_at
                waited = time.monotonic() - lost_at
                if waited + pause > self._reconnect or _is_about_tls(error):
                    raise self._away(error, waited) from error
            except (TimeoutError, httpx2.TimeoutException) as error:
                advice = "is it busy, or still starting?" if self._asks_once else "set a longer timeout"
                raise self.error(f"gave no answer to {path} in {seconds:g} s: {advice}") from error
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise self.error(f"cannot be asked: {self._quote(str(error))}") from error
            await anyio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def _send(self, method: str, path: str, content: Mapping[str, Any]) -> httpx2.Response:
        async with self.client.stream(method, f"{self.place.url}{path}", **content) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    raise self.error(f"answered {path} with more than {MAX_BYTES >> 20} MiB")
        headers = [(key, value) for key, value in answer.headers.raw if key.lower() != b"content-encoding"]
        return httpx2.Response(answer.status_code, headers=headers, content=bytes(body))

    def _require_success(self, path: str, answer: httpx2.Response) -> None:
        """Raise InpainterError, with what the server said, unless the status is 200."""
        code, variable = answer.status_code, auth_variable(self.place.name)
        if code == 200:
            return
        if 300 <= code < 400:
            raise self.error(f"redirects {path} to {self._target(path, answer)}")
        if code in (401, 403):
            advice = "does not accept" if self.place.credentials else "asks for credentials: set"
            raise self.error(f"{advice} ${variable}, USER:PASSWORD or a token ({code}{self._said(answer)})")
        if code in (404, 405):
            raise self.error(f"has no {path} ({code}{self._said(answer)}): is it {self._title}, with its API on?")
        later = self._quote(answer.headers.get("retry-after", ""))
        wish = f"; it asks to be left alone for {later} s" if later.isdecimal() else ""
        raise self.error(f"answered {path} with {code}{self._said(answer) or ' and no reason'}{wish}")

    def _read_json(self, path: str, answer: httpx2.Response) -> Any:
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise self.error(
                f"answered {path} with {self._kind(answer)} in place of JSON: is it {self._title}?"
            ) from error

    def _away(self, error: Exception, waited: float) -> InpainterError:
        tried = f", tried again for {waited:.0f} s" if waited >= 1 else ""
        reason = self._quote(str(error)) or type(error).__name__
        if "certificate verify failed" in reason:
            return self.error(
                f"has a certificate that is not trusted here ({reason}): name its issuer in $SSL_CERT_FILE"
            )
        if _is_about_tls(error):
            return self.error(f"does not speak TLS ({reason}): is it http:// in place of https://?")
        return self.error(f"cannot be reached ({reason}{tried}): is it running there?")

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """For code that takes JSON from a path apart: raises InpainterError if something in it is missing or of another
        type."""
        try:
            yield
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise self.error(f"answered {path} with something else than {self._title} does: is it one?") from error

    def error(self, text: str) -> InpainterError:
        """An error about this server. text: continues the sentence that begins with its name and URL."""
        return InpainterError(self.describe(text))

    def describe(self, text: str) -> str:
        """A sentence about this server, on one line, and without its credentials."""
        return f"{self._title} at {self.place.url} {printable(self.place.redact(text))[:MAX_SENTENCE]}"

    def _said(self, answer: httpx2.Response) -> str:
        """What the server said about an error, as ": text"; "" if nothing."""
        kind = self._kind(answer)
        plain = answer.content[: 4 * MAX_SAID].decode(errors="replace") if kind == "text/plain" else ""
        if text := self._quote(explain_answer(answer.content) or plain):
            return f": {text}"
        return f": {kind}" if answer.content and kind != "JSON" else ""

    def _quote(self, text: str) -> str:
        return printable(" ".join(self.place.redact(text).split()))[:MAX_SAID]

    @staticmethod
    def _kind(answer: httpx2.Response) -> str:
        kind = printable(answer.headers.get("content-type", "").partition(";")[0].strip())[:60]
        return {"text/html": "an HTML page", "application/json": "JSON", "": "something"}.get(kind, kind)

    def _target(self, path: str, answer: httpx2.Response) -> str:
        """Where a redirect leads, without what may be secret in it, and what to do."""
        try:
            url = httpx2.URL(self.place.url).join(answer.headers.get("location", ""))
            target = url.copy_with(username="", password="", query=None, fragment=None)
        except (httpx2.InvalidURL, ValueError):
            return "something that is not a URL"
        return f"{self._quote(str(target).removesuffix(path))}: give that as its URL, if it is the server"


def _is_about_tls(error: Exception) -> bool:
    return "[SSL" in str(error)


def explain_answer(body: bytes) -> str:
    """The message in the JSON by which FastAPI, A1111 or ComfyUI explains an error; "" if there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return "; ".join(dict.fromkeys(_list_texts(found)))


def _list_texts(found: object) -> list[str]:
    """The texts under the names that servers use for messages, outermost first."""
    if isinstance(found, str):
        return [found] if found.strip() else []
    if isinstance(found, list):
        return [text for each in found for text in _list_texts(each)]
    if not isinstance(found, dict):
        return []
    named = ("error", "message", "msg", "details", "detail", "errors", "exception_message", "node_errors")
    nested = [value for value in found.values() if isinstance(value, dict)]
    return [text for name in named for text in _list_texts(found.get(name))] + (
        [] if any(name in found for name in named) else [text for value in nested for text in _list_texts(value)]
    )


@asynccontextmanager
async def connect(title: str, place: ServerPlace, *, asks_once: bool = False) -> AsyncIterator[ServerConnection]:
    """A `ServerConnection`, closed at the end. The environment's proxies are used, except for this machine itself.

    Raises InputError for a proxy or certificates that cannot be used.
    """
    async with _make_client(title, place) as client:
        yield ServerConnection(title, place, client, asks_once=asks_once)


def _make_client(title: str, place: ServerPlace) -> httpx2.AsyncClient:
    """Raises InputError for a proxy that cannot be used, without its URL, which may have a password in it."""
    limits = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    is_here = _is_loopback(urlsplit(place.url).hostname or "")
    try:
        certificates = _read_certificates()
    except OSError as error:
        raise InputError(f"$SSL_CERT_FILE or $SSL_CERT_DIR has no certificates: {error.strerror or error}") from error
    try:
        return httpx2.AsyncClient(headers=place.headers, timeout=limits, trust_env=not is_here, verify=certificates)
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        is_socks = isinstance(error, ImportError)
        reason = "is a SOCKS proxy, for which httpx2[socks] is missing" if is_socks else "is not valid"
        host = urlsplit(place.url).hostname
        raise InputError(
            f"{title} at {place.url}: a proxy of the environment ($HTTP_PROXY, $HTTPS_PROXY, $ALL_PROXY) {reason}; "
            f"correct it, or set NO_PROXY={host}"
        ) from error


@cache
def _read_certificates() -> ssl.SSLContext:
    """The certificates that this machine trusts. Takes 30 ms."""
    return httpx2.create_ssl_context()


def _is_loopback(host: str) -> bool:
    if re.fullmatch(r"localhost|.*\.localhost", host):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
