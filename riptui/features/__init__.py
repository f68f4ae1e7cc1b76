"""Feature extractors: pictures in, one vector per picture out. Importing this package imports no extractor.

extractor          the calling convention
registry           the extractors by name, and from a name to an extractor
perceptual_hash    phash: 64 bits, without weights
inception          inception, inception-torchvision
vision_models      clip, dinov2: models of the library transformers
missing_models     where the weights of an extractor are, and whether they are on this machine
network_extractor  an extractor made of a network; float32_network: convolutions without TF32
cpu_fallback       the CPU computes where a GPU has no memory left
"""

from riptui.features.extractor import FeatureExtractor
from riptui.features.registry import (
    REGISTRY,
    ExtractorInfo,
    canonical_name,
    feature_extractor_names,
    find_extractor,
    load_extractor,
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
