"""Figure S2, which the paper does not have: how much amplitude is left at each frequency, one line per amount."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import nan

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.data import CompleteRun, Condition
from riptui.figures.figure import PlottedFigure
from riptui.metrics.frequency_bins import FREQUENCIES, LogAmplitudes
from riptui.metrics.values import finite_or_none
from riptui.text.units import format_count

NAME = "spectrum"
MAX_LINES = 8
MAX_PANELS = 3
COLOURS = "viridis_r"

ImageSpectra = Mapping[str, LogAmplitudes]
"""The spectrum of each image, the mean over its seeds."""


def draw_spectra(condition: Condition) -> Iterator[PlottedFigure]:
    """Figure S2 with a panel per mask size; none, silently, where no spectrum was measured."""
    spectra = {mask: found for mask in condition.masks[:MAX_PANELS] if (found := _read(condition, mask))}
    if not spectra:
        return
    rows = [row for mask, by_k in spectra.items() for row in _rows(condition, mask, by_k)]
    images = max(len(by_image) for by_k in spectra.values() for by_image in by_k.values())
    unit = "pass" if condition.whole_image else "amount"
    caption = (
        "Natural logarithm of the luma's amplitude less that of the original, by frequency (0: nothing lost; -0.69: "
        f"half is left): mean over images, one line per {unit}, darker later; n = {format_count(images, 'image')}. "
        "No line falls far below 0.2 levels of amplitude, which the rounding to 8 bits leaves in every frame."
    )
    yield PlottedFigure("S2", condition.stem_of("figure-s2"), caption, _draw(condition, spectra), rows)


def _read(condition: Condition, mask: int) -> dict[int, ImageSpectra]:
    """The spectra of all images by iteration, of those at which all trajectories of the mask size have one."""
    stored = {run: run.trajectory.read_profiles() for run in condition.runs if run.spec.mask == mask}
    stored = {run: profiles for run, profiles in stored.items() if any(NAME in values for values in profiles.values())}
    if not stored:
        return {}
    shared = set.intersection(*({k for k, values in found.items() if NAME in values} for found in stored.values()))
    return {k: _by_image(stored, k) for k in sorted(shared - {0})}


def _by_image(stored: Mapping[CompleteRun, Mapping[int, Mapping[str, Sequence[float]]]], k: int) -> ImageSpectra:
    found: defaultdict[str, list[Sequence[float]]] = defaultdict(list)
    for run, profiles in stored.items():
        found[run.image].append(profiles[k][NAME])
    return {image: np.mean(values, axis=0) for image, values in found.items()}


def _draw(condition: Condition, spectra: Mapping[int, Mapping[int, ImageSpectra]]) -> Figure:
    figure = style.empty_figure(style.figure_width(len(spectra)), 2.9)
    panels = figure.subplots(1, len(spectra), squeeze=False, sharey=True)[0]
    for axes, (mask, by_k) in zip(panels, spectra.items(), strict=True):
        spec = next(run.spec for run in condition.runs if run.spec.mask == mask)
        chosen = _choose(list(by_k))
        colours = mpl.colormaps[COLOURS](np.linspace(0.15, 1, len(chosen)))
        for k, colour in zip(chosen, colours, strict=True):
            mean = np.mean([*by_k[k].values()], axis=0)
            axes.plot(FREQUENCIES, mean, color=colour, label=spec.progress(k))
        axes.axhline(0, color=style.FAINT, linewidth=0.7, zorder=1)
        axes.set_title(spec.mask_title if len(spectra) > 1 or not spec.whole_image else "")
        axes.set_xlabel("cycles per pixel")
    panels[0].set_ylabel("ln (amplitude / the original's)")
    handles = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    style.place_legend(figure, [*handles.values()])
    return figure


def _choose(numbers: Sequence[int]) -> list[int]:
    """At most MAX_LINES iterations, evenly apart, with the last."""
    step = -(-len(numbers) // MAX_LINES) or 1
    return [*reversed(numbers[::-1][::step])]


def _rows(condition: Condition, mask: int, by_k: Mapping[int, ImageSpectra]) -> Iterator[dict[str, TableCell]]:
    spec = next(run.spec for run in condition.runs if run.spec.mask == mask)
    for k, by_image in by_k.items():
        values = np.array([*by_image.values()])
        spreads = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(FREQUENCIES), nan)
        place: dict[str, TableCell] = {"mask": mask, "k": k, "inpainted": spec.inpainted(k), "images": len(values)}
        for frequency, mean, sd in zip(FREQUENCIES, values.mean(axis=0), spreads, strict=True):
            yield place | {"frequency": float(frequency), "mean": float(mean), "sd": finite_or_none(float(sd))}
