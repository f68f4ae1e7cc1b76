"""`riptui fetch` against a hub on the loopback: LPIPS, and what is shown."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")


from riptui.cli import fetch as command
from riptui.cli import main
from riptui.metrics import lpips_weights
from riptui.text.units import format_size
from tests.support.hub_client import LOADED, NAME, UNET, drop_half, server, trunks, up_again
from tests.support.hub_server import COMMIT, Hub

__all__ = ["server", "trunks"]


# --- LPIPS


def test_lpips_stands_for_its_three_trunks(trunks: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "lpips", "lpips-vgg"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in out] == ["lpips-squeeze", "lpips-alex", "lpips-vgg"]
    assert all(
        str(lpips_weights.weights_path(net)) in line for net, line in zip(lpips_weights.TRUNKS, out, strict=True)
    )
    trunks.seen.clear()
    assert main(["fetch", "lpips"]) == 0
    assert trunks.seen == []


def test_a_trunk_that_is_damaged_is_said(trunks: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "lpips-alex"]) == 0
    lpips_weights.weights_path("alex").write_bytes(b"damaged")
    assert main(["fetch", "lpips-alex"]) == 1
    assert "is damaged" in capsys.readouterr().err


# --- what is shown


def test_an_inpainter_without_weights_needs_nothing(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "telea"]) == 0
    assert capsys.readouterr().err == "telea needs no weights\n"
    assert server.seen == []


def test_plain_lines_say_how_much_how_fast_and_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 0.0, 5.0, 20.0, 21.0])
    monkeypatch.setattr(command.time, "monotonic", lambda: next(clock))
    plain = command.DownloadLines("sd2", 1_000_000_000)
    for done in (1, 2, 3, 4):
        plain.show("unet/x", done * 1_000_000_000, 5_000_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "sd2: downloading 5.0 GB, of which 1.0 GB are already here",
        "sd2: 3.0 GB of 5.0 GB, 100 MB/s, 0:20 left",
    ]


@pytest.fixture
def riptui(server: Hub, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start the command itself, as a user would, with a hub of its own."""

    def start(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        environment = os.environ | {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home")} | more
        environment.pop("HF_HUB_CACHE", None)
        return subprocess.Popen(
            [sys.executable, "-m", "riptui", *arguments],
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.mark.slow
def test_nothing_of_the_libraries_is_on_the_terminal(
    server: Hub, riptui: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    with riptui("fetch", NAME, HF_HUB_VERBOSITY="debug") as process:
        out, err = process.communicate(timeout=180)
    size = sum(len(server.repositories[NAME].files[path]) for path in LOADED)
    folder = tmp_path / "home/hub/models--org--name/snapshots" / COMMIT
    assert (out, process.returncode) == (f"{NAME}: 8 files, {format_size(size)}, complete, {folder}\n", 0)
    assert re.fullmatch(rf"{NAME}: downloading \d+ kB\n", err)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_ctrl_c_stops_and_the_next_fetch_goes_on(server: Hub, riptui: Callable[..., "subprocess.Popen[str]"]) -> None:
    drop_half(server)
    server.stalls = True
    with riptui("fetch", NAME) as process:
        assert server.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert out == ""
    assert "stopped; downloaded parts are kept: run the same command again to continue\n" in err
    assert "Traceback" not in err
    up_again(server)
    with riptui("fetch", NAME) as process:
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0
    assert f"{NAME}: 8 files" in out
    assert server.downloaded() == [UNET]


def test_the_extra_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(["fetch", "sd2"]) == 2
    assert "pip install 'riptui[diffusion]'" in capsys.readouterr().err
