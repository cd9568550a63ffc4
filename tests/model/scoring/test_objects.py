from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ModelError
from model.scoring.objects import Boxes, ObjectScore, Points, object_summary, read_boxes, read_points, score_objects

SHAPE = 60, 100


def field(*cells: tuple[int, int, int, int]) -> np.ndarray:
    """A mask with a rectangle for every (left, top, right, bottom)."""
    mask = np.zeros(SHAPE, np.uint8)
    for left, top, right, bottom in cells:
        mask[top:bottom, left:right] = 1
    return mask


def boxes(*edges: tuple[float, float, float, float], others: int = 0) -> Boxes:
    """The last `others` are no red cells."""
    return Boxes(np.array(edges, np.float64).reshape(-1, 4), np.arange(len(edges)) < len(edges) - others)


def test_points_in_cells_and_cells_on_two_points() -> None:
    truth = Points(np.array([(5, 5), (25, 5), (60, 30), (90, 50)], np.float64))
    score = score_objects("a", field((0, 0, 30, 20), (50, 20, 70, 40)), truth)
    assert (score.objects, score.found, score.cells, score.crowded) == (4, 3, 2, 1)
    assert score.found_share == 0.75
    assert score.foreground == pytest.approx(1000 / 6000)
    assert not score.blank


def test_a_speck_is_no_cell() -> None:
    score = score_objects("a", field((0, 0, 5, 5)), Points(np.array([(1, 1), (3, 3)], np.float64)))
    assert (score.cells, score.crowded) == (0, 0)


@pytest.mark.parametrize("mask", [field(), field((0, 0, 100, 60))])
def test_empty_and_full_masks_are_noticed(mask: np.ndarray) -> None:
    assert score_objects("a", mask, Points(np.empty((0, 2)))).blank


def test_boxes_are_matched_by_the_box_of_a_cell() -> None:
    truth = boxes((0, 0, 20, 20), (40, 0, 60, 20), (70, 30, 100, 60))
    score = score_objects("a", field((2, 0, 20, 20), (50, 0, 80, 20)), truth)
    assert (score.objects, score.found, score.cells) == (3, 1, 2)


def test_boxes_that_overlap_any_other_do_not_count_and_those_that_touch_do() -> None:
    truth = boxes((0, 0, 20, 20), (20, 0, 40, 20), (50, 0, 70, 20), (69, 19, 90, 40), others=1)
    assert truth.free().tolist() == [[0, 0, 20, 20], [20, 0, 40, 20]]


def test_one_cell_finds_one_box_only() -> None:
    truth = boxes((0, 0, 20, 20), (20, 0, 40, 20))
    assert score_objects("a", field((0, 0, 40, 20)), truth).found == 1


def test_a_cell_over_two_boxes_is_crowded() -> None:
    assert score_objects("a", field((0, 0, 40, 20)), boxes((0, 0, 20, 20), (15, 0, 40, 20))).crowded == 1


rectangles = st.lists(
    st.tuples(st.integers(0, 70), st.integers(0, 30), st.integers(16, 30), st.integers(16, 30)), max_size=6
).map(lambda all_: [(x, y, x + w, y + h) for x, y, w, h in all_])


@given(rectangles)
def test_free_boxes_drawn_as_cells_are_all_found(edges: list[tuple[int, int, int, int]]) -> None:
    free = [tuple(map(int, box)) for box in boxes(*edges).free()]
    # one pixel less on a side: boxes that touch would make one cell
    drawn = field(*((left, top, right - 1, bottom - 1) for left, top, right, bottom in free))
    assert score_objects("a", drawn, boxes(*edges)).found == len(free)


@given(rectangles, rectangles)
def test_no_more_boxes_are_found_than_there_are_cells(
    edges: list[tuple[int, int, int, int]], cells: list[tuple[int, int, int, int]]
) -> None:
    score = score_objects("a", field(*cells), boxes(*edges))
    assert 0 <= score.found <= min(score.objects, score.cells)


def test_the_summary_is_over_all_objects_and_names_the_worst_picture() -> None:
    figures = object_summary(
        [
            ObjectScore("good.png", objects=90, found=90, cells=100, crowded=0, foreground=0.3),
            ObjectScore("bad.png", objects=10, found=5, cells=20, crowded=6, foreground=0.99),
            ObjectScore("nothing.png", objects=0, found=0, cells=0, crowded=0, foreground=0),
        ]
    )
    assert figures["found_share"] == 0.95
    assert figures["crowded_share"] == 0.05
    assert (figures["worst_picture"], figures["worst_found_share"]) == ("bad.png", 0.5)
    assert (figures["objects"], figures["cells"], figures["blank"]) == (100, 120, 2)


def test_the_summary_of_nothing_has_no_shares() -> None:
    assert math.isnan(float(object_summary([])["found_share"]))


# Label files ---------------------------------------------------------------------------------------------------------


def test_points_are_read_and_those_outside_the_picture_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "1.txt"
    path.write_text("12 30 0\r\n\n99.5 59 11\n100 3 0\n-1 4 0\n")
    assert read_points(path, SHAPE).xy.tolist() == [[12, 30], [99.5, 59]]


@pytest.mark.parametrize("line", ["12 30", "a b c", "0 0.5 0.5 0.1 0.1"])
def test_a_line_that_is_no_point_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "1.txt"
    path.write_text(f"12 30 0\n{line}\n")
    with pytest.raises(ModelError, match=f"Line 2 of .*1.txt is “{line}”"):
        read_points(path, SHAPE)


def voc(*entries: tuple[str, object, object, object, object]) -> str:
    found = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox>"
        "</object>"
        for name, a, b, c, d in entries
    )
    return f"<annotation><filename>1.jpg</filename>{found}</annotation>"


def test_boxes_are_read_and_clipped_to_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "1.xml"
    path.write_text(voc(("RBC", 1, 2, 30, 40), ("WBC", 80, 50, 120, 90), ("RBC", 100, 10, 120, 20)))
    read = read_boxes(path, SHAPE)
    assert read.edges.tolist() == [[1, 2, 30, 40], [80, 50, 100, 60]]
    assert read.red.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<annotation><object>", "is damaged"),
        ("<html/>", "Pascal-VOC"),
        (voc(("RBC", 1, 2, 30, 40), ("RBC", 30, 2, 1, 40)), "Object 2 in .*1.xml"),
        (voc(("RBC", "", 2, 30, 40)), "Object 1"),
        (voc(("RBC", "nan", 2, 30, 40)), "Object 1"),
    ],
)
def test_a_file_of_boxes_that_is_broken_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "1.xml"
    path.write_text(text)
    with pytest.raises(ModelError, match=said):
        read_boxes(path, SHAPE)


def test_a_picture_may_have_no_objects(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(voc())
    (tmp_path / "1.txt").write_text("")
    assert len(read_boxes(tmp_path / "1.xml", SHAPE).free()) == 0
    assert score_objects("1", field((0, 0, 30, 30)), read_points(tmp_path / "1.txt", SHAPE)).objects == 0


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"1\.txt cannot be read"):
        read_points(tmp_path / "1.txt", SHAPE)
