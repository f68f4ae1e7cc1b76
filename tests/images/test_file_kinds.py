"""Files that Pillow alone cannot read are called what they are."""

import importlib
import sys
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import PIL.features
import PIL.Image
import pytest

from riptui.errors import SourceError
from riptui.images import prepare_original
from riptui.images.file_kinds import PLUGINS
from tests.support.picture_files import NOISE

FTYP = b"\0\0\0\x18ftyp%b\0\0\0\0mif1%b"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"

WHAT_IT_IS = {
    "a Git LFS pointer": (LFS, "a Git LFS pointer, not the picture itself: run `git lfs pull`"),
    "a git-annex pointer": (b"/annex/objects/SHA256E-s1--0.jpg\n", "run `git annex get`"),
    "an HTML page": (b"\r\n <!DOCTYPE html><html><title>Sign in</title></html>", "an HTML page, not a picture"),
    "HTML with a byte order mark": (b"\xef\xbb\xbf<HTML lang=en>", "an HTML page, not a picture"),
    "a server's error": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML, not a picture"),
    "JSON": (b'{"error": "not found"}', "text, not a picture"),
    "a sentence": (b"Not found\n", "text, not a picture ('Not found')"),
    "text of two bytes a letter": ("Nicht gefunden".encode("utf-16"), "text, not a picture ('Nicht gefunden')"),
    "a text cut inside a letter": (b"a" + 200 * "\u00e9".encode(), "text, not a picture ('a\u00e9"),
    "a page without a head": (b"<!-- 404 --><title>Not found</title>", "HTML or XML"),
    "zeros": (bytes(999), "zeros only: it was never written"),
    "a PNG with other line ends": (b"\x89PNG\n\x1a\n\0\0\0\rIHDR", "transfer it again as binary"),
    "a PNG as UTF-8": ("\x89PNG\r\n".encode() + b"\x1a\n\0", "converted as if it were text"),
    "a JPEG of 12 bits": (b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x08\0\x08\x01\x01\x11\0\xff\xd9", "a JPEG without a header"),
    "a RAR": (b"Rar!\x1a\x07\x01\0", "an archive"),
    "a PDF": (b"%PDF-1.7\n", "a PDF document: export the page as PNG"),
    "a ZIP": (b"PK\x03\x04".ljust(99, b"\0"), "a ZIP archive"),
    "macOS's attributes": (bytes.fromhex("0005160700020000").ljust(4096, b"\0"), "AppleDouble"),
    "a video": (b"\0\0\0\x18ftypisom\0\0\0\0mp42isom".ljust(99, b"\0"), "a video: export a frame as PNG"),
}


@pytest.mark.parametrize(("data", "expected"), WHAT_IT_IS.values(), ids=WHAT_IT_IS)
def test_what_is_no_picture_is_called_what_it_is(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(SourceError) as caught:
        prepare_original(tmp_path / "a.jpg")
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


NEEDS_PLUGIN = {
    "HEIC": (FTYP % (b"heic", b"heic"), "pillow-heif", "pillow_heif"),
    "HEIF of another brand": (FTYP % (b"mif1", b"heic"), "pillow-heif", "pillow_heif"),
    "JPEG XL": (b"\0\0\0\x0cJXL \r\n\x87\n", "pillow-jxl-plugin", "pillow_jxl"),
    "a bare JPEG XL": (b"\xff\x0a" + bytes(99), "pillow-jxl-plugin", "pillow_jxl"),
}


@pytest.mark.parametrize(("data", "package", "module"), NEEDS_PLUGIN.values(), ids=NEEDS_PLUGIN)
def test_a_format_that_needs_a_plug_in_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, package: str, module: str
) -> None:
    for name in ("HEIF", "JXL"):
        monkeypatch.delitem(PIL.Image.OPEN, name, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(SourceError, match=rf"needs the package {package}, .*: pip install 'riptui\[pictures\]'"):
        prepare_original(tmp_path / "a.jpg")

    def fail(name: str) -> ModuleType:
        raise ImportError("libheif.so.1: cannot open shared object file")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(SourceError, match=r"is installed but fails \(libheif\.so\.1.*\): convert it to PNG"):
        prepare_original(tmp_path / "a.jpg")


def test_a_pillow_without_avif_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PIL.Image.OPEN, "AVIF", raising=False)
    monkeypatch.setattr(PIL.features, "check", lambda name: False)
    (tmp_path / "a.jpg").write_bytes(FTYP % (b"avif", b"avif"))
    with pytest.raises(SourceError, match="AVIF, which this Pillow was built without: pip install --upgrade pillow"):
        prepare_original(tmp_path / "a.jpg")


@pytest.mark.slow
@pytest.mark.needs("pictures")
@pytest.mark.parametrize(("kind", "suffix"), [("HEIC", "heic"), ("JPEG XL", "jxl")])
def test_pictures_of_a_plug_in_are_taken_upright_and_cut_ones_refused(tmp_path: Path, kind: str, suffix: str) -> None:
    module, _, name = PLUGINS[kind]
    plugin = importlib.import_module(module)
    getattr(plugin, "register_heif_opener", lambda: None)()
    smooth = PIL.Image.fromarray(NOISE).resize((16, 16)).resize((256, 256))
    file = BytesIO()
    smooth.save(file, name, quality=95)
    (tmp_path / f"a.{suffix}").write_bytes(file.getvalue())
    found = prepare_original(tmp_path / f"a.{suffix}", size=256)
    assert np.abs(found.image - np.asarray(smooth, int)).mean() < 4
    (tmp_path / "cut.jpg").write_bytes(file.getvalue()[: len(file.getvalue()) // 2])
    with pytest.raises(SourceError) as caught:
        prepare_original(tmp_path / "cut.jpg")
    assert len(str(caught.value).splitlines()) == 1
