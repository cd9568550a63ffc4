"""Random augmented crops for training."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..preprocess import resize
from .augment import augment_colours, dihedral, with_pointer
from .losses import gaps


@dataclass(frozen=True, slots=True)
class Crop:
    """`picture` RGB uint8 `(s, s, 3)`; the others float32 `(s, s)`; all at the working scale.

    `weight` says how much a pixel counts in the loss.
    """

    picture: NDArray[np.uint8]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]


def cut_crop(
    picture: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    *,
    scale: float,
    size: int,
    cell_diameter: float,
    classes: int,
    edge: float,
    gap_weight: float,
    rng: np.random.Generator,
    teacher: NDArray[np.uint8] | None = None,
    corrected: NDArray[np.uint8] | None = None,
) -> Crop:
    """A random augmented square of `size` working-scale px from a level-0 pair.

    `scale`: working-scale px per level-0 px; `cell_diameter`: level-0 px. `edge`: width (level-0 px) of the band along
    the picture's edges that teaches nothing, since people leave out some of the cells there. Gaps between cells weigh
    `gap_weight` more. With one class the target is the share of each pixel that the cells cover, which keeps the border
    where it is between pixels; a `teacher` `(h, w)` has half a say in it. Every
    second crop lies about a pixel that is not 0 in `corrected` `(h, w)`, where there is one.
    """
    scale *= float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    side = max(1, round(size / scale))
    teaches = _inside(mask.shape, round(edge))
    picture, mask, teaches = (_at_least(array, side) for array in (picture, mask, teaches))
    y, x = _corner(mask.shape, side, corrected, rng)
    rows, columns = slice(y, y + side), slice(x, x + side)
    square, window, drawn = picture[rows, columns], mask[rows, columns], mask[rows, columns]
    if rng.random() < 0.1:
        square, window = with_pointer(square, window, rng)

    def share(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(resize(plane, (size, size)), np.float32) / np.float32(255)

    if classes == 1:
        target = share(window * np.uint8(255))
    else:
        target = np.asarray(cv2.resize(window, (size, size), interpolation=cv2.INTER_NEAREST), np.float32)
    weight = share(teaches[rows, columns]) * (1 + gap_weight * share(gaps(window > 0, cell_diameter)))
    if teacher is not None:
        seen = _at_least(teacher, side)[rows, columns] * ((window > 0) | (drawn == 0))  # not under a pointer
        target = np.float32(0.5) * (target + share(seen.astype(np.uint8)))
    turn = int(rng.integers(8))
    square = augment_colours(dihedral(resize(square, (size, size)), turn), rng)
    return Crop(square, dihedral(target, turn), dihedral(weight, turn))


def _corner(
    shape: tuple[int, ...], side: int, corrected: NDArray[np.uint8] | None, rng: np.random.Generator
) -> tuple[int, int]:
    """Top and left of a square in an array of `shape`."""
    lowest, rightmost = shape[0] - side, shape[1] - side
    y, x = int(rng.integers(lowest + 1)), int(rng.integers(rightmost + 1))
    if corrected is not None and rng.random() < 0.5 and (places := np.flatnonzero(corrected)).size:
        row, column = divmod(int(rng.choice(places)), corrected.shape[1])
        jitter_y, jitter_x = rng.integers(-side // 4, side // 4 + 1, 2).tolist()
        y, x = row - side // 2 + jitter_y, column - side // 2 + jitter_x
    return min(max(0, y), lowest), min(max(0, x), rightmost)


def _inside(shape: tuple[int, ...], edge: int) -> NDArray[np.uint8]:
    """255 farther than `edge` px from the border of an array of `shape`, 0 nearer."""
    inside = np.zeros(shape, np.uint8)
    inside[edge : shape[0] - edge, edge : shape[1] - edge] = 255
    return inside


def _at_least(array: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Mirror the right and bottom edges of a picture smaller than the crop."""
    bottom, right = max(0, side - array.shape[0]), max(0, side - array.shape[1])
    if not bottom and not right:
        return array
    padding = [(0, bottom), (0, right)] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, padding, mode="symmetric")
