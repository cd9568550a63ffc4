from __future__ import annotations

import cv2
import numpy as np

from bcseg_gui.compute.segmenting.writer import without_rims
from bcseg_gui.core.masks import MANUAL


def disc(radius: int) -> np.ndarray:
    return cv2.circle(np.zeros((80, 120), np.uint8), (40, 40), radius, 1, -1)


def test_a_cell_that_a_person_gave_another_class_gets_no_rim() -> None:
    found = disc(24)
    found[30:50, 90:110] = 1
    left = without_rims(found, disc(22) * np.uint8(2 | MANUAL))
    assert not left[:, :80].any()
    assert left[30:50, 90:110].all()


def test_a_cell_with_a_touch_of_another_class_or_more_of_its_own_is_as_found() -> None:
    found = disc(24)
    np.testing.assert_array_equal(without_rims(found, disc(10) * np.uint8(2 | MANUAL)), found)
    np.testing.assert_array_equal(without_rims(found, disc(22) * np.uint8(1 | MANUAL)), found)
    np.testing.assert_array_equal(without_rims(found, disc(22) * np.uint8(2)), found)
