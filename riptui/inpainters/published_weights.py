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
    """What a user must know before the first use."""


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
}
"""By the name that the parameter `weights` has for them."""


def published_for(inpainter: str) -> tuple[str, PublishedWeights] | None:
    """The weights that an inpainter uses unless it is told otherwise, with their name; None if it has none."""
    return next(((name, found) for name, found in PUBLISHED.items() if found.inpainter == inpainter), None)
