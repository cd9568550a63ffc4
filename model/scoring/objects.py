"""Truth without masks: points on cells, or boxes round them; and what of it a mask has found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .metrics import MIN_CELL_AREA, Cells, label_cells

_Value = TypeVar("_Value", bound=np.integer)

RED_CELL = "RBC"
"""Name of the boxes round red cells; all other names (white cells, platelets) only count for what they overlap."""
BLANK = 0.01, 0.95
"""Share of foreground below and above which a mask is no segmentation at all: nearly empty, nearly full."""


class Objects(Protocol):
    """Where some of a picture's cells are, in level-0 px within the picture."""

    def centres(self) -> NDArray[np.float64]:
        """`(n, 2)`, x and y: a point in each cell that is known."""

    def outlines(self) -> NDArray[np.float64]:
        """`(m, k, 2)`, the corners of those that count, each to be found: k = 1 is a point, 4 a box."""

    def found(self, cells: Cells) -> NDArray[np.bool_]:
        """`(m,)`: whether the cells of a mask have each."""


@dataclass(frozen=True, slots=True)
class Points:
    """`xy`: float64 `(n, 2)`, one point a cell."""

    xy: NDArray[np.float64]

    def centres(self) -> NDArray[np.float64]:
        return self.xy

    def outlines(self) -> NDArray[np.float64]:
        return self.xy[:, np.newaxis]

    def found(self, cells: Cells) -> NDArray[np.bool_]:
        """Specks find them too: on a small cell, little may be right."""
        return np.asarray(_at(self.xy, cells.classes) > 0)


@dataclass(frozen=True, slots=True)
class Boxes:
    """`edges`: float64 `(n, 4)`, left, top, right and bottom of every box; `red`: bool `(n,)`, it holds a red cell.

    The red ones that overlap no other box count: where cells overlap, both the boxes and the masks are ambiguous.
    """

    edges: NDArray[np.float64]
    red: NDArray[np.bool_]

    def centres(self) -> NDArray[np.float64]:
        return np.asarray(self.edges[self.red].reshape(-1, 2, 2).mean(1), np.float64)

    def outlines(self) -> NDArray[np.float64]:
        return np.asarray(self.free()[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2), np.float64)

    def free(self) -> NDArray[np.float64]:
        """`(m, 4)`: the red boxes that overlap no other box; a common edge is no overlap."""
        overlaps = _intersections(self.edges, self.edges) > 0
        alone = self.red & (overlaps.sum(1) == 1)  # each overlaps itself
        return np.asarray(self.edges[alone], np.float64)

    def found(self, cells: Cells) -> NDArray[np.bool_]:
        """A cell's bounding box at IoU ≥ 0.5, one cell a box; the best pairs come first."""
        boxes, others = self.free(), cells.boxes.astype(np.float64)
        shared = _intersections(boxes, others)
        iou = shared / (_areas(boxes)[:, np.newaxis] + _areas(others) - shared)
        found, taken = np.zeros(len(boxes), np.bool_), np.zeros(len(others), np.bool_)
        for box, cell in sorted(np.argwhere(iou >= 0.5).tolist(), key=lambda pair: -iou[pair[0], pair[1]]):
            if not found[box] and not taken[cell]:
                found[box] = taken[cell] = True
        return found


@dataclass(frozen=True, slots=True)
class ObjectScore:
    """Counts of one picture. `objects`: those that count; `found` of them. `crowded`: cells on two or more objects'
    centres, which are several cells in truth. `foreground`: share of the picture.
    """

    name: str
    objects: int
    found: int
    cells: int
    crowded: int
    foreground: float
    seconds_per_megapixel: float = math.nan

    @property
    def found_share(self) -> float:
        return _share(self.found, self.objects)

    @property
    def crowded_share(self) -> float:
        return _share(self.crowded, self.cells)

    @property
    def blank(self) -> bool:
        """The picture came out nearly empty or nearly full."""
        return not BLANK[0] <= self.foreground <= BLANK[1]


def score_objects(name: str, classes: NDArray[np.uint8], objects: Objects, *, seconds: float = math.nan) -> ObjectScore:
    """Score class ids `(h, w)` at level 0; `seconds` is what they took."""
    cells = label_cells(classes, MIN_CELL_AREA)
    found = objects.found(cells)
    return ObjectScore(
        name=name,
        objects=len(found),
        found=int(found.sum()),
        cells=len(cells.areas),
        crowded=int(crowded_cells(cells, objects).sum()),
        foreground=float(np.mean(classes > 0)),
        seconds_per_megapixel=seconds / classes.size * 1e6,
    )


def crowded_cells(cells: Cells, objects: Objects) -> NDArray[np.bool_]:
    """`(n,)`: which cells lie under the centres of two or more objects."""
    hits = np.bincount(_at(objects.centres(), cells.labels), minlength=len(cells.areas) + 1)
    return np.asarray(hits[1:] >= 2)


def object_summary(scores: Sequence[ObjectScore]) -> dict[str, float | int | str]:
    """Shares of all objects and of all cells, not means of pictures; and the picture with the smallest share found."""
    total = {
        name: sum(getattr(score, name) for score in scores)
        for name in ("objects", "found", "cells", "crowded", "blank")
    }
    worst = min((score for score in scores if score.objects), key=lambda score: score.found_share, default=None)
    return total | {
        "found_share": _share(total["found"], total["objects"]),
        "crowded_share": _share(total["crowded"], total["cells"]),
        "worst_found_share": worst.found_share if worst else math.nan,
        "worst_picture": worst.name if worst else "",
        "seconds_per_megapixel": float(np.mean([score.seconds_per_megapixel for score in scores] or [math.nan])),
    }


# Label files ---------------------------------------------------------------------------------------------------------


def read_points(path: Path, shape: tuple[int, int]) -> Points:
    """A text file with a line `x y class` for every point (Chula RBC-12); the class is passed over.

    `shape`: height and width of the picture; points outside are passed over.
    """
    points: list[tuple[float, float]] = []
    for number, line in enumerate(_read(path).decode(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            x, y, _class = line.split()
            points.append((float(x), float(y)))
        except ValueError as error:
            raise ModelError(
                "Line {number} of {path} is “{line}” where a point, “x y class”, should be. Correct it.",
                number=number,
                path=path,
                line=line.strip()[:40],
            ) from error
    xy = np.array(points, np.float64).reshape(-1, 2)
    return Points(xy[((xy >= 0) & (xy < shape[::-1])).all(1)])


def read_boxes(path: Path, shape: tuple[int, int]) -> Boxes:
    """A Pascal-VOC file (Everingham et al. 2010): an `object` with `name` and `bndbox` for every box.

    `shape`: height and width of the picture, to which the boxes are clipped; those outside are passed over.
    """
    try:
        root = ElementTree.fromstring(_read(path))
    except ElementTree.ParseError as error:
        raise ModelError("{path} is damaged: {reason}. Correct it.", path=path, reason=error) from error
    if root.tag != "annotation":
        raise ModelError("{path} holds no boxes in the Pascal-VOC format. Take it out of the folder.", path=path)
    boxes, red = [], []
    for number, entry in enumerate(root.iter("object"), 1):
        try:
            left, top, right, bottom = (float(entry.findtext(f"bndbox/{name}") or "") for name in _EDGES)
        except ValueError:
            left = right = top = bottom = math.nan
        if not (left < right < math.inf and top < bottom < math.inf):
            raise ModelError(
                "Object {number} in {path} has no box from xmin, ymin to a greater xmax, ymax. Correct it.",
                number=number,
                path=path,
            )
        boxes.append((left, top, right, bottom))
        red.append(entry.findtext("name") == RED_CELL)
    edges = np.array(boxes, np.float64).reshape(-1, 4).clip(0, shape[::-1] * 2)
    within = _areas(edges) > 0
    return Boxes(edges[within], np.array(red, np.bool_)[within])


_EDGES = "xmin", "ymin", "xmax", "ymax"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error


# Geometry ------------------------------------------------------------------------------------------------------------


def _at(xy: NDArray[np.float64], values: NDArray[_Value]) -> NDArray[_Value]:
    """The values `(h, w)` under the points `(n, 2)`."""
    x, y = xy.astype(np.intp).T
    return np.asarray(values[y, x])


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(1), np.float64)


def _intersections(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area that each box of `a` `(n, 4)` shares with each of `b` `(m, 4)`: `(n, m)`."""
    sides = np.minimum(a[:, np.newaxis, 2:], b[:, 2:]) - np.maximum(a[:, np.newaxis, :2], b[:, :2])
    return np.asarray(np.clip(sides, 0, None).prod(2), np.float64)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
