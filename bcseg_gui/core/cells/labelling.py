"""The one labelling of a mask: cells are 4-connected components of one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..masks import CLASS_BITS
from .cell import Cells


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The cells of one class. `labels`, int32 (h, w), numbers them from 1 in the order of `cells`; 0 is all else."""

    class_id: int
    labels: NDArray[np.int32]
    cells: Cells


def labelled(classes: NDArray[np.uint8], origin: tuple[int, int] = (0, 0)) -> Iterator[Labels]:
    """The cells of `classes`, one class after the other, ascending.

    `classes` is uint8 (h, w), class ids or mask bytes (the manual bit is ignored); `origin` is the level-0 (x, y) of
    its first pixel.
    """
    ids = classes & np.uint8(CLASS_BITS)
    for class_id in _classes_in(ids):
        _, labels, stats, centroids = cv2.connectedComponentsWithStats((ids == class_id).view(np.uint8), connectivity=4)
        # Row 0 is all else.
        boxes = stats[1:, :4] + np.array([*origin, 0, 0], np.int64)
        cells = Cells(
            np.full(len(boxes), class_id, np.uint8),
            boxes,
            stats[1:, cv2.CC_STAT_AREA].astype(np.int64),
            centroids[1:] + np.array([origin[0] + 0.5, origin[1] + 0.5]),
        )
        yield Labels(class_id, np.asarray(labels, np.int32), cells)


def find_cells(classes: NDArray[np.uint8], min_area: int = 1, origin: tuple[int, int] = (0, 0)) -> Cells:
    """The cells of at least `min_area` pixels, class by class; otherwise as `labelled`."""
    cells = Cells.joined([labels.cells for labels in labelled(classes, origin)])
    return cells[cells.areas >= min_area]


def _classes_in(ids: NDArray[np.uint8]) -> list[int]:
    """The class ids there are, ascending, without background."""
    if not ids.size:
        return []
    # Not np.bincount: that makes eight bytes of each pixel, and holds up the other threads meanwhile.
    return [int(found) for found in np.flatnonzero(cv2.calcHist([ids], [0], None, [256], [0, 256])[1:]) + 1]
