"""Synthetic blood smears with exact masks: for the sample slides, and for tests that need truth.

Light is modelled as in the microscope: dyes add optical density, so that overlapping cells are darker, and the
camera adds what a camera adds (uneven light, defocus, sharpening, noise).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .cells import Drawing, Stain, draw_debris, draw_platelet, draw_red_cell, draw_white_cell

STAINS = {  # background, red cell, nucleus, cytoplasm, pallor
    "violet": Stain((251, 251, 252), (126, 108, 188), (82, 30, 128), (212, 184, 226), 0.82),
    "slate": Stain((229, 229, 224), (98, 101, 126), (74, 34, 98), (188, 172, 196), 0.68),
    "wine": Stain((230, 231, 226), (96, 66, 96), (66, 22, 80), (196, 164, 188), 0.5),
    "pink": Stain((222, 224, 216), (182, 126, 136), (92, 46, 132), (198, 182, 206), 0.6),
}
"""Looks of usual preparations: Giemsa on a bright field, two greyer ones, and an eosin-rich Wright stain."""


@dataclass(frozen=True, slots=True)
class Smear:
    """`image`: RGB uint8 (h, w, 3). `mask`: uint8 (h, w), 255 in red and white cells, a line of 0 where two touch."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def make_smear(
    width: int,
    height: int,
    seed: int,
    cell_diameter: float = 106.0,
    *,
    stain: str = "violet",
    density: float = 0.24,
    white_cells: int | None = None,
    crenated: float = 0.04,
    defocus: float = 1.0,
    noise: float = 1.0,
) -> Smear:
    """A field of a smear; the same arguments always give the same one.

    `cell_diameter`: median of the red cells, px. `density`: share of the field they cover. `white_cells`: how many,
    None for a usual number. `crenated`: share of red cells with a spiny outline. `defocus`, `noise`: strength, 1 usual.
    """
    rng = np.random.default_rng(seed)
    look = STAINS[stain]
    drawing = Drawing.empty(width, height, cell_diameter, rng)
    if white_cells is None:
        white_cells = int(rng.poisson(0.012 * density * width * height / (0.785 * cell_diameter**2)))
    places = _places(rng, width, height, cell_diameter / 2, density, white_cells)
    for number, (x, y, radius, is_white) in enumerate(places, start=1):
        if is_white:
            draw_white_cell(drawing, rng, look, number, x, y, radius)
        else:
            draw_red_cell(drawing, rng, look, number, x, y, radius, is_crenated=bool(rng.random() < crenated))
    field = width * height / cell_diameter**2
    for _ in range(rng.poisson(0.04 * field)):
        draw_platelet(drawing, rng, look, rng.uniform(0, width), rng.uniform(0, height), cell_diameter)
    for _ in range(rng.poisson(0.15 * field)):
        draw_debris(drawing, rng, look, rng.uniform(0, width), rng.uniform(0, height), cell_diameter)
    image = _photograph(drawing.density, look, rng, cell_diameter / 106.0, defocus, noise)
    return Smear(image, _mask(drawing.owner, drawing.smallest_cell))


def _places(
    rng: np.random.Generator, width: int, height: int, radius: float, density: float, white_cells: int
) -> Iterator[tuple[float, float, float, bool]]:
    """(x, y, radius, is white) of every cell: white ones apart, red ones alone or leaning on one another."""
    placed = np.empty((0, 3))
    red_area, wanted = 0.0, density * (width + 2 * radius) * (height + 2 * radius)
    thin = rng.uniform(0, 2 * np.pi)  # the smear is thinner towards one side
    for _ in range(white_cells + int(30 * wanted / radius**2) + 20):
        is_white = len(placed) < white_cells
        if red_area >= wanted:
            return
        r = radius * (rng.uniform(1.25, 1.75) if is_white else np.clip(rng.normal(1.0, 0.075), 0.72, 1.25))
        red = placed[white_cells:]
        leans = not is_white and len(red) > 0 and rng.random() < 0.3
        if leans:
            px, py, pr = red[rng.integers(len(red))]
            angle, distance = rng.uniform(0, 2 * np.pi), (pr + r) * rng.uniform(0.82, 1.03)
            x, y = px + np.cos(angle) * distance, py + np.sin(angle) * distance
        else:
            margin = 0.0 if is_white else radius
            x, y = rng.uniform(-margin, width + margin), rng.uniform(-margin, height + margin)
            side = (x / width - 0.5) * np.cos(thin) + (y / height - 0.5) * np.sin(thin)
            if not is_white and rng.random() > 0.75 + 0.6 * side:
                continue
        if not (-r < x < width + r and -r < y < height + r):
            continue
        apart = np.hypot(placed[:, 0] - x, placed[:, 1] - y) / (placed[:, 2] + r)
        limit = np.where(np.arange(len(placed)) < white_cells, 0.99, 0.8 if leans else 1.06)
        if (apart < limit).any():
            continue
        placed = np.vstack([placed, (x, y, r)])
        red_area += 0.0 if is_white else np.pi * r * r
        yield float(x), float(y), float(r), is_white


def _photograph(
    density: NDArray[np.float32], look: Stain, rng: np.random.Generator, scale: float, defocus: float, noise: float
) -> NDArray[np.uint8]:
    """Optical density (h, w, 3) → what the camera saves. `scale`: size of the optics' blur, 1 at 106 px a cell."""
    height, width = density.shape[:2]
    light = np.exp(-density) * np.asarray(look.background, np.float32)
    light *= _illumination(rng, width, height)[..., np.newaxis]
    sharp = _blurred(light, 0.9 * scale * defocus)
    if defocus > 0:  # the slide is never quite level: focus drifts over the field
        blurry = _blurred(sharp, 2.4 * scale * defocus)
        drift = _smooth_field(rng, width, height, 0.5)[..., np.newaxis]
        sharp = sharp + (blurry - sharp) * np.clip(0.35 + drift, 0, 1)
    sharp += 0.45 * (sharp - _blurred(sharp, 2.6 * scale))  # the camera's sharpening: bright halo, dark rim
    if noise > 0:
        grain = rng.standard_normal((height, width, 3), np.float32)
        colour = _blurred(grain, 0.8) * 1.6  # the colour filter's interpolation correlates neighbours
        sharp += (noise * 0.2) * np.sqrt(np.maximum(sharp, 1.0)) * (0.55 * colour + 0.45 * grain[..., :1])
    return np.clip(np.rint(sharp), 0, 255).astype(np.uint8)


def _illumination(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """Share of the light that arrives (h, w): vignette off the centre and an uneven film of stain."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, np.newaxis] - np.float32(rng.uniform(-0.25, 0.25))
    x = np.linspace(-1, 1, width, dtype=np.float32)[np.newaxis] - np.float32(rng.uniform(-0.25, 0.25))
    vignette = 1 - np.float32(rng.uniform(0.01, 0.035)) * (x * x + y * y)
    return np.asarray(vignette + 0.012 * _smooth_field(rng, width, height, 1.0), np.float32)


def _smooth_field(rng: np.random.Generator, width: int, height: int, strength: float) -> NDArray[np.float32]:
    """Slow random hills (h, w), a few over the field."""
    coarse = rng.standard_normal((5, 6), np.float32) * np.float32(strength)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return values if sigma <= 0.15 else np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _mask(owner: NDArray[np.float32], smallest_cell: float) -> NDArray[np.uint8]:
    """Cells filled; a line of two background pixels where two meet; slivers that an overlap cut off are dropped."""
    kernel = np.ones((3, 3), np.uint8)
    nearest_above = np.asarray(cv2.dilate(owner, kernel))
    below = np.where(owner > 0, owner, np.float32(np.inf))
    nearest_below = np.asarray(cv2.erode(below, kernel))
    mask = np.where((owner > 0) & (nearest_above == owner) & (nearest_below == owner), 255, 0).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    height, width = mask.shape
    left, top, w, h, area = (stats[:, i] for i in range(5))
    at_edge = (left == 0) | (top == 0) | (left + w == width) | (top + h == height)
    keep = np.where((area >= smallest_cell) | at_edge, 255, 0).astype(np.uint8)
    keep[0] = 0
    return keep[labels] if count > 1 else mask
