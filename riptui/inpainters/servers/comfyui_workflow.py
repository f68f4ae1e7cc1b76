"""A workflow of ComfyUI, in its API format, and its named inputs: nodes whose titles say what they get.

image   loads the picture (LoadImage)
mask    loads the mask (LoadImageMask, or LoadImage); without it the picture has it as its alpha
seed    has the noise seed, in its input seed, noise_seed or value
output  saves or previews the result
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from riptui.errors import InputError
from riptui.inpainters.servers.json_object import read_object

TITLES = ("image", "mask", "seed", "output")
SEED_INPUTS = ("seed", "noise_seed", "value")
ADVICE = "give a node that title in ComfyUI, and export the workflow again"


class ComfyuiWorkflow:
    """A workflow. text: the JSON of the parameter; None: no workflow. Raises InputError if it cannot be used."""

    def __init__(self, text: str | None) -> None:
        self._nodes = read_object(text)
        if isinstance(self._nodes.get("nodes"), list):
            raise InputError("the workflow is in the format of ComfyUI's page: use File, Export (API)")
        for number, node in self._nodes.items():
            if not (isinstance(node, dict) and isinstance(node.get("inputs"), dict) and "class_type" in node):
                raise InputError(f"the workflow's node {number!r} is not a node: use ComfyUI's File, Export (API)")
        self._by_title = {title: list(self._find_titled(title)) for title in TITLES}
        self._require_inputs()
        [self.output] = self._by_title["output"]
        self.takes_mask = bool(self._by_title["mask"])

    def fill(self, *, image: str, mask: str, seed: int) -> dict[str, Any]:
        """The workflow with its inputs filled in. image, mask: uploaded files. Its result is a temporary file."""
        filled = deepcopy(self._nodes)
        for title, value in (("image", image), ("mask", mask)):
            for number in self._by_title[title]:
                filled[number]["inputs"]["image"] = value
        for number in self._by_title["seed"]:
            filled[number]["inputs"][_find_seed_input(self._nodes[number])] = seed
        output = filled[self.output]
        if output["class_type"] == "SaveImage":  # a trajectory would leave hundreds of files
            output |= {"class_type": "PreviewImage", "inputs": {"images": output["inputs"].get("images")}}
        return filled

    def _find_titled(self, title: str) -> Iterator[str]:
        for number, node in self._nodes.items():
            meta = node.get("_meta")
            if isinstance(meta, dict) and str(meta.get("title", "")).strip().lower() == title:
                yield number

    def _require_inputs(self) -> None:
        if len(self._by_title["output"]) != 1 or not self._by_title["image"]:
            missing = "image" if not self._by_title["image"] else "output"
            count = len(self._by_title[missing])
            raise InputError(f"the workflow has {count or 'no'} nodes with the title {missing}: {ADVICE}")
        for title in ("image", "mask"):
            for number in self._by_title[title]:
                if "image" not in self._nodes[number]["inputs"]:
                    kind = self._nodes[number]["class_type"]
                    raise InputError(f"the workflow's {title} is a {kind}, which loads no picture: use LoadImage")
        for number in self._by_title["seed"]:
            if not _find_seed_input(self._nodes[number]):
                kind = self._nodes[number]["class_type"]
                raise InputError(f"the workflow's seed is a {kind}, which has none of {', '.join(SEED_INPUTS)}")
        if not self._by_title["seed"] and (noisy := [*self._find_fixed_seeds()]):
            raise InputError(
                f"the workflow's {', '.join(noisy)} would begin with the same noise in each iteration, for no node has "
                f"the title seed: {ADVICE}"
            )

    def _find_fixed_seeds(self) -> Iterator[str]:
        for node in self._nodes.values():
            if any(isinstance(node["inputs"].get(name), int) for name in SEED_INPUTS[:2]):
                yield str(node["class_type"])


def _find_seed_input(node: Mapping[str, Any]) -> str:
    """The name of the node's input that takes the seed; "" if it has none."""
    return next((name for name in SEED_INPUTS if name in node["inputs"]), "")
