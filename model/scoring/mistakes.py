"""What goes wrong with whole cells: which are missed, false, merged or split, and how the borders lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Mistakes:
    """`false`, `merged`: bool `(n,)` of the predicted cells 1…n; `missed`, `split`: bool `(m,)` of the true ones.

    merged: predicted, covers at least half of each of two or more true cells. split: true, at least half of each of two
    or more predicted cells lies in it. missed, false: no partner at IoU ≥ 0.5, and no part of a merger or a split; so a
    cell outlined badly is a missed one and a false one, as in F1. With truth and prediction exchanged, merged is split
    and missed is false.
    """

    missed: NDArray[np.bool_]
    false: NDArray[np.bool_]
    merged: NDArray[np.bool_]
    split: NDArray[np.bool_]


def find_mistakes(labels: NDArray[np.int32], true_labels: NDArray[np.int32]) -> Mistakes:
    """From two label pictures `(h, w)`, 0 background: cells of at least a few pixels, see `metrics.label_cells`."""
    rows, columns = int(labels.max(initial=0)) + 1, int(true_labels.max(initial=0)) + 1
    codes = labels.astype(np.int64).ravel() * columns + true_labels.ravel()
    overlaps = np.bincount(codes, minlength=rows * columns).reshape(rows, columns)
    areas, true_areas = overlaps.sum(1)[1:, np.newaxis], overlaps.sum(0)[1:]
    shared = overlaps[1:, 1:]
    right = (2 * shared >= areas + true_areas - shared) & (shared > 0)
    covers, lies_in = 2 * shared >= true_areas, 2 * shared >= areas
    merged, split = covers.sum(1) >= 2, lies_in.sum(0) >= 2
    return Mistakes(
        missed=~right.any(0) & ~split & ~covers[merged].any(0),
        false=~right.any(1) & ~merged & ~lies_in[:, split].any(1),
        merged=merged,
        split=split,
    )


def border_error(labels: NDArray[np.int32], true_labels: NDArray[np.int32], mistakes: Mistakes) -> tuple[float, float]:
    """`(too wide, too narrow)`: pixels beyond and short of the true borders, as shares of all true cells' pixels.

    Only of cells that are found: missed and false cells are no matter of borders.
    """
    true_area = max(1, int(np.count_nonzero(true_labels)))
    found, true_found = np.append(False, ~mistakes.false), np.append(False, ~mistakes.missed)
    wide = np.count_nonzero(found[labels] & (true_labels == 0))
    narrow = np.count_nonzero(true_found[true_labels] & (labels == 0))
    return wide / true_area, narrow / true_area
