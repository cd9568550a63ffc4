"""Any decoded array → RGB uint8: windowing of deep pictures, alpha over white, orientation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WINDOW_PERCENTILES = (0.1, 99.9)
_SAMPLES = 1 << 22


@dataclass(frozen=True, slots=True)
class Window:
    """The values of a deep picture that map to 0 and 255; one window per picture, so that its tiles agree."""

    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> Window:
        """From the 0.1th to the 99.9th percentile of all channels together, so that colours keep their balance."""
        sample = values[np.isfinite(values)]
        low, high = (float(v) for v in np.percentile(sample, _WINDOW_PERCENTILES)) if sample.size else (0.0, 1.0)
        if high <= low:  # one flat colour: nothing to window, so scale by the range of the type
            low, high = 0.0, float(np.iinfo(values.dtype).max) if values.dtype.kind in "iu" else 1.0
        return cls(low, high)

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """uint8 of the same shape."""
        if values.dtype == np.uint16:  # a table is many times faster than arithmetic on every pixel
            return np.take(self._scaled(np.arange(1 << 16)), values)
        windowed = np.empty(values.shape, np.uint8)
        for row, out in zip(values, windowed, strict=True):  # no second float copy of a large picture
            out[...] = self._scaled(row)
        return windowed

    def _scaled(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        shares = (np.nan_to_num(values.astype(np.float64), nan=self.low) - self.low) * (255.0 / (self.high - self.low))
        return np.clip(np.rint(shares), 0, 255).astype(np.uint8)


def to_uint8(values: NDArray[Any]) -> NDArray[np.uint8]:
    """A whole picture of any depth (integers of more than 8 bits, or floats) through its own window.

    uint8 is returned as it is.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    step = max(1, int(np.sqrt(values.size / _SAMPLES)))
    return Window.of(values[::step, ::step]).apply(values)


def over_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 4) with straight alpha → (h, w, 3) laid over white."""
    rgb, alpha = rgba[..., :3], rgba[..., 3:]
    if alpha.min(initial=255) == 255:
        return np.ascontiguousarray(rgb)
    wide = alpha.astype(np.uint16)
    return ((rgb * wide + 255 * (255 - wide) + 127) // 255).astype(np.uint8)


def to_rgb(values: NDArray[np.uint8], alpha: bool = False) -> NDArray[np.uint8]:
    """(h, w) or (h, w, c) → RGB (h, w, 3), contiguous.

    `alpha`: the last channel is opacity. Without it, of more than three channels the first three are shown, of
    fewer than three the first one, as grey.
    """
    if values.ndim == 2:
        values = values[..., np.newaxis]
    colours = values[..., :-1] if alpha else values
    rgb = colours[..., :3] if colours.shape[-1] >= 3 else np.repeat(colours[..., :1], 3, axis=-1)
    return over_white(np.concatenate([rgb, values[..., -1:]], axis=-1)) if alpha else np.ascontiguousarray(rgb)


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Rotate or flip a picture by its EXIF/TIFF orientation (1–8); unknown values are ignored."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
