"""Segmentation without learning: the study's baseline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def otsu(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Otsu's threshold (1979) on grey, dark is foreground, holes filled. RGB `(h, w, 3)` to 0/1 `(h, w)`."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    _, mask = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(mask, contours, -1, 1, cv2.FILLED), np.uint8)


METHODS = {"otsu": otsu}
