from __future__ import annotations

import cv2
import numpy as np
import pytest

from model.cell_size import median_cell_diameter, smallest_cells


def test_the_cell_diameter_is_that_of_whole_cells() -> None:
    mask = np.zeros((300, 300), np.uint8)
    cv2.circle(mask, (80, 80), 20, 255, -1)
    cv2.circle(mask, (200, 200), 20, 255, -1)
    cv2.circle(mask, (299, 20), 50, 255, -1)  # cut by the border
    assert median_cell_diameter([mask], 1.0) == pytest.approx(40, abs=1.5)
    assert median_cell_diameter([np.zeros_like(mask)], 7.0) == 7.0


@pytest.mark.parametrize(("depth", "expected"), [(40, 0.5), (8, 0.08)])
def test_how_small_a_thing_people_mark(depth: int, expected: float) -> None:
    """Cells of radius 40 and 28, and some along the left edge of which `depth` to 72 px are to be seen."""
    masks = []
    for _ in range(4):
        mask = np.zeros((1200, 300), np.uint8)
        for index in range(12):
            y, shown = 50 + 96 * index, depth + index * (72 - depth) // 11
            cv2.circle(mask, (200, y), 28 if index == 0 else 40, 1, -1)
            cv2.circle(mask, (shown - 40, y), 40, 1, -1)
        masks.append(mask)
    smallest, at_edge = smallest_cells(masks)
    assert smallest == pytest.approx(0.25, abs=0.02), "half of the smaller kind"
    assert at_edge == pytest.approx(expected, abs=0.05)
    assert smallest_cells(masks[:1]) == (None, None), "too few to judge from"


def test_a_rare_small_class_is_no_speck() -> None:
    mask = np.zeros((600, 1200), np.uint8)
    for x in range(60, 1150, 80):
        for y in (60, 200, 340, 480):
            cv2.circle(mask, (x, y), 24, 1, -1)
    alone = smallest_cells([mask])[0]
    cv2.circle(mask, (100, 130), 9, 2, -1)
    assert smallest_cells([mask])[0] == pytest.approx(0.5 * (9 / 24) ** 2, abs=0.02)
    assert alone == pytest.approx(0.5, abs=0.02)


def test_how_small_a_thing_is_marked_beside_cells_of_a_known_size() -> None:
    mask = np.zeros((400, 400), np.uint8)
    for place in range(25):
        cv2.circle(mask, (40 + 80 * (place % 5), 40 + 80 * (place // 5)), 10, 1, -1)
    alone, _ = smallest_cells([mask])
    beside, _ = smallest_cells([mask], [40.0])
    assert alone == pytest.approx(0.5, abs=0.02)
    assert beside == pytest.approx(0.5 / 4, abs=0.02), "half its size across, a quarter of its area"
