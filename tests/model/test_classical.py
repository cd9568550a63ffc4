from __future__ import annotations

import cv2
import numpy as np

from model.classical import otsu


def test_otsu_finds_dark_cells_and_fills_their_pale_centres() -> None:
    picture = np.full((80, 80, 3), 230, np.uint8)
    cv2.circle(picture, (40, 40), 20, (150, 90, 120), -1)
    cv2.circle(picture, (40, 40), 7, (225, 215, 220), -1)
    expected = np.zeros((80, 80), np.uint8)
    cv2.circle(expected, (40, 40), 20, 1, -1)
    np.testing.assert_array_equal(otsu(picture), expected)
