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
    """Stain, illumination, focus, JPEG and sensor noise on an RGB uint8 picture; each in a part of the cases."""
    image = picture.astype(np.float32) / 255
    if rng.random() < 0.8:  # stain and white balance: a gain and a gamma for each channel
        image = image ** rng.uniform(0.8, 1.25, 3).astype(np.float32) * rng.uniform(0.85, 1.1, 3).astype(np.float32)
    if rng.random() < 0.8:  # exposure and contrast
        mean = float(image.mean())
        image = (image - mean) * rng.uniform(0.7, 1.3) + mean + rng.uniform(-0.12, 0.12)
    if rng.random() < 0.4:  # strength of the stain: towards or away from grey
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * rng.uniform(0.3, 1.6)
    if rng.random() < 0.2:  # uneven illumination
        image = image * _ramp(image.shape[:2], rng)[:, :, None]
    if rng.random() < 0.35:  # focus
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.6))).astype(np.float32)
    if rng.random() < 0.3:
        image = image + rng.normal(0, rng.uniform(0.005, 0.03), image.shape).astype(np.float32)
    augmented = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, encoded = cv2.imencode(".jpg", augmented, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        augmented = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return augmented


def _ramp(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A linear change of brightness across the picture, in a random direction, by up to ± 20 %."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.2)
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.asarray(1 + strength * (np.cos(angle) * x + np.sin(angle) * y), np.float32)
