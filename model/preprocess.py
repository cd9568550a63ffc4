"""From a picture to the network's input: working scale, normalisation, padding."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .info import ModelInfo


def working_scale(info: ModelInfo, slide_cell_diameter: float | None) -> float:
    """Working-scale pixels per level-0 pixel, so that cells have the size the network knows.

    `slide_cell_diameter`: px at level 0; None means "as in the pictures the model was trained on".
    """
    return info.cell_diameter / (slide_cell_diameter or info.source_cell_diameter)


def resize(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`(h, w[, c])` resized to `size` = (width, height): area mean when shrinking, bilinear when growing."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    shrinking = size[0] < picture.shape[1] or size[1] < picture.shape[0]
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def normalise(picture: NDArray[np.uint8], info: ModelInfo) -> NDArray[np.float32]:
    """RGB uint8 `(h, w, 3)` to float32 `(3, h, w)` with the model's mean and standard deviation."""
    mean, std = np.array(info.mean, np.float32), np.array(info.std, np.float32)
    scaled = (picture.astype(np.float32) / 255 - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def padded(length: int, stride: int) -> int:
    """The next multiple of `stride`."""
    return -(-length // stride) * stride


def pad_to_stride(picture: NDArray[np.uint8], stride: int) -> NDArray[np.uint8]:
    """Mirror the right and bottom edges until height and width are multiples of `stride`."""
    height, width = picture.shape[:2]
    bottom, right = padded(height, stride) - height, padded(width, stride) - width
    if bottom >= height or right >= width:  # too small to mirror within itself
        return np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    return np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REFLECT_101), np.uint8)
