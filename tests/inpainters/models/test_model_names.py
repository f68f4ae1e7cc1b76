"""What people call a model: pages of the hub, folders of its cache, files, ids that have moved."""

from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="needs riptui[diffusion]")

from riptui import inpainters
from riptui.cli.values import NameListParam
from riptui.errors import InputError
from riptui.inpainters.models import locate
from riptui.inpainters.models.catalogue import MODELS, MOVED_REPOSITORIES, ModelRef, former_names, resolve_model
from riptui.inpainters.parameters import ModelType
from riptui.planning.sweep import Sweep

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = "https://huggingface.co/org/name"


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A snapshot in the folder that the hub's client keeps a repository in."""
    folder = tmp_path / "hub" / "models--org--name" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("text", "model", "revision"),
    [
        (PAGE, "org/name", "main"),
        (f"{PAGE}/", "org/name", "main"),
        ("org/name/", "org/name", "main"),
        (f"{PAGE}/tree/main", "org/name", "main"),
        (f"{PAGE}/tree/fp16/unet?show=all#files", "org/name", "fp16"),
        (f"{PAGE}/tree/refs%2Fpr%2F1", "org/name", "refs/pr/1"),
        (f"{PAGE}/commit/{COMMIT}", "org/name", COMMIT),
        (f"{PAGE}/discussions/3", "org/name", "main"),
        (f"{PAGE}/blob/main/model_index.json", "org/name", "main"),
        (f"{PAGE}/blob/main/README.md", "org/name", "main"),
        (f"{PAGE}/blob/v1/v1-5.safetensors", "org/name/v1-5.safetensors", "v1"),
        (f"{PAGE}/resolve/main/a/b.ckpt?download=true", "org/name/a/b.ckpt", "main"),
        ("huggingface.co/org/name", "org/name", "main"),
        ("http://hf.co/org/name", "org/name", "main"),
        ("https://hf-mirror.com/org/name/tree/main", "org/name", "main"),
        ("hf:org/name@v2", "org/name", "v2"),
        ("hf://org/name", "org/name", "main"),
        ("hf:org/name/v1-5.safetensors", "org/name/v1-5.safetensors", "main"),
        ("org/name/v1 5.safetensors@v2", "org/name/v1 5.safetensors", "v2"),
    ],
)
def test_pages_of_the_hub_are_understood(text: str, model: str, revision: str) -> None:
    assert resolve_model(text) == ModelRef(model, revision)
    found = inpainters.resolve_inpainter(text)
    assert (found.name, found.parameters) == ("diffusion", {"model": model, "revision": revision})


def test_the_page_of_a_known_model_is_the_known_model() -> None:
    page = f"https://huggingface.co/{MODELS['sdxl'].repository}/tree/main"
    assert inpainters.resolve_inpainter(page).name == "sdxl"


def test_the_pages_of_another_endpoint_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example:8080")
    assert resolve_model("http://hub.example:8080/org/name/tree/v1") == ModelRef("org/name", "v1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://civitai.com/models/4384", "not a page of the hub: download the model's file and give its path"),
        ("https://huggingface.co/datasets/org/name", "is a data set: expected the page of a model"),
        ("https://huggingface.co/spaces/org/name", "is a space"),
        ("https://huggingface.co/org", "not the page of a model"),
        ("https://huggingface.co", "is not a model"),
        (
            f"{PAGE}/blob/main/unet/diffusion_pytorch_model.safetensors",
            "is a part of a model: give the whole, org/name",
        ),
        ("hf:name", "expected org/name"),
        ("org/name/a/b", "is not a model"),
        ("nothing.safetensors", "does not exist"),
        ("models/nothing.ckpt", "does not exist"),
    ],
)
def test_what_is_not_a_model_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        locate.locate_file(str(inpainters.resolve_inpainter(text).parameters["model"]), None)
    assert "\n" not in str(refused.value)


def test_a_repository_of_the_cache_a_snapshot_and_its_index_are_one_model(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = snapshot.parents[1]
    for text in (repository, f"{repository}/", snapshot, snapshot / "model_index.json"):
        assert resolve_model(str(text)) == ModelRef(str(snapshot), None)
    monkeypatch.chdir(repository.parent)
    assert inpainters.resolve_inpainter(repository.name).parameters["model"] == str(snapshot)
    assert ModelType().parse(repository.name) == str(snapshot)
    monkeypatch.chdir(snapshot)
    assert resolve_model("model_index.json") == ModelRef(str(snapshot), None)


def test_of_several_snapshots_that_of_main_is_taken(snapshot: Path) -> None:
    repository, newer = snapshot.parents[1], snapshot.with_name("f" * 40)
    newer.mkdir()
    with pytest.raises(InputError, match=f"give the path of one. There are: {COMMIT}, {newer.name}"):
        resolve_model(str(repository))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(newer.name)
    assert resolve_model(str(repository)).model == str(newer)
    newer.rmdir()
    snapshot.rename(repository / "elsewhere")
    with pytest.raises(InputError, match="There are: none"):
        resolve_model(str(repository))


def test_a_file_is_a_model_wherever_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dreamy, v8.safetensors"
    file.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    for text in (file.name, f"./{file.name}", str(file)):
        assert resolve_model(text) == ModelRef(str(file), None)
    [spec] = Sweep([file.name], [64], [0], {}).specs("", "0" * 64, "0" * 64)
    assert spec.parameters["model"] == str(file)
    assert "config" not in spec.parameters
    [other] = Sweep([file.name], [64], [0], {"config": "./base"}).specs("", "0" * 64, "0" * 64)
    assert other.parameters["config"] == str(tmp_path / "base")
    assert other.digest != spec.digest


def test_a_page_as_a_parameter_is_an_id_in_the_spec() -> None:
    [spec] = Sweep(["diffusion"], [64], [0], {"model": f"{PAGE}/tree/v1", "vae": f"{PAGE}/"}).specs(
        "", "0" * 64, "0" * 64
    )
    assert (spec.parameters["model"], spec.parameters["vae"]) == ("org/name@v1", "org/name")


@pytest.mark.parametrize("former", MOVED_REPOSITORIES)
def test_a_removed_repository_is_its_mirror_with_a_notice(former: str) -> None:
    found = resolve_model(former)
    assert found.model == MOVED_REPOSITORIES[former]
    assert found.notice == (
        f"{former} was removed from the hub; its mirror {found.model} is used, with the same weights"
    )
    assert former in former_names(found.model)
    assert resolve_model(f"https://huggingface.co/{former}/tree/fp16").revision == "fp16"


def test_the_inpainting_models_of_most_tutorials_are_known_ones() -> None:
    assert inpainters.resolve_inpainter("runwayml/stable-diffusion-inpainting").name == "sd1.5"
    assert inpainters.resolve_inpainter("stabilityai/stable-diffusion-2-inpainting").name == "sd2"


def test_a_comma_in_an_existing_path_separates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a,b" / "c, d").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def names(text: str) -> tuple[str, ...]:
        return NameListParam(list).convert(text, None, None)

    assert names("sd2,telea") == ("sd2", "telea")
    assert names(f"sd2, {tmp_path}/a,b/c, d,telea,") == ("sd2", f"{tmp_path}/a,b/c, d", "telea")
    assert names("./a,b,a,b") == ("./a,b", "a,b")
    assert names("./a,c") == ("./a", "c")
