from __future__ import annotations

import cv2
import numpy as np
import pytest

from bcseg_gui.core.cells.cell import Cells
from bcseg_gui.core.cells.columns import COLUMNS, Column
from bcseg_gui.core.cells.labelling import find_cells


@pytest.fixture
def cells() -> Cells:
    """A disc of class 1 and a square of class 3."""
    classes = np.zeros((100, 200), np.uint8)
    cv2.circle(classes, (50, 40), 20, 1, cv2.FILLED)
    classes[10:20, 150:160] = 3
    return find_cells(classes, origin=(1000, 2000))


EXPECTED = {
    "class": [1, 3],
    "x": [1050.5, 1155],
    "y": [2040.5, 2015],
    "area": [1257, 100],
    "diameter": [40, 11.28],
}


def test_every_column_has_an_expectation_here() -> None:
    assert [column.id for column in COLUMNS] == list(EXPECTED)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id)
def test_a_column_gives_one_value_per_cell(column: Column, cells: Cells) -> None:
    assert column.values(cells) == pytest.approx(EXPECTED[column.id], rel=0.01)
    assert column.values(Cells.none()).shape == (0,)
