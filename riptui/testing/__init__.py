"""Rules of inpainters, metrics and feature extractors, as functions for any test framework; inpainters for tests.

    from riptui.testing import check_inpainter

    def test_mine() -> None:
        check_inpainter(my_inpainter(radius=3))

Each check raises AssertionError with a sentence that says which rule is broken.

inpainter_rules, metric_rules, extractor_rules   the rules
doubles                                          inpainters that are slow or fail
"""

from riptui.testing.doubles import FAILING, SLOW, failing, slow
from riptui.testing.extractor_rules import check_extractor
from riptui.testing.inpainter_rules import check_inpainter
from riptui.testing.metric_rules import check_metric, check_repaint_metric

__all__ = [
    "FAILING",
    "SLOW",
    "check_extractor",
    "check_inpainter",
    "check_metric",
    "check_repaint_metric",
    "failing",
    "slow",
]
