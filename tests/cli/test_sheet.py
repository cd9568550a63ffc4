from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from bcseg_gui.cli.panels import mask_panel, object_panel, worst_places
from bcseg_gui.cli.sheet import DPI, PICTURE, Kind, Panel, Section, draw_sheet
from model.scoring.metrics import score_picture
from model.scoring.objects import Points, score_objects

PICTURE_OF_NOTHING = np.full((90, 150, 3), 200, np.uint8)


def cells(*places: tuple[int, int], side: int = 20) -> np.ndarray:
    mask = np.zeros((90, 150), np.uint8)
    for x, y in places:
        mask[y : y + side, x : x + side] = 1
    return mask


def panel_of(predicted: np.ndarray, truth: np.ndarray) -> Panel:
    return mask_panel(score_picture("a.png", predicted, truth), PICTURE_OF_NOTHING, predicted, truth)


def kinds(panel: Panel) -> list[Kind]:
    return [shape.kind for shape in panel.shapes]


def test_every_cell_is_shown_as_what_became_of_it() -> None:
    truth = cells((0, 0), (40, 0), (80, 0), (101, 0))
    predicted = cells((0, 0), (40, 60), (80, 0), (100, 0), (101, 0))
    panel = panel_of(predicted, truth)
    assert kinds(panel) == [Kind.right, Kind.false, Kind.merged, Kind.missed]
    assert [panel.legend[kind][-1] for kind in (Kind.right, Kind.missed, Kind.false, Kind.merged, Kind.split)] == [
        "1",
        "1",
        "1",
        "1",
        "0",
    ]
    assert panel.tints[Kind.missed].sum() == panel.tints[Kind.false].sum() - 20 == 400


def test_cells_that_touch_at_a_corner_have_their_own_outlines() -> None:
    both = cells((0, 0), (20, 20))
    assert kinds(panel_of(both, both)) == [Kind.right, Kind.right]


def test_the_width_of_borders_is_said() -> None:
    truth, predicted = cells((30, 30)), cells((30, 30), side=22)
    assert "21.0% of the true cells’ pixels too wide, 0.0% too narrow" in panel_of(predicted, truth).lines[1]


def test_points_are_shown_found_or_not_and_crowded_cells_stand_out() -> None:
    points = Points(np.array([(5, 5), (15, 5), (100, 50)], np.float64))
    predicted = cells((0, 0), (40, 0))
    panel = object_panel(score_objects("a.png", predicted, points), PICTURE_OF_NOTHING, predicted, points)
    assert kinds(panel) == [Kind.plain, Kind.merged, Kind.right, Kind.right, Kind.missed]
    assert any(x <= 100 < x + side and y <= 50 < y + side for x, y, side in panel.places)
    assert panel.lines == ("2 of 3 found (66.7%)", "2 cells on 6% of the picture")


@given(arrays(np.bool_, (17, 23), elements=st.booleans()), st.integers(1, 30))
def test_the_worst_places_lie_in_the_picture_and_hold_all_that_is_wrong(wrong: np.ndarray, side: int) -> None:
    left = wrong.copy()
    for x, y, size in worst_places(wrong, side, wrong.size):
        assert x >= 0
        assert y >= 0
        assert left[y : y + size, x : x + size].shape == (size, size)
        left[y : y + size, x : x + size] = False
    assert not left.any()


def test_the_worst_place_comes_first_with_the_mistake_in_its_middle() -> None:
    wrong = np.zeros((100, 200), np.bool_)
    wrong[20:24, 20:24] = wrong[50:60, 140:150] = True
    (x, y, side), second = worst_places(wrong, 30, 5)
    assert (x + side / 2, y + side / 2) == (pytest.approx(145, abs=6), pytest.approx(55, abs=6))
    assert second[0] < 50


def test_the_sheet_grows_by_a_row_a_picture() -> None:
    panel = panel_of(cells((0, 0)), cells((0, 0), (40, 40)))
    nothing = panel_of(cells(), cells())
    sizes = [
        Image.open(io.BytesIO(draw_sheet([Section("otsu", "Dice 0.9", panels)]))).size
        for panels in ([panel], [panel, nothing])
    ]
    assert sizes[0][0] == sizes[1][0]
    assert sizes[1][1] - sizes[0][1] > PICTURE[1] * DPI
