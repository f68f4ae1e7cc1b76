"""Extractors of features: pictures in, a vector for each out. Importing this imports none of them.

extractor          the calling convention
registry           the extractors by name
extractor_loading  from a name to an extractor
perceptual_hash    phash: 64 bits, without any weights
"""

from riptui.features.extractor import FeatureExtractor
from riptui.features.extractor_loading import load_extractor
from riptui.features.registry import REGISTRY, ExtractorInfo, feature_extractor_names, find_extractor

__all__ = [
    "REGISTRY",
    "ExtractorInfo",
    "FeatureExtractor",
    "feature_extractor_names",
    "find_extractor",
    "load_extractor",
]
