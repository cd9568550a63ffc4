"""The things in a smear, each drawn as optical density onto a `Drawing`."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_TEXTURE_SIDE = 256


@dataclass(frozen=True, slots=True)
class Stain:
    """RGB colours of a preparation: empty glass, the rim of a red cell, and a white cell's parts."""

    background: tuple[int, int, int]
    red_cell: tuple[int, int, int]
    nucleus: tuple[int, int, int]
    cytoplasm: tuple[int, int, int]
    pallor: float = 0.7
    """How much thinner a red cell's middle is than its rim: 0 even, 1 empty."""

    def density(self, colour: tuple[int, int, int]) -> NDArray[np.float32]:
        """Optical density (3,) that turns the background into this colour."""
        return np.asarray(-np.log(np.asarray(colour) / np.asarray(self.background)), np.float32)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn so far.

    `density`: optical density (h, w, 3). `owner`: number of the cell a pixel belongs to (h, w), 0 for none; where
    cells overlap, the one it lies deeper in (`depth`: 0 in a cell's centre, 1 on its outline).
    """

    density: NDArray[np.float32]
    owner: NDArray[np.float32]
    depth: NDArray[np.float32]
    texture: NDArray[np.float32]
    smallest_cell: float

    @classmethod
    def empty(cls, width: int, height: int, cell_diameter: float, rng: np.random.Generator) -> Drawing:
        grain = rng.standard_normal((_TEXTURE_SIDE, _TEXTURE_SIDE), np.float32)
        layers = [np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma), np.float32) for sigma in (1.0, 3.0)]
        texture = sum((layer / layer.std() for layer in layers), np.zeros_like(grain)) / np.float32(1.41)
        return cls(
            np.zeros((height, width, 3), np.float32),
            np.zeros((height, width), np.float32),
            np.ones((height, width), np.float32),
            texture,
            smallest_cell=0.02 * 0.785 * cell_diameter**2,
        )


@dataclass(frozen=True, slots=True)
class _Patch:
    """The window of the drawing round one thing: offsets from its centre, in px; None when it is out of sight."""

    window: tuple[slice, slice]
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]


def _patch(drawing: Drawing, x: float, y: float, reach: float) -> _Patch | None:
    height, width = drawing.owner.shape
    left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
    top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
    if left >= right or top >= bottom:
        return None
    dx = np.broadcast_to(np.arange(left, right, dtype=np.float32) - np.float32(x), (bottom - top, right - left))
    dy = np.broadcast_to((np.arange(top, bottom, dtype=np.float32) - np.float32(y))[:, np.newaxis], dx.shape)
    return _Patch((slice(top, bottom), slice(left, right)), dx, dy)


def _outline(rng: np.random.Generator, radius: float, wobble: float, ellipse: float) -> NDArray[np.float32]:
    """Distance of the outline from the centre for 360 directions: an ellipse with slow irregularities."""
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    outline = 1 / np.sqrt(
        (np.cos(angles) * (1 + ellipse)) ** 2 + (np.sin(angles) / (1 + ellipse)) ** 2
    )  # area stays that of the circle
    for order in (2, 3, 4, 5, 7):
        outline += wobble / order * rng.normal() * np.cos(order * angles + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.roll(outline, rng.integers(360)) * radius, np.float32)


def _relative_depth(patch: _Patch, outline: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(u, r): distance from the centre as a share of the outline's in that direction, and the latter in px."""
    direction = cv2.phase(np.ascontiguousarray(patch.dx), np.ascontiguousarray(patch.dy), angleInDegrees=True)
    reach = np.take(outline, np.asarray(direction, np.float32).astype(np.int32) % 360)
    return np.asarray(np.hypot(patch.dx, patch.dy) / reach, np.float32), reach


def _edge(u: NDArray[np.float32], reach: NDArray[np.float32], softness: float) -> NDArray[np.float32]:
    """1 inside, 0 outside, a ramp of `softness` px across the outline."""
    ramp = np.clip((1 - u) * reach / np.float32(softness) + np.float32(0.5), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def _texture(drawing: Drawing, rng: np.random.Generator, shape: tuple[int, ...], grains: int) -> NDArray[np.float32]:
    """Random grain of unit strength, about `grains` px of texture across the patch."""
    x, y = rng.integers(0, _TEXTURE_SIDE - grains, 2)
    crop = drawing.texture[y : y + grains, x : x + grains]
    return np.asarray(cv2.resize(crop, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _claim(drawing: Drawing, patch: _Patch, u: NDArray[np.float32], number: int) -> None:
    owner, depth = drawing.owner[patch.window], drawing.depth[patch.window]
    deeper = (u <= 1) & (u < depth)
    owner[deeper] = number
    depth[deeper] = u[deeper]


def draw_red_cell(
    drawing: Drawing,
    rng: np.random.Generator,
    look: Stain,
    number: int,
    x: float,
    y: float,
    radius: float,
    *,
    is_crenated: bool,
) -> None:
    """A disc thinner in its middle; now and then a spherocyte, a target cell, an oval or a teardrop."""
    kind = rng.random()
    outline = _outline(rng, radius, 0.03, abs(rng.normal(0, 0.035)) + (0.22 if 0.90 < kind < 0.93 else 0))
    angles = np.arange(360)
    if 0.93 < kind < 0.95:  # teardrop
        away = (angles - rng.integers(360) + 180) % 360 - 180
        outline *= 0.95 + 0.42 * np.exp(-((np.abs(away) / 17.0) ** 1.3)).astype(np.float32)
    if is_crenated:
        uneven = angles + 7 * np.cos(np.radians(3 * angles + rng.integers(360)))
        spines = np.abs(np.cos(np.radians(uneven * rng.integers(6, 9) + rng.integers(360)))) ** 3
        height = rng.uniform(0.05, 0.1) * (1 + 0.5 * np.cos(np.radians(2 * angles + rng.integers(360))))
        outline *= (0.95 + height * spines).astype(np.float32)
    patch = _patch(drawing, x, y, float(outline.max()) + 4)
    if patch is None:
        return
    u, reach = _relative_depth(patch, outline)
    edge = _edge(u, reach, 0.03 * radius + (rng.uniform(0.12, 0.3) * radius if rng.random() < 0.05 else 0) + 0.8)
    pallor = 0.0 if kind < 0.05 else float(np.clip(rng.normal(look.pallor, 0.13), 0.12, 0.94))
    thickness = _biconcave(rng, patch, u, radius, pallor)
    if kind > 0.97:  # target cell
        thickness += 0.35 * np.exp(-((u / 0.26) ** 2))
    grain = 0.12 if is_crenated else 0.045
    thickness *= 1 + grain * _texture(drawing, rng, u.shape, 70)
    strength = float(np.exp(rng.normal(0, 0.12))) * (1.2 if kind < 0.05 else 1.0)
    colour = look.density(look.red_cell) * (1 + rng.normal(0, 0.012, 3)).astype(np.float32)
    over = np.where(drawing.owner[patch.window] > 0, np.float32(0.6), np.float32(1))  # lying cells squeeze each other
    drawing.density[patch.window] += (edge * thickness * over * strength)[..., np.newaxis] * colour
    _claim(drawing, patch, u, number)


def _biconcave(
    rng: np.random.Generator, patch: _Patch, u: NDArray[np.float32], radius: float, pallor: float
) -> NDArray[np.float32]:
    """Relative thickness: full at the rim, less by `pallor` in a soft, slightly oval and off-centre hollow."""
    turn, stretch = rng.uniform(0, np.pi), 1 + abs(rng.normal(0, 0.16)) + (0.9 if rng.random() < 0.025 else 0)
    off_x, off_y = rng.normal(0, 0.06 * radius, 2)
    along = (patch.dx - off_x) * np.cos(turn) + (patch.dy - off_y) * np.sin(turn)
    across = (patch.dy - off_y) * np.cos(turn) - (patch.dx - off_x) * np.sin(turn)
    size = radius * rng.uniform(0.5, 0.68)
    hollow = np.exp(-((((along / stretch) ** 2 + (across * stretch) ** 2) / size**2) ** rng.uniform(1.0, 1.7)))
    tilt = (patch.dx * rng.normal(0, 0.05) + patch.dy * rng.normal(0, 0.05)) / radius
    rim = 0.14 * np.exp(-(((u - 0.93) / 0.07) ** 2))
    return np.asarray(1 - pallor * hollow + tilt + rim, np.float32)


def draw_white_cell(
    drawing: Drawing, rng: np.random.Generator, look: Stain, number: int, x: float, y: float, radius: float
) -> None:
    """A granulocyte with a lobed nucleus, or a smaller lymphocyte whose nucleus nearly fills it."""
    is_lymphocyte = bool(rng.random() < 0.3)
    if is_lymphocyte:
        radius *= 0.8
    outline = _outline(rng, radius, 0.03, abs(rng.normal(0, 0.05)))
    patch = _patch(drawing, x, y, float(outline.max()) + 4)
    if patch is None:
        return
    u, reach = _relative_depth(patch, outline)
    edge = _edge(u, reach, 0.05 * radius + 1)
    fine, coarse = _texture(drawing, rng, u.shape, 150), _texture(drawing, rng, u.shape, 40)
    granules = np.clip(fine - 0.9, 0, None)
    plasma = edge * (0.75 + 0.12 * coarse + (0.15 if is_lymphocyte else 0.9) * granules + 0.25 * u)
    nucleus = _lobes(rng, patch, radius, is_lymphocyte) * edge
    chromatin = nucleus * (0.92 + 0.16 * coarse + 0.07 * fine)
    # The nucleus takes the place of the plasma over it, so only a part of both adds up.
    drawing.density[patch.window] += (plasma * (1 - 0.6 * nucleus))[..., np.newaxis] * look.density(look.cytoplasm)
    drawing.density[patch.window] += chromatin[..., np.newaxis] * look.density(look.nucleus)
    _claim(drawing, patch, u, number)


def _lobes(rng: np.random.Generator, patch: _Patch, radius: float, is_lymphocyte: bool) -> NDArray[np.float32]:
    """Where the nucleus is, 0–1: two to five lobes on an arc, run together by bridges; or one large round one."""
    if is_lymphocyte:
        centres, sizes = rng.normal(0, 0.06, (2, 2)) * radius, np.array([0.78, 0.74]) * radius
    else:
        count = int(rng.choice([2, 3, 4, 5], p=[0.2, 0.4, 0.3, 0.1]))
        span = rng.uniform(1.05, 1.35)
        turns = rng.uniform(0, 2 * np.pi) + span * (np.arange(count) - (count - 1) / 2) + rng.normal(0, 0.1, count)
        away = rng.uniform(0.36, 0.5, count) * radius
        centres = np.stack([np.cos(turns) * away, np.sin(turns) * away], axis=-1)
        sizes = rng.uniform(0.27, 0.35, count) * radius * (1.2 if count == 2 else 1.0)
    field = np.zeros(patch.dx.shape, np.float32)
    for (cx, cy), size in zip(centres, sizes, strict=True):
        stretch, turn = rng.uniform(1.0, 1.25), rng.uniform(0, np.pi)
        along = (patch.dx - cx) * np.cos(turn) + (patch.dy - cy) * np.sin(turn)
        across = (patch.dy - cy) * np.cos(turn) - (patch.dx - cx) * np.sin(turn)
        field += np.exp(-((along / stretch) ** 2 + (across * stretch) ** 2) / (0.8 * size) ** 2).astype(np.float32)
    ramp = np.clip((field - 0.21) / (0.05 + 2.5 / radius) + 0.5, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def draw_platelet(
    drawing: Drawing, rng: np.random.Generator, look: Stain, x: float, y: float, cell_diameter: float
) -> None:
    """A small granular purple disc, not counted as a cell."""
    radius = cell_diameter * rng.uniform(0.09, 0.16)
    outline = _outline(rng, radius, 0.12, abs(rng.normal(0, 0.12)))
    patch = _patch(drawing, x, y, float(outline.max()) + 4)
    if patch is None or drawing.owner[patch.window].any():  # one on a cell would look like a parasite
        return
    u, reach = _relative_depth(patch, outline)
    grains = np.clip(0.55 + 0.45 * _texture(drawing, rng, u.shape, 16), 0.1, None)
    inside = _edge(u, reach, 0.35 * radius + 0.8) * grains * rng.uniform(0.35, 0.8)
    drawing.density[patch.window] += inside[..., np.newaxis] * look.density(look.nucleus) * np.float32(0.8)


def draw_debris(
    drawing: Drawing, rng: np.random.Generator, look: Stain, x: float, y: float, cell_diameter: float
) -> None:
    """A speck of stain or dust, faint and out of focus more often than not."""
    radius = cell_diameter * rng.uniform(0.008, 0.03)
    softness = radius * rng.uniform(0.8, 4.0)
    patch = _patch(drawing, x, y, radius + 3 * softness + 2)
    if patch is None:
        return
    distance = np.hypot(patch.dx, patch.dy * np.float32(rng.uniform(0.6, 1.6)))
    speck = np.exp(-((distance / (radius + softness)) ** 2)) * rng.uniform(0.02, 0.22) * radius / (radius + softness)
    drawing.density[patch.window] += speck.astype(np.float32)[..., np.newaxis] * look.density(look.red_cell) * 2
