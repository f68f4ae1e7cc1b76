"""Single files of Stable Diffusion 3 and FLUX, whole or with the transformer alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import torch
from safetensors.torch import load_file, save_file

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import model_parts, single_file
from riptui.inpainters.models.single_file import DENOISER, FileHeader
from riptui.inpainters.pipeline import components
from riptui.inpainters.pipeline.single_file_tensors import load_networks
from tests.inpainters.test_diffusion import assert_same_model, loaded
from tests.support.single_files import write_single_file
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network

__all__ = ["checkpoints", "one_thread_and_no_network"]
pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")


@pytest.fixture(scope="module")
def sd3(checkpoints: Checkpoints, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder, and the file that has the same. The first text encoder's projection is in no file: it does nothing."""
    folder = tmp_path_factory.mktemp("sd3")
    pipeline = diffusers.StableDiffusion3Pipeline.from_pretrained(checkpoints["sd3-two-widths"])
    torch.nn.init.eye_(pipeline.text_encoder.text_projection.weight)
    pipeline.save_pretrained(folder / "sd3")
    return folder / "sd3", write_single_file(folder / "sd3", folder / "sd3.safetensors")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_stable_diffusion_3_in_one_file_paints_as_its_folder(sd3: tuple[Path, Path], tmp_path: Path) -> None:
    folder, file = sd3
    wanted = loaded(folder, "diffusion", prompt="cat")
    assert_same_model(loaded(file, "diffusion", config=str(folder), prompt="cat"), wanted)
    tensors = {key.removeprefix(DENOISER): tensor for key, tensor in load_file(file).items() if DENOISER in key}
    save_file(tensors, alone := tmp_path / "alone.safetensors")  # the other parts are then those of the folder
    assert_same_model(loaded(alone, "diffusion", config=str(folder), prompt="cat"), wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.pop(f"{DENOISER}joint_blocks.0.x_block.mlp.fc2.bias"), r"lacks tensors: .*mlp\.fc2\.bias"),
        (
            lambda found: found.update({f"{DENOISER}joint_blocks.0.x_block.y": torch.zeros(2)}),
            r"not used: .*x_block\.y",
        ),
        (
            lambda found: found.update({f"{DENOISER}x_embedder.proj.bias": torch.zeros(3)}),
            r"another shape: pos_embed\.proj\.bias \(shape \[3\], not \[32\]\)",
        ),
        (
            lambda found: found.update({"text_encoders.t5xxl.transformer.encoder.block.7.x": torch.zeros(2)}),
            r"text_encoder_3 does not .*not used: .*block\.7\.x",
        ),
        (
            lambda found: found.update({"text_encoders.clip_g.transformer.text_model.z": torch.zeros(2)}),
            "not used: .*z",
        ),
    ],
)
def test_a_transformer_that_does_not_fit_is_refused_when_it_is_verified_and_when_it_is_loaded(
    change: Callable[[dict[str, torch.Tensor]], Any], said: str, sd3: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, file = sd3
    change(tensors := load_file(file))
    save_file(tensors, broken := tmp_path / "broken.safetensors")
    checkpoint = model_parts.find_checkpoint({"model": str(broken), "config": str(folder)})
    with pytest.raises(WeightsError, match=said):
        components.verify_checkpoint(checkpoint, str(broken))
    assert checkpoint.header
    with pytest.raises(WeightsError, match=r"lacks|not used|another shape"):
        load_networks(checkpoint, checkpoint.header, "it", checkpoint.classes, dtype=None)


FLUX_WIDTH = 3072


def flux_shapes(channels: int, *, guidance: bool = True) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a file as its makers published it, with one block of each kind."""
    width = FLUX_WIDTH
    shapes: dict[str, tuple[int, ...]] = {}
    linear = {"img_in": (width, channels), "txt_in": (width, 32), "final_layer.linear": (64, width)}
    linear["final_layer.adaLN_modulation.1"] = (2 * width, width)
    for name, into in {"time_in": 256, "vector_in": 32, **({"guidance_in": 256} if guidance else {})}.items():
        linear |= {f"{name}.in_layer": (width, into), f"{name}.out_layer": (width, width)}
    for side in ("img", "txt"):
        block = f"double_blocks.0.{side}"
        linear |= {f"{block}_mod.lin": (6 * width, width), f"{block}_attn.qkv": (3 * width, width)}
        linear |= {f"{block}_attn.proj": (width, width), f"{block}_mlp.0": (4 * width, width)}
        linear[f"{block}_mlp.2"] = (width, 4 * width)
        shapes |= {f"{block}_attn.norm.{part}_norm.scale": (128,) for part in ("query", "key")}
    linear["single_blocks.0.modulation.lin"] = (3 * width, width)
    linear |= {"single_blocks.0.linear1": (7 * width, width), "single_blocks.0.linear2": (width, 5 * width)}
    shapes |= {f"single_blocks.0.norm.{part}_norm.scale": (128,) for part in ("query", "key")}
    for name, (out, into) in linear.items():
        shapes |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
    return shapes


def flux_header(shapes: dict[str, tuple[int, ...]]) -> FileHeader:
    names = single_file.name_tensors(shapes)
    return FileHeader(Path("flux.safetensors"), {names[key]: shape for key, shape in shapes.items()}, frozenset())


@pytest.fixture(scope="module")
def flux_config(tmp_path_factory: pytest.TempPathFactory, checkpoints: Checkpoints) -> Path:
    folder = tmp_path_factory.mktemp("flux")
    for path in checkpoints["flux-fill"].rglob("*"):
        if path.is_file() and (path.suffix != ".safetensors" or "transformer" not in path.parts):
            (copy := folder / path.relative_to(checkpoints["flux-fill"])).parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(path)
    config = {"attention_head_dim": 128, "num_attention_heads": 24, "in_channels": 384, "out_channels": 64}
    config |= {"num_layers": 1, "num_single_layers": 1, "joint_attention_dim": 32, "pooled_projection_dim": 32}
    with torch.device("meta"):
        network = diffusers.FluxTransformer2DModel(guidance_embeds=True, **config)
    (folder / "transformer" / "config.json").unlink()
    network.save_config(folder / "transformer")
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda shapes: None, ""),
        (lambda shapes: shapes.pop("single_blocks.0.linear2.bias"), r"lacks tensors: single_blocks\.0\.linear2\.bias"),
        (lambda shapes: shapes.update({"double_blocks.0.img_mlp.0.scale": (1,)}), r"not used: .*img_mlp\.0\.scale"),
        (lambda shapes: shapes.update({"img_in.weight": (FLUX_WIDTH, 320)}), r"another shape: x_embedder\.weight"),
    ],
)
def test_the_names_of_a_file_of_flux_are_compared_without_its_memory(
    change: Callable[[dict[str, tuple[int, ...]]], Any], said: str, flux_config: Path
) -> None:
    change(shapes := flux_shapes(384))
    header = flux_header(shapes)
    checkpoint = single_file.inspect_single_file(header, flux_config, "it")
    assert checkpoint.half_dtype == "bfloat16"

    def compare() -> dict[str, Any]:
        return load_networks(checkpoint, header, "it", ["transformer"], dtype=None, names_only=True)

    if not said:
        assert compare().keys() == {"transformer"}
        return
    with pytest.raises(WeightsError, match=f"it's transformer does not fit .*{said}"):
        compare()


@pytest.mark.parametrize(
    ("shapes", "repository"),
    [
        (flux_shapes(384), "black-forest-labs/FLUX.1-Fill-dev"),
        (flux_shapes(64, guidance=False), "black-forest-labs/FLUX.1-schnell"),
        ({f"{DENOISER}{key}": shape for key, shape in flux_shapes(384).items()}, "black-forest-labs/FLUX.1-Fill-dev"),
    ],
)
def test_the_kind_of_flux_is_read_from_shapes(shapes: dict[str, tuple[int, ...]], repository: str) -> None:
    assert single_file.configurations_of(flux_header(shapes), "x") == repository


def test_a_flux_that_leaves_a_choice_or_cannot_inpaint_is_refused() -> None:
    with pytest.raises(InputError, match=r"FLUX.1 dev \(--config .*Kontext"):
        single_file.configurations_of(flux_header(flux_shapes(64)), "x")
    with pytest.raises(InputError, match="its network takes 128 channels"):
        single_file.configurations_of(flux_header(flux_shapes(128)), "x")
