"""Adapts the app's slides to the model's readers: the same rectangle under two names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, read_scaled
from bcseg_gui.core.slides.look import Look
from model.tiles import Reader, Rect


def reader_of(slide: Slide, look: Look | None = None) -> Reader:
    """`look`: the colours to read, None the slide's own."""

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        pixels = read_scaled(slide, region_of(rect), size)
        return pixels if look is None else look.apply(pixels)

    return read


def rect_of(region: Region) -> Rect:
    return Rect(region.x, region.y, region.w, region.h)


def region_of(rect: Rect) -> Region:
    return Region(rect.x, rect.y, rect.w, rect.h)
