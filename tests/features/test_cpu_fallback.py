"""Where a GPU has no memory left, the CPU computes: said once, and counted."""

from typing import Any

import numpy as np
import pytest

from riptui.features import cpu_fallback
from riptui.features.cpu_fallback import compute_where_it_fits, count_fallbacks, take_unsaid

CUDNN = "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"
SENTENCE = "no memory left on cuda:0 for net: computed on the CPU until there is"


def fail(text: str) -> str:
    raise RuntimeError(text)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_fallback, "_counts", type(cpu_fallback._counts)())
    monkeypatch.setattr(cpu_fallback, "_said", set())


def test_what_fits_is_computed_there_and_nothing_is_said() -> None:
    assert compute_where_it_fits("net", "cuda:0", lambda: "there", lambda: fail("it was not needed")) == "there"
    assert not count_fallbacks()
    assert take_unsaid() == []


def test_what_does_not_fit_is_computed_on_the_cpu_each_time_and_said_once() -> None:
    for count in (1, 2):
        assert compute_where_it_fits("net", "cuda:0", lambda: fail(CUDNN), lambda: "here") == "here"
        assert count_fallbacks() == {SENTENCE: count}
        assert take_unsaid() == ([SENTENCE] if count == 1 else [])


def test_another_error_is_raised() -> None:
    with pytest.raises(RuntimeError, match="device-side assert"):
        compute_where_it_fits("net", "cuda:0", lambda: fail("CUDA error: device-side assert"), lambda: "here")
    assert not count_fallbacks()


@pytest.mark.slow
def test_an_extractor_goes_on_on_the_cpu() -> None:
    torch = pytest.importorskip("torch", reason="needs riptui[diffusion]")
    from PIL import Image as PilImages

    from riptui.features.network_extractor import NetworkExtractor

    network = torch.nn.Identity()

    def forward(used: Any, batch: Any) -> Any:
        if used is not network:  # the copy on the device
            raise RuntimeError(CUDNN)
        return batch.flatten(1)

    def prepare(image: Any) -> Any:
        return torch.from_numpy(np.asarray(image, np.float32))

    pictures = [PilImages.new("RGB", (2, 2), (level, 0, 0)) for level in (1, 2)]
    cpu, device = (NetworkExtractor("net", "", 12, network, prepare, forward, name) for name in ("cpu", "cpu:0"))
    assert np.array_equal(device.extract(pictures), cpu.extract(pictures))
    assert sum(count_fallbacks().values()) == 1  # for pictures of one size at once
