"""The spec: everything that decides the pixels of one trajectory, frozen. No arrays, no disk.

Counting follows the paper (section 3): *inpainted* is the number of pixels repainted so far, repeats counted, as a
percentage of the pixels of the image. It is the x axis of all its figures.
"""

import hashlib
import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, get_args

import msgspec

from riptui.errors import SpecError, with_choices
from riptui.schedule import parse_schedules, write_schedules
from riptui.spec_words import NO_INTERVENTION, describe_setting
from riptui.tile_runs import TILE_PX, repainted_tiles, require_masks

FORMAT = 1
ADDED_FIELDS: dict[str, object] = {
    "squares": "shared",
    **{name: value for name, value in NO_INTERVENTION.items() if name != "paste"},
    "mask_source": "",
    "masks": (),
}
"""Fields that format 1 gained after its first release, each with the value, as JSON, that leaving it out means.

Older specs were written without such a field, so at this value it is left out of `spec.json` and of the digest: old
folders keep their identity, and older releases read new folders that do not use it. The value says what was done
before the field existed; the default of new specs may be another.
"""
SIZES = range(256, 2048 + 1, 64)
MAX_SEED = 2**53  # JSON readers that know only doubles keep integers exact up to here
MAX_POINTS = 1_000_000  # 100 MB
POINT_SPACING_PERCENT = 50.0  # % inpainted between two measured points of the paper, and between two keyframes

MODEL_SERVERS = ("iopaint", "a1111")
"""Inpainters that stand for whichever model a server has loaded."""

Fit = Literal["bands", "crop", "stretch"]
SquareOrder = Literal[
    "replacement", "shuffle", "raster", "offset", "lama-thin", "lama-medium", "lama-thick", "cycle", "draw"
]
SquareSource = Literal["own", "shared"]
PasteBase = Literal["frame", "original"]
ColourMatch = Literal["none", "border"]
ParameterValue = bool | int | float | str | None

FITS: tuple[Fit, ...] = get_args(Fit)
SQUARE_ORDERS: tuple[SquareOrder, ...] = get_args(SquareOrder)
SQUARE_SOURCES: tuple[SquareSource, ...] = get_args(SquareSource)
PASTE_BASES: tuple[PasteBase, ...] = get_args(PasteBase)
COLOUR_MATCHES: tuple[ColourMatch, ...] = get_args(ColourMatch)
DRAWN_ORDERS: tuple[SquareOrder, ...] = ("replacement", "shuffle", "raster", "offset")
"""Those of squares, which are drawn when they are needed."""
GIVEN_ORDERS = ("lama-thin", "lama-medium", "lama-thick", "cycle", "draw")
"""Those whose masks a spec has itself: of any shape, and of any number of pixels."""
FOLDER_ORDERS = ("cycle", "draw")
"""Those whose masks were pictures of the user's."""
OFFSET_STEP = TILE_PX  # px by which the grid is shifted, or a multiple: a pixel of the latents of most diffusion models

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
ColourLevel = Annotated[int, msgspec.Meta(ge=0, le=255)]


class Box(NamedTuple):
    """A rectangle, e.g. a square of the grid, in pixels from the top left corner of the image."""

    x: int
    y: int
    width: int
    height: int

    @property
    def window(self) -> tuple[slice, slice]:
        """Index of the box's pixels: `image[box.window]`."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """The settings of one trajectory. Two specs with the same digest have the same frames.

    Raises SpecError when built with values that cannot be run, e.g. a mask size that does not divide the size.
    """

    format: int = FORMAT
    source_name: str
    """The source image's file name, for people. Not part of the digest."""
    source_sha256: Sha256
    """Of the source file's bytes, to find it again. Not part of the digest."""
    original_sha256: Sha256
    """Of frame 0's pixels, RGB, row by row."""
    size: int = 512
    """Pixels on each side of a frame."""
    fit: Fit = "bands"
    bands: tuple[ColourLevel, ColourLevel, ColourLevel] = (0, 0, 0)
    """RGB of the bands beside a picture that is not square. The paper does not give it."""
    mask: int = 128
    """Pixels on each side of the square that one iteration repaints."""
    order: SquareOrder = "replacement"
    squares: SquareSource = "own"
    """Whether the seed gives each picture squares and noise of its own, or all pictures the same."""
    amount: float = 400.0
    """% inpainted at which the trajectory ends."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)] = 0
    paste: bool = True
    """Whether only the mask's pixels are taken from the inpainter's output."""
    onto: PasteBase = "frame"
    """What they are pasted onto: frame k-1, or the original, so that a frame differs from it in one mask only."""
    anchor: int = 0
    """Every so many iterations one square of the grid is painted back from the original; 0: never."""
    schedule: str = ""
    """Parameters of the inpainter that change over the iterations: see schedule.py. The others are `parameters`."""
    match: ColourMatch = "none"
    """Whether the colours of what was repainted are matched to those along the mask's border before the paste."""
    feather: int = 0
    """Pixels inside the mask's border over which the paste is blended; 0: none."""
    mask_source: str = ""
    """SHA-256 of all the user's masks that those of the orders cycle and draw are of."""
    masks: tuple[str | int, ...] = ()
    """The mask of each iteration, for orders that are not of squares: see tile_runs.py."""
    inpainter: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}\Z")] = "navier-stokes"
    parameters: dict[str, ParameterValue] = {}
    """All parameters of the inpainter, with the defaults; those that it gained later only where they differ."""

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise SpecError(f"size {self.size} px: it must be a multiple of 64 from {SIZES[0]} to {SIZES[-1]}")
        if not 1 <= self.mask <= self.size or self.size % self.mask:
            divisors = sorted(
                (m for m in range(8, self.size + 1) if self.size % m == 0), key=lambda m: abs(m - self.mask)
            )
            raise SpecError(
                f"mask {self.mask} px does not divide the image's {self.size} px; near it: "
                + ", ".join(map(str, sorted(divisors[:4])))
            )
        if self.order == "offset" and (self.mask % OFFSET_STEP or self.mask == OFFSET_STEP):
            raise SpecError(
                f"order offset shifts the grid by multiples of {OFFSET_STEP} px, so mask {self.mask} px must be a "
                f"multiple of {OFFSET_STEP} px above {OFFSET_STEP}"
            )
        if not 0 < self.amount <= 1_000_000:
            raise SpecError(f"amount {self.amount} %: it must be above 0 and at most 1,000,000")
        if self.anchor < 0:
            raise SpecError(f"anchor {self.anchor}: it must be a number of iterations, or 0 for never")
        if self.onto == "original" and not self.paste:
            raise SpecError("onto original: there must be a paste; leave --no-paste out, or choose --paste original")
        if (self.match != "none" or self.feather) and not self.paste:
            raise SpecError("match and feather are about the paste: leave --no-paste out")
        if not 0 <= self.feather <= self.mask // 2:
            raise SpecError(f"feather {self.feather} px: it must be from 0 to half the mask, {self.mask // 2} px")
        if not 0 <= self.seed <= MAX_SEED:
            raise SpecError(f"seed {self.seed}: it must be from 0 to {MAX_SEED:,}")
        if bool(self.masks) != (self.order in GIVEN_ORDERS):
            only = ", ".join(GIVEN_ORDERS)
            raise SpecError(f"order {self.order}: a spec has masks of its own with {only}, and only then")
        require_masks(self.masks, self.size)
        msgspec.structs.force_setattr(self, "schedule", write_schedules(parse_schedules(self.schedule)))
        msgspec.structs.force_setattr(self, "amount", float(self.amount))  # 400 and 400.0 are one spec, one digest
        msgspec.structs.force_setattr(self, "parameters", dict(self.parameters))  # the caller may change theirs

    @property
    def cells(self) -> int:
        """Squares of the grid."""
        return (self.size // self.mask) ** 2

    @cached_property
    def iterations(self) -> int:
        """Number of iterations that reach the amount, rounded up."""
        return len(self.masks) or iterations_at(self.amount, self.cells)

    @property
    def is_on_grid(self) -> bool:
        """Whether each iteration repaints one square of one grid, so that squares can be told apart and counted."""
        return self.order in ("replacement", "shuffle", "raster")

    @property
    def keeps_squares(self) -> bool:
        """Whether a frame shows the last repaint of each square and, where there is none, the original."""
        return self.is_on_grid and self.keeps_repaints

    @property
    def keeps_repaints(self) -> bool:
        """Whether a frame shows the last repaint of each pixel and, where there is none, the original."""
        return self.paste and self.onto == "frame" and not self.anchor

    @property
    def interventions(self) -> list[str]:
        """What is done otherwise than in the paper, beside the masks, each in a few words; empty: nothing."""
        changed = {name: value for name, none in NO_INTERVENTION.items() if (value := getattr(self, name)) != none}
        return [text for name, value in changed.items() if (text := describe_setting(name, value))]

    @property
    def inpainter_name(self) -> str:
        """The inpainter in a few words: of a diffusion model the last part of its name or path, after that of a server
        that has it."""
        model = str(self.parameters.get("model") or "").rstrip("/").rpartition("/")[2]
        if self.inpainter in MODEL_SERVERS and model:
            return f"{self.inpainter} {model}"
        return model if self.inpainter in ("diffusion", "text-to-image", "img2img") and model else self.inpainter

    @cached_property
    def digest(self) -> str:
        """The identity of the trajectory: SHA-256 in hex of the canonical JSON of all that decides the pixels."""
        fields = _written_fields(self)
        del fields["source_name"], fields["source_sha256"]
        return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()

    def scheduled(self, iteration: int) -> dict[str, float | str]:
        """The parameters that have another value at an iteration than in `parameters`, by their schedules."""
        courses = parse_schedules(self.schedule)
        return {name: course.value(iteration, self.iterations) for name, course in courses.items()}

    @property
    def scheduled_prompts(self) -> tuple[str, ...]:
        """The prompts that the inpainter must know of, beside the one among its parameters."""
        course = parse_schedules(self.schedule).get("prompt")
        return course.stages if course else ()

    def inpainted(self, iteration: int) -> float:
        """% inpainted after an iteration, repeats counted."""
        if self.masks:
            totals = repainted_tiles(self.masks)
            return 100 * totals[min(iteration, len(self.masks))] * TILE_PX**2 / self.size**2
        return 100 * iteration / self.cells

    def reaches(self, inpainted: float) -> int:
        """The first iteration after which at least `inpainted` % are repainted; with given masks at most the last."""
        if not self.masks:
            return iterations_at(inpainted, self.cells)
        found = bisect_left(range(len(self.masks) + 1), inpainted * (1 - 1e-15), key=self.inpainted)
        return min(found, len(self.masks))

    def amount_at(self, iteration: int) -> float:
        """% inpainted by which an iteration is compared with those of other trajectories.

        Masks of unequal sizes reach no two of the paper's points exactly: the first iteration that reaches one stands
        for it.
        """
        exact = self.inpainted(iteration)
        point = math.floor(exact / POINT_SPACING_PERCENT) * POINT_SPACING_PERCENT
        return point if self.masks and self.reaches(point) == iteration else exact

    def amounts_at(self, iterations: Sequence[int]) -> list[float]:
        """As `amount_at`, of several iterations."""
        if self.masks:
            return [self.amount_at(iteration) for iteration in iterations]
        cells = self.cells
        return [100 * iteration / cells for iteration in iterations]

    @property
    def whole_image(self) -> bool:
        """Whether an iteration repaints the whole image, not a square of it: then the x axis counts passes."""
        return self.mask == self.size and not self.masks

    @property
    def mask_title(self) -> str:
        """128 px, or whole image."""
        if self.masks:
            return self.order
        return "whole image" if self.whole_image else f"{self.mask} px"

    @property
    def patches_are_frames(self) -> bool:
        """Whether each patch on disk is a whole frame, so that no earlier one is needed to read it."""
        return self.whole_image or not self.paste

    @property
    def needs_frame_before(self) -> bool:
        """Whether frame k depends on the pixels of frame k-1, beside what the inpainter made of them."""
        return not self.patches_are_frames and self.onto == "frame"

    def progress(self, iteration: int) -> str:
        """What was done up to an iteration: 231 % of the pixels repainted, or pass 3 over the whole image."""
        return f"pass {self.passes(iteration)}" if self.whole_image else f"{self.inpainted(iteration):.0f} %"

    def passes(self, iteration: int) -> int:
        """Passes over the whole image up to an iteration: as many in each as the parameter `passes` says, or one."""
        passes = self.parameters.get("passes", 1)
        return iteration * (passes if isinstance(passes, int) else 1)

    def point_iterations(self) -> list[int]:
        """The iterations at 0, 50, 100 ... % and the last: the paper's points."""
        return measured_iterations(self, "half")

    def keyframe_iterations(self) -> list[int]:
        """The iterations whose frames are also saved whole; only 0, the original, where each patch is the image."""
        return [0] if self.whole_image else self.point_iterations()


MeasureInterval = Literal["half", "every"] | int
"""When to measure: at every 50 % inpainted, every iteration, or every N iterations."""


def can_share_batch(spec: Spec, other: Spec) -> bool:
    """Whether two trajectories can advance in one batch: the same inpainter and parameters, and the same frame size."""
    in_step = spec.schedule == other.schedule and (not spec.schedule or spec.iterations == other.iterations)
    return has_same_inpainter(spec, other) and spec.size == other.size and in_step


def has_same_inpainter(spec: Spec, other: Spec) -> bool:
    """Whether one loaded inpainter serves both."""
    first, second = ((spec.inpainter, spec.parameters, spec.scheduled_prompts) for spec in (spec, other))
    return first == second


def measured_iterations(spec: Spec, measure: MeasureInterval) -> list[int]:
    """The iterations to measure at, ascending, always with 0 and the last.

    Raises SpecError if `measure` is a number below 1, or would give more than MAX_POINTS.
    """
    last = spec.iterations
    if measure == "half":
        count = math.floor(spec.inpainted(last) / POINT_SPACING_PERCENT)
        inner = {spec.reaches(POINT_SPACING_PERCENT * i) for i in range(count + 1)}
    else:
        stride = 1 if measure == "every" else measure
        if stride < 1:
            raise SpecError(f"measure every {stride} iterations: it must be at least 1")
        if last // stride > MAX_POINTS:
            min_stride = last // MAX_POINTS + 1
            raise SpecError(f"measure every {stride} of {last:,} iterations: it must be at least every {min_stride}")
        inner = set(range(0, last + 1, stride))
    return sorted(inner | {0, last})


def iterations_at(inpainted: float, cells: int) -> int:
    """Iterations that repaint at least `inpainted` % of the pixels."""
    return math.ceil(inpainted * cells / 100 * (1 - 1e-15))  # 1e-15: 0.1 + 0.2 must not cost an iteration


def encode_spec(spec: Spec) -> bytes:
    """The bytes of `spec.json`: indented for people, and with the digest, so that damage is noticed."""
    fields = _written_fields(spec) | {"digest": spec.digest}
    return msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n"


def _written_fields(spec: Spec) -> dict[str, object]:
    """The spec's fields as JSON values, without added fields that have the value that leaving them out means."""
    fields: dict[str, object] = msgspec.to_builtins(spec)
    return {name: value for name, value in fields.items() if name not in ADDED_FIELDS or value != ADDED_FIELDS[name]}


def decode_spec(data: bytes) -> Spec:
    """Read a `spec.json` of this format or an older one.

    Raises SpecError: not JSON, a newer format, an unknown key (the known ones are listed), a value out of range, or a
    digest that does not match the values.
    """
    try:
        fields = msgspec.json.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecError(f"the spec is not a JSON object: {error}") from error
    written = fields.get("format")
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise SpecError(f"the spec's format is {written!r}: expected a number from 1 to {FORMAT}")
    if written > FORMAT:
        raise SpecError(
            f"the spec has format {written}, but this riptui reads up to {FORMAT}: pip install --upgrade riptui"
        )
    digest = fields.pop("digest", None)
    if unknown := sorted(fields.keys() - set(Spec.__struct_fields__)):
        raise SpecError(
            with_choices(f"the spec has unknown keys: {', '.join(unknown)}", unknown[0], Spec.__struct_fields__)
        )
    try:
        spec = msgspec.convert(ADDED_FIELDS | fields, Spec)
    except msgspec.ValidationError as error:
        raise SpecError(f"the spec is not valid: {error}") from error
    if digest not in (None, spec.digest):
        raise SpecError("spec.json does not match its digest: it was edited or is corrupt; restore the original file")
    return spec
