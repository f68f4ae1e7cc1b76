"""A GPU where there is none: tensors that say they are on cuda:0, compute on the CPU, and refuse what a GPU refuses.

It finds tensors that were left on the other device, generators of the wrong one, and arrays taken from a GPU without a
copy, in riptui and on its way through the libraries. What a GPU has of its own, kernels, memory, time, graphs, it does
not have.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

UUID = "01234567-89ab-cdef-0123-456789abcdef"
CUDA = torch.device("cuda:0")
META = torch.device("meta")
aten = torch.ops.aten
ACROSS = {aten._to_copy.default, aten.copy_.default, aten.index.Tensor}
"""Operations that accept tensors of both devices."""


class OnCuda(torch.Tensor):
    """`inner` is on the CPU. To C++ it is on the meta device: for one on a GPU, C++ would turn to a driver."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor, requires_grad: bool | None = None) -> "OnCuda":
        inner = inner.inner if isinstance(inner, OnCuda) else inner
        geometry = {"strides": inner.stride(), "storage_offset": inner.storage_offset()}
        needs_grad = inner.requires_grad if requires_grad is None else requires_grad
        made: OnCuda = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), **geometry, dtype=inner.dtype, device=META, requires_grad=needs_grad
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return called(func, args, kwargs or {})

    @property
    def device(self) -> torch.device:
        return CUDA

    @property
    def is_cuda(self) -> bool:
        return True

    def __repr__(self, **_: Any) -> str:
        return f"OnCuda({self.inner!r})"


class Operations(TorchDispatchMode):
    """Catches the operations that make a tensor on cuda:0 from none."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return called(func, args, kwargs or {})


class Functions(TorchFunctionMode):
    """Catches the functions that C++ computes in part by itself, and device names before C++ asks a driver."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree_map(_indexed, (args, kwargs or {}))
        if META in tree_leaves((args, kwargs)):  # really meta, as when a model is built without weights
            with torch._C.DisableTorchFunction(), _disable_current_modes():
                return func(*args, **kwargs)
        if func is torch.tensor:
            args = tree_map(lambda one: one.item() if isinstance(one, OnCuda) else one, args)
        elif func is torch.Tensor.__getitem__:
            whole, at = tree_map(_inner, args)
            return OnCuda(whole[at]) if isinstance(args[0], OnCuda) else whole[at]
        elif func is torch.nn.functional.scaled_dot_product_attention:
            return called(func, args, kwargs)
        return func(*args, **kwargs)


def called(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The result of a function or an operation, computed on the CPU, on the device that it would have."""
    tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
    of_cuda = [one for one in tensors if isinstance(one, OnCuda)]
    asked, generator = kwargs.get("device"), kwargs.get("generator")
    to_cuda = torch.device(asked).type != "cpu" if asked is not None else bool(of_cuda)
    if of_cuda and func not in ACROSS:
        for one in tensors:
            if one.dim() > 0 and not isinstance(one, OnCuda):
                raise RuntimeError(f"{func}: expected all tensors on cuda:0, but one of {[*one.shape]} is on the CPU")
    if to_cuda and generator is not None:
        raise RuntimeError(f"{func}: expected a generator of cuda:0, but found one of {generator.device}")
    plain_args, plain_kwargs = tree_map(_inner, (args, kwargs))
    if asked is not None:
        plain_kwargs["device"] = torch.device("cpu")
    result = func(*plain_args, **plain_kwargs)
    if func is aten.copy_.default:
        return args[0]
    known = {id(one.inner): one for one in of_cuda}  # an operation in place gives the tensor that it got
    return tree_map(lambda one: _outer(one, known), result) if to_cuda else result


def _inner(one: Any) -> Any:
    return one.inner if isinstance(one, OnCuda) else one


def _outer(one: Any, known: dict[int, OnCuda]) -> Any:
    if not isinstance(one, torch.Tensor) or isinstance(one, OnCuda):
        return one
    return known[id(one)] if id(one) in known else OnCuda(one)


def _indexed(one: Any) -> Any:
    names = {"cuda": CUDA, "meta": META}
    return names.get(str(one), one) if isinstance(one, str | torch.device) else one


@contextmanager
def pretend_cuda(memory: Callable[[], tuple[int, int]] = lambda: (10 * 2**30, 16 * 2**30)) -> Iterator[None]:
    """A GPU in this thread and in those started here. memory: free and total bytes."""

    @contextmanager
    def here() -> Iterator[None]:
        with Functions(), Operations():
            yield

    def run(thread: threading.Thread) -> None:
        with here():
            plain_run(thread)

    plain_run = threading.Thread.run
    told = {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 1,
        "set_device": lambda _: None,
        "get_device_name": lambda *_: "Pretended",
        "get_device_properties": lambda *_: SimpleNamespace(uuid=UUID),
        "mem_get_info": lambda *_: memory(),
        "memory_allocated": lambda *_: 0,
        "memory_reserved": lambda *_: 0,
        "max_memory_allocated": lambda *_: 2**30,
        "reset_peak_memory_stats": lambda *_: None,
        "empty_cache": lambda: None,
        "synchronize": lambda *_: None,
    }
    swaps = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)  # a parameter's `inner` changes with its data
    try:
        with ExitStack() as stack:
            for name, value in told.items():
                stack.enter_context(mock.patch(f"torch.cuda.{name}", value))
            stack.enter_context(mock.patch("threading.Thread.run", run))
            stack.enter_context(here())
            yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swaps)
