"""One frame as a PNG that says where it is from: the spec and the frame's number are in its text chunks."""

from io import BytesIO
from pathlib import Path

import msgspec
import PIL.Image
from PIL.PngImagePlugin import PngInfo

from riptui import __version__
from riptui.export.files import require_file, write_atomically
from riptui.images import pixels_sha256
from riptui.spec import encode_spec
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_inpainted

KEY = "riptui"
"""The text chunk with JSON: the spec with its digest, the frame, its inpainted % and the SHA-256 of its pixels."""


def write_frame_png(trajectory: Trajectory, file: Path, k: int, *, overwrite: bool = False) -> Path:
    """Write frame k, unchanged, as a PNG with its parameters in text chunks (iTXt); return the file.

    "Description" is for people, `KEY` for programs.
    Raises InputError: a bad suffix or target, or a frame that is not computed yet; DiskError, DamagedError.
    """
    require_file(file, [".png"], overwrite=overwrite)
    image, spec = read_frame(trajectory, k), trajectory.spec
    contents = {
        "riptui": __version__,
        "k": k,
        "inpainted": spec.inpainted(k),
        "sha256": pixels_sha256(image),
        "spec": msgspec.Raw(encode_spec(spec)),
    }
    parameters = "".join(f", {name} {value}" for name, value in spec.parameters.items() if value is not None)
    description = (
        f"{spec.source_name}: frame {k} of {spec.iterations}, {format_inpainted(spec.inpainted(k))} inpainted by "
        f"{spec.inpainter}{parameters}, mask {spec.mask} px, seed {spec.seed}"
    )
    texts = PngInfo()
    texts.add_itxt("Description", printable(description))
    texts.add_itxt("Software", f"riptui {__version__}")
    texts.add_itxt(KEY, msgspec.json.encode(contents).decode())
    out = BytesIO()
    PIL.Image.fromarray(image).save(out, "PNG", pnginfo=texts)
    write_atomically(file, out.getvalue())
    return file
