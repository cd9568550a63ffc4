"""A plain picture: decoded once, its overview levels made when they are first asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import TILE_SIZE
from .slide import Slide

MAX_PICTURE_SIDE = 60_000
MAX_PICTURE_PIXELS = 1_000_000_000
"""What a plain picture may have, since it is decoded whole; beyond, it must be a pyramidal slide."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file: RGB uint8 (h, w, 3), µm per pixel or None, and what else is worth telling."""

    pixels: NDArray[np.uint8]
    mpp: float | None
    properties: Mapping[str, str]


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse by the header's dimensions, before a pixel is decoded. Raises UserError."""
    if max(width, height) > MAX_PICTURE_SIDE or width * height > MAX_PICTURE_PIXELS:
        raise UserError(
            "“{path}” is too large for a plain picture ({width} × {height} pixels; the limit is {side} a side and "
            "{million} million in all). Save it as a pyramidal slide, for instance a tiled TIFF, or cut it.",
            path=path,
            width=width,
            height=height,
            side=MAX_PICTURE_SIDE,
            million=MAX_PICTURE_PIXELS // 1_000_000,
        )


class PictureSlide(Slide):
    """A picture in memory with virtual levels: each half the one before, 2 × 2 pixels averaged, until one tile."""

    def __init__(self, path: Path, picture: Picture) -> None:
        height, width = picture.pixels.shape[:2]
        dimensions = [(width, height)]
        while max(dimensions[-1]) > TILE_SIZE:
            dimensions.append(((dimensions[-1][0] + 1) // 2, (dimensions[-1][1] + 1) // 2))
        super().__init__(
            path,
            tuple(dimensions),
            tuple(float(1 << level) for level in range(len(dimensions))),
            properties=picture.properties,
            mpp=picture.mpp,
        )
        self._lock = threading.Lock()
        self._levels: list[NDArray[np.uint8]] = [picture.pixels]

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        pixels = self._level(level)
        level_x, level_y = (round(v / self.level_downsamples[level]) for v in location)
        width, height = size
        left, top = max(0, level_x), max(0, level_y)
        right, bottom = min(pixels.shape[1], level_x + width), min(pixels.shape[0], level_y + height)
        if (left, top, right, bottom) == (level_x, level_y, level_x + width, level_y + height):
            return pixels[top:bottom, left:right].copy()
        region = np.full((height, width, 3), 255, np.uint8)
        if right > left and bottom > top:
            inside = pixels[top:bottom, left:right]
            region[top - level_y : bottom - level_y, left - level_x : right - level_x] = inside
        return region

    def _level(self, level: int) -> NDArray[np.uint8]:
        with self._lock:
            if not self._levels:
                raise self._closed()
            while len(self._levels) <= level:
                self._levels.append(_halved(self._levels[-1]))
            return self._levels[level]

    def close(self) -> None:
        with self._lock:
            self._levels = []


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size, rounded up. An odd edge is doubled first, so that the downsample is exactly 2 everywhere."""
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
