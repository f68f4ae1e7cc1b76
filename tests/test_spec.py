"""What a spec accepts, what makes it the same as another, and which iterations it counts."""

import hashlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riptui.errors import SpecError
from riptui.spec import (
    ADDED_FIELDS,
    DRAWN_ORDERS,
    FITS,
    FORMAT,
    MAX_SEED,
    SIZES,
    Spec,
    decode_spec,
    encode_spec,
    iterations_at,
    measured_iterations,
)
from tests.support.trajectories import make_spec, picture

ORIGINAL = picture(256)
SPEC = make_spec(ORIGINAL)
FIELDS = Spec.__struct_fields__

OTHER: dict[str, Any] = {
    "format": FORMAT + 1,
    "source_name": "other.png",
    "source_sha256": "1" * 64,
    "original_sha256": "2" * 64,
    "size": 512,
    "fit": "crop",
    "bands": (0, 0, 1),
    "mask": 32,
    "order": "shuffle",
    "squares": "shared",
    "amount": 200.0,
    "seed": 1,
    "paste": False,
    "onto": "original",
    "anchor": 4,
    "schedule": "radius=1..5",
    "match": "border",
    "feather": 8,
    "mask_source": "3" * 64,
    "masks": ("0,1024",),
    "inpainter": "telea",
    "parameters": {"radius": 5},
}
"""For each field a value that SPEC does not have."""

NEEDED_WITH: dict[str, dict[str, Any]] = {"masks": {"order": "cycle"}}
"""What else must be set with a field."""
NOT_PIXELS = {"source_name", "source_sha256"}


def spec(**fields: Any) -> Spec:
    return make_spec(ORIGINAL, **fields)


def changed(**fields: Any) -> bytes:
    """SPEC's file with some of its JSON replaced."""
    written = json.loads(encode_spec(SPEC))
    del written["digest"]
    return json.dumps(written | fields).encode()


def divisors(size: int) -> list[int]:
    return [mask for mask in range(1, size + 1) if size % mask == 0]


def test_every_field_has_another_value_here() -> None:
    assert set(OTHER) == set(FIELDS)
    assert all(getattr(SPEC, name) != value for name, value in OTHER.items())


# --- identity


@pytest.mark.parametrize("field", FIELDS)
def test_the_digest_changes_with_every_field_that_decides_the_pixels(field: str) -> None:
    other = msgspec.structs.replace(SPEC, **{field: OTHER[field]} | NEEDED_WITH.get(field, {}))
    assert (other.digest == SPEC.digest) == (field in NOT_PIXELS)


def test_the_digest_is_the_one_it_always_was() -> None:
    pinned = {"source_sha256": "2" * 64, "original_sha256": "1" * 64, "size": 512, "mask": 128, "amount": 400.0}
    assert spec(**pinned).digest == "529b26385534b6662614f351440832b888faa20a65c5821916f364395630760f"
    assert spec(**pinned, squares="shared").digest == "b39d79ae16a79cb4f5a1947abe92c1d8a93a66ff9539ab21f9cca477e2799696"
    later = ADDED_FIELDS.keys() - {"squares"}
    everything = {name: value for name, value in OTHER.items() if name not in {"format", *later}}
    assert spec(**everything).digest == "ad10c7229a15bd77996b084515fc5c05940390980a32a10437be22604cd8f5e5"


def test_the_digest_is_the_sha_256_of_the_files_json_with_sorted_keys_and_no_blanks() -> None:
    fields = json.loads(encode_spec(SPEC))
    assert fields.pop("digest") == SPEC.digest
    for name in NOT_PIXELS:
        del fields[name]
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == SPEC.digest


def test_the_order_of_the_parameters_does_not_change_the_digest() -> None:
    there, back = {"radius": 3, "sharp": True}, {"sharp": True, "radius": 3}
    assert spec(parameters=there).digest == spec(parameters=back).digest


def test_a_whole_number_as_amount_makes_the_spec_that_is_read_back() -> None:
    assert spec(amount=100).digest == spec(amount=100.0).digest == decode_spec(encode_spec(spec(amount=100))).digest


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Any that can be run."""
    size = draw(st.sampled_from(SIZES))
    mask = draw(st.sampled_from(divisors(size)))
    orders = [order for order in DRAWN_ORDERS if order != "offset" or (mask % 8 == 0 and 8 < mask < size)]
    text = st.text(st.characters(codec="utf-8"))
    return spec(
        source_name=draw(text),
        source_sha256=draw(st.binary(min_size=32, max_size=32)).hex(),
        size=size,
        fit=draw(st.sampled_from(FITS)),
        bands=draw(st.tuples(*[st.integers(0, 255)] * 3)),
        mask=mask,
        order=draw(st.sampled_from(orders)),
        amount=draw(st.floats(0, 1_000_000, exclude_min=True, allow_subnormal=False)),
        seed=draw(st.integers(0, MAX_SEED)),
        paste=draw(st.booleans()),
        parameters=draw(
            st.dictionaries(text, st.none() | st.booleans() | st.integers(0, 99) | st.floats(-9, 9) | text, max_size=3)
        ),
    )


@pytest.mark.slow
@settings(deadline=None)
@given(specs())
def test_any_spec_comes_back_from_its_file(written: Spec) -> None:
    data = encode_spec(written)
    assert decode_spec(data) == written
    assert decode_spec(data).digest == written.digest
    assert data.endswith(b"\n}\n")


# --- what cannot be changed afterwards


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_can_be_set(field: str) -> None:
    with pytest.raises(AttributeError):
        setattr(spec(), field, OTHER[field])


def test_parameters_are_not_shared_with_the_caller_or_another_spec() -> None:
    given = {"radius": 3}
    one, two = spec(parameters=given), spec(parameters=given)
    digest = one.digest
    given["radius"] = 5
    two.parameters["radius"] = 7
    assert one.parameters == {"radius": 3}
    assert one.digest == digest
    copied = msgspec.structs.replace(one, seed=1)
    copied.parameters["radius"] = 9
    assert one.digest == digest


def test_a_replaced_value_is_checked_like_any_other() -> None:
    with pytest.raises(SpecError, match="does not divide"):
        msgspec.structs.replace(SPEC, mask=100)


# --- what is refused


def test_unknown_keys_are_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(SpecError) as refused:
        decode_spec(changed(masques=64, colour="red"))
    assert "unknown keys: colour, masques." in str(refused.value)
    assert all(field in str(refused.value).partition("Available:")[2] for field in FIELDS)


@pytest.mark.parametrize("field", ["source_name", "source_sha256", "original_sha256"])
def test_a_key_without_a_default_must_be_there(field: str) -> None:
    fields = json.loads(encode_spec(SPEC))
    del fields[field]
    with pytest.raises(SpecError, match=field):
        decode_spec(json.dumps(fields).encode())


@pytest.mark.parametrize(("field", "value"), [("seed", 3), ("mask", 32), ("amount", 50.0), ("digest", "0" * 64)])
def test_values_that_do_not_have_their_digest_are_refused(field: str, value: object) -> None:
    fields = json.loads(encode_spec(SPEC)) | {field: value}
    with pytest.raises(SpecError, match="does not match its digest"):
        decode_spec(json.dumps(fields).encode())


def test_keys_with_a_default_may_be_left_out() -> None:
    least: dict[str, Any] = {
        "format": 1,
        "source_name": "a.png",
        "source_sha256": "1" * 64,
        "original_sha256": "2" * 64,
    }
    assert decode_spec(json.dumps(least).encode()) == Spec(**least, squares="shared")  # as when there was no other way


@pytest.mark.parametrize("newer", [FORMAT + 1, 99, 10**30])
def test_a_newer_format_is_refused_with_the_way_to_upgrade_whatever_else_it_holds(newer: int) -> None:
    with pytest.raises(SpecError, match=f"format {newer}, but this riptui reads up to {FORMAT}: pip install --upgrade"):
        decode_spec(changed(format=newer, unknown_today=1, mask="sixty-four"))


@pytest.mark.parametrize("wrong", [0, -1, True, False, "1", 1.0, 1.5, None, [1], {}])
def test_a_format_that_is_no_number_from_1_is_refused(wrong: object) -> None:
    with pytest.raises(SpecError, match="expected a number from 1 to 1"):
        decode_spec(changed(format=wrong))


def test_a_spec_without_a_format_is_refused() -> None:
    with pytest.raises(SpecError, match="format is None"):
        decode_spec(b"{}")


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_refuses_a_value_of_another_type(field: str) -> None:
    with pytest.raises(SpecError, match=field):
        decode_spec(changed(**{field: {"radius": [3]}}))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("source_name", 1),
        ("source_sha256", "0" * 63),
        ("source_sha256", "0" * 64 + "\n"),
        ("original_sha256", "A" * 64),
        ("size", "512"),
        ("size", 512.5),
        ("fit", "pad"),
        ("bands", [0, 0]),
        ("bands", [0, 0, 256]),
        ("bands", [0, 0, -1]),
        ("bands", [0, 0, 0.5]),
        ("mask", True),
        ("mask", "64"),
        ("mask", None),
        ("order", "random"),
        ("amount", "400"),
        ("amount", True),
        ("seed", -1),
        ("seed", MAX_SEED + 1),
        ("seed", 0.5),
        ("paste", 1),
        ("paste", "true"),
        ("inpainter", ""),
        ("inpainter", "../telea"),
        ("inpainter", "telea\n"),
        ("inpainter", "a" * 65),
        ("parameters", []),
        ("parameters", None),
        ("parameters", {"radius": {}}),
    ],
)
def test_a_value_out_of_range_is_refused_and_named(field: str, wrong: object) -> None:
    with pytest.raises(SpecError, match=field):
        decode_spec(changed(**{field: wrong}))


@pytest.mark.parametrize("size", [512, 768, 1024, 2048, 320])
@pytest.mark.parametrize("mask", [-64, 0, 7, 100, 333, 4096])
def test_a_mask_that_does_not_divide_the_image_is_refused_with_sizes_near_it(size: int, mask: int) -> None:
    with pytest.raises(SpecError, match=f"mask {mask} px does not divide the image's {size} px; near it: ") as refused:
        spec(size=size, mask=mask)
    near = [int(number) for number in str(refused.value).partition("near it: ")[2].split(",")]
    others = [m for m in divisors(size) if m >= 8 and m not in near]
    assert near == sorted(near)
    assert len(near) == 4
    assert all(size % m == 0 for m in near)
    assert max(abs(m - mask) for m in near) <= min(abs(m - mask) for m in others)


@pytest.mark.parametrize("size", [0, -256, 64, 192, 255, 300, 511, 2049, 2112])
def test_a_size_that_is_no_multiple_of_64_from_256_to_2048_is_refused(size: int) -> None:
    with pytest.raises(SpecError, match=f"size {size} px: it must be a multiple of 64 from 256 to 2048"):
        spec(size=size, mask=64)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_takes_every_mask_that_divides_it(size: int) -> None:
    for mask in divisors(size):
        assert spec(size=size, mask=mask).cells == (size / mask) ** 2


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf, 0, -0.0, -1, 1_000_001, 10**400])
def test_an_amount_that_cannot_be_reached_is_refused(amount: float) -> None:
    with pytest.raises(SpecError, match="it must be above 0 and at most 1,000,000"):
        spec(amount=amount)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 10**16 - 1])
def test_a_seed_that_could_not_be_read_back_is_refused_at_once(seed: int) -> None:
    with pytest.raises(SpecError, match=f"seed {seed}: it must be from 0 to 9,007,199,254,740,992"):
        spec(seed=seed)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(SpecError):
        decode_spec(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, "unknown"]), JSON, min_size=1))
def test_any_values_in_a_spec_are_taken_or_refused_in_words(fields: dict[str, object]) -> None:
    try:
        read = decode_spec(changed(**fields))
    except SpecError:
        return
    assert decode_spec(encode_spec(read)) == read


@pytest.mark.slow
@settings(deadline=None)
@given(st.data())
def test_a_file_with_damaged_bytes_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    damaged = bytearray(encode_spec(SPEC))
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(damaged)))
    assume(damaged[:end] != encode_spec(SPEC))
    try:
        read = decode_spec(bytes(damaged[:end]))
    except SpecError:
        return
    assert read.iterations > 0


@pytest.mark.parametrize("hostile", [b'{"a":' + b"[" * 100_000, b"[" * 100_000, b'{"a":1' + b"0" * 100_000 + b"}"])
def test_json_made_to_exhaust_its_reader_is_refused_in_words(hostile: bytes) -> None:
    with pytest.raises(SpecError, match="not a JSON object"):
        decode_spec(hostile)


# --- counting


@pytest.mark.parametrize(("mask", "every", "last"), [(16, 512, 4096), (64, 32, 256), (128, 8, 64), (256, 2, 16)])
def test_the_papers_protocol_has_its_iterations_and_is_measured_at_every_50_percent(
    mask: int, every: int, last: int
) -> None:
    paper = spec(size=512, mask=mask, amount=400.0)
    assert paper.iterations == last
    assert paper.point_iterations() == list(range(0, last + 1, every))
    assert [paper.inpainted(k) for k in paper.point_iterations()] == [0, 50, 100, 150, 200, 250, 300, 350, 400]


def test_every_iteration_or_every_so_many_can_be_measured() -> None:
    sixteen = spec(mask=64, amount=100.0)
    assert measured_iterations(sixteen, "every") == list(range(17))
    assert measured_iterations(sixteen, 1) == list(range(17))
    assert measured_iterations(sixteen, 5) == [0, 5, 10, 15, 16]
    assert measured_iterations(sixteen, 16) == [0, 16]
    assert measured_iterations(sixteen, 1000) == [0, 16]


@pytest.mark.parametrize("stride", [0, -1])
def test_a_stride_below_1_is_refused(stride: int) -> None:
    with pytest.raises(SpecError, match=f"measure every {stride} iterations: it must be at least 1"):
        measured_iterations(SPEC, stride)


@pytest.mark.parametrize(
    ("mask", "amount", "halves"),
    [
        (128, 430.0, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]),  # 4 cells: 430 % is reached by 18 iterations, 450 %
        (128, 1000.0, list(range(0, 41, 2))),
        (128, 12.5, [0, 1]),
        (64, 12.5, [0, 2]),
        (64, 0.1, [0, 1]),
        (64, 55.0, [0, 8, 9]),
        (256, 400.0, [0, 1, 2, 3, 4]),  # one cell: 50 % can only be reached by 100 %
        (256, 1e-300, [0, 1]),
    ],
)
def test_amounts_beyond_400_and_fractions_end_at_the_first_iteration_that_reaches_them(
    mask: int, amount: float, halves: list[int]
) -> None:
    assert spec(mask=mask, amount=amount).point_iterations() == halves
    assert spec(mask=mask, amount=amount).iterations == halves[-1]


def test_three_by_three_squares_are_measured_where_50_percent_is_first_reached() -> None:
    assert spec(size=768, mask=256, amount=200.0).point_iterations() == [0, 5, 9, 14, 18]


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from([256, 320, 512, 768]), st.data())
def test_the_iterations_are_the_fewest_that_reach_the_amount(size: int, data: st.DataObject) -> None:
    mask = data.draw(st.sampled_from(divisors(size)))
    amount = data.draw(st.floats(0, 10_000, exclude_min=True, allow_subnormal=False))
    cut = spec(size=size, mask=mask, amount=amount)
    rounding = amount * 1e-12
    assert cut.inpainted(cut.iterations - 1) < amount <= cut.inpainted(cut.iterations) + rounding
    assert iterations_at(cut.inpainted(cut.iterations), cut.cells) == cut.iterations


@pytest.mark.parametrize("cells", [1, 4, 9, 16, 25, 36, 49, 81, 144, 1024])
def test_rounding_never_costs_an_iteration(cells: int) -> None:
    for k in range(1, 4 * cells + 1):
        assert iterations_at(100 * k / cells, cells) == iterations_at(k * (100 / cells), cells) == k


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from([256, 320, 512, 768]), st.data())
def test_halves_are_where_each_50_percent_is_first_reached_and_the_last(size: int, data: st.DataObject) -> None:
    mask = data.draw(st.sampled_from([m for m in divisors(size) if m >= 16]))
    cut = spec(size=size, mask=mask, amount=data.draw(st.floats(0.01, 1000)))
    halves = cut.point_iterations()
    assert halves == sorted(set(halves))
    assert halves[0] == 0
    assert halves[-1] == cut.iterations
    reached = {k for k in range(1, cut.iterations + 1) if cut.inpainted(k) // 50 > cut.inpainted(k - 1) // 50}
    assert set(halves) == reached | {0, cut.iterations}


def test_the_name_of_an_inpainter_is_that_of_its_model() -> None:
    assert make_spec(picture(), inpainter="telea").inpainter_name == "telea"
    parameters = {"model": "org/stable-diffusion-2-inpainting"}
    assert (
        make_spec(picture(), inpainter="diffusion", parameters=parameters).inpainter_name
        == "stable-diffusion-2-inpainting"
    )
