"""What is drawn over a picture: cells, and where masks differ. All pictures are RGB uint8 `(h, w, 3)`; none is changed.

The colours are of the Okabe-Ito palette, which colour-blind eyes tell apart too.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Rgb = tuple[int, int, int]

ORANGE: Rgb = (230, 159, 0)
BLUISH_GREEN: Rgb = (0, 158, 115)
VERMILLION: Rgb = (213, 94, 0)
BLUE: Rgb = (0, 114, 178)

CELL, LEFT, RIGHT = ORANGE, VERMILLION, BLUE
REPAIRED, BROKEN = BLUISH_GREEN, VERMILLION

CHANGES_WIDTH = 560
"""Pixels of the picture that `changes` gives."""


def outlined(picture: Pixels, classes: Pixels) -> Pixels:
    """The picture with a line round each cell of `classes`, class ids `(h, w)`."""
    return _outlined(picture, classes > 0, CELL, max(2, round(max(classes.shape) / 500)))


def filled(picture: Pixels, cells: NDArray[np.bool_]) -> Pixels:
    """The picture with the cells, bool `(h, w)`, tinted and outlined."""
    return _outlined(tinted(picture, cells, CELL, 0.35), cells, CELL, 2)


def tinted(picture: Pixels, where: NDArray[np.bool_], colour: Rgb, opacity: float) -> Pixels:
    """The picture with `colour` laid over it where `where`, bool `(h, w)`, is True; `opacity` is 0 to 1."""
    drawn = picture.copy()
    drawn[where] = (picture[where] * (1 - opacity) + np.array(colour) * opacity).astype(np.uint8)
    return drawn


def disagreement(picture: Pixels, left: Pixels, right: Pixels) -> Pixels:
    """The picture in grey, `LEFT` or `RIGHT` where only that mask, class ids `(h, w)`, has a cell."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.float32)
    _tint(grey, (left > 0) & (right == 0), LEFT, 0.6)
    _tint(grey, (right > 0) & (left == 0), RIGHT, 0.6)
    return grey.astype(np.uint8)


def changes(picture: Pixels, truth: Pixels, new: Pixels, old: Pixels | None) -> Pixels:
    """The picture, at most `CHANGES_WIDTH` px wide: `REPAIRED` where only the new mask is right, `BROKEN` where only
    the old one was; without an old one, `BROKEN` where the new one is wrong. Masks are class ids `(h, w)`.
    """
    is_right = new == truth
    was_right = np.ones_like(is_right) if old is None else old == truth
    drawn = picture.astype(np.float32)
    _tint(drawn, is_right & ~was_right, REPAIRED, 0.65)
    _tint(drawn, was_right & ~is_right, BROKEN, 0.65)
    height, width = truth.shape
    scale = min(1.0, CHANGES_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA) + 0.5, np.uint8)


def _outlined(picture: Pixels, cells: NDArray[np.bool_], colour: Rgb, width: int) -> Pixels:
    drawn = picture.copy()
    outlines, _hierarchy = cv2.findContours(cells.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, colour, width)
    return drawn


def _tint(picture: NDArray[np.float32], where: NDArray[np.bool_], colour: Rgb, opacity: float) -> None:
    picture[where] += opacity * (np.array(colour, np.float32) - picture[where])
