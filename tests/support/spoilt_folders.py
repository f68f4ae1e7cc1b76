"""Every way to damage a trajectory's folder."""

import json
import os
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from riptui.store import layout
from tests.support.hostile_texts import CLIPBOARD, EVIL

Spoil = Callable[[Path], object]


def spec_with(**fields: Any) -> Spoil:
    """A spec with other values, and without the digest that would show it."""

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


def holding(name: str, content: str | bytes | Callable[[], bytes]) -> Spoil:
    def spoil(folder: Path) -> None:
        made = content() if callable(content) else content
        (folder / name).write_bytes(made.encode() if isinstance(made, str) else made)

    return spoil


def added(name: str, content: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("a") as file:
            file.write(content)

    return spoil


def sparse(name: str, size: int) -> Spoil:
    return lambda folder: os.truncate(folder / name, size)


def png(width: int, height: int, *, bomb: bytes = b"", pixels: bytes = bytes(100_000)) -> Callable[[], bytes]:
    """Makes a PNG whose header claims this size. It is made when it is needed: a large one takes a second.

    bomb: the kind of a chunk of text of 100 MB, compressed to 100 kB.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    def make() -> bytes:
        header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
        text = b"x\0\0" + (b"" if bomb == b"zTXt" else b"\0") + (zlib.compress(bytes(10**8)) if bomb else b"")
        chunks = [chunk(b"IHDR", header), *([chunk(bomb, text)] if bomb else [])]
        chunks += [chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    return make


def patch_of(make: Callable[[], bytes]) -> Spoil:
    """Another third patch, with a matching row."""

    def spoil(folder: Path) -> None:
        data = make()
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
    "spec: 100 MB": holding(layout.SPEC, lambda: b'{"format":1,"source_name":"' + b"x" * 10**8 + b'"}'),
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
    "patches: a PNG of 1x1": patch_of(png(1, 1, pixels=bytes(4))),
    "patches: a PNG of 0x0": patch_of(png(0, 0)),
    "patches: a PNG with 100 MB of text": patch_of(png(128, 128, bomb=b"zTXt")),
    "patches: a PNG with 100 MB of profile": patch_of(png(128, 128, bomb=b"iCCP")),
    "patches: a PNG with 100 MB of pixels": patch_of(png(128, 128, pixels=bytes(10**8))),
    "patches: another PNG": patch_of(png(128, 128, pixels=(b"\0" * 385) * 128)),
    "original: a PNG of 40000x40000": holding(layout.ORIGINAL, png(40_000, 40_000)),
    "original: a PNG with 100 MB of text": holding(layout.ORIGINAL, png(256, 256, bomb=b"zTXt")),
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


FILES = [layout.SPEC, layout.ORIGINAL, layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS, layout.REQUEST]
FILES += [layout.FAILED, layout.LOG, ".lock", layout.KEYFRAMES, "keyframes/2.png", "keyframes/6.png"]
FILES += [".tmp-request.json", "keyframes/.tmp-6.png", "keyframes/9.png"]
