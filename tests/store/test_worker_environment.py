"""What a worker keeps of the environment in which it was started, and whom it therefore fits."""

from pathlib import Path

import msgspec
import pytest

from riptui.store.worker_environment import list_misfits, read_environment, variables_to_pass_on

VARIABLES = (
    "HF_HOME",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "TORCH_HOME",
    "XDG_CACHE_HOME",
    "HF_ENDPOINT",
    "HF_TOKEN",
)
MORE = ("HF_HUB_OFFLINE", "RIPTUI_OFFLINE", "CUDA_VISIBLE_DEVICES", "HUGGING_FACE_HUB_TOKEN")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *MORE):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("HF_HUB_CACHE", "/big/hub", ["HF_HUB_CACHE"]),
        ("HF_HOME", "/big", ["HF_HOME", "HF_HUB_CACHE"]),
        ("XDG_CACHE_HOME", "/big", ["HF_HOME", "HF_HUB_CACHE", "TORCH_HOME"]),
        ("TORCH_HOME", "/big/torch", ["TORCH_HOME"]),
        ("HF_ENDPOINT", "https://mirror.example", ["HF_ENDPOINT"]),
        ("CUDA_VISIBLE_DEVICES", "1", ["CUDA_VISIBLE_DEVICES"]),
        ("HF_TOKEN", "hf_secret", ["HF_TOKEN"]),
        ("HF_HUB_OFFLINE", "1", ["HF_HUB_OFFLINE"]),
    ],
)
def test_a_worker_of_another_environment_does_not_fit(
    name: str, value: str, other: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_environment()
    assert list_misfits(before, uses_gpu=True) == []
    monkeypatch.setenv(name, value)
    assert list_misfits(before, uses_gpu=True) == other
    assert list_misfits(read_environment(), uses_gpu=True) == []


def test_what_says_the_same_in_other_words_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = Path.home() / ".cache" / "huggingface"
    before = read_environment()
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("HF_HUB_CACHE", "~/.cache/huggingface/hub/")
    monkeypatch.setenv("HF_ENDPOINT", "https://huggingface.co/")
    assert list_misfits(before, uses_gpu=True) == []
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "link"))
    assert read_environment().hf_hub_cache == str(tmp_path.resolve())


def test_a_worker_that_can_do_more_fits_and_so_does_one_of_an_older_release(monkeypatch: pytest.MonkeyPatch) -> None:
    given = read_environment({"HF_TOKEN": "hf_secret", "RIPTUI_OFFLINE": "true", "CUDA_VISIBLE_DEVICES": "3"})
    assert list_misfits(given, uses_gpu=False) == []
    assert list_misfits(given, uses_gpu=True) == ["CUDA_VISIBLE_DEVICES"]
    assert list_misfits(None, uses_gpu=True) == []
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    assert list_misfits(given, uses_gpu=False) == ["HF_TOKEN"]


@pytest.mark.parametrize("name", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
def test_no_token_is_written_and_its_salt_is_new_each_time(name: str) -> None:
    one, two = (read_environment({name: "hf_secret"}) for _ in range(2))
    assert b"secret" not in msgspec.json.encode(one)
    assert one.hf_token != two.hf_token
    assert read_environment({name: "hf_secret"}, salt=one.hf_token.partition(":")[0]) == one


def test_a_worker_elsewhere_is_told_the_folders_that_were_set_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    assert variables_to_pass_on() == {}
    monkeypatch.setenv("HF_HOME", "~/hf")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    assert variables_to_pass_on() == {"HF_HOME": str((Path.home() / "hf").resolve()), "HF_HUB_OFFLINE": "1"}
