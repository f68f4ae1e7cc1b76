"""riptui: a lab bench for Recursive InPainting (RIP).

Mask a square of a picture, let a model repaint it, paste it back, mask another, again and again: how far does the
picture drift from the original (Conde et al. 2024, arXiv 2407.09549)?

From Python:

prepare         a picture file or array to frame 0 and its Spec
recurse         the paper's loop on an array: yields each Iteration
load_inpainter  an inpainter by name
load_metric     a metric by name
open_runs       the trajectories of a runs folder, each a Trajectory: its spec, frames, curves, table
Spec            everything that decides the pixels of a trajectory

Each is imported when it is first used: `import riptui` itself loads no other package.
"""

from importlib import import_module

__version__ = "0.1.0"

__all__ = ["Spec", "Trajectory", "load_inpainter", "load_metric", "open_runs", "prepare", "recurse"]

TYPE_CHECKING = False  # type checkers take it as true; importing it from typing would take 5 ms
if TYPE_CHECKING:
    from riptui.inpainters import load as load_inpainter
    from riptui.metrics import load as load_metric
    from riptui.planning.prepare import prepare
    from riptui.recursion import recurse
    from riptui.spec import Spec
    from riptui.store.listing import open_runs
    from riptui.store.trajectory import Trajectory

_TARGETS = {
    "Spec": "riptui.spec:Spec",
    "Trajectory": "riptui.store.trajectory:Trajectory",
    "load_inpainter": "riptui.inpainters:load",
    "load_metric": "riptui.metrics:load",
    "open_runs": "riptui.store.listing:open_runs",
    "prepare": "riptui.planning.prepare:prepare",
    "recurse": "riptui.recursion:recurse",
}


def __getattr__(name: str) -> object:
    if name not in _TARGETS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _TARGETS[name].partition(":")
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
