"""PNG, JPEG, BMP, 8-bit TIFF and the like through Pillow."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, Jpeg2KImagePlugin, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from .picture import Picture, check_size
from .pixels import over_white, to_rgb, to_uint8, upright
from .slide import plausible_mpp

# Pillow knows the size limit only as a process-wide switch, too low for a slide scanner's pictures; `check_size`
# looks at the header of every picture instead.
Image.MAX_IMAGE_PIXELS = None

_PLUGINS = (Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin)  # those Pillow does not register by itself
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "JPEG2000", "PPM")
"""Bitmap formats only: Pillow would start other programs for some (EPS)."""

_PNG_DEPTH_OFFSET = 24


class NotAPictureError(Exception):
    """The bytes are none of the formats read here."""


class DamagedPictureError(Exception):
    """The format is known but the pixels are not all there; the text says why."""


def read_with_pillow(path: Path) -> Picture:
    """Decode the first frame, upright. Raises NotAPictureError, DamagedPictureError, OSError, UserError (size)."""
    try:
        image = Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError:
        raise NotAPictureError from None
    with image:
        check_size(path, *image.size)
        _check_complete(path, image.format)
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        properties = {"picture.format": str(image.format), "picture.mode": image.mode}
        dpi = image.info.get("dpi", (0, 0))
        is_deep_png = image.format == "PNG" and _png_depth(path) == 16
        pixels = _read_deep_png(path) if is_deep_png else _to_rgb(image)
        if image.format != "TIFF":  # Pillow turns a TIFF by itself
            pixels = upright(pixels, orientation)
    mpp_x, mpp_y = (25_400 / float(v) if v else None for v in dpi)
    return Picture(pixels, plausible_mpp(mpp_x, mpp_y), properties)


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith(("I", "F")):
        return to_rgb(to_uint8(np.asarray(image)))
    if image.has_transparency_data:
        return over_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _png_depth(path: Path) -> int:
    with path.open("rb") as file:
        return file.read(_PNG_DEPTH_OFFSET + 1)[_PNG_DEPTH_OFFSET]


def _read_deep_png(path: Path) -> NDArray[np.uint8]:
    # Pillow would drop the low byte of 16-bit colour before it could be windowed.
    values = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise DamagedPictureError("the PNG data cannot be decoded")
    if values.ndim == 3 and values.shape[2] == 4:
        alpha = values[..., 3:]
        rgb = to_uint8(values[..., 2::-1])
        return over_white(np.concatenate([rgb, np.rint(alpha / 257).astype(np.uint8)], axis=-1))
    return to_rgb(to_uint8(values if values.ndim == 2 else values[..., ::-1]))


def _check_complete(path: Path, image_format: str | None) -> None:
    """Find the cut that a decoder would paint over: a file whose tail was never written, but zero-filled."""
    if image_format == "PNG":
        with Image.open(path, formats=("PNG",)) as image:
            image.verify()
    elif image_format in ("JPEG", "MPO") and not _jpeg_ends(path.read_bytes()):
        raise DamagedPictureError("the picture data stops before its end")


def _jpeg_ends(data: bytes) -> bool:
    """Whether an end-of-image marker follows the first scan; an embedded thumbnail has its own, before it."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False
        if data[at + 1] == 0xFF:  # fill byte
            at += 1
        elif data[at + 1] == 0xDA:
            return data.find(b"\xff\xd9", at) >= 0
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False
