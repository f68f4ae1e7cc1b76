"""LPIPS by the `lpips` package: its networks, its linear heads, its arithmetic; only the order of the calls is ours.

`lpips.LPIPS.forward` computes both pictures' features each time. On a CPU the reference's are computed once here, which
halves the time; the values are the same to the last bit. On a GPU they would take memory, 128 MB of
it for vgg, for each trajectory of the batch, to save what should be a few milliseconds a frame (not measured).

Frames go through a network one by one, on a GPU as well: at 512 px one of them fills it in vgg, which is nine tenths of
the work of the three, and a value then depends on no other frame, not even by rounding. What a GPU has no memory for is
measured on the CPU, so that a model that fills it costs time, and no trajectory.
"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import lpips
import torch

from riptui.arrays import Image
from riptui.features.float32_network import force_float32
from riptui.metrics import LpipsNet, lpips_weights
from riptui.metrics.pairwise import DistanceMap, PairwiseMetric

LpipsValue = TypeVar("LpipsValue")
LayerFeatures = list[torch.Tensor]
"""A picture's features, normalised over the channels, a tensor for each of the network's five to seven layers."""


def squeeze(device: str = "") -> PairwiseMetric[Any]:
    return load_lpips("squeeze", device)


def alex(device: str = "") -> PairwiseMetric[Any]:
    return load_lpips("alex", device)


def vgg(device: str = "") -> PairwiseMetric[Any]:
    return load_lpips("vgg", device)


def load_lpips(net: LpipsNet, device: str = "") -> PairwiseMetric[Any]:
    """LPIPS v0.1, Zhang et al. 2018, equation 1; 0 for equal pictures, rarely above 1.

    device: as torch names it; "" for CUDA if there is one, otherwise the CPU. On a CPU, a prepared reference of
    512x512 pixels takes 128 MB for vgg, and measuring about three times that. Raises WeightsError.
    """
    device = device or _pick_device()
    network = load_network(net)
    if device == "cpu":
        return _make_metric(network, device)
    on_device = cache(lambda: _make_metric(force_float32(network.to(device)), device))
    on_cpu = cache(lambda: _make_metric(load_network(net), "cpu"))

    def where_it_fits(measure: Callable[[PairwiseMetric[LayerFeatures]], LpipsValue]) -> LpipsValue:
        with suppress(torch.OutOfMemoryError):
            return measure(on_device())
        # the error is gone, and with it the tensors of the attempt
        return measure(on_cpu())

    return PairwiseMetric(
        lambda image: image,
        lambda reference, frame: where_it_fits(
            lambda metric: metric.distance(metric.features(reference), metric.features(frame))
        ),
        distance_map=lambda reference, frame: where_it_fits(
            lambda metric: metric.measure_map(metric.features(reference), frame)
        ),
    )


def _make_metric(model: Any, device: str) -> PairwiseMetric[LayerFeatures]:
    """The metric of a network that is on `device`."""

    def scale(image: Image) -> torch.Tensor:
        rows: torch.Tensor = model.scaling_layer(lpips.im2tensor(image).to(device))
        return rows

    @torch.inference_mode()
    def features(image: Image) -> LayerFeatures:
        return [lpips.normalize_tensor(layer) for layer in model.net(scale(image))]

    @torch.inference_mode()
    def distance(reference: LayerFeatures, frame: LayerFeatures) -> float:
        heads = zip(model.lins, reference, frame, strict=True)
        return float(sum(lpips.spatial_average(head((first - second) ** 2)) for head, first, second in heads))

    @torch.inference_mode()
    def distance_map(reference: LayerFeatures, frame: Image) -> DistanceMap:
        """As `lpips.LPIPS(spatial=True)`: each layer's distances enlarged to the frame, bilinearly, and added."""
        heads = zip(model.lins, reference, features(frame), strict=True)
        layers = [lpips.upsample(head((first - second) ** 2), frame.shape[:2]) for head, first, second in heads]
        found: DistanceMap = torch.stack(layers).sum(dim=0)[0, 0].cpu().numpy()
        return found

    return PairwiseMetric(features, distance, distance_map=distance_map)


def _pick_device() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about drivers too old for this torch: then it is the CPU
        return "cuda" if torch.cuda.is_available() else "cpu"


def load_network(net: LpipsNet) -> Any:
    """The network of an LPIPS, on the CPU. Raises WeightsError if the file of its trunk is missing or damaged."""
    lpips_weights.require_installed(net)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torchvision's, about the old argument names that lpips gives it
            return lpips.LPIPS(net=net, verbose=False)
    except Exception:
        lpips_weights.verify(net)  # if the file is to blame, its hash says so
        raise
