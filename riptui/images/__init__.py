"""Source image to original; frames to PNG and back. The only package that knows Pillow's modes and OpenCV's BGR.

original.py     a source image to frame 0: the steps, and fitting into the square
source_file.py  a file's bytes, once; what is not a regular file is refused
decoding.py     bytes to a picture by Pillow: formats, plug-ins, frames, orientation
tiff_layout.py  TIFFs that Pillow reads wrong: recognised by their tags, read by tifffile or refused
png_chunks.py   what Pillow leaves out of a PNG: transparent colours of other depths, cICP
colour.py       any mode to RGB of 8 bits in sRGB, on white
declared_colour.py  colour spaces that a file declares otherwise than by a profile: noted
damage.py       damage that Pillow does not report: JPEG's and WebP's
png_damage.py   a PNG's checksums and the number of its pixels
file_kinds.py   what a file is that Pillow alone cannot read; jpeg_segments.py: the segments of a JPEG
png_frame.py    the PNGs of the store

An `Image` is an array, a `PilImage` is Pillow's. Two limits: of colour with 16 bits per channel Pillow gives only the
high bytes, at most one level of 255 too dark; and damage is found only in formats that have checksums (PNG, TIFF by
deflate), a length, or a decoder that notices. A flipped bit of any other format leaves no trace, or a chance one.
"""

from riptui.images.decoding import looks_like_picture, picture_suffixes
from riptui.images.original import PreparedImage, prepare_frame, prepare_original
from riptui.images.png_frame import (
    decode_masked_png,
    decode_png,
    encode_masked_png,
    encode_original_png,
    encode_png,
    pixels_sha256,
)
from riptui.images.source_file import FileIdentity, identify_source, is_folder, is_regular, read_source

__all__ = [
    "FileIdentity",
    "PreparedImage",
    "decode_masked_png",
    "decode_png",
    "encode_masked_png",
    "encode_original_png",
    "encode_png",
    "identify_source",
    "is_folder",
    "is_regular",
    "looks_like_picture",
    "picture_suffixes",
    "pixels_sha256",
    "prepare_frame",
    "prepare_original",
    "read_source",
]
