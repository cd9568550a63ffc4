"""Read pictures and masks from files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .dataset import Pair
from .errors import ModelError

PictureReader = Callable[[Path], NDArray[np.uint8]]
LARGEST_CLASS_ID = 127
"""As in exported masks; a mask with higher values shows cells in grey levels, not class ids."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """RGB uint8 `(h, w, 3)`, upright."""
    return np.asarray(_open(path).convert("RGB"), np.uint8)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Grey uint8 `(h, w)`."""
    return np.asarray(_open(path).convert("L"), np.uint8)


def read_mask(path: Path, classes: int = 1, ids: Sequence[int] = ()) -> NDArray[np.uint8]:
    """Class ids uint8 `(h, w)`, as the model numbers them. For one class any of 0/1, 0/255, grey edges and class ids:
    see `_cells`.

    `ids`: the mask's values for classes 1, 2 …, 0 for a class it does not have; the rest is background. Without `ids`,
    several classes have the model's own numbers. Raises ModelError for a mask that is unreadable or has more classes.
    """
    picture = _open(path)
    values = np.asarray(picture if picture.mode in ("P", "L", "1", "I;16") else picture.convert("L"))
    if ids and values.max(initial=0) <= LARGEST_CLASS_ID:
        numbers = np.zeros(LARGEST_CLASS_ID + 1, np.uint8)
        numbers[list(ids)] = range(1, len(ids) + 1)
        numbers[0] = 0
        return np.asarray(numbers[values.astype(np.uint8)])
    if classes == 1:
        return _cells(values)
    if values.max(initial=0) > classes:
        raise ModelError(
            "{path} holds class {value}, but the model knows {classes} classes. Use masks with class numbers.",
            path=path,
            value=int(values.max()),
            classes=classes,
        )
    return values.astype(np.uint8)


def holds_classes(path: Path) -> bool:
    """Whether a mask holds class numbers rather than black and white. Raises ModelError."""
    return bool(np.asarray(_open(path)).max(initial=0) <= LARGEST_CLASS_ID)


def _cells(values: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """1 on cells, of whatever class, 0 elsewhere. Where cells of two classes touch, a line is left between them.

    Values up to 127 are class ids (or 0/1), else the upper half is cells (0/255, grey edges).
    """
    largest = values.max(initial=0)
    if largest > LARGEST_CLASS_ID:
        return np.asarray(values > largest / 2, np.uint8)
    cells = np.asarray(values > 0, np.uint8)
    if largest > 1:
        beside = ((values[:, :-1], values[:, 1:], cells[:, :-1]), (values[:-1], values[1:], cells[:-1]))
        for one, other, place in beside:
            place[(one != other) & (one > 0) & (other > 0)] = 0
    return cells


def read_pair(
    pair: Pair, classes: int, read: PictureReader = read_picture, ids: Sequence[int] = ()
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB picture `(h, w, 3)` and class ids `(h, w)`; `classes` and `ids` as in `read_mask`. Raises ModelError."""
    picture, mask = read(pair.image), read_mask(pair.mask, classes, ids)
    if picture.shape[:2] != mask.shape:
        raise ModelError(
            "{mask} has another size than its picture {image}. Make the mask anew.",
            mask=pair.mask.name,
            image=pair.image.name,
        )
    return picture, mask


def _open(path: Path) -> Image.Image:
    with _readable(path), Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.load()
        return upright


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a decoder fed with damaged bytes may raise anything
        reason = str(error) or type(error).__name__
        raise ModelError("{path} cannot be read as a picture: {reason}.", path=path, reason=reason) from error
