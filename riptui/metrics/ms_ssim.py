"""MS-SSIM by torchmetrics. In a module of its own because it needs torch."""

import torch
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from riptui.arrays import Image
from riptui.metrics.pairwise import PairwiseMetric
from riptui.metrics.pixels import luma


def ms_ssim() -> PairwiseMetric[torch.Tensor]:
    """Structural similarity at five scales, Wang, Simoncelli & Bovik 2003, 0 to 1; 1 for equal pictures.

    Of the BT.601 luma, peak 255, Gaussian window of 11 px and sigma 1.5 at every scale; negative terms of a scale count
    as 0. For pictures of more than 160 pixels a side. In float32: within 2e-6 of float64, in a sixth of its time.
    """
    return PairwiseMetric(_luma_tensor, _ms_ssim)


def _luma_tensor(image: Image) -> torch.Tensor:
    return torch.from_numpy(luma(image))[None, None]


def _ms_ssim(reference: torch.Tensor, frame: torch.Tensor) -> float:
    with torch.inference_mode():
        return float(multiscale_structural_similarity_index_measure(frame, reference, data_range=255.0))
