"""How large the red cells of a slide are: from its scale, else measured in the picture."""

from __future__ import annotations

from contextlib import suppress

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import Region
from ..slides import Slide, read_scaled
from .circles import find_circles, sample_discs
from .staining import absorbance, edge_of

RED_CELL_DIAMETER_UM = 7.5
"""Diameter of a human red cell on a dried smear, in µm; normally 6.7 to 8.2."""

_SIDE = 640
"""Longer side of the copy that is measured, in pixels: a field at 100× then shows cells 25 to 100 px wide."""
_CLEAR, _PLAIN = 20, 0.5
"""Diameter in that copy, and share of what is stained that the cells explain, below which the middle of the picture is
measured at a higher resolution."""
_FEWEST = 3
"""Fewest cells of about the same size."""
_SPREAD = 0.12
"""How much red cells of one person vary in diameter (standard deviation of the natural logarithm)."""
_ALIKE = 0.3
"""Cells whose diameters differ by less than this (natural logarithm) are of about the same size."""
_DARK = 1.6
"""What absorbs this many times as much as the median stained pixel is the nucleus of a white cell, or dirt."""
_FULL = 0.79
"""Share of the cells' circles that is stained; for handwriting it is less."""
_EXPLAINED = 0.15
"""Share of what is stained that lies in those cells; for tissue and noise it is less."""

_FIELD = 4096
"""Longer side up to which a slide is a photograph of one field, measured as a whole; larger ones in a few windows."""
_WINDOW = 1600
"""Side of a window in level-0 pixels: at 20× and finer it shows dozens of cells or a few large ones."""
_WINDOWS = 6
_OVERVIEW = 1 << 24
"""Pixels of the coarsest level up to which it serves to choose the windows; a coarser one is not worth the time."""


def expected_cell_diameter(mpp: float | None) -> float | None:
    """Diameter of a red cell in level-0 pixels, from µm per level-0 pixel; None where that is unknown."""
    return RED_CELL_DIAMETER_UM / mpp if mpp else None


def smallest_cell_area(cell_diameter: float) -> int:
    """Pixels below which a component is a speck, no cell: 2 % of a red cell, 200 px where one is 106 px wide."""
    return max(4, round(200 * (cell_diameter / 106) ** 2))


def slide_cell_diameter(slide: Slide) -> float | None:
    """Diameter of the red cells in level-0 pixels: at the slide's mpp, else as the picture shows.

    None when neither tells, or when most windows of a large slide show no cells. Takes a tenth of a second, for a
    large slide about a second. Windows that cannot be read are skipped; raises UserError when none can be.
    """
    if expected := expected_cell_diameter(slide.mpp):
        return expected
    seen: list[float | None] = []
    problem: UserError | None = None
    for at in _windows(slide):
        try:
            seen.append(estimate_cell_diameter(slide.read_region((at.x, at.y), 0, (at.w, at.h))))
        except UserError as error:
            problem = error
    if problem is not None and not seen:
        raise problem
    found = [diameter for diameter in seen if diameter is not None]
    return float(np.median(found)) if found and 2 * len(found) >= len(seen) else None


def _windows(slide: Slide) -> list[Region]:
    """The whole of a small slide; of a large one some stained windows, from the thinnest to the thickest part.

    Where its overview cannot be read, windows spread all over it.
    """
    width, height = slide.dimensions
    if max(width, height) <= _FIELD:
        return [Region(0, 0, width, height)]
    columns, rows = -(-width // _WINDOW), -(-height // _WINDOW)
    w, h = min(_WINDOW, width), min(_WINDOW, height)
    windows = [
        Region((width - w) * column // max(1, columns - 1), (height - h) * row // max(1, rows - 1), w, h)
        for row in range(rows)
        for column in range(columns)
    ]
    overview_width, overview_height = slide.level_dimensions[-1]
    if overview_width * overview_height <= _OVERVIEW:
        with suppress(UserError):
            overview = read_scaled(slide, Region(0, 0, width, height), (8 * columns, 8 * rows))
            stain = absorbance(overview)[0].reshape(rows, 8, columns, 8).mean(axis=(1, 3)).ravel()
            stained = np.flatnonzero(stain > 0.3 * stain.max())
            windows = [windows[index] for index in stained[np.argsort(stain[stained], kind="stable")]]
    chosen = np.linspace(0, len(windows) - 1, min(_WINDOWS, len(windows))).round().astype(int)
    return [windows[index] for index in chosen]


def estimate_cell_diameter(picture: NDArray[np.uint8]) -> float | None:
    """Median diameter of the red cells in an RGB picture (h, w, 3), in its pixels; None when no cells are found."""
    scale = min(1.0, _SIDE / max(picture.shape))
    best, most = None, 0.0
    while True:
        height, width = picture.shape[:2]
        size = max(1, round(scale * width)), max(1, round(scale * height))
        copy = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        diameter, explained = _prevailing_diameter(np.asarray(copy, np.uint8))
        if explained > most:
            best, most = diameter / scale, explained
        if scale == 1 or (diameter >= _CLEAR and explained >= _PLAIN):
            return best
        scale = min(1.0, 2 * scale)
        picture = picture[height // 4 : height - height // 4, width // 4 : width - width // 4]


def _prevailing_diameter(picture: NDArray[np.uint8]) -> tuple[float, float]:
    """Median over the cells of the prevailing size, and what share of the stained area they make up.

    Platelets and white cells are of another size. (0, 0) when no cells are found.
    """
    stain, noise = absorbance(picture)
    edge = edge_of(stain, noise)
    mask = (stain > edge).view(np.uint8)
    if not mask.any():
        return 0.0, 0.0
    circles = find_circles(stain, edge)
    circles = circles[np.median(sample_discs(stain, circles), axis=1) < _DARK * np.median(stain[mask > 0])]
    if len(circles) < _FEWEST:
        return 0.0, 0.0
    sizes = np.log(2 * circles[:, 2])
    # between how many they are and how much they cover: specks are many, clumps are large
    crowd = np.exp(-0.5 * ((sizes[:, None] - sizes) / _SPREAD) ** 2) @ np.sqrt(circles[:, 2])
    alike = np.abs(sizes - sizes[crowd.argmax()]) < _ALIKE
    cells = circles[alike][np.argsort(circles[alike, 2])]
    full = sample_discs(mask, cells).mean(axis=1)
    areas = np.pi * cells[:, 2] ** 2
    explained = float(full @ areas / mask.sum())
    if len(cells) < _FEWEST or full.mean() < _FULL or explained < _EXPLAINED:
        return 0.0, 0.0
    # by area, for a cell half hidden behind another comes out too small
    middle = np.searchsorted(np.cumsum(areas), areas.sum() / 2)
    return float(2 * cells[middle, 2]), explained
