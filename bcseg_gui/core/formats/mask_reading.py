"""A mask from a picture file: of this program, of an annotation tool, or the labelled cells of a segmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ..errors import UserError
from ..masks import CLASS_BITS

# Size is checked against the header instead.
Image.MAX_IMAGE_PIXELS = None

LARGEST = 300_000_000
"""Pixels; pictures are read whole."""
_MOST_CELLS = 50_000_000
_CELLPOSE = "_cp_masks"
"""Suffix of the names under which Cellpose saves label pictures."""

_Pixels = NDArray[np.generic]


def read_mask_picture(path: Path, dimensions: tuple[int, int]) -> NDArray[np.uint8]:
    """Class ids (h, w) of a mask for a slide of `dimensions`, (width, height) in level-0 pixels.

    Black and white: class 1. Grey values or a palette: class ids, 127 at most. Numbers of 16 or 32 bits, and what
    Cellpose saves, count cells: they are of class 1, with a line of background between those that touch. Raises
    UserError for anything else.
    """
    pixels = _read(path, dimensions)
    if pixels.ndim == 3:
        colours = pixels[..., :1] if pixels.shape[2] < 3 else pixels[..., :3]  # without the opacity
        if (colours != colours[..., :1]).any():
            raise UserError(
                "“{path}” is a picture in colour, not a mask. A mask is black and white, or holds class numbers.",
                path=path,
            )
        pixels = colours[..., 0]
    if pixels.ndim != 2:
        raise _no_mask(path)
    if pixels.shape != dimensions[::-1]:
        raise _other_size(path, (pixels.shape[1], pixels.shape[0]), dimensions)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.integer):
        raise _no_mask(path)
    return _classes(path, pixels)


def _classes(path: Path, pixels: _Pixels) -> NDArray[np.uint8]:
    high, low = int(pixels.max(initial=0)), int(pixels.min(initial=0))
    if low < 0:
        raise _no_mask(path)
    if not ((pixels != 0) & (pixels != high)).any() and high in (255, 65535):
        return np.asarray(pixels != 0, np.uint8)
    if pixels.dtype.itemsize > 1 and high > _MOST_CELLS:
        raise _no_mask(path)
    if pixels.dtype.itemsize > 1 or path.stem.endswith(_CELLPOSE):
        return parted(pixels)
    if high > CLASS_BITS:
        raise _no_mask(path)
    return pixels.astype(np.uint8)


def parted(labels: _Pixels) -> NDArray[np.uint8]:
    """1 where `labels` (h, w), whole numbers from 0, say a cell; 0 else, and between cells that touch.

    The line is taken from the larger of two cells, so that none vanishes beside a larger one.
    """
    areas = _areas(labels)
    cells: NDArray[np.uint8] = (labels != 0).astype(np.uint8)
    for first, second in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        touching = (labels[first] != labels[second]) & (cells[first] & cells[second]).view(np.bool_)
        rows, cols = touching.nonzero()
        # Views: what is set in them is set in `cells`.
        here, beside = labels[first][rows, cols], labels[second][rows, cols]
        larger = areas[beside] > areas[here]
        cells[first][rows[~larger], cols[~larger]] = 0
        cells[second][rows[larger], cols[larger]] = 0
    return cells


def _areas(labels: _Pixels) -> NDArray[np.int64]:
    """Pixels of each label, counted by bands of rows, since counting takes eight bytes a pixel."""
    areas = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for y in range(0, len(labels), 512):
        areas += np.bincount(labels[y : y + 512].ravel(), minlength=len(areas))
    return areas


def _read(path: Path, dimensions: tuple[int, int]) -> _Pixels:
    """As the file has it: a page of a TIFF, or a picture with its palette's numbers; its size was looked at before."""
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            with tifffile.TiffFile(path) as tiff:
                page = tiff.pages.first
                _check_size(path, (page.imagewidth, page.imagelength), dimensions)
                return np.asarray(page.asarray())
        with Image.open(path, formats=("PNG", "BMP", "GIF")) as picture:
            _check_size(path, picture.size, dimensions)
            return np.asarray(picture)
    except UserError:
        raise
    except Exception as error:  # a decoder fed with damaged bytes may raise anything
        raise UserError(
            "“{path}” cannot be read as a mask ({reason}). A mask is a PNG or TIFF of the size of its picture.",
            path=path,
            reason=str(error) or type(error).__name__,
        ) from error


def _check_size(path: Path, size: tuple[int, int], dimensions: tuple[int, int]) -> None:
    if tuple(size) != tuple(dimensions):
        raise _other_size(path, size, dimensions)
    if size[0] * size[1] > LARGEST:
        raise UserError(
            "“{path}” is too large to be taken over: {megapixels} megapixels, {most} at most.",
            path=path,
            megapixels=round(size[0] * size[1] / 1e6),
            most=LARGEST // 1_000_000,
        )


def _other_size(path: Path, size: tuple[int, int], dimensions: tuple[int, int]) -> UserError:
    return UserError(
        "“{path}” is no mask of this picture: it is {stored} pixels, the picture {actual}.",
        path=path,
        stored="{} × {}".format(*size),
        actual="{} × {}".format(*dimensions),
    )


def _no_mask(path: Path) -> UserError:
    return UserError(
        "“{path}” is no mask: it holds shades of grey. A mask is black and white, or holds class numbers from 1 to "
        "{most}.",
        path=path,
        most=CLASS_BITS,
    )
