"""The three views in which the paper's curves are drawn."""

from enum import StrEnum

from riptui.metrics import REGISTRY, base_name


class CurveView(StrEnum):
    """What the axes are. The value is the figure's part of a file name."""

    AMOUNT = ""
    """The paper's: values against the inpainted %."""
    COVERAGE = "coverage"
    """Values against the trajectory's own coverage."""
    EXCESS = "excess"
    """What the distance has beyond its coverage null, against the inpainted %."""

    @property
    def heading(self) -> str:
        """What the title of a figure says after its number."""
        match self:
            case CurveView.COVERAGE:
                return ", against coverage"
            case CurveView.EXCESS:
                return ", excess over coverage"
            case _:
                return ""

    @property
    def against(self) -> str:
        """What a trajectory's values are drawn against, in words."""
        return "the trajectory's own coverage" if self is CurveView.COVERAGE else "the inpainted amount"

    def describe_values(self, metric: str) -> str:
        """What is drawn of a metric, in words."""
        if self is not CurveView.EXCESS:
            return metric
        info = REGISTRY.get(base_name(metric))
        taken_as = f" (as {info.range[1]:g} - {metric})" if info and info.higher_means == "closer" else ""
        return f"Excess of {metric}{taken_as} over its coverage null"
