"""A brush that stays inside what it started in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..geometry import Point, Region
from .brush import stroke_segment
from .change import ReadPicture
from .surroundings import look_round
from .wand import wand

_SIDE = 3.0
"""Side of the squares in which background is searched for, in cell diameters."""


class SmartBrush:
    """One stroke. Started in a cell, pale middle included, it never leaves that cell; started on background, it paints
    background only, so that the rim of a mask can be trimmed along a cell.

    `cell_diameter` in level-0 pixels, `sensitivity` 0…1 as for the wand. Raises UserError as `read` does.
    """

    def __init__(
        self, read: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float
    ) -> None:
        self._read, self._whole = read, whole
        self._cell_diameter, self._sensitivity = cell_diameter, sensitivity
        self._cell = wand(read, whole, point, cell_diameter, sensitivity)
        self._side = max(12, round(_SIDE * cell_diameter))
        self._squares: dict[tuple[int, int], tuple[Region, NDArray[np.bool_]]] = {}

    @property
    def is_on_cell(self) -> bool:
        """Whether the stroke began in a cell."""
        return self._cell is not None

    def segment(self, p0: Point, p1: Point, radius: float) -> tuple[Region, NDArray[np.bool_]]:
        """As `stroke_segment`, without what lies outside of what the stroke began in, and beyond the slide."""
        region, covered = stroke_segment(p0, p1, radius)
        bounds = self._whole if self._cell is None else self._cell[0]
        inner = region.intersected(bounds)
        if inner.is_empty:
            return Region(region.x, region.y, 0, 0), np.zeros((0, 0), np.bool_)
        allowed = np.zeros((inner.h, inner.w), np.bool_)
        for square, where in [self._cell] if self._cell is not None else self._background(inner):
            common = square.intersected(inner)
            allowed[common.slices_in(inner)] = where[common.slices_in(square)]
        return inner, covered[inner.slices_in(region)] & allowed

    def _background(self, region: Region) -> Iterator[tuple[Region, NDArray[np.bool_]]]:
        """The background in the squares of a grid that cover a region; each is examined once per stroke."""
        side = self._side
        for row in range(region.y // side, -(-region.bottom // side)):
            for col in range(region.x // side, -(-region.right // side)):
                if (row, col) not in self._squares:
                    self._squares[row, col] = self._seek(Region(col * side, row * side, side, side))
                yield self._squares[row, col]

    def _seek(self, square: Region) -> tuple[Region, NDArray[np.bool_]]:
        square = square.intersected(self._whole)
        middle = square.x + square.w / 2, square.y + square.h / 2
        seen = look_round(self._read, self._whole, middle, self._cell_diameter, self._sensitivity)
        if seen is None:
            return square, np.zeros((square.h, square.w), np.bool_)
        inner = square.intersected(seen.region)
        return inner, ~seen.at_full_size(seen.stained(seen.edge))[inner.slices_in(seen.region)]
