"""How a slide's colours are shown: brightness, contrast, gamma, white balance. The slide itself keeps its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FLATTEST, STEEPEST = 0.0, 20.0
"""Slope of the tone curve at contrast -1 and 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as they are shown: first white balance, then contrast about mid-grey, brightness, gamma."""

    brightness: float = 0.0
    """-1 black to 1 white"""
    contrast: float = 0.0
    """-1 flat grey to 1 nothing but extremes"""
    gamma: float = 1.0
    """Above 1 lightens what is between black and white"""
    white: tuple[int, int, int] = (255, 255, 255)
    """RGB of the slide that is shown as white"""

    @property
    def is_neutral(self) -> bool:
        return self == _NEUTRAL

    def table(self) -> NDArray[np.uint8]:
        """uint8 (256, 3): what each value of red, green and blue is shown as; it never falls with the value."""
        values = np.arange(256, dtype=np.float64)[:, None] / np.maximum(1, np.array(self.white, np.float64))
        lifted = (np.clip(values, 0, 1) - 0.5) * self._slope() + 0.5 + self.brightness
        return np.asarray(np.rint(255 * np.clip(lifted, 0, 1) ** (1 / max(self.gamma, 0.01))), np.uint8)

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """RGB uint8 (h, w, 3) as shown: a new array, or the same one when the look is neutral."""
        if self.is_neutral or rgb.size == 0:
            return rgb
        return np.asarray(cv2.LUT(rgb, self.table()[None]), np.uint8)

    def _slope(self) -> float:
        contrast = min(max(self.contrast, -1.0), 1.0)
        return min(STEEPEST, max(FLATTEST, math.tan((contrast + 1) * math.pi / 4)))


_NEUTRAL = Look()
