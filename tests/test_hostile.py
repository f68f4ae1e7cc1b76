"""Names and content made to do harm: nothing reaches the terminal raw, nothing is written outside the runs folder.

Every command is run on them, into a pipe and on a terminal. An exception that leaves `main` would be a traceback, and
fails the test that meets it.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from command import RICH, Outcome, environment, require_harmless, riptui
from conftest import make_spec, picture

from riptui import engine
from riptui.cli import commands, doctor, jobs
from riptui.cli.listing import ls
from riptui.cli.options import folders_below
from riptui.images import from_png
from riptui.store import layout
from riptui.store.creation import create
from riptui.store.frames import frames
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

CLIPBOARD = "\x1b]52;c;ZXZpbA==\x07"
"""Writes to the clipboard of many terminals."""
EVIL = f"{CLIPBOARD}\x1b[2J\x1b[31m\x9b2J\r\t\n\x08\x7f\x85\u202egnp\u2066\u200b\ufeff\u2028[/red][bold]%s{{}}{{0}}\\"
"""All of it: escape sequences of 7 and 8 bits, control, bidi and invisible characters, Rich markup, formats."""

LONG = "x" * 300
HANG = 30  # seconds

ITERATIONS, COMPUTED = 8, 4
FIELDS: dict[str, Any] = {"mask": 128, "amount": 200.0, "inpainter": "noise"}
"""Eight iterations; keyframes and measurements at 2, 4, 6 and 8."""


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        pytest.fail(f"it hung for {HANG} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HANG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # a third of the time, and nothing here loses power
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "weights"))
    monkeypatch.setattr(commands, "explanation", unexplained)


def unexplained(error: OSError) -> str:
    """What reads and writes explains itself; what `main` would have to explain was forgotten."""
    raise error


@pytest.fixture(scope="session")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with the trajectory `g/t`, stopped half-way."""
    runs = tmp_path_factory.mktemp("half") / "runs"
    original, request = picture(), Request(metrics=("psnr",))
    trajectory = create(runs, "g/t", make_spec(original, **FIELDS), original, request)
    asked = iter(range(1, ITERATIONS))
    list(engine.compute(trajectory, should_stop=lambda: next(asked) == COMPUTED))
    assert len(trajectory.rows()) == COMPUTED
    return runs


@pytest.fixture(scope="session")
def right_frames(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """All that the trajectory can ever show."""
    runs, original = tmp_path_factory.mktemp("done"), picture()
    trajectory = create(runs, "g/t", make_spec(original, **FIELDS), original, Request())
    list(engine.compute(trajectory))
    return [image for _, image in frames(trajectory, range(ITERATIONS + 1))]


@pytest.fixture
def folder(half_done: Path, tmp_path: Path) -> Path:
    """The half-done trajectory's folder, to be spoilt: runs/g/t below the current folder."""
    shutil.copytree(half_done, tmp_path / "runs")
    return tmp_path / "runs" / "g" / "t"


def short(text: str) -> str:
    return ascii(text)[:40]


def tree(folder: Path) -> dict[str, object]:
    """All that is in a folder: names, kinds, links, content, and when it was changed."""
    found: dict[str, object] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = (
            path.read_bytes()
            if stat.S_ISREG(status.st_mode)
            else os.fspath(path.readlink())
            if path.is_symlink()
            else ""
        )
        found[os.fspath(path.relative_to(folder))] = (status.st_mode, status.st_nlink, status.st_mtime_ns, content)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def draw(path: Path, shade: int = 0) -> Path:
    """A picture of 256 px in a file of that name."""
    PIL.Image.fromarray(picture() // 2 + shade).save(path, "PNG")
    return path


SOME = [
    (["ls", "runs"], False),
    (["show", "runs/g/t"], False),
    (["show", "runs/g/t", "--picture"], True),
    (["show", "runs/g/t", "--json"], False),
    (["check", "runs"], False),
    (["export", "runs/g/t", "--frames", "frames"], False),
    (["measure", "runs", "--metrics", "entropy", "--display", "json"], False),
    (["resume", "runs", "--display", "plain"], False),
    (["check", "runs", "--repair"], False),
]
"""Commands, and whether they are run on a terminal."""

EVERYTHING = [
    (["ls", "runs"], True),
    (["ls", "runs", "--json"], False),
    (["check", "runs"], True),
    (["check", "runs", "--json"], False),
    (["export", "runs/g/t", "--csv", "a.csv"], False),
    (["export", "runs/g/t", "--strip", "a.png"], True),
    *SOME,
    (["resume", "runs", "--display", "rich"], True),
    (["measure", "runs", "--metrics", "psnr,entropy", "--display", "rich"], True),
]


def require_all_harmless(commands: Sequence[tuple[list[str], bool]] = SOME) -> None:
    for argv, terminal in commands:
        outcome = riptui(*argv, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code in (0, 1, 2), argv
        assert outcome.out or outcome.err


# --- names of pictures

NAMES = [
    f"{CLIPBOARD}.png",
    "\x1b[2J\x1b[31mred.png",
    "\x9b2J.png",
    "two\nlines.png",
    "tab\tand\rreturn.png",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff.png",
    "\u2028\u2029\x85.png",
    "[red][bold]markup[link=x].png",
    "%s%n{}{0.__class__}.png",
    "$(touch oops)`touch oops`;touch oops.png",
    "-rf.png",
    "--runs=elsewhere",
    "...png",
    "..png",
    ".new-0123.png",
    "spec.json",
    "CON",
    "nul.png",
    "c:\\windows\\x.png",
    " .png",
    "~",
    "日本.png",
    "x" * 251 + ".png",
    os.fsdecode(b"\xff\xfe\xc3.png"),
    os.fsdecode(b"\xed\xa0\x80.png"),
]


@pytest.mark.parametrize("name", NAMES, ids=short)
def test_a_picture_of_any_name_runs_into_the_runs_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    os.chdir(tmp_path / "pictures")
    draw(Path(name))
    runs = tmp_path / "runs"
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--metrics", "psnr"]
    options += ["--runs", str(runs), "--display"]
    for display, terminal in (("plain", False), ("rich", True), ("json", False)):
        outcome = riptui("run", *options, display, "--", name, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures", "runs"]
    assert names(Path()) == [name]
    [trajectory] = [path.parent for path in runs.rglob("spec.json") if path.is_file()]
    assert all(layout.NAME.fullmatch(part) for part in trajectory.relative_to(runs).parts)
    assert len(trajectory.relative_to(runs).parts) == 2
    assert json.loads((trajectory / "spec.json").read_bytes())["source_name"] == name.encode(errors="replace").decode()
    for argv in (["ls", runs], ["show", trajectory], ["show", trajectory, "--json"], ["check", runs]):
        for terminal in (False, True):
            outcome = riptui(*argv, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


@pytest.mark.parametrize("at_once", [True, False], ids=["in one command", "one after another"])
def test_pictures_whose_names_differ_only_in_what_is_dropped_get_trajectories_of_their_own(at_once: bool) -> None:
    names = ["a b.png", "a-b.png", "a\u200bb.png", "a\x1bb.png", "a\nb.png", "a\u202eb.png", "-a-b.png"]
    for shade, name in enumerate(names):
        draw(Path(name), 10 * shade)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--metrics", "psnr"]
    for group in [names] if at_once else [[name] for name in names]:
        assert riptui("run", *options, "--", *group).code == 0
    found = {path.parent: json.loads(path.read_bytes()) for path in Path("runs").rglob("spec.json")}
    assert sorted(spec["source_name"] for spec in found.values()) == sorted(names)
    for trajectory, spec in found.items():
        assert (
            from_png((trajectory / "original.png").read_bytes()) == np.asarray(PIL.Image.open(spec["source_name"]))
        ).all()
    before = tree(Path("runs"))
    again = riptui("run", *options, "--", *names)
    assert again.out.count("done already") == len(names)
    assert tree(Path("runs")) == before


def test_a_long_group_does_not_lead_a_second_picture_elsewhere() -> None:
    group = "/".join(["g" * 99] * 2)
    draw(Path("a b.png"))
    draw(Path("a-b.png"), 50)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--group", group]
    assert riptui("run", *options, "a b.png", "a-b.png").code == 0
    parents = {path.parent.parent for path in Path("runs").rglob("spec.json")}
    assert parents == {Path("runs", group, "a-b")}
    assert len(list(Path("runs").rglob("spec.json"))) == 2


def test_a_name_that_is_taken_by_another_picture_is_refused() -> None:
    draw(Path("a b.png"))
    draw(Path("a-b.png"), 50)
    options = ["--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--name", "mine"]
    assert riptui("run", *options, "a b.png").code == 0
    before = tree(Path("runs"))
    outcome = riptui("run", *options, "a-b.png")
    assert outcome.code == 2
    assert "holds another trajectory" in outcome.err
    assert tree(Path("runs")) == before


# --- names of folders

NOT_NAMES = [
    "..",
    ".",
    "../out",
    "a/../../out",
    "a/./b",
    "-x",
    ".lock",
    ".new-x",
    "a\nb",
    "a b",
    CLIPBOARD,
    "\u202eb",
    LONG,
]
NOT_NAMES += ["a//b", "~", "日本", "a\\b", "*", "a:b", os.fsdecode(b"\xff")]


@pytest.mark.parametrize("option", ["--group", "--name"])
@pytest.mark.parametrize("name", NOT_NAMES, ids=short)
def test_what_is_no_name_is_refused_and_nothing_is_made(name: str, option: str, tmp_path: Path) -> None:
    draw(Path("p.png"))
    before = tree(tmp_path)
    outcome = riptui("run", "p.png", "--size", "256", option, name, "--metrics", "psnr")
    require_harmless(outcome)
    assert outcome.code == 2
    outcome.require_one_line("is not a name")
    assert tree(tmp_path) == before


def test_an_absolute_group_stays_below_the_runs_folder(tmp_path: Path) -> None:
    draw(Path("p.png"))
    riptui(
        "run", "p.png", "--size", "256", "--mask", "256", "--amount", "100", "-i", "identity", "--group", str(tmp_path)
    )
    assert names(tmp_path) == ["p.png", "runs"]
    assert [path.is_relative_to("runs") for path in Path().rglob("spec.json")] == [True]


@pytest.mark.parametrize(
    "place", [EVIL.replace("\n", " "), "-rf", "a\nb", os.fsdecode(b"\xff\xfe"), "[/red]", "../up", "x" * 255], ids=short
)
def test_a_runs_folder_of_any_name_works(place: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    draw(Path("p.png"))
    runs = f"./{place}"
    options = ["--size", "256", "--mask", "128", "--amount", "100", "-i", "identity", "--metrics", "psnr", "--display"]
    for display, terminal in (("plain", False), ("rich", True), ("json", False)):
        outcome = riptui("run", "p.png", "--runs", runs, *options, display, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code == 0
    [trajectory] = [path.parent for path in Path(os.path.realpath(runs)).rglob("spec.json")]
    for argv in (
        ["ls", runs],
        ["show", trajectory],
        ["check", runs],
        ["resume", runs],
        ["measure", runs, "--metrics", "ssim"],
    ):
        for terminal in (False, True):
            outcome = riptui(*argv, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0
    target = Path(place).name[:200]
    for option, suffix in (("--gif", ".gif"), ("--strip", ".png"), ("--csv", ".csv"), ("--frames", "")):
        outcome = riptui("export", trajectory, option, f"./{target}{suffix}", "--overwrite", terminal=True)
        require_harmless(outcome, terminal=True)


PATHS = [
    f"./{EVIL}",
    CLIPBOARD,
    "[/red]",
    LONG,
    "a/" * 3000,
    os.fsdecode(b"\xff"),
    "",
    "../../..",
    "/dev/null",
    "/proc/self/mem",
]


@pytest.mark.parametrize("path", PATHS, ids=short)
@pytest.mark.parametrize("command", ["ls", "show", "check", "resume", "measure", "export", "run"])
def test_a_path_that_leads_to_no_trajectory_is_refused_in_one_line(command: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    os.chdir(tmp_path / "a" / "b" / "c")
    options = {"measure": ["--metrics", "psnr"], "export": ["--csv", "x.csv"]}.get(command, [])
    for terminal in (False, True):
        outcome = riptui(command, *options, "--", path, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        if command == "ls" and path in ("", "../../.."):  # folders
            assert "no trajectories in" in outcome.err
        else:
            assert outcome.code in (1, 2)
            assert terminal or outcome.require_one_line() is None
    assert names(Path()) == []


@pytest.mark.parametrize(
    "place", [LONG, "a/" * 3000, "/dev/null", "/proc/self/mem", "/proc/nobody", f"{EVIL}/{LONG}"], ids=short
)
def test_a_runs_folder_that_cannot_be_is_refused_in_one_line(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gpu", lambda: iter(()))
    draw(Path("p.png"))
    outcome = riptui("run", "p.png", "--size", "256", "--runs", place, "--metrics", "psnr")
    require_harmless(outcome)
    assert outcome.code in (1, 2)
    assert outcome.err.count("error: ") == 1
    outcome = riptui("doctor", "--runs", place)
    require_harmless(outcome)
    assert outcome.code in (1, 2)


@pytest.mark.parametrize(
    "value",
    [EVIL, "[/red]", "²", "9" * 5000, "nan", "-1", "", os.fsdecode(b"\xff")],
    ids=short,
)
@pytest.mark.parametrize(
    "option",
    [
        "--inpainter",
        "--set",
        "--mask",
        "--amount",
        "--seed",
        "--order",
        "--size",
        "--fit",
        "--metrics",
        "--measure",
        "--display",
        "--nonsense",
    ],
)
def test_an_option_of_any_value_is_refused_in_one_line_or_means_something(option: str, value: str) -> None:
    draw(Path("p.png"))
    few = ["--mask", "256", "--amount", "100", "--size", "256", "-i", "identity"]
    if option == "--set":
        value = f"{value}={value}"
    outcome = riptui("run", "p.png", *few, f"{option}={value}")
    require_harmless(outcome)
    if outcome.code:
        assert outcome.code == 2
        outcome.require_one_line()
        assert not Path("runs").exists()
    else:
        assert (option, value) in {("--metrics", ""), ("--inpainter", "")}


def test_a_command_of_any_name_is_refused_in_one_line() -> None:
    for name in (EVIL, CLIPBOARD, "[/red]", LONG, os.fsdecode(b"\xff"), "", "../ls"):
        outcome = riptui(name)
        require_harmless(outcome)
        assert outcome.code == 2
        outcome.require_one_line()


def test_the_shell_is_offered_no_folder_whose_name_could_harm_it() -> None:
    for name in (CLIPBOARD, "a\nb", "\u202eb", "fine", "日本"):
        Path(name).mkdir()
    offered = folders_below(ls.make_context("ls", ["."], **commands.riptui.context_settings), ls.params[0], "")
    assert [item.value for item in offered] == ["fine", "日本"]


# --- content of a trajectory folder

Spoil = Callable[[Path], object]


def spec_with(**fields: Any) -> Spoil:
    """Other values, and no digest that would tell."""

    def spoil(folder: Path) -> None:
        spec = json.loads((folder / layout.SPEC).read_bytes())
        del spec["digest"]
        (folder / layout.SPEC).write_text(json.dumps(spec | fields))

    return spoil


def row_with(**fields: Any) -> Spoil:
    """Another third row."""

    def spoil(folder: Path) -> None:
        rows = [json.loads(line) for line in (folder / layout.ROWS).read_bytes().splitlines()]
        rows[2] |= fields
        (folder / layout.ROWS).write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    return spoil


def holding(name: str, content: str | bytes) -> Spoil:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def added(name: str, content: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("a") as file:
            file.write(content)

    return spoil


def sparse(name: str, size: int) -> Spoil:
    return lambda folder: os.truncate(folder / name, size)


def png(width: int, height: int, *, chunks: bytes = b"", pixels: bytes = b"\0" * 100_000) -> bytes:
    """A PNG that says it is that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    body = chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def bomb(kind: bytes) -> bytes:
    """A chunk of text of 100 MB, compressed to 100 kB."""
    data = b"x\0\0" + (b"" if kind == b"zTXt" else b"\0") + zlib.compress(b"\0" * 10**8)
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def patch_of(data: bytes) -> Spoil:
    """Another third patch, with a row that fits."""

    def spoil(folder: Path) -> None:
        offset = (folder / layout.PATCHES).stat().st_size
        with (folder / layout.PATCHES).open("ab") as file:
            file.write(data)
        row_with(patch=[offset, len(data)])(folder)

    return spoil


def nested(depth: int) -> str:
    return '{"x":' + "[" * depth + "]" * depth + "}"


DEEP = 100_000
BIG = 2**53

SPOILT: dict[str, Spoil] = {
    "spec: source name": spec_with(source_name=EVIL),
    "spec: long source name": spec_with(source_name=EVIL * 1000),
    "spec: half a surrogate": holding(layout.SPEC, '{"format":1,"source_name":"\\ud800"}'),
    "spec: another source": spec_with(source_sha256="f" * 64),
    "spec: original": spec_with(original_sha256=EVIL),
    "spec: digest": spec_with(digest=EVIL),
    "spec: digest of another type": spec_with(digest=[{}]),
    "spec: key": spec_with(**{EVIL: 1}),
    "spec: format": spec_with(format=EVIL),
    "spec: next format": spec_with(format=2),
    "spec: huge format": spec_with(format=10**30),
    "spec: inpainter is a path": spec_with(inpainter="../../x"),
    "spec: inpainter": spec_with(inpainter=EVIL),
    "spec: inpainter that nobody has": spec_with(inpainter="sd9"),
    "spec: size": spec_with(size=2**40),
    "spec: largest size": spec_with(size=2048),
    "spec: mask 0": spec_with(mask=0),
    "spec: mask 1": spec_with(mask=1, inpainter="sd9"),
    "spec: mask below 0": spec_with(mask=-128),
    "spec: huge mask": spec_with(mask=2**60),
    "spec: amount": spec_with(amount=1e300),
    "spec: amount 0": spec_with(amount=0),
    "spec: largest amount": spec_with(amount=1e6, mask=8, inpainter="sd9"),
    "spec: least amount": spec_with(amount=5e-324),
    "spec: seed": spec_with(seed=2**70),
    "spec: order": spec_with(order=EVIL),
    "spec: bands": spec_with(bands=[-1, 256, 2**70]),
    "spec: parameter": spec_with(parameters={EVIL: EVIL}),
    "spec: huge parameter": spec_with(inpainter="telea", parameters={"radius": 10**300}),
    "spec: parameter below 0": spec_with(inpainter="telea", parameters={"radius": -(2**63)}),
    "spec: missing parameter": spec_with(inpainter="telea", parameters={}),
    "spec: many parameters": spec_with(parameters={f"p{number}": EVIL for number in range(1000)}),
    "spec: a list": holding(layout.SPEC, "[1]"),
    "spec: null": holding(layout.SPEC, "null"),
    "spec: deep": holding(layout.SPEC, nested(DEEP)),
    "spec: deep parameters": holding(layout.SPEC, '{"format":1,"parameters":' + nested(DEEP) + "}"),
    "spec: UTF-16": holding(layout.SPEC, '{"format":1}'.encode("utf-16")),
    "spec: not UTF-8": holding(layout.SPEC, b'{"format":"\xff\xfe"}'),
    "spec: empty": holding(layout.SPEC, ""),
    "spec: 100 MB": holding(layout.SPEC, b'{"format":1,"source_name":"' + b"x" * 10**8 + b'"}'),
    "spec: 1 TB of nothing": sparse(layout.SPEC, 10**12),
    "rows: offset below 0": row_with(patch=[-5, 10]),
    "rows: offset beyond": row_with(patch=[2**62, 10]),
    "rows: length below 0": row_with(patch=[0, -3]),
    "rows: length beyond": row_with(patch=[0, 2**62]),
    "rows: patch of strings": row_with(patch=[EVIL, EVIL]),
    "rows: box outside": row_with(box=[300, 300, 128, 128]),
    "rows: box before": row_with(box=[-128, -128, 128, 128]),
    "rows: empty box": row_with(box=[0, 0, 0, 0]),
    "rows: huge box": row_with(box=[2**62, 2**62, 2**62, 2**62]),
    "rows: box below 0": row_with(box=[0, 0, -128, -128]),
    "rows: another box": row_with(box=[0, 0, 256, 256]),
    "rows: k 0": row_with(k=0),
    "rows: huge k": row_with(k=BIG),
    "rows: k below 0": row_with(k=-BIG),
    "rows: huge k last": added(
        layout.ROWS,
        '{"k":4611686018427387904,"box":[0,0,1,1],"inpainted":1e308,"coverage":-1e308,"patch":[0,0],"sha256":"'
        + "0" * 64
        + '","noise_seed":0,"seconds":1e308,"session":1}\n',
    ),
    "rows: inpainted": row_with(inpainted=1e308),
    "rows: noise seed": row_with(noise_seed=-1),
    "rows: seconds": row_with(seconds=-1e308),
    "rows: session": row_with(session=2**63),
    "rows: digest": row_with(sha256=EVIL),
    "rows: key": row_with(**{EVIL: EVIL}),
    "rows: beyond floats": added(layout.ROWS, '{"k":5,"seconds":1e999}\n'),
    "rows: deep": added(layout.ROWS, nested(DEEP) + "\n"),
    "rows: deep key of a good row": lambda folder: rewrite_first_row(folder, nested(DEEP)),
    "rows: escape sequences": added(layout.ROWS, EVIL),
    "rows: not UTF-8": holding(layout.ROWS, b"\xff\xfe\n"),
    "rows: too large": sparse(layout.ROWS, 10**12),
    "patches: too large": sparse(layout.PATCHES, 10**12),
    "patches: a PNG of 40000x40000": patch_of(png(40_000, 40_000)),
    "patches: a PNG of 1x1": patch_of(png(1, 1, pixels=b"\0" * 4)),
    "patches: a PNG of 0x0": patch_of(png(0, 0)),
    "patches: a PNG with 100 MB of text": patch_of(png(128, 128, chunks=bomb(b"zTXt"))),
    "patches: a PNG with 100 MB of profile": patch_of(png(128, 128, chunks=bomb(b"iCCP"))),
    "patches: a PNG with 100 MB of pixels": patch_of(png(128, 128, pixels=b"\0" * 10**8)),
    "patches: another PNG": patch_of(png(128, 128, pixels=(b"\0" * 385) * 128)),
    "original: a PNG of 40000x40000": holding(layout.ORIGINAL, png(40_000, 40_000)),
    "original: a PNG with 100 MB of text": holding(layout.ORIGINAL, png(256, 256, chunks=bomb(b"zTXt"))),
    "original: another PNG": holding(layout.ORIGINAL, png(256, 256, pixels=(b"\0" * 769) * 256)),
    "original: text": holding(layout.ORIGINAL, EVIL),
    "original: too large": sparse(layout.ORIGINAL, 10**12),
    "keyframe: a PNG of 40000x40000": holding("keyframes/2.png", png(40_000, 40_000)),
    "keyframe: text": holding("keyframes/4.png", EVIL),
    "metrics: a name": added(layout.METRICS, json.dumps({"k": 2, EVIL: 1.0, "[/red]": 2.0}) + "\n"),
    "metrics: only a name": holding(layout.METRICS, json.dumps({"k": 2, EVIL: 1.0}) + "\n"),
    "metrics: names of columns": added(layout.METRICS, '{"k":2,"digest":1,"k ":2,"mask":3,"coverage":4}\n'),
    "metrics: many names": added(
        layout.METRICS, json.dumps({"k": 2, **{f"{EVIL}{n}": 1.0 for n in range(300)}}) + "\n"
    ),
    "metrics: huge values": added(
        layout.METRICS, '{"k":0,"psnr":1e308}\n{"k":2,"psnr":-1e308}\n{"k":4,"psnr":5e-324}\n'
    ),
    "metrics: infinite values": added(
        layout.METRICS, '{"k":2,"psnr":1e999}\n{"k":2,"psnr":NaN}\n{"k":2,"psnr":null}\n'
    ),
    "metrics: other types": added(layout.METRICS, f'{{"k":2,"psnr":{json.dumps(EVIL)}}}\n'),
    "metrics: k below 0": added(layout.METRICS, '{"k":-1,"psnr":1}\n{"k":-1e300,"psnr":1}\n'),
    "metrics: huge k": added(
        layout.METRICS, '{"k":1e307,"psnr":1}\n{"k":1.7e308,"psnr":1}\n{"k":9007199254740993,"psnr":1}\n'
    ),
    "metrics: k between": added(layout.METRICS, '{"k":2.5,"psnr":1}\n{"k":null,"psnr":1}\n{"psnr":1}\n{}\n'),
    "metrics: deep": added(layout.METRICS, nested(DEEP) + "\n"),
    "metrics: escape sequences": added(layout.METRICS, EVIL + "\n"),
    "sessions: strings": added(
        layout.SESSIONS,
        json.dumps(
            {
                "session": 2,
                "started": EVIL,
                "host": EVIL,
                "pid": -1,
                "device": EVIL,
                "batch": 0,
                "versions": {EVIL: EVIL},
            }
        )
        + "\n",
    ),
    "sessions: huge numbers": added(
        layout.SESSIONS,
        json.dumps(
            {"session": 2**64 - 1, "started": "", "host": "", "pid": 2**63, "device": "", "batch": 1, "versions": {}}
        )
        + "\n",
    ),
    "sessions: deep": added(layout.SESSIONS, nested(DEEP) + "\n"),
    "request: metrics": holding(
        layout.REQUEST, json.dumps({"state": "run", "metrics": [EVIL, "../x", ""], "measure": "half"})
    ),
    "request: metrics of another type": holding(layout.REQUEST, '{"metrics":"psnr"}'),
    "request: state": holding(layout.REQUEST, json.dumps({"state": EVIL})),
    "request: measure below 0": holding(layout.REQUEST, '{"state":"run","measure":-5}'),
    "request: measure 0": holding(layout.REQUEST, '{"state":"run","measure":0}'),
    "request: huge measure": holding(layout.REQUEST, '{"state":"run","measure":9223372036854775807}'),
    "request: measure of another type": holding(layout.REQUEST, json.dumps({"measure": EVIL})),
    "request: every iteration of too many": lambda folder: (
        spec_with(amount=1e6, mask=1)(folder),
        holding(layout.REQUEST, '{"state":"run","measure":"every"}')(folder),
    ),
    "request: deep": holding(layout.REQUEST, nested(DEEP)),
    "request: text": holding(layout.REQUEST, EVIL),
    "request: too large": sparse(layout.REQUEST, 10**12),
    "failed: strings": holding(
        layout.FAILED, json.dumps({"when": EVIL, "k": -5, "error": EVIL * 100, "traceback": EVIL})
    ),
    "failed: other types": holding(layout.FAILED, '{"when":1,"k":"x","error":[],"traceback":null}'),
    "failed: huge k": holding(layout.FAILED, json.dumps({"when": "", "k": 2**64 - 1, "error": "", "traceback": ""})),
    "failed: deep": holding(layout.FAILED, nested(DEEP)),
    "failed: text": holding(layout.FAILED, EVIL),
    "lock: strings": holding(".lock", json.dumps({"pid": 1, "host": EVIL, "since": 1e308})),
    "lock: other types": holding(".lock", json.dumps({"pid": EVIL, "host": 1, "since": None})),
    "lock: deep": holding(".lock", nested(DEEP)),
    "lock: text": holding(".lock", EVIL),
    "files of odd names": lambda folder: [
        (folder / place / name.replace("/", "")).write_text(EVIL)
        for place, name in product((".", "keyframes"), (f".tmp-{CLIPBOARD}", f"{EVIL}.png", "[/red]", "-rf"))
    ],
    "folders of odd names": lambda folder: [
        (folder / place / name).mkdir()
        for place, name in product((".", "keyframes"), (f".tmp-{CLIPBOARD}", "[red].png", "9.png"))
    ],
}


TEXTS = ["spec: source name", "spec: parameter", "spec: key", "rows: escape sequences", "metrics: a name"]
TEXTS += ["metrics: only a name", "metrics: names of columns", "metrics: huge values", "sessions: strings"]
TEXTS += ["request: metrics", "failed: strings", "lock: strings", "files of odd names"]
"""What holds texts that are shown."""


def rewrite_first_row(folder: Path, value: str) -> None:
    first, *others = (folder / layout.ROWS).read_text().splitlines(keepends=True)
    (folder / layout.ROWS).write_text("".join([first.replace("{", '{"x":' + value + ",", 1), *others]))


@pytest.mark.parametrize("name", SPOILT)
def test_whatever_a_folder_holds_no_command_is_harmed_and_no_wrong_frame_is_given(
    name: str, folder: Path, right_frames: list[np.ndarray]
) -> None:
    SPOILT[name](folder)
    require_all_harmless(EVERYTHING if name in TEXTS else SOME)
    for file in Path("frames").glob("*"):
        assert (np.asarray(PIL.Image.open(file)) == right_frames[int(file.stem)]).all()
    assert not Path("oops").exists()


@pytest.mark.parametrize("terminal", [False, True], ids=["plain", "rich"])
@pytest.mark.parametrize(
    "name",
    [
        "spec: key",
        "spec: deep",
        "spec: inpainter that nobody has",
        "original: text",
        "request: text",
        "request: metrics",
    ],
)
def test_a_spoilt_trajectory_does_not_keep_its_neighbours_from_their_end(
    name: str, terminal: bool, folder: Path
) -> None:
    for neighbour in ("s", "u"):
        shutil.copytree(folder, folder.parent / neighbour)
    SPOILT[name](folder)
    outcome = riptui("resume", "runs", terminal=terminal)
    assert outcome.code == 1
    assert "g/t" in outcome.err + (outcome.out if terminal else "")
    assert [Trajectory(folder.parent / neighbour).status() for neighbour in "su"] == ["done", "done"]
    assert [line.split()[0] for line in riptui("ls", "runs").out.splitlines()][::2] == ["✓", "✓"]


@pytest.mark.parametrize("display", ["plain", "rich", "json"])
def test_a_metric_of_any_name_is_shown_harmless(display: str, folder: Path) -> None:
    assert riptui("resume", "runs").code == 0
    added(layout.METRICS, json.dumps({"k": ITERATIONS, EVIL: 1.0, "[/red]": 2.0}) + "\n")(folder)
    for command in (["resume", "runs"], ["measure", "runs", "--metrics", "entropy"]):
        outcome = riptui(*command, "--display", display, terminal=display == "rich")
        require_harmless(outcome, terminal=display == "rich")
        assert outcome.code == 0


@pytest.mark.parametrize("place", [CLIPBOARD, "\u202e", "[/red]", "a\nb", os.fsdecode(b"\xff")], ids=short)
def test_a_trajectory_in_a_folder_of_any_name_is_shown_harmless(place: str, folder: Path) -> None:
    Path(f"./{place}").mkdir(parents=True)
    inside = f"./{place}/t"
    folder.rename(inside)
    for command in (["measure", "--metrics", "entropy"], ["resume"], ["resume"], ["check"], ["show"], ["ls"]):
        for terminal in (False, True):
            outcome = riptui(*command, inside, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


def test_the_name_of_who_holds_a_lock_is_shown_harmless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(".lock", json.dumps({"pid": 2**62, "host": EVIL, "since": 1e308}))(folder)
    with (folder / ".lock").open() as lock:
        for argv, code in (
            (["ls", "runs"], 0),
            (["show", str(folder)], 0),
            (["measure", "runs", "--metrics", "ssim"], 1),
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            for terminal in (False, True):
                outcome = riptui(*argv, terminal=terminal)
                require_harmless(outcome, terminal=terminal)
                assert outcome.code == code
        monkeypatch.setattr(jobs.time, "sleep", lambda seconds: fcntl.flock(lock, fcntl.LOCK_UN))
        for display, terminal in (("plain", False), ("rich", True), ("json", False)):
            fcntl.flock(lock, fcntl.LOCK_EX)
            outcome = riptui("resume", "runs", "--display", display, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


FILES = [layout.SPEC, layout.ORIGINAL, layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS, layout.REQUEST]
FILES += [layout.FAILED, layout.LOG, ".lock", layout.KEYFRAMES, "keyframes/2.png", "keyframes/6.png"]
FILES += [".tmp-request.json", "keyframes/.tmp-6.png", "keyframes/9.png"]


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
        path.open("rb").close()
    except PermissionError:
        pytest.skip("no right to make a device")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)
        server.bind(path.name)
        os.chdir(path.parents[3 if path.parent.name == "keyframes" else 2])


@pytest.mark.parametrize(
    ("make", "name"),
    [*product([fifo, Path.mkdir], FILES), *product([device, unix_socket], [layout.SPEC, layout.PATCHES, ".lock"])],
)
def test_what_is_no_file_hangs_no_command(
    name: str, make: Callable[[Path], None], folder: Path, tmp_path: Path
) -> None:
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
    (folder / name).unlink(missing_ok=True)
    if not (make is Path.mkdir and name == layout.KEYFRAMES):
        make(folder / name)
    os.chdir(tmp_path)
    require_all_harmless()


# --- links out of the runs folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that belongs to nobody here, with something precious in it."""
    place = tmp_path / "outside"
    (place / "folder" / "inner").mkdir(parents=True)
    for name in ("precious", "folder/1.png", "folder/6.png", "folder/.tmp-6.png", "folder/inner/precious"):
        (place / name).write_text("precious\n")
    return place


def link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def run_again(*options: str) -> Outcome:
    """The command that makes the trajectory, or finds and resumes it."""
    PIL.Image.fromarray(picture()).save("g.png")
    sizes = ["--size", "256", "--mask", "128", "--amount", "200"]
    outcome = riptui("run", "g.png", *sizes, "-i", "noise", "--metrics", "psnr", *options)
    require_harmless(outcome)
    return outcome


def test_the_command_that_would_make_a_trajectory_resumes_it(folder: Path) -> None:
    assert "g/t: goes on at 4" in run_again("--name", "t").out
    assert names(Path("runs/g")) == ["t"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *product(["its own content", "a precious file"], FILES),
        *product(["a precious folder", "nothing yet"], [layout.KEYFRAMES, layout.LOG, ".lock", ".tmp-request.json"]),
    ],
)
def test_a_link_in_a_trajectory_lets_nothing_out(name: str, kind: str, folder: Path, outside: Path) -> None:
    targets = {
        "a precious file": outside / "precious",
        "a precious folder": outside / "folder",
        "nothing yet": outside / "new",
    }
    if kind == "its own content":
        targets[kind] = outside / "moved"
        if not (folder / name).exists():
            (folder / name).write_text("{}")
        (folder / name).rename(targets[kind])
    link(folder / name, targets[kind])
    before = tree(outside)
    run_again("--name", "t")
    require_all_harmless()
    run_again("--name", "t")
    assert tree(outside) == before


@pytest.mark.parametrize("place", ["g", "g/t", "g/.new-0123456789ab", "g/t2", "t"])
def test_a_link_among_the_groups_is_not_followed(place: str, folder: Path, outside: Path) -> None:
    shutil.copytree(folder, outside / "g" / "t")
    target = outside / "g" / "t" if place != "g" else outside / "g"
    link(Path("runs", place), target)
    os.utime(target, (0, 0))
    before = tree(outside)
    if place in ("g/.new-0123456789ab", "g/t2", "t"):
        require_all_harmless()
    for argv in (
        ["ls", "runs"],
        ["resume", "runs"],
        ["measure", "runs", "--metrics", "ssim"],
        ["check", "runs", "--repair"],
    ):
        require_harmless(riptui(*argv))
    for options in (["--name", "t"], ["--name", "t2"], []):
        run_again(*options)
    assert tree(outside) == before


def test_an_export_replaces_a_link_and_not_its_target(folder: Path, outside: Path) -> None:
    before = tree(outside)
    Path("frames").mkdir()
    for name in ("a.gif", "a.png", "a.csv", "frames/00000.png", "frames/00001.png"):
        link(Path(name), outside / "precious")
    for option, target in (("--gif", "a.gif"), ("--strip", "a.png"), ("--csv", "a.csv"), ("--frames", "frames")):
        assert riptui("export", folder, option, target).code == 2
        assert riptui("export", folder, option, target, "--overwrite").code == 0
    assert tree(outside) == before


# --- the rest


def test_folders_nested_without_end_are_looked_through(folder: Path) -> None:
    top = os.open("runs", os.O_RDONLY)
    for _ in range(2500):  # beyond Python's recursion and the longest path
        os.mkdir("d", dir_fd=top)
        below = os.open("d", os.O_RDONLY, dir_fd=top)
        os.close(top)
        top = below
    os.close(top)
    outcome = riptui("ls", "runs")
    assert outcome.code == 0
    assert "g/t" in outcome.out
    subprocess.run(["rm", "-rf", "runs/d"], check=True)


def test_a_folder_linked_into_itself_ends(folder: Path) -> None:
    link(folder.parent / "loop", Path())
    link(folder.parent / "snake", Path("snake"))
    require_all_harmless()


@pytest.mark.parametrize("value", [CLIPBOARD, "\u202ex", "[/red]", "a\nb"], ids=short)
@pytest.mark.parametrize("name", ["TERM", "TORCH_HOME", "COLUMNS", "LANG", "SSH_CONNECTION"])
def test_the_environment_is_shown_harmless(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gpu", lambda: iter(()))
    monkeypatch.setenv(name, value)
    for terminal in (False, True):
        outcome = riptui("doctor", terminal=terminal)
        require_harmless(outcome, terminal=terminal)
    require_harmless(riptui("doctor", "--json"))


ON_A_TERMINAL = """
import json, sys
from riptui.cli import main
for argv in json.loads(sys.argv[1]):
    main(argv)
"""


def test_a_real_terminal_gets_nothing_raw(folder: Path) -> None:
    for spoil in ("spec: source name", "metrics: a name", "failed: strings", "sessions: strings"):
        SPOILT[spoil](folder)
    draw(Path(f"{CLIPBOARD}\x1b[2J\n\u202e.png"))
    commands = [argv for argv, terminal in EVERYTHING if terminal]
    commands.append(
        ["run", "--size", "256", "--mask", "256", "--metrics", "psnr", "--", f"{CLIPBOARD}\x1b[2J\n\u202e.png"]
    )
    main, side = os.openpty()
    script = [sys.executable, "-c", ON_A_TERMINAL, json.dumps(commands)]
    with subprocess.Popen(
        script, stdin=side, stdout=side, stderr=side, env=environment(TERM="xterm-256color")
    ) as process:
        os.close(side)
        shown = b""
        try:
            while some := os.read(main, 65536):
                shown += some
        except OSError:  # EIO: the other side is closed
            pass
    os.close(main)
    assert process.returncode == 0
    assert "\x1b[" in shown.decode()
    require_harmless(Outcome(0, shown.decode(), ""), terminal=True)
    assert "\\x1b]52" in RICH.sub("", shown.decode())
