"""A small picture of what a new model does otherwise than the old one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
REPAIRED, BROKEN = (0, 158, 115), (213, 94, 0)
"""Bluish green and vermillion of the Okabe-Ito palette."""
WIDTH = 560
TINT = 0.65


def difference(picture: Pixels, truth: Pixels, new: Pixels, old: Pixels | None) -> Pixels:
    """RGB picture `(h, w, 3)`, shrunk to `WIDTH` px: what only the new mask has right is `REPAIRED`, what only the old
    one had right is `BROKEN`; without an old one, what is wrong. `truth`, `old` and `new` are class ids `(h, w)`.
    """
    is_now = new == truth
    was = np.ones_like(is_now) if old is None else old == truth
    tinted = picture.astype(np.float32)
    for pixels, colour in ((is_now & ~was, REPAIRED), (was & ~is_now, BROKEN)):
        tinted[pixels] += TINT * (np.array(colour, np.float32) - tinted[pixels])
    height, width = truth.shape
    scale = min(1.0, WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(tinted, size, interpolation=cv2.INTER_AREA) + 0.5, np.uint8)
