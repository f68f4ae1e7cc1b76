"""What pictures are called where several are shown."""

from riptui.results.picture_names import name_pictures
from tests.support.trajectories import make_spec, picture


def test_pictures_of_one_file_name_are_told_apart() -> None:
    frame = picture(256)
    hashes = {"a" * 64: "cat.png", "b" * 64: "cat.png", "c" * 64: "\x1b[31mdog.png"}
    specs = [make_spec(frame, source_name=name, original_sha256=sha256) for sha256, name in hashes.items()]
    assert [*name_pictures(specs + specs).values()] == ["cat.png aaaaaa", "cat.png bbbbbb", "\\x1b[31mdog.png"]
    assert [*name_pictures(specs[1:]).values()] == ["cat.png", "\\x1b[31mdog.png"]
