from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.core.cells import components
from bcseg_gui.core.cells.components import count_in_blocks, find_cells, median_diameter
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL


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
    assert sorted((cell.class_id, cell.area) for cell in find_cells(classes)) == flood(classes)


def test_a_cell_says_where_it_is_on_the_slide():
    classes = np.zeros((20, 30), np.uint8)
    classes[5:8, 10:14] = 2 | MANUAL
    (cell,) = find_cells(classes, origin=(1000, 2000))
    assert cell.class_id == 2
    assert cell.region == Region(1010, 2005, 4, 3)
    assert cell.area == 12
    assert cell.centroid == pytest.approx((1012, 2006.5))
    assert not cell.cut


def test_what_a_person_painted_and_what_was_predicted_is_one_cell():
    classes = np.array([[1, 1 | MANUAL], [0, MANUAL]], np.uint8)
    assert [cell.area for cell in find_cells(classes)] == [2]


def test_specks_are_left_out():
    classes = np.zeros((20, 20), np.uint8)
    classes[2, 2] = 1
    classes[5:10, 5:10] = 1
    assert [cell.area for cell in find_cells(classes, min_area=2)] == [25]


def reader(classes: np.ndarray):
    whole = Region(0, 0, classes.shape[1], classes.shape[0])
    return lambda region: classes[region.slices_in(whole)]


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 0, 1, 1, 2, 129])),
    st.integers(1, 6),
    st.integers(1, 5),
)
def test_counting_in_blocks_is_exact(classes, min_area, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "BLOCK", block)
        counted = count_in_blocks(reader(classes), classes.shape[::-1], min_area)
    assert counted == len(find_cells(classes, min_area))


def test_a_cell_through_all_blocks_is_one(monkeypatch):
    monkeypatch.setattr(components, "BLOCK", 16)
    classes = np.zeros((100, 100), np.uint8)
    classes[::4] = 1
    classes[:, 50] = 1
    assert count_in_blocks(reader(classes), (100, 100), 2000) == 1
    assert count_in_blocks(reader(classes), (100, 100), int(classes.sum()) + 1) == 0


def test_counting_can_be_stopped():
    assert count_in_blocks(reader(np.ones((9, 9), np.uint8)), (9, 9), cancelled=lambda: True) is None


def test_the_median_diameter_is_that_of_whole_cells():
    classes = np.zeros((300, 300), np.uint8)
    for centre in ((60, 60), (160, 60), (60, 160)):
        cv2.circle(classes, centre, 20, 1, -1)
    cv2.circle(classes, (298, 200), 60, 1, -1)
    cells = find_cells(classes)
    assert [cell.cut for cell in cells].count(True) == 1
    assert median_diameter(cells) == pytest.approx(40, abs=0.5)


def test_no_whole_cell_has_no_diameter():
    assert median_diameter(find_cells(np.ones((5, 5), np.uint8))) is None
    assert median_diameter([]) is None
    assert find_cells(np.zeros((5, 5), np.uint8)) == []
