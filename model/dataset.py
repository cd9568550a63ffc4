"""Pairs of picture and mask on disk, and the crops a training step sees."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TypeVar

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .errors import ModelError
from .preprocess import resize
from .scoring.metrics import MIN_CELL_AREA
from .training.augment import augment_colours, dihedral, with_pointer
from .training.losses import gaps

PictureReader = Callable[[Path], NDArray[np.uint8]]
VALIDATION_EVERY = 5
LARGEST_CLASS_ID = 127
"""As in the masks that the window exports; a mask with higher values is a picture of cells, not of ids."""
Default = TypeVar("Default", float, None)


@dataclass(frozen=True, slots=True)
class Pair:
    """`cell_diameter`: level-0 px, as known to whoever made the pair; None: it is measured on the mask.

    `teacher`: what a larger model sees in the picture, its probability of foreground as an 8-bit grey picture.
    `predicted`: the mask too is that model's, not a person's. `slide`: what the picture is a part of; empty: unknown.
    `corrected`: a grey picture, white where a person decided: that is looked at more often.
    """

    image: Path
    mask: Path
    cell_diameter: float | None = None
    teacher: Path | None = None
    predicted: bool = False
    slide: str = ""
    corrected: Path | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pairs to learn from and pairs kept for the test; `hash` names their contents.

    `class_ids`: the values in the masks that stand for each class of the model, see `read_mask`.
    """

    training: tuple[Pair, ...]
    holdout: tuple[Pair, ...]
    hash: str
    class_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Crop:
    """`picture` RGB uint8 `(s, s, 3)`; the others float32 `(s, s)`; all at the working scale.

    `weight` says how much a pixel counts in the loss.
    """

    picture: NDArray[np.uint8]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]


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
            images=images,
            masks=masks,
        )
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
    cell_diameter: float | None = None
    slide: str = ""
    corrected: str = ""


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
        by_split.setdefault(entry.split, []).append(
            Pair(
                folder / entry.image,
                folder / entry.mask,
                entry.cell_diameter,
                slide=entry.slide,
                corrected=folder / entry.corrected if entry.corrected else None,
            )
        )
    if not by_split["train"] or not by_split["holdout"]:
        raise ModelError(
            "{path} needs pictures to learn from and pictures for the test. Review at least two.", path=path
        )
    training, holdout = tuple(by_split["train"]), tuple(by_split["holdout"])
    return Dataset(training, holdout, hash_pairs(training + holdout))


def hash_pairs(pairs: Sequence[Pair]) -> str:
    """A name of what all files of the pairs hold: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for pair in pairs:
        for path in filter(None, (pair.image, pair.mask, pair.teacher, pair.corrected)):
            digest.update(hash_file(path))
    return digest.hexdigest()[:16]


def hash_file(path: Path) -> bytes:
    """SHA-256 of what the file holds. Raises ModelError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise ModelError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error


def read_picture(path: Path) -> NDArray[np.uint8]:
    """RGB uint8 `(h, w, 3)`, upright."""
    return np.asarray(_open(path).convert("RGB"), np.uint8)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Grey uint8 `(h, w)`."""
    return np.asarray(_open(path).convert("L"), np.uint8)


def read_mask(path: Path, classes: int = 1, ids: Sequence[int] = ()) -> NDArray[np.uint8]:
    """Class ids uint8 `(h, w)`, as the model numbers them. For one class any of 0/1, 0/255, grey edges and class ids:
    see `_cells`.

    `ids`: what the mask calls class 1, 2 …, 0 what it has none of; the rest is background. Without, several classes
    bear the model's own numbers. Raises ModelError for a mask that cannot be read, or knows more classes than these.
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
    """A mask's values are class numbers, not black and white. Raises ModelError."""
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


def median_cell_diameter(masks: Sequence[NDArray[np.uint8]], default: Default) -> float | Default:
    """Median diameter (px) of the circle of a cell's area, over cells that no edge cuts; `default` without cells."""
    areas = [area for mask in masks for area in _cell_areas(mask > 0)[0]]
    return 2 * float(np.sqrt(np.median(areas) / np.pi)) if areas else default


def cell_diameter_of(pair: Pair, mask: NDArray[np.uint8]) -> float | None:
    """Level-0 px: as the pair says, else as its mask shows; of several classes the first one counts."""
    first = (mask == 1).view(np.uint8)
    return pair.cell_diameter or median_cell_diameter([first], None) or median_cell_diameter([mask], None)


def smallest_cells(
    masks: Iterable[NDArray[np.uint8]], cell_diameters: Iterable[float | None] = ()
) -> tuple[float | None, float | None]:
    """How small a thing people still mark: in the picture, and where its edge cuts a cell. None: too few to tell.

    As shares of the area of a usual cell, as `cell_diameters` (px, in the order of the masks) or else the same mask
    tells: half the first percentile of the whole cells, and the fifth percentile of the cut ones, of that class where
    it is least: a platelet is no speck however few there are. People leave slivers out, each in their own way; a model
    should not find what its teacher does not call a cell.
    """
    whole_shares: defaultdict[int, list[float]] = defaultdict(list)
    cut_shares: defaultdict[int, list[float]] = defaultdict(list)
    for mask, diameter in zip(masks, chain(cell_diameters, repeat(None)), strict=False):
        if whole := _cell_areas(mask == 1)[0] or _cell_areas(mask > 0)[0]:
            usual = math.pi / 4 * diameter**2 if diameter else float(np.median(whole))
            for class_id in np.unique(mask[mask > 0]).tolist():
                for shares, areas in zip((whole_shares, cut_shares), _cell_areas(mask == class_id), strict=True):
                    shares[class_id] += [area / usual for area in areas]
    return _least(whole_shares, 0.01, 0.5), _least(cut_shares, 0.05, 1.0)


def _least(shares: Mapping[int, list[float]], quantile: float, part: float) -> float | None:
    """Over the classes, a part of the quantile of each; None with less than twenty cells of all."""
    if sum(map(len, shares.values())) < 20:
        return None
    return round(part * min(float(np.quantile(each, quantile)) for each in shares.values() if each), 2)


def _cell_areas(cells: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Areas (px) of the cells of a mask `(h, w)`: those that are whole, and those that the picture's edge cuts."""
    height, width = cells.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells.view(np.uint8), connectivity=4)
    whole: list[int] = []
    cut: list[int] = []
    for x, y, w, h, area in stats[1:]:
        if area >= MIN_CELL_AREA:
            inside = x > 0 and y > 0 and x + w < width and y + h < height
            (whole if inside else cut).append(int(area))
    return whole, cut


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
