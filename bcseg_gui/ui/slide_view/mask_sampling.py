"""A mask at screen resolution: the class under each pixel, outlines, and marks of manual changes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QTransform

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL

Classes = NDArray[np.uint8]
Steps = NDArray[np.intp]

OUTLINE = 0x80
"""Bit of a screen pixel on an outline; the other bits are the class id."""

DARK, LIGHT, VEIL, VEIL_LINE = 1, 2, 3, 4
"""Values of `marked`: the two lines over painted cells, then erased background and its lines."""
SPACING = 8
"""Distance between lines, screen pixels along a row."""


def sample(
    tile: Callable[[TileKey], Classes | None],
    level: int,
    d_rect: QRect,
    to_screen: QTransform,
    bits: int = CLASS_BITS,
) -> Classes:
    """Class ids (h, w) under the centres of the screen's pixels `d_rect`; 0 where `tile` has none.

    `bits` selects bits of the mask's bytes; overviews have no manual bit. `to_screen` maps level-0 positions to those
    pixels, and may rotate by quarter turns.
    """
    back, _invertible = to_screen.inverted()
    across = np.arange(d_rect.left(), d_rect.right() + 1) + 0.5
    down = np.arange(d_rect.top(), d_rect.bottom() + 1) + 0.5
    turned = abs(back.m11()) < abs(back.m21())
    if turned:
        cols, rows = down * back.m21() + back.dx(), across * back.m12() + back.dy()
    else:
        cols, rows = across * back.m11() + back.dx(), down * back.m22() + back.dy()
    side = 1 << level
    classes = _gather(tile, level, np.floor(cols / side).astype(np.intp), np.floor(rows / side).astype(np.intp))
    classes &= bits
    return np.ascontiguousarray(classes.T if turned else classes)


def _gather(tile: Callable[[TileKey], Classes | None], level: int, cols: Steps, rows: Steps) -> Classes:
    """Return the mask at `rows` × `cols` of a level, each ascending or descending."""
    if cols[0] > cols[-1]:
        return _gather(tile, level, cols[::-1], rows)[:, ::-1]
    if rows[0] > rows[-1]:
        return _gather(tile, level, cols, rows[::-1])[::-1]
    result = np.zeros((len(rows), len(cols)), np.uint8)
    covered = Region(int(cols[0]), int(rows[0]), int(cols[-1] - cols[0]) + 1, int(rows[-1] - rows[0]) + 1)
    for key in tiles_covering(covered, level):
        pixels = tile(key)
        if pixels is None:
            continue
        place = key.level_region()
        first_col, last_col = np.searchsorted(cols, (place.x, place.right))
        first_row, last_row = np.searchsorted(rows, (place.y, place.bottom))
        part = pixels.take(rows[first_row:last_row] - place.y, axis=0, mode="clip")
        result[first_row:last_row, first_col:last_col] = part.take(
            cols[first_col:last_col] - place.x, axis=1, mode="clip"
        )
    return result


def outlined(classes: Classes, width: int) -> Classes:
    """Return `classes` with OUTLINE set within `width` 4-neighbour steps of another class; 0 stays 0.

    The outline lies inside the cell, so that a thin gap between two cells stays open.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    differs = cv2.compare(
        cv2.erode(classes, kernel, iterations=width), cv2.dilate(classes, kernel, iterations=width), cv2.CMP_NE
    )
    line = np.asarray(differs, np.uint8)
    line &= OUTLINE
    line |= classes
    line[classes == 0] = 0
    return line


def marked(values: Classes, origin: tuple[int, int], width: int = 1) -> Classes:
    """Return marks for manual changes, 0 elsewhere. `values`: mask bytes (h, w) with the manual bit.

    Cells get rising lines, LIGHT beside DARK; background gets VEIL with falling lines, VEIL_LINE. Lines are `width`
    pixels wide and fixed to the pixel (x, y) `origin`, which may lie far outside.
    """
    height, length = values.shape
    (x, y), spacing = origin, SPACING * width
    rows, columns = np.arange(height), np.arange(length)
    steps = np.arange(spacing)[:, None]
    # One row of pixels per step across the pattern: far faster than computing each pixel's place.
    rising = _lines((columns + steps) % spacing, width, (0, LIGHT, DARK))[(rows - x - y) % spacing]
    falling = _lines((columns - steps) % spacing, width, (VEIL, VEIL_LINE, VEIL))[(rows + x - y) % spacing]
    # Products of bytes: several times as fast as selecting per pixel.
    rising *= values > MANUAL
    falling *= values == MANUAL
    rising |= falling
    return rising


def _lines(steps: Steps, width: int, kinds: tuple[int, int, int]) -> Classes:
    """`kinds`: values between the lines, on the first line, and on the one beside it."""
    between, first, second = kinds
    return np.where(steps < width, first, np.where(steps < 2 * width, second, between)).astype(np.uint8)
