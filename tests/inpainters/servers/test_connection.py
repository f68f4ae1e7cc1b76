"""Connections that fail in other ways than by silence: TLS, proxies, redirects, encodings, and odd answers."""

import gzip
import json
import ssl

import pytest

from riptui.errors import InpainterError, InputError, RiptuiError
from tests.inpainters.servers.conftest import Serve
from tests.support.served import KINDS, load_served, paint
from tests.support.stand_in_servers import Answer

pytestmark = pytest.mark.needs("servers")

MODEL = json.dumps({"name": "lama"}).encode()
ODD: list[object] = [
    *(None, 7, "x", [], [[]], {"prompt_id": None}, {"queue_running": 7, "queue_pending": None}),
    *(
        {"queue_running": [7], "queue_pending": [[1]]},
        {"images": [None], "info": "{}"},
        {"images": ["AA"], "info": "7"},
    ),
    *({"name": 7, "subfolder": [], "type": {}}, {"state": 7}, {"error": {"a": [{"b": None}]}}, {"detail": 7}),
    *({"run-0": 7}, {"run-0": {"status": 7}}, {"run-0": {"status": {"status_str": "error", "messages": [7, [1]]}}}),
    *({"run-0": {"outputs": {"4": {"images": [7]}}}}, {"run-0": {"outputs": 7}}, {"run-0": {"outputs": {"4": 7}}}),
]
"""JSON that no server should answer with."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_odd_json_at_any_place_is_one_line(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    paint(inpaint)
    for asked in {path.split(" ")[1].rpartition("run-")[0] or path.split(" ")[1] for path in stand_in.paths}:
        for said in ODD:
            stand_in.bodies.clear()  # so that numbers begin again
            answer = Answer(200, json.dumps(said).encode())
            stand_in.fault = lambda path, asked=asked, answer=answer: answer if path.startswith(asked) else None
            error = None
            try:
                paint(inpaint)
            except RiptuiError as raised:
                error = raised
            assert "\n" not in str(error)
            assert len(str(error)) < 1000


def test_http_at_a_port_of_https_is_told_at_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = serve("iopaint")
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", stand_in.url.replace("http:", "https:"))
    with pytest.raises(InpainterError, match=r"does not speak TLS \(.*\): is it http:// in place of https://\?"):
        load_served("iopaint")


def test_a_certificate_that_is_not_trusted_is_told_and_not_tried_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx2

    from riptui.inpainters.servers.connection import ServerConnection

    serve("iopaint")
    inpaint = load_served("iopaint")
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    asked = []

    async def refuse(self: ServerConnection, method: str, path: str, content: object) -> httpx2.Response:
        asked.append(path)
        raise httpx2.ConnectError(text) from ssl.SSLError(text)

    monkeypatch.setattr(ServerConnection, "_send", refuse)
    with pytest.raises(InpainterError, match=r"is not trusted here .*: name its issuer in \$SSL_CERT_FILE"):
        paint(inpaint)
    assert len(asked) == 1


def test_certificates_that_are_not_there_are_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from riptui.inpainters.servers import connection

    serve("iopaint")
    monkeypatch.setenv("SSL_CERT_FILE", "/gone.pem")
    monkeypatch.setattr(connection, "_read_certificates", connection._read_certificates.__wrapped__)
    with pytest.raises(InputError, match=r"\$SSL_CERT_FILE or \$SSL_CERT_DIR has no certificates: No such file"):
        load_served("iopaint")


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("socks5://ada:hunter2@[::1]:1", "is a SOCKS proxy, for which"), ("ftp://ada:hunter2@x", "is not valid; correct")],
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password_and_not_used_for_this_machine(
    proxy: str, words: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = serve("iopaint")
    monkeypatch.setenv("ALL_PROXY", proxy)
    for url in (stand_in.url, stand_in.url.replace("127.0.0.1", "localhost")):
        monkeypatch.setenv("RIPTUI_IOPAINT_URL", url)
        load_served("iopaint")
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", "http://192.0.2.1")
    with pytest.raises(InputError) as refused:
        load_served("iopaint")
    assert words in str(refused.value)
    assert str(refused.value).endswith("or set NO_PROXY=192.0.2.1")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://u:hunter2@h/sub/api/v1/model?x=hunter2#hunter2", "to https://h/sub: give that as its URL"),
        ("http://[::1]:8080/api/v1/model", "to http://[::1]:8080: give that"),
        ("//[::1", "to something that is not a URL"),
        ("http://\xe4.de/", "to http://xn--4ca.de/: give that"),
        ("", "give that"),
    ],
)
def test_each_redirect_is_one_line(location: str, words: str, serve: Serve) -> None:
    serve("iopaint").fault = lambda path: Answer(302, headers={"Location": location})
    with pytest.raises(InpainterError) as refused:
        load_served("iopaint")
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(429, b"slow down", "text/plain", {"Retry-After": "30"}),
            "429: slow down; it asks to be left alone for 30 s",
        ),
        (Answer(503, b"", "text/html", {"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"}), "503 and no reason"),
        (Answer(204), "204 and no reason"),
        (Answer(200, MODEL, headers={"Content-Encoding": "gzip"}), "cannot be asked: Error -3 while decompressing"),
        (Answer(404, b"caf\xe9", "text/plain", {"X-Odd": "\xe9"}), "(404: caf\N{REPLACEMENT CHARACTER}): is it"),
    ],
)
def test_each_other_answer_is_one_line(answer: Answer, words: str, serve: Serve) -> None:
    serve("iopaint").fault = lambda path: answer
    with pytest.raises(InpainterError) as refused:
        load_served("iopaint")
    assert words in str(refused.value)


def test_a_compressed_answer_is_as_good_as_any(serve: Serve) -> None:
    answer = Answer(200, gzip.compress(MODEL), headers={"Content-Encoding": "gzip"})
    serve("iopaint").fault = lambda path: answer if path.endswith("/model") else None
    paint(load_served("iopaint"))


def test_an_answer_without_end_is_not_read_to_its_end(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riptui.inpainters.servers.connection.MAX_BYTES", 2**20)
    serve("iopaint").fault = lambda path: Answer(200, bytes(2**21))
    with pytest.raises(InpainterError, match="answered /api/v1/model with more than 1 MiB"):
        load_served("iopaint")


def test_a_url_may_have_a_path(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = serve("iopaint")
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", f"{stand_in.url}/tools/paint/")
    with pytest.raises(InpainterError, match=r"/tools/paint has no /api/v1/model \(404"):
        load_served("iopaint")
    assert stand_in.paths == ["GET /tools/paint/api/v1/model"]


def test_what_a_server_tells_is_recorded_without_the_credentials(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_COMFYUI_AUTH", "hunter2")
    serve("comfyui", version="1.0 for hunter2")
    assert load_served("comfyui").notes["server version"] == "1.0 for ***"


async def test_a_channel_for_progress_that_breaks_is_opened_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from riptui.inpainters.servers import server_inpainter

    stand_in = serve("a1111")
    inpaint = load_served("a1111")
    monkeypatch.setattr(server_inpainter, "FOLLOW_AGAIN_SECONDS", 0.01)
    stand_in.go.clear()
    asked: list[str] = []

    def fail_twice(path: str) -> Answer | None:
        asked.extend([path] * path.endswith("/progress"))
        if len(asked) > 2:
            stand_in.go.set()
        return Answer(500) if path.endswith("/progress") and len(asked) < 3 else None

    monkeypatch.setattr("riptui.inpainters.servers.webui.POLL_SECONDS", 0.01)
    stand_in.fault = fail_twice
    paint(inpaint)
    assert len(asked) > 2
