"""What may go wrong with a server: each is one line that says what to do, and only a lost connection is tried again."""

import io
import json
import socket
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.errors import InpainterError, InputError, RiptuiError
from riptui.settings.paths import settings_file
from tests.inpainters.servers.conftest import Serve
from tests.support.served import KINDS, load_served, paint
from tests.support.stand_in_servers import Answer, StandIn

pytestmark = pytest.mark.needs("servers")

PAINT_PATHS = {"iopaint": "/api/v1/inpaint", "a1111": "/sdapi/v1/img2img", "comfyui": "/prompt"}
HTML = Answer(200, b"<html>Please log in</html>", "text/html; charset=utf-8")


def refuse(kind: str, *, loads: bool = False) -> str:
    """What is said when it cannot be used, in a line. loads: whether it is said before it paints."""
    inpaint = None if loads else load_served(kind)
    with pytest.raises(RiptuiError) as refused:
        paint(inpaint or load_served(kind), 2)
    assert "\n" not in str(refused.value)
    assert not isinstance(refused.value.__cause__, AssertionError)
    return str(refused.value)


def fail_painting(stand_in: StandIn, answer: Answer) -> None:
    stand_in.fault = lambda path: answer if path == PAINT_PATHS[stand_in.kind] else None


def configure(kind: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, **settings: float) -> None:
    """Name the server in the settings."""
    lines = [f'url = "{stand_in.url}"', *(f"{key} = {value}" for key, value in settings.items())]
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(f"[servers.{kind}]\n" + "\n".join(lines))
    monkeypatch.delenv(f"RIPTUI_{kind.upper()}_URL")


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_url_nothing_is_asked(kind: str) -> None:
    assert f"has no server: set url in [servers.{kind}] of your settings" in refuse(kind, loads=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_away_is_told_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv(f"RIPTUI_{kind.upper()}_URL", url)
        assert f"at {url} cannot be reached" in refuse(kind, loads=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_in_place_of_the_interface_is_no_server(kind: str, serve: Serve) -> None:
    serve(kind).fault = lambda path: HTML
    assert "with an HTML page in place of JSON: is it " in refuse(kind, loads=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [[], {}, 7, None, {"detail": []}])
def test_json_that_says_nothing_is_no_server(kind: str, said: object, serve: Serve) -> None:
    serve(kind).fault = lambda path: Answer(200, json.dumps(said).encode())
    assert "does not " in refuse(kind, loads=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_in_place_of_a_picture_is_refused(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    fail_painting(stand_in, HTML)
    with pytest.raises(InpainterError, match=r"HTML page in place of JSON|its picture is not a picture; it must be"):
        paint(inpaint)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_another_size_is_refused(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    stand_in.resize = 8
    with pytest.raises(InpainterError, match="its picture is 72x72 px; it must be 64x64"):
        paint(inpaint)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_a_picture_with_losses_is_refused(kind: str, file_format: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    stand_in.file_format = file_format
    with pytest.raises(InpainterError, match=f"its picture is a {file_format}, .*; it must be a PNG"):
        paint(inpaint)


def test_a1111_that_is_set_to_jpeg_is_refused_before_any_work(serve: Serve) -> None:
    stand_in = serve("a1111", options={"samples_format": "jpg"})
    assert "format jpg: its file format for images must be png (its Settings" in refuse("a1111", loads=True)
    assert stand_in.bodies == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_connection_is_tried_again_and_paints_the_same(kind: str, serve: Serve) -> None:
    stand_in = serve(kind, painting="noise")
    inpaint = load_served(kind)
    _, expected = paint(inpaint, 3)
    stand_in.bodies.clear()
    stand_in.drops = 2
    _, outputs = paint(inpaint, 3)
    assert (stand_in.drops, len(stand_in.bodies)) == (0, 3)
    assert np.array_equal(outputs, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_stays_away_is_an_error_after_the_time_of_the_settings(
    kind: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = serve(kind)
    configure(kind, stand_in, monkeypatch, reconnect=0.1)
    inpaint = load_served(kind)
    stand_in.drops = 10**6
    with pytest.raises(InpainterError, match=r"cannot be reached \(.*\): is it running there\?"):
        paint(inpaint, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [500, 503, 400])
def test_an_error_of_the_server_is_quoted_and_not_tried_again(kind: str, status: int, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    asked = len(stand_in.paths)
    fail_painting(stand_in, Answer(status, json.dumps({"detail": "CUDA out\nof memory"}).encode()))
    with pytest.raises(InpainterError, match=f"answered {PAINT_PATHS[kind]} with {status}: CUDA out of memory"):
        paint(inpaint)
    assert sum(path.endswith(PAINT_PATHS[kind]) for path in stand_in.paths[asked:]) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"error": "OutOfMemoryError", "detail": "", "body": "", "errors": "no room"},
            "500: OutOfMemoryError; no room",
        ),
        (
            {
                "error": {"type": "invalid", "message": "Prompt outputs failed", "details": ""},
                "node_errors": {"4": {"class_type": "VAE", "errors": [{"message": "no input", "details": "vae"}]}},
            },
            "500: Prompt outputs failed; no input; vae",
        ),
        ({"detail": [{"loc": ["body"], "msg": "Field required"}]}, "500: Field required"),
        ({}, "500 and no reason"),
    ],
)
def test_each_kind_of_explanation_is_found(body: object, words: str, serve: Serve) -> None:
    stand_in = serve("iopaint")
    inpaint = load_served("iopaint")
    fail_painting(stand_in, Answer(500, json.dumps(body).encode()))
    with pytest.raises(InpainterError) as refused:
        paint(inpaint)
    assert str(refused.value).endswith(words)


@pytest.mark.parametrize("kind", KINDS)
def test_a_redirect_is_not_followed(kind: str, serve: Serve) -> None:
    headers = {"Location": "https://login.example/sso?token=secret"}
    serve(kind).fault = lambda path: Answer(302, headers=headers)
    said = refuse(kind, loads=True)
    assert "to https://login.example/sso: give that as its URL, if it is the server" in said
    assert "secret" not in said


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_server_is_an_error_after_the_time_of_the_settings_and_not_asked_again(
    kind: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = serve(kind)
    configure(kind, stand_in, monkeypatch, timeout=0.3)
    inpaint = load_served(kind)
    stand_in.bodies.clear()
    stand_in.go.clear()
    with pytest.raises(InpainterError, match=r"in 0.3 s: set a longer timeout"):
        paint(inpaint)
    assert len(stand_in.bodies) == 1


# ── credentials ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("credentials", "header"), [("ada:hunter2", "Basic YWRhOmh1bnRlcjI="), ("tok-3n", "Bearer tok-3n")]
)
def test_credentials_come_from_the_environment(
    kind: str, credentials: str, header: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(kind, auth=header)
    monkeypatch.setenv(f"RIPTUI_{kind.upper()}_AUTH", credentials)
    paint(load_served(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_credentials_are_asked_for(kind: str, serve: Serve) -> None:
    serve(kind, auth="Bearer x")
    assert f"asks for credentials: set $RIPTUI_{kind.upper()}_AUTH, USER:PASSWORD or" in refuse(kind, loads=True)


@pytest.mark.parametrize("credentials", ["ada:hunter2", "hunter2"])
def test_credentials_that_a_server_repeats_are_not(
    credentials: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("iopaint", auth="Bearer other")
    monkeypatch.setenv("RIPTUI_IOPAINT_AUTH", credentials)
    with pytest.raises(InpainterError) as refused:
        load_served("iopaint")
    said = str(refused.value)
    assert "does not accept $RIPTUI_IOPAINT_AUTH" in said
    assert "***" in said
    assert "hunter2" not in said
    assert "YWRhOmh1bnRlcjI" not in said


def test_credentials_are_in_no_record(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve("iopaint", auth="Bearer hunter2")
    monkeypatch.setenv("RIPTUI_IOPAINT_AUTH", "hunter2")
    inpaint = load_served("iopaint")
    assert "hunter2" not in json.dumps(dict(inpaint.notes))
    assert "hunter2" not in repr(vars(inpaint))


def test_credentials_that_no_request_can_have_are_refused_without_repeating_them(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("iopaint")
    monkeypatch.setenv("RIPTUI_IOPAINT_AUTH", "hunter2\x07")
    with pytest.raises(InputError, match=r"^\$RIPTUI_IOPAINT_AUTH is neither USER:PASSWORD nor a token"):
        load_served("iopaint")


# ── of one kind ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["iopaint", "a1111"])
def test_another_seed_than_was_given_is_refused(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    file = io.BytesIO()
    PIL.Image.new("RGB", (64, 64)).save(file, "PNG")
    info = json.dumps({"images": [""], "info": json.dumps({"seed": 42})}).encode()
    answers = {"iopaint": Answer(200, file.getvalue(), "image/png", {"X-Seed": "42"}), "a1111": Answer(200, info)}
    fail_painting(stand_in, answers[kind])
    with pytest.raises(InpainterError, match="used the seed 42, not 1: nothing could be replayed"):
        paint(inpaint)


@pytest.mark.parametrize("said", [{}, {"images": []}, {"images": ["?"], "info": "{}"}, {"images": [7], "info": ""}, []])
def test_a1111_without_a_picture_in_its_answer_is_refused(said: object, serve: Serve) -> None:
    stand_in = serve("a1111")
    inpaint = load_served("a1111")
    fail_painting(stand_in, Answer(200, json.dumps(said).encode()))
    with pytest.raises(InpainterError, match="without a picture and how it was made"):
        paint(inpaint)


def test_a1111_that_was_interrupted_by_somebody_gives_half_a_picture(serve: Serve) -> None:
    serve("a1111", interrupted=True)
    inpaint = load_served("a1111")
    with pytest.raises(InpainterError, match="was interrupted by somebody before the picture was painted"):
        paint(inpaint)


@pytest.mark.slow
def test_comfyui_that_is_started_again_gets_the_pictures_again(serve: Serve) -> None:
    stand_in = serve("comfyui", painting="noise")
    inpaint = load_served("comfyui")
    _, expected = paint(inpaint, 3)
    stand_in.restarts = 2
    _, outputs = paint(inpaint, 3)
    assert stand_in.restarts == 0
    assert np.array_equal(outputs, expected)
    stand_in.restarts = 10**6
    assert "forgot a picture 5 times" in refuse("comfyui")


def test_a_workflow_that_the_server_refuses_is_not_given_again(serve: Serve) -> None:
    stand_in = serve("comfyui")
    inpaint = load_served("comfyui")
    fail_painting(stand_in, Answer(400, json.dumps({"error": {"message": "no such node"}}).encode()))
    with pytest.raises(InpainterError, match="answered /prompt with 400: no such node"):
        paint(inpaint)
    assert stand_in.paths.count("POST /prompt") == 1


@pytest.mark.slow
def test_comfyui_that_forgets_a_picture_is_asked_again(serve: Serve) -> None:
    stand_in = serve("comfyui")
    stand_in.forgets = 2
    paint(load_served("comfyui"))
    assert len(stand_in.bodies) == 3
    stand_in.forgets = 10**6
    assert "forgot a picture 5 times" in refuse("comfyui")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (
            {
                "status": {
                    "status_str": "error",
                    "messages": [
                        ["execution_start", {}],
                        ["execution_error", {"node_type": "KSampler", "exception_message": "no\nroom"}],
                    ],
                }
            },
            "could not run the workflow: KSampler: no room",
        ),
        ({"status": {"status_str": "error"}}, "could not run the workflow: it was interrupted"),
        ({"outputs": {}, "status": {"status_str": "success"}}, "painted 0 pictures at the workflow's output"),
    ],
)
def test_comfyui_that_fails_says_why(history: object, words: str, serve: Serve) -> None:
    stand_in = serve("comfyui")

    def answer(path: str) -> Answer | None:
        if path.startswith("/history/"):
            return Answer(200, json.dumps({Path(path).name: history}).encode())
        return None

    stand_in.fault = answer
    assert words in refuse("comfyui")
