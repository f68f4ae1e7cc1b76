"""Feature extractors: pictures in, one vector per picture out. Importing this package imports no extractor.

extractor          the calling convention
registry           the extractors by name
extractor_loading  from a name to an extractor
perceptual_hash    phash: 64 bits, without weights
inception          inception, inception-torchvision; network_files: where their weights are
vision_models      clip, dinov2: models of the library transformers
missing_models     whether the weights of an extractor are on this machine
network_extractor  an extractor made of a network; float32_network: convolutions without TF32; cpu_fallback: where a GPU
                   has no memory left
"""

from riptui.features.extractor import FeatureExtractor
from riptui.features.extractor_loading import load_extractor
from riptui.features.registry import (
    REGISTRY,
    ExtractorInfo,
    canonical_name,
    feature_extractor_names,
    find_extractor,
    short_title,
)

__all__ = [
    "REGISTRY",
    "ExtractorInfo",
    "FeatureExtractor",
    "canonical_name",
    "feature_extractor_names",
    "find_extractor",
    "load_extractor",
    "short_title",
]
