"""The rules of `riptui.features.FeatureExtractor`, checked on small pictures."""

import numpy as np
from PIL import Image as PilImages

from riptui.features import FeatureExtractor
from riptui.testing.inpainter_rules import make_images


def check_extractor(extractor: FeatureExtractor, *, size: int = 64, tolerance: float = 0.0) -> None:
    """Raise AssertionError if an extractor breaks a rule. size: of the pictures, px. tolerance: by which a picture's
    vector may differ when others are extracted with it.
    """
    pictures = [PilImages.fromarray(image) for image in make_images(3, size)]
    vectors = extractor.extract(pictures)
    expected = (len(pictures), extractor.dimension)
    assert isinstance(vectors, np.ndarray), f"extract must return an array, not {type(vectors).__name__}"
    got = f"{vectors.dtype} {vectors.shape}"
    is_right = vectors.dtype == np.float32 and vectors.shape == expected
    assert is_right, f"it returned {got}, not float32 {expected}"
    assert np.isfinite(vectors).all(), "a vector has numbers that are not finite"
    assert np.array_equal(extractor.extract(pictures), vectors), "extracting the same pictures again gave other vectors"
    alone = np.concatenate([extractor.extract([picture]) for picture in pictures])
    assert np.allclose(vectors, alone, rtol=0, atol=tolerance), "a picture's vector depends on the others"
    assert extractor.extract([]).shape == (0, extractor.dimension), "no pictures must give no vectors"
    other_kinds = [pictures[0].convert("L").resize((size + 3, size - 5)), pictures[0].convert("RGBA")]
    assert extractor.extract(other_kinds).shape == (2, extractor.dimension), "pictures may be of any size and mode"
    assert extractor.name, "it has no name"
    assert extractor.identity, "it does not say what decides its vectors"
