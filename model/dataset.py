"""Pairs of picture and mask on disk, and the crops a training step sees."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .augment import augment_colours, dihedral
from .errors import ModelError
from .losses import gaps
from .metrics import MIN_CELL_AREA
from .preprocess import resize

PictureReader = Callable[[Path], NDArray[np.uint8]]
VALIDATION_EVERY = 5


@dataclass(frozen=True, slots=True)
class Pair:
    image: Path
    mask: Path


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pairs to learn from and pairs kept for the test; `hash` names their contents."""

    training: tuple[Pair, ...]
    holdout: tuple[Pair, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Crop:
    """`picture` RGB uint8 `(s, s, 3)`; `target` and `gap` float32 `(s, s)`, at the working scale."""

    picture: NDArray[np.uint8]
    target: NDArray[np.float32]
    gap: NDArray[np.float32]


def find_pairs(images: Path, masks: Path) -> list[Pair]:
    """Pairs with the same stem in two folders, in sorted order. Pictures without a mask are passed over."""
    for folder in (images, masks):
        if not folder.is_dir():
            raise ModelError(
                "{folder} is not a folder. Give a folder of pictures and a folder of masks.", folder=folder
            )
    found = {path.stem: path for path in sorted(masks.iterdir()) if path.is_file() and not path.name.startswith(".")}
    pairs = [Pair(path, found[path.stem]) for path in sorted(images.iterdir()) if path.is_file() and path.stem in found]
    if not pairs:
        raise ModelError(
            "No picture in {images} has a mask of the same name in {masks}. Check the two folders.",
            images=images, masks=masks,
        )  # fmt: skip
    return pairs


def split_pairs(pairs: Sequence[Pair]) -> Dataset:
    """Every fifth pair (index 4, 9, …) is kept for the test; with fewer than five, the last one."""
    holdout = tuple(pairs[VALIDATION_EVERY - 1 :: VALIDATION_EVERY]) or tuple(pairs[-1:])
    training = tuple(pair for pair in pairs if pair not in holdout)
    if not training:
        raise ModelError("At least two pairs are needed: one to learn from and one to test on.")
    return Dataset(training, holdout, hash_pairs(pairs))


class _ManifestPair(msgspec.Struct):
    image: str
    mask: str
    split: str


class _Manifest(msgspec.Struct):
    pairs: list[_ManifestPair]


def load_dataset(folder: Path) -> Dataset:
    """Read an exported dataset with its frozen split from `manifest.json`."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError("{path} cannot be read: {reason}. Export the pairs again.", path=path, reason=error) from error
    by_split: dict[str, list[Pair]] = {"train": [], "holdout": []}
    for entry in manifest.pairs:
        by_split.setdefault(entry.split, []).append(Pair(folder / entry.image, folder / entry.mask))
    if not by_split["train"] or not by_split["holdout"]:
        raise ModelError(
            "{path} needs pictures to learn from and pictures for the test. Review at least two.", path=path
        )
    training, holdout = tuple(by_split["train"]), tuple(by_split["holdout"])
    return Dataset(training, holdout, hash_pairs(training + holdout))


def hash_pairs(pairs: Sequence[Pair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        for path in (pair.image, pair.mask):
            try:
                digest.update(hashlib.sha256(path.read_bytes()).digest())
            except OSError as error:
                raise ModelError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error
    return digest.hexdigest()[:16]


def read_picture(path: Path) -> NDArray[np.uint8]:
    """RGB uint8 `(h, w, 3)`, upright."""
    return np.asarray(_open(path).convert("RGB"), np.uint8)


def read_mask(path: Path, classes: int = 1) -> NDArray[np.uint8]:
    """Class ids uint8 `(h, w)`. For one class any of 0/1, 0/255 and grey edges: foreground is the upper half."""
    picture = _open(path)
    values = np.asarray(picture if picture.mode in ("P", "L", "1", "I;16") else picture.convert("L"))
    if classes == 1:
        return np.asarray(values > values.max() / 2, np.uint8)
    if values.max(initial=0) > classes:
        raise ModelError(
            "{path} holds class {value}, but the model knows {classes} classes. Use masks with class numbers.",
            path=path, value=int(values.max()), classes=classes,
        )  # fmt: skip
    return values.astype(np.uint8)


def read_pair(
    pair: Pair, classes: int, read: PictureReader = read_picture
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    picture, mask = read(pair.image), read_mask(pair.mask, classes)
    if picture.shape[:2] != mask.shape:
        raise ModelError(
            "{mask} has another size than its picture {image}. Make the mask anew.",
            mask=pair.mask.name, image=pair.image.name,
        )  # fmt: skip
    return picture, mask


def _open(path: Path) -> Image.Image:
    with _readable(path), Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.load()
        return upright


def mask_area(pair: Pair) -> int:
    """Pixels, by the header alone."""
    with _readable(pair.mask), Image.open(pair.mask) as mask:
        return mask.width * mask.height


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a decoder fed with damaged bytes may raise anything
        reason = str(error) or type(error).__name__
        raise ModelError("{path} cannot be read as a picture: {reason}.", path=path, reason=reason) from error


def median_cell_diameter(masks: Sequence[NDArray[np.uint8]], default: float) -> float:
    """Median diameter (px) of the circle of a cell's area, over cells that no border cuts; `default` without cells."""
    areas: list[int] = []
    for mask in masks:
        height, width = mask.shape
        _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8), connectivity=4)
        for x, y, w, h, area in stats[1:]:
            if area >= MIN_CELL_AREA and x > 0 and y > 0 and x + w < width and y + h < height:
                areas.append(int(area))
    return 2 * float(np.sqrt(np.median(areas) / np.pi)) if areas else default


def cut_crop(
    picture: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    *,
    scale: float,
    size: int,
    cell_diameter: float,
    classes: int,
    rng: np.random.Generator,
) -> Crop:
    """A random augmented square of `size` working-scale px from a level-0 pair.

    `scale`: working-scale px per level-0 px; `cell_diameter`: level-0 px. With one class the target is the share of
    each pixel that the cells cover, which keeps the border where it is between pixels.
    """
    scale *= float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    side = max(1, round(size / scale))
    picture, mask = _at_least(picture, side), _at_least(mask, side)
    y = int(rng.integers(picture.shape[0] - side + 1))
    x = int(rng.integers(picture.shape[1] - side + 1))
    window = mask[y : y + side, x : x + side]
    gap = np.asarray(resize(gaps(window > 0, cell_diameter), (size, size)), np.float32) / np.float32(255)
    target: NDArray[np.float32]
    if classes == 1:
        target = np.asarray(resize(window * np.uint8(255), (size, size)), np.float32) / np.float32(255)
    else:
        target = np.asarray(cv2.resize(window, (size, size), interpolation=cv2.INTER_NEAREST), np.float32)
    square = resize(picture[y : y + side, x : x + side], (size, size))
    turn = int(rng.integers(8))
    return Crop(augment_colours(dihedral(square, turn), rng), dihedral(target, turn), dihedral(gap, turn))


def _at_least(array: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Mirror the right and bottom edges of a picture smaller than the crop."""
    bottom, right = max(0, side - array.shape[0]), max(0, side - array.shape[1])
    if not bottom and not right:
        return array
    padding = [(0, bottom), (0, right)] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, padding, mode="symmetric")
