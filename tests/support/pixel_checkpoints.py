"""Checkpoints of networks of pixels with tiny random weights, in the layouts of the real ones."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import save_file

from tests.support.tiny_checkpoints import enliven

FORMER_NAMES = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
"""What attention was called when Google's networks were published, in 2022."""


LEVELS = {"num_train_timesteps": 40}
"""Few: diffusers' jump adds noise at each level that it passes."""


def pixel_network(**more: Any) -> UNet2DModel:
    torch.manual_seed(3)
    network = UNet2DModel(
        **{"sample_size": 32, "block_out_channels": (4, 4, 4, 8), "layers_per_block": 1, "norm_num_groups": 4, **more},
        down_block_types=(*("DownBlock2D",) * 3, "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", *("UpBlock2D",) * 3),
        attention_head_dim=None,
    )
    enliven(network)
    return network.eval()


def save_folders(folder: Path, network: UNet2DModel | None = None, **scheduler: Any) -> Path:
    """A folder for each component, as diffusers saves them today."""
    DDPMPipeline(network or pixel_network(), DDPMScheduler(**LEVELS | scheduler)).save_pretrained(folder)
    return folder


def save_flat(folder: Path) -> Path:
    """All files beside the index, as google/ddpm-ema-celebahq-256 has them, with the tensors' names of that time."""
    network = pixel_network()
    network.save_config(folder)
    DDPMScheduler(**LEVELS).save_config(folder)
    index = {"unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", "DDPMScheduler"]}
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "DDPMPipeline"} | index))
    tensors = {}
    for name, tensor in network.state_dict().items():
        for new, old in FORMER_NAMES.items():
            name = name.replace(new, old) if "attentions" in name else name
        tensors[name] = tensor
    save_file(tensors, folder / "diffusion_pytorch_model.safetensors")
    return folder


@pytest.fixture(scope="module")
def pixel_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_flat(tmp_path_factory.mktemp("ddpm"))
