"""Random changes that a microscope, a stain and a camera make; positions never change but by whole quarter turns."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def dihedral(array: NDArray[Scalar], turn: int) -> NDArray[Scalar]:
    """One of the 8 symmetries of the square, `turn` 0…7, over the first two axes."""
    turned = np.rot90(array, turn % 4)
    return np.ascontiguousarray(turned[:, ::-1] if turn >= 4 else turned)


def augment_colours(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Stain, illumination, focus, resolution, JPEG and noise on an RGB uint8 picture; each in a part of the cases.

    Every second picture stays as it is: how wide people draw their outlines depends on the microscope, and that is
    told by colour and focus.
    """
    if rng.random() < 0.5:
        return picture
    image: NDArray[np.float32] = picture.astype(np.float32) / np.float32(255)
    if rng.random() < 0.5:
        image = _restained(image, rng)
    if rng.random() < 0.8:  # white balance: a gain and a gamma for each channel
        image = image ** rng.uniform(0.8, 1.25, 3).astype(np.float32) * rng.uniform(0.85, 1.1, 3).astype(np.float32)
    if rng.random() < 0.8:  # exposure and contrast
        mean = float(image.mean())
        image = (image - mean) * rng.uniform(0.6, 1.3) + mean + rng.uniform(-0.15, 0.12)
    if rng.random() < 0.4:  # strength of the stain: towards or away from grey
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * rng.uniform(0.0, 1.6)
    if rng.random() < 0.3:  # uneven illumination
        image = image * _ramp(image.shape[:2], rng)[:, :, None]
    if rng.random() < 0.35:  # focus
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.6))).astype(np.float32)
    if rng.random() < 0.2:  # an objective of lower power
        image = _coarse(image, float(rng.uniform(0.4, 0.9)))
    if rng.random() < 0.2:  # a camera that sharpens
        image = image + rng.uniform(0.3, 1.2) * (image - cv2.GaussianBlur(image, (0, 0), 1.5))
    if rng.random() < 0.3:
        image = image + rng.normal(0, rng.uniform(0.005, 0.03), image.shape).astype(np.float32)
    augmented = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, encoded = cv2.imencode(".jpg", augmented, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        augmented = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(augmented, np.uint8)


def with_pointer(
    picture: NDArray[np.uint8], mask: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Picture and mask `(h, w)` with an eyepiece pointer, an arrow or a scale bar over them: it is no cell."""
    height, width = mask.shape
    shape = np.zeros((height, width), np.uint8)
    start, end = rng.uniform(-0.1, 1.1, (2, 2)) * (width, height)
    thickness = float(rng.uniform(0.008, 0.04)) * width
    kind = rng.integers(3)
    if kind == 0:  # a needle, tapering to its point
        across = np.array([start[1] - end[1], end[0] - start[0]]) / max(1.0, float(np.hypot(*(end - start))))
        outline = np.array([start + across * thickness, end, start - across * thickness])
        cv2.fillPoly(shape, [outline.round().astype(np.int32)], 255, cv2.LINE_AA)
    else:
        if kind == 2:  # a scale bar lies level
            end[1] = start[1]
        (x1, y1), (x2, y2) = start.round().astype(int).tolist(), end.round().astype(int).tolist()
        draw = cv2.arrowedLine if kind == 1 else cv2.line
        draw(shape, (x1, y1), (x2, y2), 255, max(1, round(thickness)), cv2.LINE_AA)
    tone = rng.choice([0, 0, 255]) + rng.integers(-1, 2, 3) * rng.integers(0, 60)
    opacity = shape[:, :, None] / 255 * rng.uniform(0.8, 1)
    covered = picture * (1 - opacity) + np.clip(tone, 0, 255) * opacity
    return covered.astype(np.uint8), np.where(shape > 127, 0, mask).astype(np.uint8)


def _restained(image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Dyes that absorb other colours: a random mixing of the channels' optical densities (Beer and Lambert)."""
    density = -np.log(np.clip(image, 1 / 255, 1))
    mixing = np.eye(3) + rng.normal(0, 0.2, (3, 3))
    mixing /= np.abs(mixing).sum(1, keepdims=True)
    return np.exp(-np.clip(density @ mixing.T.astype(np.float32) * np.float32(rng.uniform(0.6, 1.4)), 0, None))


def _coarse(image: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _ramp(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """A linear change of brightness across the picture, in a random direction, by up to ± 20 %."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.2)
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.asarray(1 + strength * (np.cos(angle) * x + np.sin(angle) * y), np.float32)
