"""The single files of weights that `riptui fetch` knows, for inpainters that are one network. Imports nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedWeights:
    """A file that the authors of a network, or someone who converted theirs, have published."""

    inpainter: str
    title: str
    licence: str
    url: str
    sha256: str
    size: int
    """Bytes."""
    terms: str = ""
    """What a user must be told before using them; "" if nothing."""


PUBLISHED: dict[str, PublishedWeights] = {
    "big-lama": PublishedWeights(
        "lama",
        "LaMa, Suvorov et al. 2022: Big LaMa, trained on Places2.",
        "Apache-2.0",
        "https://github.com/Sanster/models/releases/download/add_big_lama/big-lama.pt",
        # As published by several projects for the file with the MD5 that IOPaint pins (e3aa4aaa...7e500).
        "344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9",
        205_669_692,
    ),
    "mat-places": PublishedWeights(
        "mat",
        "MAT, Li et al. 2022: for 512 px, trained on Places365.",
        "CC BY-NC 4.0, non-commercial",
        "https://github.com/Sanster/models/releases/download/add_mat/Places_512_FullData_G.pth",
        # As published by one project, with the size; IOPaint pins the MD5 of the file at this address, 8ca92783...77ed.
        "0512e37ebba3986b0355130b2e2c1f95736d0778ac82e91b1212b4b21c231312",
        250_619_359,
        terms="MAT's code and weights are for non-commercial use only (CC BY-NC 4.0)",
    ),
}
"""By the name that the parameter `weights` has for them."""


def published_for(inpainter: str) -> tuple[str, PublishedWeights] | None:
    """The name and the file of an inpainter's default weights; None if it has none here."""
    return next(((name, found) for name, found in PUBLISHED.items() if found.inpainter == inpainter), None)
