"""What tables call the mask of a row."""

import numpy as np

from riptui.cli.mask_names import MaskNames
from riptui.spec import Spec
from tests.support.trajectories import make_spec

FRAME = np.zeros((256, 256, 3), np.uint8)


def spec(inpainter: str, mask: int) -> Spec:
    return make_spec(FRAME, inpainter=inpainter, mask=mask)


def test_a_mask_that_is_the_image_is_called_so_and_squares_keep_their_side() -> None:
    names = MaskNames([spec("jpeg", 256), spec("noise", 64), spec("noise", 128)])
    found = {"groups": [{"key": {"inpainter": "jpeg", "mask": 256}}, {"key": {"inpainter": "noise", "mask": 64}}]}
    assert [group["key"]["mask"] for group in names.name_all(found)["groups"]] == ["whole image", 64]
    assert names.name({"mask": 256}) == {"mask": "whole image"}
    assert names.name({"inpainter": "noise"}) == {"inpainter": "noise"}
    assert found["groups"][0]["key"]["mask"] == 256, "what becomes JSON stays as it is"


def test_masks_of_pictures_of_several_sizes_keep_their_number() -> None:
    large = make_spec(np.zeros((512, 512, 3), np.uint8), inpainter="noise", mask=256, size=512)
    assert not large.whole_image
    assert MaskNames([spec("noise", 256), large]).name({"inpainter": "noise", "mask": 256})["mask"] == 256
