"""LPIPS by the `lpips` package: its networks, its linear heads and its arithmetic; only the order of calls is ours.

`lpips.LPIPS.forward` computes both pictures' features each time. On a CPU we compute the reference's once, which halves
the time; the values are the same to the last bit. On a GPU we compute them each time: kept, they would take 128 MB (vgg
at 512 px) for each trajectory of the batch, to save what should be a few milliseconds per frame (not measured).

Frames go through a network one by one, on a GPU too: one of 512 px fills a GPU in vgg, which is nine tenths of the work
of the three, and a value then depends on no other frame, not even by rounding. Where a GPU runs out of memory, because
an inpainter fills it, the frame is measured on the CPU.
"""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import lpips
import torch

from riptui.arrays import Image
from riptui.features.cpu_fallback import compute_where_it_fits
from riptui.features.float32_network import force_float32
from riptui.metrics import LpipsNet, lpips_weights
from riptui.metrics.pairwise import DistanceMap, PairwiseMetric

LpipsValue = TypeVar("LpipsValue")
LayerFeatures = list[torch.Tensor]
"""A picture's features, of unit length over the channels: a tensor for each of five layers, of squeeze seven."""


def squeeze(device: str = "") -> PairwiseMetric[Any]:
    """LPIPS on SqueezeNet 1.1: see `load_lpips`."""
    return load_lpips("squeeze", device)


def alex(device: str = "") -> PairwiseMetric[Any]:
    """LPIPS on AlexNet: see `load_lpips`."""
    return load_lpips("alex", device)


def vgg(device: str = "") -> PairwiseMetric[Any]:
    """LPIPS on VGG-16: see `load_lpips`."""
    return load_lpips("vgg", device)


def load_lpips(net: LpipsNet, device: str = "") -> PairwiseMetric[Any]:
    """LPIPS, Zhang et al. 2018, equation 1, with the linear heads v0.1; 0 for equal pictures, rarely above 1.

    device: as torch names it; "" is CUDA if available, otherwise the CPU. On a CPU, a prepared reference of 512x512
    pixels takes 128 MB for vgg, and measuring about three times that. Raises WeightsError.
    """
    device = device or _pick_device()
    network = load_network(net)
    if device == "cpu":
        return _make_metric(network, device)
    on_device = cache(lambda: _make_metric(force_float32(network.to(device)), device))
    on_cpu = cache(lambda: _make_metric(load_network(net), "cpu"))

    def where_it_fits(measure: Callable[[PairwiseMetric[LayerFeatures]], LpipsValue]) -> LpipsValue:
        name = f"lpips-{net}"
        return compute_where_it_fits(name, device, lambda: measure(on_device()), lambda: measure(on_cpu()))

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
        """As `lpips.LPIPS(spatial=True)`: the layers' distances, enlarged bilinearly to the frame's size and added."""
        heads = zip(model.lins, reference, features(frame), strict=True)
        layers = [lpips.upsample(head((first - second) ** 2), frame.shape[:2]) for head, first, second in heads]
        found: DistanceMap = torch.stack(layers).sum(dim=0)[0, 0].cpu().numpy()
        return found

    return PairwiseMetric(features, distance, distance_map=distance_map)


def _pick_device() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning that the driver is too old for this torch: then the CPU is used
        return "cuda" if torch.cuda.is_available() else "cpu"


def load_network(net: LpipsNet) -> Any:
    """A new network of LPIPS, on the CPU. Raises WeightsError if the file of its trunk is missing or damaged."""
    lpips_weights.require_installed(net)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torchvision's, about the old argument names that lpips gives it
            return lpips.LPIPS(net=net, verbose=False)
    except Exception:
        lpips_weights.verify(net)  # if the file is to blame, its hash says so
        raise
