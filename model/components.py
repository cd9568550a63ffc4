"""Small 4-connected pieces and holes of a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def without_specks(mask: NDArray[np.bool_], area: float) -> NDArray[np.bool_]:
    """The 4-connected components of at least `area` px."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= area
    large[0] = False
    return np.asarray(large[pieces], np.bool_)


def without_holes(mask: NDArray[np.bool_], area: float) -> NDArray[np.bool_]:
    """With the 4-connected holes of less than `area` px filled. What the array's border cuts may be a gap, no hole."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((~mask).view(np.uint8), connectivity=4)
    hole = stats[:, cv2.CC_STAT_AREA] < area
    hole[0] = False
    for rim in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        hole[rim] = False
    return np.asarray(mask | hole[pieces], np.bool_)
