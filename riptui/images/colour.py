"""Any of Pillow's modes to RGB of 8 bits in sRGB, on white where it is transparent."""

from io import BytesIO

import numpy as np
import PIL.Image
import PIL.ImageCms

from riptui.errors import SourceError
from riptui.images.decoding import PilImage
from riptui.images.source_file import to_one_line


def to_flat_srgb(picture: PilImage, notes: list[str]) -> PilImage:
    """RGB in sRGB, on white where it is transparent; before resizing, or hidden colours would bleed into the edges."""
    if picture.mode in ("La", "RGBa"):  # premultiplied
        picture = picture.convert(picture.mode.upper())
    alpha = _extract_alpha(picture)
    colour = _to_srgb(_to_eight_bits(picture, notes), picture.info.get("icc_profile"), notes)
    if alpha is None or alpha.getextrema() == (255, 255):
        return colour
    if alpha.getextrema() == (0, 0):
        raise SourceError("it is transparent everywhere, and so nothing but white: remove its alpha channel")
    notes.append("alpha flattened on white")
    white = PIL.Image.new("RGB", colour.size, "white")
    white.paste(colour, mask=alpha)
    return white


def _extract_alpha(picture: PilImage) -> PilImage | None:
    """Opacity, 0 to 255, from a channel, a palette or the one transparent colour; None if there is none of them."""
    if not picture.has_transparency_data:
        return None
    if picture.mode.startswith("I"):  # Pillow would look for a 16-bit grey among pixels clipped to 8
        return PIL.Image.fromarray(255 * (np.asarray(picture) != picture.info["transparency"]).astype(np.uint8))
    return picture.convert("RGBA").getchannel("A")


def _to_eight_bits(picture: PilImage, notes: list[str]) -> PilImage:
    """The colours without alpha as L, RGB, CMYK or LAB: the modes that ICC profiles describe."""
    match picture.mode:
        case "L" | "RGB" | "CMYK" | "LAB":
            return picture
        case "1" | "LA":
            return picture.convert("L")
        case "F":
            return _scale_to_eight_bits(picture, 1, "floating point", notes)
        case mode if mode.startswith("I"):
            return _scale_to_eight_bits(picture, 65535, "16-bit", notes)
        case _:  # P, PA, RGBA, RGBX, YCbCr, HSV
            return picture.convert("RGB")


def _scale_to_eight_bits(picture: PilImage, white: int, depth_name: str, notes: list[str]) -> PilImage:
    """Grey of more than 8 bits as L. Values beyond white are refused: 32-bit integers do not define white."""
    values = np.asarray(picture)
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= white:  # false with NaN too
        raise SourceError(
            f"{depth_name} grey from {low:g} to {high:g}, not 0 (black) to {white} (white): save it as 8 bits"
        )
    notes.append(f"{depth_name} scaled to 8 (from {low:g} to {high:g}; {white:g} is white)")
    return PIL.Image.fromarray(np.rint(values.astype(np.float32) * np.float32(255 / white)).astype(np.uint8))


def _to_srgb(colour: PilImage, profile: bytes | None, notes: list[str]) -> PilImage:
    """RGB in sRGB: by the embedded ICC profile, or by Pillow's own rules if none works."""
    if profile:
        try:
            return _convert_by_profile(colour, PIL.ImageCms.ImageCmsProfile(BytesIO(profile)), notes)
        except (OSError, TypeError, ValueError) as error:
            notes.append(f"ICC profile ignored ({to_one_line(error)})")
    if colour.mode == "CMYK":
        notes.append("CMYK converted without a profile")
    return colour.convert("RGB")


def _convert_by_profile(colour: PilImage, profile: PIL.ImageCms.ImageCmsProfile, notes: list[str]) -> PilImage:
    if colour.mode == "L" and profile.profile.xcolor_space == "RGB ":  # many grey PNGs have an sRGB profile
        colour = colour.convert("RGB")
    srgb = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))
    transform = PIL.ImageCms.ImageCmsTransform(profile, srgb, colour.mode, "RGB")
    cube = PIL.Image.fromarray(np.moveaxis(17 * np.indices((16, 16, 16), np.uint8).reshape(3, 64, 64), 0, 2))
    sample = cube.convert(colour.mode)
    shifts = np.asarray(transform.apply(sample), np.int16) - np.asarray(sample.convert("RGB"))
    if np.abs(shifts).max() <= 1:  # one of the many profiles that mean sRGB: the pixels stay as they are
        return colour.convert("RGB")
    notes.append(
        f"ICC profile {to_one_line(profile.profile.profile_description or 'without a name')} converted to sRGB"
    )
    return transform.apply(colour)
