"""Read trajectories to compare at equal inpainted %. For a thread; no Textual."""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from os.path import commonpath
from pathlib import Path

from riptui.arrays import Image
from riptui.spec import Spec
from riptui.spec_words import abbreviate, describe_setting
from riptui.store.listing import natural_key
from riptui.text.terminal import printable
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.trajectory.difference import difference
from riptui.tui.trajectory.loader import FrameImage, TrajectoryLoader, TrajectorySnapshot

OMITTED_FIELDS = {"format", "source_name", "source_sha256", "original_sha256", "masks", "parameters"}
"""Fields of a spec that do not affect pixels, or are described in another way."""


def differences_to_first(frames: Sequence[FrameImage]) -> tuple[Image | None, ...]:
    """The first frame, and the difference of each other one to it; None where there is no frame of the same size."""
    first = frames[0].image
    others = (
        difference(frame.image, first)
        if first is not None and frame.image is not None and frame.image.shape == first.shape
        else None
        for frame in frames[1:]
    )
    return first, *others


def choose_to_compare(members: Sequence[GroupMember], most: int) -> list[GroupMember]:
    """At most so many of a group: of its first picture one of each mask size, else of each seed, else the first."""
    ordered = sorted(members, key=lambda member: (natural_key(member.spec.source_name), natural_key(member.path)))
    of_picture = [member for member in ordered if member.spec.original_sha256 == ordered[0].spec.original_sha256]
    for setting in ("mask", "seed"):
        by_value: dict[int, GroupMember] = {}
        for member in of_picture:
            by_value.setdefault(getattr(member.spec, setting), member)
        if len(by_value) > 1:
            return [by_value[value] for value in sorted(by_value)][:most]
    return (of_picture if len(of_picture) > 1 else ordered)[:most]


def read_frame_at(loader: TrajectoryLoader, snapshot: TrajectorySnapshot, inpainted: float) -> FrameImage:
    """The frame at an inpainted %, or a note that says why there is none."""
    if snapshot.spec is None:
        return FrameImage(0, None, snapshot.error)
    k = frame_at(snapshot.spec, inpainted)
    if k > snapshot.newest:
        return FrameImage(k, None, f"only at {snapshot.spec.inpainted(snapshot.newest):.0f} % so far")
    return loader.load_image(k)


def frame_at(spec: Spec, inpainted: float) -> int:
    """The last frame at or before an inpainted %, saved or not."""
    if spec.masks:
        return bisect_right(range(spec.iterations + 1), inpainted * (1 + 1e-12), key=spec.inpainted) - 1
    return min(spec.iterations, int(inpainted * spec.cells / 100 * (1 + 1e-12)))


def last_measured(snapshot: TrajectorySnapshot, k: int) -> int | None:
    """The last measured frame up to k."""
    return max((frame for frame in snapshot.metrics if frame <= min(k, snapshot.newest)), default=None)


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """The paths relative to their common folder."""
    common = commonpath([path.parent for path in paths])
    return [printable(path.relative_to(common).as_posix()) for path in paths]


def compare_specs(compared: Sequence[TrajectorySnapshot]) -> tuple[str, list[list[str]]]:
    """The names of the differing fields, and each trajectory's values: "mask, seed", [["64 px", "seed 0"], ...].

    A parameter that some inpainters lack is described only for those that have it.
    """
    descriptions = [_describe(trajectory.spec) if trajectory.spec else {} for trajectory in compared]
    readable = [fields for fields in descriptions if fields]
    fields = dict.fromkeys(name for fields in readable for name in fields)
    differing = [name for name in fields if len({description.get(name) for description in readable}) > 1]
    values = [[description[name] for name in differing if name in description] for description in descriptions]
    return ", ".join(differing), values


def describe_shared(compared: Sequence[TrajectorySnapshot]) -> list[str]:
    """The picture, inpainter, mask and seed, each if all have it: ["coffee.jpg", "telea", "seed 0"]."""
    specs = [trajectory.spec for trajectory in compared if trajectory.spec]
    values: list[dict[Hashable, str]] = [
        {(spec.original_sha256, spec.source_name): spec.source_name for spec in specs},
        {(spec.inpainter, str(spec.parameters.get("model"))): spec.inpainter_name for spec in specs},
        {spec.mask_title: spec.mask_title for spec in specs},
        {spec.seed: f"seed {spec.seed}" for spec in specs},
    ]
    return [printable(text) for texts in values if len(texts) == 1 for text in texts.values()]


def _describe(spec: Spec) -> dict[str, str]:
    """The fields that affect pixels, each as a short text."""
    fields = {name: getattr(spec, name) for name in spec.__struct_fields__ if name not in OMITTED_FIELDS}
    texts = {name: _describe_field(name, value) for name, value in fields.items()}
    image = {"image": f"{spec.source_name} {spec.original_sha256[:6]}"}
    parameters = {name: _describe_field(name, abbreviate(value)) for name, value in spec.parameters.items()}
    return {name: printable(text) for name, text in (texts | image | parameters).items()}


def _describe_field(name: str, value: object) -> str:
    untreated = {
        "paste": "paste",
        "onto": "paste onto frame",
        "mask_source": "no masks",
        "match": "colours not matched",
    }
    return describe_setting(name, value) or untreated.get(name, f"no {name}")
