"""Errors that say that a device is full, and some that do not."""

import pytest

from riptui.inpainters.devices.out_of_memory import is_out_of_memory

FULL = [
    "CUDA out of memory. Tried to allocate 2.00 GiB.",
    "CUDA error: out of memory",
    "CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.",
]


@pytest.mark.parametrize("text", FULL)
def test_each_library_words_it_differently(text: str) -> None:
    assert is_out_of_memory(RuntimeError(text))


def test_an_error_of_torch_says_it_by_its_type() -> None:
    torch = pytest.importorskip("torch", reason="needs riptui[diffusion]")
    assert is_out_of_memory(torch.OutOfMemoryError("Allocation on device"))


@pytest.mark.parametrize("text", ["", "CUDA error: device-side assert triggered", "CUDNN_STATUS_BAD_PARAM"])
def test_other_errors_are_not_taken_for_it(text: str) -> None:
    assert not is_out_of_memory(RuntimeError(text))
