"""LPIPS against the lpips package itself on random trunks, and its weights: missing, damaged, fetched from a server."""

import contextlib
import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from riptui import metrics, remote_file
from riptui.arrays import Image
from riptui.errors import MissingExtraError, WeightsError
from riptui.metrics import LpipsNet, lpips_weights
from riptui.metrics.meter import Meter
from riptui.remote_file import RemoteFile
from tests.support.hub_server import Hub, running_hub
from tests.support.trajectories import picture

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = pytest.mark.slow

NETS: tuple[LpipsNet, ...] = get_args(LpipsNet)
SIZE = 96  # px; a trunk takes any size, and vgg a second at 512


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch", reason="needs riptui[diffusion]")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), np.uint8)


def drifted(spread: int) -> Image:
    grain = np.random.default_rng(spread).integers(-spread, spread + 1, (SIZE, SIZE, 3))
    return np.clip(picture(SIZE) + grain, 0, 255).astype(np.uint8)


def the_package(net: LpipsNet) -> Any:
    """lpips.LPIPS as anyone would use it."""
    import lpips

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        model = lpips.LPIPS(net=net)
    return lambda x, y: model.forward(lpips.im2tensor(x), lpips.im2tensor(y)).item()


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("net", NETS)
@pytest.mark.exhaustive
def test_the_cached_reference_gives_lpips_forward_to_the_last_bit(net: LpipsNet, torch_home: Path) -> None:
    forward, metric = the_package(net), metrics.load(f"lpips-{net}")
    for original, frames in (
        (picture(SIZE), [drifted(spread) for spread in (1, 5, 40)]),
        (noise(0), [noise(1), picture(SIZE)]),
    ):
        prepared = metric.prepare(original)
        ours = [float(metric.measure(prepared, frame[None])[0]) for frame in frames]
        assert ours == [forward(original, frame) for frame in frames]
        assert len(set(ours)) == len(frames)
        assert min(ours) > 0


@pytest.mark.parametrize("net", NETS)
def test_equal_pictures_are_at_distance_0_and_a_batch_gives_what_single_frames_give(
    net: LpipsNet, torch_home: Path
) -> None:
    metric = metrics.load(f"lpips-{net}")
    original, frames = picture(SIZE), np.stack([picture(SIZE), drifted(3), noise(2)])
    prepared = metric.prepare(original)
    values = metric.measure(prepared, frames)
    assert values.dtype == np.float64
    assert values.shape == (3,)
    assert values[0] == 0
    assert values.tolist() == [metric.measure(prepared, frame[None])[0] for frame in frames]
    assert 0 < values[1] < values[2]


@pytest.mark.parametrize("net", NETS)
@pytest.mark.exhaustive
def test_as_on_a_gpu_each_convolution_forbids_tf32_itself_and_gives_the_same(
    net: LpipsNet, torch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from riptui.metrics.lpips import load_lpips

    forbidden: list[bool] = []
    convolution = torch._convolution

    def seen(*arguments: Any) -> Any:
        *_, tf32 = arguments
        forbidden.append(not tf32)
        return convolution(*arguments)

    usual, device = metrics.load(f"lpips-{net}"), load_lpips(net, "cpu:0")  # not "cpu", so a device
    monkeypatch.setattr(torch, "_convolution", seen)
    value = device.measure(device.prepare(picture(SIZE)), drifted(9)[None])
    assert len(forbidden) > 10
    assert all(forbidden)
    assert value == usual.measure(usual.prepare(picture(SIZE)), drifted(9)[None])


def test_trajectories_share_a_network_and_keep_their_own_reference(torch_home: Path) -> None:
    name = "lpips-squeeze"
    one, other = Meter([name, f"{name}@previous"], picture(SIZE)), Meter([name], noise(0))
    forward = the_package("squeeze")
    frames = [drifted(4), drifted(20)]
    assert one.measure(frames[0]) == {name: forward(picture(SIZE), frames[0])}
    assert other.measure(frames[0]) == {name: forward(noise(0), frames[0])}
    assert one.measure(frames[1]) == {
        name: forward(picture(SIZE), frames[1]),
        f"{name}@previous": forward(frames[0], frames[1]),
    }
    assert metrics.load(name) is metrics.load(f"{name}@previous")


@pytest.mark.exhaustive
def test_loading_and_measuring_print_nothing(torch_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Meter([f"lpips-{net}" for net in NETS], picture(SIZE)).measure(drifted(4))
    assert capfd.readouterr() == ("", "")


# ── weights that are not there, or not right ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"TORCH_HOME": "/a", "XDG_CACHE_HOME": "/b"}, "/a/hub/checkpoints"),
        ({"TORCH_HOME": "~/a"}, "/home/me/a/hub/checkpoints"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/torch/hub/checkpoints"),
        ({}, "/home/me/.cache/torch/hub/checkpoints"),
    ],
)
def test_weights_are_looked_for_where_torch_looks(
    environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, path in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, path)
    assert lpips_weights.weights_path("vgg") == Path(folder, "vgg16-397923af.pth")
    assert lpips_weights.weights_path("vgg").parent == Path(torch.hub.get_dir(), "checkpoints")


@pytest.mark.parametrize("net", NETS)
def test_torchvision_has_files_at_these_addresses_and_of_these_sizes(net: LpipsNet) -> None:
    from torchvision import models

    enum = {"squeeze": "SqueezeNet1_1_Weights", "alex": "AlexNet_Weights", "vgg": "VGG16_Weights"}[net]
    stated = getattr(models, enum).IMAGENET1K_V1
    trunk = lpips_weights.TRUNKS[net]
    assert trunk.url == stated.url
    assert trunk.name.endswith(f"-{trunk.sha256}.pth")
    assert trunk.size == pytest.approx(stated.meta["_file_size"] * 2**20, rel=0.01)


@pytest.mark.parametrize("variable", ["RIPTUI_OFFLINE", "HF_HUB_OFFLINE"])
def test_without_weights_and_network_it_is_one_line_at_once(
    variable: str,
    empty_torch_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("RIPTUI_OFFLINE")
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(remote_file, "open_url", lambda request: pytest.fail("it tried"))
    for attempt in (lambda: metrics.load("lpips-vgg"), lambda: lpips_weights.fetch("vgg")):
        with pytest.raises(WeightsError) as refusal:
            attempt()
        said = str(refusal.value)
        assert str(empty_torch_home / "hub" / "checkpoints" / "vgg16-397923af.pth") in said
        assert "copy the file there by hand" in said
        assert "\n" not in said
    assert capfd.readouterr() == ("", "")
    assert not empty_torch_home.exists()


def test_an_empty_file_counts_as_missing(empty_torch_home: Path) -> None:
    path = lpips_weights.weights_path("alex")
    path.parent.mkdir(parents=True)
    path.touch()
    assert not lpips_weights.is_installed("alex")
    with pytest.raises(WeightsError, match="copy the file"):
        metrics.load("lpips-alex")


@pytest.mark.parametrize("damage", ["truncated", "text", "another network's", "no state dict"])
def test_a_damaged_file_is_named_with_the_advice_to_delete_it(
    damage: str, empty_torch_home: Path, random_trunks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    from tests.support.random_trunks import write_trunk  # here, so that pytest sees it first as a plugin

    path = lpips_weights.weights_path("squeeze")
    path.parent.mkdir(parents=True)
    whole = (random_trunks / "hub" / "checkpoints" / path.name).read_bytes()
    match damage:
        case "truncated":
            path.write_bytes(whole[: len(whole) // 2])
        case "text":
            path.write_text("<html>Sign in to the hotel's network</html>")
        case "another network's":
            write_trunk("alex", path)
        case _:
            torch.save([1, 2, 3], path)
    with pytest.raises(WeightsError, match=r"damaged.*delete it") as refusal:
        metrics.load("lpips-squeeze")
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_a_network_that_fails_with_the_right_file_keeps_its_own_error(
    torch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import lpips

    def out_of_memory(**_: object) -> None:
        raise RuntimeError("can't allocate memory")

    digest = hashlib.sha256(lpips_weights.weights_path("squeeze").read_bytes()).hexdigest()
    right = replace(lpips_weights.TRUNKS["squeeze"], sha256=digest[:8])
    monkeypatch.setitem(lpips_weights.TRUNKS, "squeeze", right)
    monkeypatch.setattr(lpips, "LPIPS", out_of_memory)
    with pytest.raises(RuntimeError, match="allocate"):
        metrics.load("lpips-squeeze")


# ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


BODY = np.random.default_rng(5).bytes(3_000_000)


@pytest.fixture
def server(empty_torch_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A server on this machine, with the trunk of alex: 3 MB. tests/test_remote_file.py has more about downloads."""
    for name in ("RIPTUI_OFFLINE", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running_hub() as hub:
        hub.others["/alex.pth"] = BODY
        trunk = RemoteFile(f"{hub.url}/alex.pth", hashlib.sha256(BODY).hexdigest()[:8], 3_100_000)
        monkeypatch.setitem(lpips_weights.TRUNKS, "alex", trunk)
        yield hub


def test_a_trunk_is_fetched_once(server: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    path = lpips_weights.fetch("alex")
    assert path == lpips_weights.weights_path("alex")
    assert path.read_bytes() == BODY
    assert lpips_weights.is_installed("alex")
    assert lpips_weights.verify("alex") is None
    assert lpips_weights.fetch("alex") == path
    assert len(server.seen) == 1
    assert capfd.readouterr() == ("", "")


def test_a_failed_download_names_the_file_the_cause_and_the_command(server: Hub) -> None:
    server.down = True
    with pytest.raises(WeightsError) as refusal:
        lpips_weights.fetch("alex")
    said = str(refusal.value)
    assert str(lpips_weights.weights_path("alex")) in said
    assert "the download failed (HTTP Error 503" in said
    assert said.endswith("riptui fetch lpips-alex, or copy the file there by hand")
    assert "\n" not in said


def test_a_folder_that_cannot_be_made_is_one_line(server: Hub, empty_torch_home: Path) -> None:
    empty_torch_home.write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="the download failed"):
        lpips_weights.fetch("alex")
    assert server.seen == []


def test_fetching_without_torchvision_names_the_extra(empty_torch_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIPTUI_OFFLINE")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(lpips_weights, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"riptui\[diffusion\]"):
        lpips_weights.fetch("vgg")
