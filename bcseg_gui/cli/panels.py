"""The contact sheet's panel of a picture: every cell marked by its outcome, and the figures in words."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.i18n import _, ngettext
from model.scoring.metrics import MIN_CELL_AREA, Cells, PictureScore, label_cells
from model.scoring.mistakes import border_error, find_mistakes
from model.scoring.objects import Objects, ObjectScore, crowded_cells

from .sheet import PLACES, Kind, Panel, Place, Shape

Pixels = NDArray[np.uint8]
PLACE = 2.4
"""Side of an enlarged square in cell diameters."""


def mask_panel(score: PictureScore, picture: Pixels, classes: Pixels, truth: Pixels) -> Panel:
    """From class ids and truth `(h, w)`. Missed and split cells are outlined as in the truth, others as predicted."""
    cells, true_cells = label_cells(classes, MIN_CELL_AREA), label_cells(truth, MIN_CELL_AREA)
    mistakes = find_mistakes(cells.labels, true_cells.labels)
    right = ~(mistakes.merged | mistakes.false)
    missed, false = (truth > 0) & (classes == 0), (truth == 0) & (classes > 0)
    wide, narrow = border_error(cells.labels, true_cells.labels, mistakes)
    return Panel(
        title=score.name,
        lines=(
            ngettext(
                "Dice {dice:.3f} · F1 per cell {f1:.3f} · {count} cell, in truth {true_count}",
                "Dice {dice:.3f} · F1 per cell {f1:.3f} · {count} cells, in truth {true_count}",
                score.count,
            ).format(dice=score.dice, f1=score.object_f1, count=score.count, true_count=score.true_count),
            _("Borders: {wide:.1%} of the true cells’ pixels too wide, {narrow:.1%} too narrow").format(
                wide=wide, narrow=narrow
            ),
        ),
        legend={
            Kind.right: _("right: {n}").format(n=right.sum()),
            Kind.missed: _("missed: {n}").format(n=mistakes.missed.sum()),
            Kind.false: _("false: {n}").format(n=mistakes.false.sum()),
            Kind.merged: _("merged, several as one: {n}").format(n=mistakes.merged.sum()),
            Kind.split: _("split, one as several: {n}").format(n=mistakes.split.sum()),
        },
        picture=picture,
        shapes=[
            *_outlines(cells, right, Kind.right),
            *_outlines(cells, mistakes.false, Kind.false),
            *_outlines(cells, mistakes.merged, Kind.merged),
            *_outlines(true_cells, mistakes.missed, Kind.missed),
            *_outlines(true_cells, mistakes.split, Kind.split),
        ],
        tints={Kind.missed: missed, Kind.false: false},
        places=_places(missed | false, _diameter(true_cells)),
    )


def object_panel(score: ObjectScore, picture: Pixels, classes: Pixels, objects: Objects) -> Panel:
    """From class ids `(h, w)` and points or boxes: the cells, and the objects that count, found or missed."""
    cells = label_cells(classes, MIN_CELL_AREA)
    diameter = _diameter(cells)
    crowded = crowded_cells(cells, objects)
    found = objects.found(cells)
    missed = objects.outlines()[~found]
    wrong = np.append(False, crowded)[cells.labels].astype(np.uint8)
    for corners in missed:
        x, y = corners.mean(0).astype(int).tolist()
        cv2.circle(wrong, (x, y), int(diameter / 4), 1, cv2.FILLED)
    return Panel(
        title=score.name,
        lines=(
            _("{found} of {objects} found ({share:.1%})").format(
                found=score.found, objects=score.objects, share=score.found_share
            ),
            ngettext(
                "{cells} cell on {share:.0%} of the picture", "{cells} cells on {share:.0%} of the picture", score.cells
            ).format(cells=score.cells, share=score.foreground),
        ),
        legend={
            Kind.plain: _("cells: {n}").format(n=score.cells - score.crowded),
            Kind.merged: _("crowded, one cell on several: {n}").format(n=score.crowded),
            Kind.right: _("found: {n}").format(n=score.found),
            Kind.missed: _("not found: {n}").format(n=len(missed)),
        },
        picture=picture,
        shapes=[
            *_outlines(cells, ~crowded, Kind.plain),
            *_outlines(cells, crowded, Kind.merged),
            *(Shape(Kind.right, corners) for corners in objects.outlines()[found]),
            *(Shape(Kind.missed, corners) for corners in missed),
        ],
        tints={},
        places=_places(wrong > 0, diameter),
    )


def _outlines(cells: Cells, chosen: NDArray[np.bool_], kind: Kind) -> list[Shape]:
    """The outlines of the cells chosen by `(n,)`."""
    shapes = []
    for index in np.flatnonzero(chosen):  # one by one: drawn together, cells that touch at a corner look merged
        left, top, right, bottom = cells.boxes[index].tolist()
        cell = (cells.labels[top:bottom, left:right] == index + 1).view(np.uint8)
        contours, _hierarchy = cv2.findContours(cell, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(left, top))
        shapes += [Shape(kind, contour[:, 0].astype(np.float64)) for contour in contours]
    return shapes


def _diameter(cells: Cells) -> float:
    """The typical diameter (px); without cells, a share of the picture."""
    return 2 * float(np.sqrt(np.median(cells.areas) / np.pi)) if len(cells.areas) else min(cells.labels.shape) / 6


def _places(wrong: NDArray[np.bool_], cell_diameter: float) -> list[Place]:
    return worst_places(wrong, round(PLACE * cell_diameter), PLACES)


def worst_places(wrong: NDArray[np.bool_], side: int, most: int) -> list[Place]:
    """Squares of `side` px within the picture `(h, w)` around the densest wrong pixels, the worst first."""
    left = wrong.astype(np.float32)
    height, width = wrong.shape
    side = max(1, min(side, height, width))
    half = max(1, side // 2)
    places: list[Place] = []
    while len(places) < most and left.any():
        # Summed twice over half the width: what lies in the middle of the square weighs most.
        weight = _sums(_sums(left, half), half)
        y, x = np.unravel_index(int(weight.argmax()), weight.shape)
        x0, y0 = (int(np.clip(at - side // 2, 0, end - side)) for at, end in ((x, width), (y, height)))
        places.append((x0, y0, side))
        left[y0 : y0 + side, x0 : x0 + side] = 0
    return places


def _sums(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Sums, not means: sums of integers leave no residue where everything is zero."""
    sums = cv2.boxFilter(values, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(sums, np.float32)
