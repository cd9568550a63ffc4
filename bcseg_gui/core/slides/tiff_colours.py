"""From the samples a TIFF stores to RGB: palettes, depth, transparency, orientation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from .pixels import Window, over_white, to_rgb, upright

_ORIENTATION_TAG = 274
_DECODED_TO_RGB = (6, 7, 34892, 33007, 33005)
"""Compressions (JPEG, Aperio's JPEG 2000 RGB) whose decoder has turned YCbCr into RGB."""
_APERIO_YCBCR = 33003


@dataclass(frozen=True, slots=True)
class Colours:
    """How the samples of a page become RGB."""

    bits: int
    is_deep: bool
    is_inverted: bool
    is_ycbcr: bool
    is_cmyk: bool
    has_alpha: bool
    orientation: int
    palette: NDArray[np.uint8] | None
    empty: int
    """What a piece that was never written holds: white, or nothing."""

    @property
    def is_plain(self) -> bool:
        return not self.is_deep

    @property
    def is_turned(self) -> bool:
        return self.orientation in range(2, 9)

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self.orientation in (5, 6, 7, 8) else (width, height)

    def stored_rect(self, x: int, y: int, w: int, h: int, upright_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Where a rectangle of the upright picture lies as stored."""
        if self.orientation in (2, 3, 6, 7):
            x = upright_size[0] - x - w
        if self.orientation in (3, 4, 7, 8):
            y = upright_size[1] - y - h
        return (y, x, h, w) if self.orientation in (5, 6, 7, 8) else (x, y, w, h)

    def measurable(self, values: NDArray[Any]) -> NDArray[Any]:
        """The samples (h, w, c) that a deep picture's window is judged by."""
        values = self._inverted(values)
        return values[..., :-1] if self._takes_alpha(values) else values

    def to_rgb(self, values: NDArray[Any], window: Window | None) -> NDArray[np.uint8]:
        """RGB (h, w, 3), upright, of samples (h, w, c); a deep picture needs its `window`."""
        rgb = self._to_rgb(values, window)
        return upright(rgb, self.orientation) if self.is_turned else rgb

    def _to_rgb(self, values: NDArray[Any], window: Window | None) -> NDArray[np.uint8]:
        if self.palette is not None:
            return np.asarray(self.palette[np.minimum(values[..., 0], len(self.palette) - 1)], np.uint8)
        values = self._inverted(values)
        if window is not None:
            if not self._takes_alpha(values):
                return to_rgb(window.apply(values))
            opacity = (values[..., -1:] / (np.iinfo(values.dtype).max / 255)).round().astype(np.uint8)
            return to_rgb(np.concatenate([window.apply(values[..., :-1]), opacity], axis=-1), alpha=True)
        eight = values.astype(np.uint8) * 255 if values.dtype == np.bool_ else values
        if self.bits < 8 and values.dtype != np.bool_:
            eight = (eight.astype(np.uint16) * 255 // ((1 << self.bits) - 1)).astype(np.uint8)
        if self.is_ycbcr:
            return np.asarray(cv2.cvtColor(np.ascontiguousarray(eight[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB), np.uint8)
        if self.is_cmyk:
            clear = 255 - eight[..., :4].astype(np.uint16)
            return ((clear[..., :3] * clear[..., 3:] + 127) // 255).astype(np.uint8)
        if self.has_alpha and eight.shape[-1] == 4:
            return over_white(eight)
        return to_rgb(eight, alpha=self._takes_alpha(eight))

    def _inverted(self, values: NDArray[Any]) -> NDArray[Any]:
        if not self.is_inverted:
            return values
        if values.dtype == np.bool_:
            return ~values
        return ((1 << self.bits) - 1 if self.bits < 8 else np.iinfo(values.dtype).max) - values

    def _takes_alpha(self, values: NDArray[Any]) -> bool:
        return self.has_alpha and values.shape[-1] in (2, 4)


def colours_of(page: tifffile.TiffPage) -> Colours:
    """Of a page's tags. Raises ValueError for colours that are not known here."""
    photometric, kind = tifffile.PHOTOMETRIC, np.dtype(page.dtype).kind
    if page.photometric in (photometric.CIELAB, photometric.ICCLAB, photometric.ITULAB, photometric.CFA):
        raise ValueError("its colours (L*a*b* or raw sensor values) are not supported")
    palette = None
    if page.photometric == photometric.PALETTE and page.colormap is not None:
        palette = np.ascontiguousarray((page.colormap.T >> 8).astype(np.uint8))
    is_deep = palette is None and page.dtype not in (np.uint8, np.bool_)
    alpha = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    has_alpha = len(page.extrasamples) == 1 and page.extrasamples[0] in alpha and (not is_deep or kind == "u")
    is_colour = page.photometric in (photometric.RGB, photometric.YCBCR)
    ycbcr = page.photometric == photometric.YCBCR and page.compression not in _DECODED_TO_RGB
    orientation = page.tags.valueof(_ORIENTATION_TAG)
    return Colours(
        bits=page.bitspersample,
        is_deep=is_deep,
        is_inverted=page.photometric == photometric.MINISWHITE and kind in "ub",
        is_ycbcr=page.samplesperpixel == 3 and (ycbcr or page.compression == _APERIO_YCBCR),
        is_cmyk=page.photometric == photometric.SEPARATED and page.samplesperpixel >= 4 and not is_deep,
        has_alpha=has_alpha,
        orientation=orientation if isinstance(orientation, int) and orientation in range(1, 9) else 1,
        palette=palette,
        empty=255 if is_colour and not is_deep and not has_alpha else 0,
    )
