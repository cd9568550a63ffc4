"""A plain picture: decoded once, its overview levels made when they are first asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .level_file import halved, halving, pasted
from .slide import Slide

MAX_PICTURE_SIDE = 60_000
MAX_PICTURE_PIXELS = 1_000_000_000
"""The largest plain picture that is decoded whole; anything larger must be a pyramidal slide."""
MAX_PIXELS_IN_MEMORY = 20_000_000
"""Larger pictures are unpacked to a file: decoding takes ten bytes a pixel and blocks the window for half a second."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file: RGB uint8 (h, w, 3), µm per pixel or None, and further facts."""

    pixels: NDArray[np.uint8]
    mpp: float | None
    properties: Mapping[str, str]
    details: Mapping[str, str] = field(default_factory=dict)
    objective_power: float | None = None
    page: int = 0
    page_names: tuple[str, ...] = ("1",)


def check_size(path: Path, width: int, height: int, is_streamed: bool = False) -> None:
    """Raise UserError if the dimensions in the header are too large; no pixel is decoded."""
    if max(width, height) > MAX_PICTURE_SIDE or (width * height > MAX_PICTURE_PIXELS and not is_streamed):
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
        dimensions = halving(width, height)
        super().__init__(
            path,
            dimensions,
            tuple(float(1 << level) for level in range(len(dimensions))),
            properties=picture.properties,
            mpp=picture.mpp,
            objective_power=picture.objective_power,
            page=picture.page,
            page_names=picture.page_names,
            details=picture.details,
        )
        self._lock = threading.Lock()
        self._levels: list[NDArray[np.uint8]] = [picture.pixels]

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        x, y = (round(v / self.level_downsamples[level]) for v in location)
        return pasted(self._level(level), x, y, *size)

    def _level(self, level: int) -> NDArray[np.uint8]:
        with self._lock:
            if not self._levels:
                raise self._closed()
            while len(self._levels) <= level:
                self._levels.append(halved(self._levels[-1]))
            return self._levels[level]

    def close(self) -> None:
        with self._lock:
            self._levels = []
