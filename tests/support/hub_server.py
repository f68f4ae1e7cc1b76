"""A hub on the loopback: the part of the Hugging Face hub's HTTP interface that a download needs, and its failures.

The weights are large (LFS) files: listed with their SHA-256 and answered with a redirect, as the real one does.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from riptui.inpainters.models.catalogue import MODELS

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = (".safetensors", ".bin", ".ckpt", ".msgpack", ".onnx")


@dataclass
class Repository:
    files: dict[str, bytes]
    revisions: dict[str, str] = field(
        default_factory=lambda: {known.revision: known.revision for known in MODELS.values()} | {"main": COMMIT}
    )
    gated: bool = False
    served: dict[str, bytes] = field(default_factory=dict)
    """Other content that is sent in place of a file."""

    def listing(self) -> list[dict[str, Any]]:
        return [sibling(path, content) for path, content in self.files.items()]


def sibling(path: str, content: bytes) -> dict[str, Any]:
    """A file as the hub's API lists it."""
    listed: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git_sha1(content)}
    if path.endswith(LARGE):
        listed["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 134}
    return listed


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    range: str | None


class Hub:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.contents = f"http://localhost:{port}"
        """Another host to the client, as the hub's large files are elsewhere."""
        self.repositories: dict[str, Repository] = {}
        self.others: dict[str, bytes] = {}
        """Plain files by their path."""
        self.seen: list[Seen] = []
        self.drops: dict[str, int] = {}
        """Path in the repository to the bytes after which the connection is cut, and the hub is down from then on."""
        self.down = False
        """Every request is answered with 503."""
        self.stalls = False
        """Where the connection would be cut, nothing more comes, until `go`."""
        self.stalled, self.go = threading.Event(), threading.Event()
        self.refusal: tuple[int, str, str] | None = None
        """Every request is answered with this status, error code and message."""
        self.portal = b""
        """Every request is answered with this page, as networks do where one must log in."""
        self.mute = False
        """Nothing at all is answered, until `go`."""

    def ranges(self, end: str) -> list[str | None]:
        """The Range header of each download of the files whose path ends with `end`."""
        return [one.range for one in self.seen if one.method == "GET" and one.path.startswith("/cdn/" + end)]

    def downloaded(self) -> list[str]:
        """The paths of the files whose content was requested, redirects counted once."""
        paths = [one.path.partition("/resolve/")[2] for one in self.seen if one.method == "GET"]
        return sorted(path.partition("/")[2] for path in paths if path)


@contextmanager
def running_hub() -> Iterator[Hub]:
    server = Server(("127.0.0.1", 0), Handler)
    server.hub = Hub(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.hub
    finally:
        server.hub.go.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Server(ThreadingHTTPServer):
    hub: Hub
    daemon_threads = False  # joined at the end, so that no socket outlives the test

    def handle_error(self, *_: Any) -> None:
        """A client that disconnects is not an error of the test."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 20  # seconds that a connection may idle

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        hub.seen.append(Seen(self.command, path, self.headers.get("Range")))
        if hub.mute:
            hub.go.wait()
        if hub.down:
            self.refuse(503, "", "down for maintenance")
        elif hub.refusal:
            self.refuse(*hub.refusal)
        elif hub.portal:
            self.send(hub.portal, {"Content-Type": "text/html"}, None)
        elif path.startswith("/api/models/"):
            self.describe(path.removeprefix("/api/models/"))
        elif path.startswith("/cdn/"):
            _, _, org, name, file = path.split("/", 4)
            repository = hub.repositories[f"{org}/{name}"]
            self.send(repository.served.get(file, repository.files[file]), {}, hub.drops.get(file))
        elif "/resolve/" in path:
            self.resolve(path)
        elif path in hub.others:
            self.send(hub.others[path], {}, hub.drops.get(path))
        else:
            self.refuse(404, "", "no such page")

    def describe(self, path: str) -> None:
        name, _, revision = path.partition("/revision/")
        repository = self.known(name, revision)
        if repository:
            commit = repository.revisions.get(revision or "main", revision)
            described = {"id": name, "modelId": name, "sha": commit, "siblings": repository.listing()}
            self.send(json.dumps(described).encode(), {"Content-Type": "application/json"}, None)

    def known(self, name: str, revision: str) -> Repository | None:
        """The repository, if it has the revision; else the request is refused."""
        repository = self.server.hub.repositories.get(name)
        if repository is None:
            self.refuse(401, "RepoNotFound", "Invalid username or password.")
        elif revision and not re.fullmatch("[0-9a-f]{40}", revision) and revision not in repository.revisions:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return repository
        return None

    def resolve(self, path: str) -> None:
        name, _, rest = path.strip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        repository = self.known(name, revision)
        if repository is None:
            return
        if repository.gated:
            self.refuse(403, "GatedRepo", f"Access to model {name} is restricted.")
        elif file not in repository.files:
            self.refuse(404, "EntryNotFound", "Entry not found")
        else:
            content, listed = repository.files[file], sibling(file, repository.files[file])
            headers = {"X-Repo-Commit": repository.revisions.get(revision, revision)}
            if "lfs" not in listed:
                self.send(repository.served.get(file, content), headers | {"ETag": f'"{listed["blobId"]}"'}, None)
                return
            headers |= {"X-Linked-Etag": f'"{listed["lfs"]["sha256"]}"', "X-Linked-Size": str(len(content))}
            self.send(b"", headers | {"Location": f"{self.server.hub.contents}/cdn/{name}/{file}"}, None, 302)

    def send(self, content: bytes, headers: dict[str, str], dropped: int | None, status: int = 200) -> None:
        start = 0
        if status == 200 and (wanted := self.headers.get("Range")):
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            status, headers = 206, headers | {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(content) - start), "Accept-Ranges": "bytes"} | headers).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if dropped is None:
            self.wfile.write(content[start:])
            return
        self.wfile.write(content[start:dropped])
        self.wfile.flush()
        hub = self.server.hub
        hub.stalled.set()
        if hub.stalls:
            hub.go.wait()
        else:
            hub.down = True
        self.close_connection = True

    def refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.end_headers()
