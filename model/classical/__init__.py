"""Segmentation without learning: the methods that the study compares its networks with, and the instant first draft.

Depto et al., "Automatic segmentation of blood cells from microscopic slides: a comparative analysis", Tissue and Cell
73 (2021) 101653. Every method goes from an RGB picture, uint8 `(h, w, 3)`, to 0/1, uint8 `(h, w)`. Nothing here needs
torch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .baselines import bht, kmeans, otsu
from .quick import Calibration, calibrate, watershed

__all__ = ["METHODS", "Calibration", "bht", "calibrate", "kmeans", "otsu", "watershed"]

METHODS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "otsu": otsu,
    "bht": bht,
    "kmeans": kmeans,
    "watershed": watershed,
}
