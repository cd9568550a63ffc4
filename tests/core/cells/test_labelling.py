from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.core.cells.labelling import find_cells, labelled
from bcseg_gui.core.masks import CLASS_BITS, MANUAL


def flood(classes: np.ndarray) -> list[tuple[int, int]]:
    """(class id, area) of every 4-connected component, the slow way."""
    left = {(int(r), int(c)) for r, c in np.argwhere(classes)}
    found = []
    while left:
        stack, area = [left.pop()], 0
        class_id = int(classes[stack[0]])
        while stack:
            r, c = stack.pop()
            area += 1
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near in left and classes[near] == class_id:
                    left.remove(near)
                    stack.append(near)
        found.append((class_id, area))
    return sorted(found)


@given(arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
def test_cells_are_the_4_connected_components_of_each_class(classes):
    cells = find_cells(classes)
    assert sorted(zip(cells.class_ids.tolist(), cells.areas.tolist(), strict=True)) == flood(classes)


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 1, 2, MANUAL | 2]))
)
def test_labels_number_the_cells_of_each_class(classes):
    found = np.zeros(classes.shape, np.uint8)
    for one in labelled(classes, (7, 9)):
        found[one.labels > 0] = one.class_id
        for number, (x, y, w, h) in enumerate(one.cells.boxes.tolist(), start=1):
            rows, cols = np.nonzero(one.labels == number)
            assert len(rows) == one.cells.areas[number - 1]
            assert (x, y) == (cols.min() + 7, rows.min() + 9)
            assert (w, h) == (np.ptp(cols) + 1, np.ptp(rows) + 1)
            assert one.cells.centroids[number - 1] == pytest.approx((cols.mean() + 7.5, rows.mean() + 9.5))
    assert np.array_equal(found, classes & np.uint8(CLASS_BITS))


def test_a_cell_says_where_it_is_on_the_slide():
    classes = np.zeros((20, 30), np.uint8)
    classes[5:8, 10:14] = 2 | MANUAL
    cells = find_cells(classes, origin=(1000, 2000))
    assert cells.class_ids.tolist() == [2]
    assert cells.boxes.tolist() == [[1010, 2005, 4, 3]]
    assert cells.areas.tolist() == [12]
    assert cells.centroids.tolist() == [[1012, 2006.5]]


def test_what_a_person_painted_and_what_was_predicted_is_one_cell():
    classes = np.array([[1, 1 | MANUAL], [0, MANUAL]], np.uint8)
    assert find_cells(classes).areas.tolist() == [2]


def test_specks_are_left_out():
    classes = np.zeros((20, 20), np.uint8)
    classes[2, 2] = 1
    classes[5:10, 5:10] = 1
    assert find_cells(classes, min_area=2).areas.tolist() == [25]


def test_the_diameter_is_that_of_a_circle_of_the_same_area():
    classes = np.zeros((100, 100), np.uint8)
    cv2.circle(classes, (50, 50), 20, 1, -1)
    assert find_cells(classes).diameters == pytest.approx([40], abs=0.5)


def test_where_nothing_is_there_are_no_cells():
    assert len(find_cells(np.zeros((5, 5), np.uint8))) == 0
    assert len(find_cells(np.zeros((0, 5), np.uint8))) == 0
