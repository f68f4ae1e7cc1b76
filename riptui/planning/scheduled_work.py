"""The work of iterations whose denoising steps change over a trajectory, by its schedules.

An iteration counts 1 at the steps and the strength among its spec's parameters. What a diffusion model does beside its
steps, such as decoding, is taken to grow with them as well.
"""

from math import prod

from riptui.schedule import parse_schedules
from riptui.spec import Spec

STEP_PARAMETERS = ("steps", "strength")
"""Their product is the number of times that a network is called."""


def work_of(spec: Spec, iteration: int) -> float:
    """The work of an iteration, from 1."""
    values = spec.scheduled(iteration) if spec.schedule else {}
    return prod(_share(spec.parameters.get(name), values.get(name)) for name in STEP_PARAMETERS)


def work_after(spec: Spec, done: int = 0) -> float:
    """The work of all iterations after the first `done`."""
    if not any(name in parse_schedules(spec.schedule) for name in STEP_PARAMETERS):
        return float(spec.iterations - done)
    return sum(work_of(spec, iteration) for iteration in range(done + 1, spec.iterations + 1))


def _share(own: object, scheduled: object) -> float:
    """A scheduled value, a text if it is one of several stages, as a share of the spec's own; 1 without one."""
    if scheduled is None or not isinstance(own, int | float) or not own:
        return 1.0
    try:
        return float(str(scheduled)) / own
    except ValueError:  # refused when the trajectory is made
        return 1.0
