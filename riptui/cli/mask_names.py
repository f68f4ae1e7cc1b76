"""What the mask of a row of a table is called: the side of its squares, unless it is the whole image."""

from collections.abc import Iterable
from typing import Any

from riptui.spec import Spec


class MaskNames:
    """Names of the masks in results about trajectories of these specs. JSON keeps the number."""

    def __init__(self, specs: Iterable[Spec]) -> None:
        self._whole: dict[tuple[str, int], set[bool]] = {}
        for spec in specs:
            for inpainter in (spec.inpainter, ""):  # "": of a row that tells of several
                self._whole.setdefault((inpainter, spec.mask), set()).add(spec.whole_image)

    def name(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings of a row, with the mask's name for its size, in px, if it is not that of squares."""
        of_mask = self._whole.get((settings.get("inpainter", ""), settings.get("mask", 0)))
        return settings | {"mask": "whole image"} if of_mask == {True} else settings

    def name_all(self, value: Any) -> Any:
        """All settings anywhere in results as dictionaries and lists."""
        if isinstance(value, dict):
            return self.name({key: self.name_all(inner) for key, inner in value.items()})
        return [*map(self.name_all, value)] if isinstance(value, list | tuple) else value
