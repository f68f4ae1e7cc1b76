"""The names, shapes and types of the tensors in a file that torch has pickled, without torch and without their weights.

Nothing in such a file is run: whatever it names that is not a tensor becomes an inert object.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from riptui.errors import WeightsError, first_line

DTYPES = {"HalfStorage": "F16", "BFloat16Storage": "BF16", "FloatStorage": "F32"}
MAX_PICKLE_BYTES = 100_000_000  # the names alone; the weights are in other members of the archive


class PickledTensor:
    """A tensor's type, as safetensors names it, and its shape."""

    def __init__(self, storage: str, shape: tuple[int, ...]) -> None:
        self.dtype, self.shape = DTYPES.get(storage, storage), tuple(shape)


class _Inert:
    """Stands for any object that is not a tensor."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass


class _NamesUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda storage, _, shape, *__: PickledTensor(storage, shape),
            ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        }
        return name if module == "torch" and name.endswith("Storage") else found.get((module, name), _Inert)

    def persistent_load(self, identity: Any) -> str:
        return str(identity[1])  # ("storage", type, key, device, length)


def read_pickled_tensors(path: Path) -> dict[str, PickledTensor]:
    """The tensors by name; of a file with a "state_dict", those in it. Raises WeightsError."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = next(name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl")
            if archive.getinfo(member).file_size > MAX_PICKLE_BYTES:
                raise ValueError("its list of names is too long")
            with archive.open(member) as opened:
                content = _NamesUnpickler(opened).load()
    except Exception as error:  # of any kind: how it fails depends on the file
        raise WeightsError(
            f"{path} cannot be read as a file of torch 1.6 or later: {first_line(error)}. Look for a .safetensors "
            "file of it"
        ) from error
    while isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    tensors = content.items() if isinstance(content, dict) else ()
    return {str(name): tensor for name, tensor in tensors if isinstance(tensor, PickledTensor)}
