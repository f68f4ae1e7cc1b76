"""The tables [servers.NAME] of the settings: what is wrong in them is told in a line, and no password is repeated."""

import re
import tomllib
from pathlib import Path

import pytest

from riptui.settings import load_settings, paths
from riptui.settings.inpainter_tables import parse_tables, read_servers
from riptui.settings.program_examples import SERVER_EXAMPLES
from riptui.settings.servers import InpaintingServer, clean_url


def write(text: str) -> Path:
    file = paths.settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_server_has_defaults_and_its_own_settings() -> None:
    write(
        '[servers]\na1111 = "http://gpu:7860"\n'
        '[servers.iopaint]\nurl = "https://host/paint/"\ntimeout = 20\nreconnect = 0\n'
    )
    assert load_settings().problems == ()
    servers, problems = read_servers()
    assert problems == {}
    assert servers == {
        "a1111": InpaintingServer(url="http://gpu:7860", timeout=300, reconnect=60),
        "iopaint": InpaintingServer(url="https://host/paint", timeout=20, reconnect=0),
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[servers.lama]\nurl = 'http://x'", 2, "there is no server .*Available: iopaint, a1111, comfyui"),
        ("[servers.iopaint]\ntimeout = 3", 2, "servers.iopaint has no url"),
        ("[servers.iopaint]\nurl = 'x:8080'", 2, "servers.iopaint.url: it is .*http://127"),
        ("[servers.iopaint]\nurl = 'http://a b'", 2, "servers.iopaint.url: it is "),
        ("[servers.iopaint]\nurl = 'http://a:b'", 2, "servers.iopaint.url: it is no URL"),
        ("[servers.iopaint]\nurl = 3", 2, "servers.iopaint.url is 3; it must be text"),
        ("[servers.iopaint]\nurl = 'http://x'\ntimeout = 0", 2, "servers.iopaint.timeout is 0; it must be seconds"),
        ("[servers.iopaint]\nurl = 'http://x'\npassword = 'y'", 2, "has no setting .*password"),
        ("[servers]\niopaint = 3", 3, "servers.iopaint is 3; it must be a table"),
    ],
)
def test_what_is_wrong_is_a_line_with_the_place(text: str, line: int, words: str) -> None:
    write(f"\n{text}")
    [problem] = load_settings().problems
    assert re.search(f"line {line}: .*{words}", problem), problem
    assert "\n" not in problem


@pytest.mark.parametrize("url", ["http://ada:hunter2@host", "http://host/?token=hunter2", "ada:hunter2@host"])
def test_a_url_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    write(f'[servers.iopaint]\nurl = "{url}"')
    [problem] = load_settings().problems
    assert "hunter2" not in problem
    assert "credentials come from the environment" in problem


def test_not_a_table_is_refused() -> None:
    write("servers = 3")
    assert "servers is 3; it must be a table" in load_settings().problems[0]


def test_urls_lose_the_slash_at_their_end() -> None:
    assert clean_url(" http://[::1]:8080// ") == "http://[::1]:8080"


def test_the_examples_of_a_new_file_are_valid() -> None:
    text = SERVER_EXAMPLES.partition("\n\n")[0]
    assert parse_tables("servers", tomllib.loads(text)["servers"], str)[1] == {}
