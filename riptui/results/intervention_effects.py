"""What interventions change: each trajectory with one against the same without, on the same masks and noise."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from riptui.results.bootstrap import IntervalEstimate, estimate
from riptui.results.curves import Curve
from riptui.spec import Spec
from riptui.spec_words import NO_INTERVENTION
from riptui.store.listing import natural_key

EffectKey = tuple[str, str, str, str, float]
"""Inpainter, what is done, mask, order and amount."""


@dataclass(frozen=True)
class InterventionEffect:
    """The value at the end with an intervention minus that without, by picture; a mean over seeds first.

    Of a distance it is how much farther the intervention ends, of a similarity such as ssim how much nearer.
    """

    metric: str
    inpainter: str
    intervention: str
    mask: str
    order: str
    amount: float
    """%"""
    images: int
    without: float
    """The mean value without it."""
    difference: IntervalEstimate


def compare_interventions(found: Iterable[Curve]) -> list[InterventionEffect]:
    """Compare on complete curves of one metric; those without a counterpart are left out."""
    complete = [curve for curve in found if curve.complete]
    by_digest = {curve.spec.digest: curve for curve in complete}
    pairs: defaultdict[EffectKey, list[tuple[Curve, Curve]]] = defaultdict(list)
    for curve in complete:
        plain = by_digest.get(msgspec.structs.replace(curve.spec, **NO_INTERVENTION).digest)
        if curve.spec.interventions and plain is not None and curve.inpainted[-1] == plain.inpainted[-1]:
            pairs[_key(curve.spec)].append((curve, plain))
    return [
        _estimate(key, pairs[key]) for key in sorted(pairs, key=lambda key: [natural_key(str(part)) for part in key])
    ]


def _key(spec: Spec) -> EffectKey:
    return spec.inpainter_name, ", ".join(spec.interventions), spec.mask_title, spec.order, spec.amount


def _estimate(key: EffectKey, pairs: list[tuple[Curve, Curve]]) -> InterventionEffect:
    by_image: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for curve, plain in pairs:
        by_image[curve.image].append((float(curve.values[-1]), float(plain.values[-1])))
    means = np.array([np.mean(values, axis=0) for values in by_image.values()])
    difference = estimate((means[:, 0] - means[:, 1])[:, None])
    return InterventionEffect(pairs[0][0].metric, *key, len(means), float(means[:, 1].mean()), difference)
