"""PNG, JPEG, BMP, 8-bit TIFF and the like through Pillow."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, Jpeg2KImagePlugin, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from ..i18n import _
from .damage import DamagedPictureError, NotAPictureError
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
_BAND_ROWS = 128


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a picture, read without decoding a pixel; `size` is (width, height), upright."""

    size: tuple[int, int]
    is_streamed: bool
    """Its decoder can write row by row into a file."""
    is_grey: bool
    format: str
    mpp: float | None
    properties: Mapping[str, str]
    details: Mapping[str, str]


def read_header(path: Path) -> Header:
    """Raises NotAPictureError, OSError, UserError (size)."""
    with _opened(path) as image:
        return _header(path, image)


def read_with_pillow(path: Path) -> Picture:
    """Decode the first frame, upright. Raises NotAPictureError, DamagedPictureError, OSError, UserError (size)."""
    with _opened(path) as image:
        header = _header(path, image)
        check_size(path, *image.size)
        check_complete(path, header.format)
        is_deep_png = header.format == "PNG" and _png_depth(path) == 16
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)  # in a PNG, maybe after the pixels
        pixels = _read_deep_png(path) if is_deep_png else _to_rgb(image)
        if header.format != "TIFF":  # Pillow turns a TIFF by itself
            pixels = upright(pixels, orientation)
    return Picture(pixels, header.mpp, header.properties, header.details)


def decode_into(path: Path, target: NDArray[np.uint8]) -> None:
    """Decode a picture into `target` (h, w, 3), the mapped memory of a file, with one copy of the pixels at most.

    Raises NotAPictureError, DamagedPictureError, OSError, UserError (size), MemoryError and what decoders raise.
    """
    header = read_header(path)
    if not header.is_streamed:
        target[:] = read_with_pillow(path).pixels
        return
    check_complete(path, header.format)
    decode = imagecodecs.png_decode if header.format == "PNG" else imagecodecs.jpeg8_decode
    height, width = target.shape[:2]
    # Grey goes to the end of the target, where what is spread into RGB from the start on never overtakes it.
    grey = target.reshape(-1)[2 * height * width :].reshape(height, width)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        decode(data, out=grey if header.is_grey else target)
    if header.is_grey:
        for top in range(0, height, _BAND_ROWS):
            target[top : top + _BAND_ROWS] = grey[top : top + _BAND_ROWS, :, np.newaxis].copy()


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError:
        raise NotAPictureError from None


def _header(path: Path, image: Image.Image) -> Header:
    # A PNG that does not say it before its pixels would be decoded to find it.
    is_told = image.format != "TIFF" and (image.format != "PNG" or "exif" in image.info)
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1) if is_told else 1
    is_plain = image.mode in ("RGB", "L") and not image.has_transparency_data and orientation not in range(2, 9)
    is_streamed = is_plain and (image.format == "JPEG" or (image.format == "PNG" and _png_depth(path) == 8))
    check_size(path, *image.size, is_streamed=is_streamed)
    mpp_x, mpp_y = (25_400 / float(v) if v else None for v in image.info.get("dpi", (0, 0)))
    width, height = image.size if orientation not in (5, 6, 7, 8) else image.size[::-1]
    return Header(
        size=(width, height),
        is_streamed=is_streamed,
        is_grey=image.mode == "L",
        format=str(image.format),
        mpp=plausible_mpp(mpp_x, mpp_y),
        properties={"picture.format": str(image.format), "picture.mode": image.mode},
        details={_("Format"): str(image.format)},
    )


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


def check_complete(path: Path, image_format: str) -> None:
    """Detect truncation that a decoder would hide: a file whose tail is zero-filled."""
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
