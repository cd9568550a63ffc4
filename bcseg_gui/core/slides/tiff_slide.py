"""TIFFs that OpenSlide opens badly or not at all, read piece by piece: OME-TIFF, 16-bit, channels, pages, cut ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..geometry import TILE_SIZE
from .level_file import halving
from .picture import Picture, check_size
from .slide import Slide, cut_short
from .tiff_layout import TiffLayout
from .tiff_plane import TiffPlane
from .unpacking import Source, Unpacked

MAX_COARSEST_PIXELS = 1 << 24
"""A coarsest level larger than this gets overview levels below it."""
_HALVINGS = 2
"""What an overview shrinks the file's coarsest level by at least: finer ones would cost much room and save little."""


class TiffSlide(Slide):
    """One page of a TIFF: the levels in the file, and where they stop too early, overviews made when first needed."""

    def __init__(self, path: Path, layout: TiffLayout) -> None:
        """Raises OSError when the file cannot be read, UserError when nothing of it can be decoded."""
        self._plane = TiffPlane(path, layout)
        self._stored_levels = self._plane.sound_levels() if layout.is_cut else len(layout.levels)
        stored = layout.level_dimensions[: self._stored_levels]
        made: tuple[tuple[int, int], ...] = ()
        # Of a slide that is cut, only in an overview can what is missing be marked beside what is there.
        halvings = 1 if layout.is_cut else _HALVINGS
        if stored[-1][0] * stored[-1][1] > MAX_COARSEST_PIXELS or (layout.is_cut and max(stored[-1]) > TILE_SIZE):
            made = halving(*(-(-side // (1 << halvings)) for side in stored[-1]))
        downsamples = [(stored[0][0] / w + stored[0][1] / h) / 2 for w, h in stored]
        downsamples += [downsamples[-1] * (1 << halvings + i) for i in range(len(made))]
        super().__init__(
            path,
            stored + made,
            tuple(downsamples),
            properties=layout.properties,
            mpp=layout.mpp,
            objective_power=layout.objective_power,
            page=layout.page,
            page_names=layout.page_names,
            details=layout.details,
            warning=cut_short(path) if layout.is_cut else None,
        )
        self._overviews = Unpacked(Source(path, layout.page, len(stored) - 1, halvings, layout.is_cut), made)
        try:
            self._plane.probe()
        except BaseException:
            self.close()
            raise

    def reads_cheaply(self, level: int) -> bool:
        return level < self._stored_levels or self._overviews.is_there

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        x, y = (round(v / self.level_downsamples[level]) for v in location)
        try:
            if level >= self._stored_levels:
                return self._overviews.read(level - self._stored_levels, x, y, *size)
            return self._read_stored(level, x, y, *size)
        except ValueError:
            raise self._closed() from None

    def _read_stored(self, level: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        level_width, level_height = self.level_dimensions[level]
        left, top = max(0, x), max(0, y)
        right, bottom = min(level_width, x + width), min(level_height, y + height)
        if right <= left or bottom <= top:
            return np.full((height, width, 3), 255, np.uint8)
        inside = self._plane.read(level, left, top, right - left, bottom - top)
        if inside.shape[:2] == (height, width):
            return inside
        region = np.full((height, width, 3), 255, np.uint8)
        region[top - y : bottom - y, left - x : right - x] = inside
        return region

    def close(self) -> None:
        self._plane.close()
        self._overviews.close()


def read_page(path: Path, layout: TiffLayout) -> Picture:
    """Decode a whole page. Raises UserError (size, damage)."""
    width, height = layout.level_dimensions[0]
    check_size(path, width, height)
    plane = TiffPlane(path, layout)
    try:
        pixels = plane.read(0, 0, 0, width, height)
    finally:
        plane.close()
    return Picture(
        pixels, layout.mpp, layout.properties, layout.details, layout.objective_power, layout.page, layout.page_names
    )
