from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.core.cells import index
from bcseg_gui.core.cells.cell import Cells
from bcseg_gui.core.cells.index import CellIndex, count_in_blocks
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask

values = st.sampled_from([0, 0, 1, 1, 2, 129])
small = arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=values)


def whole_of(classes: np.ndarray) -> Region:
    return Region(0, 0, classes.shape[1], classes.shape[0])


def reader(classes: np.ndarray):
    whole = whole_of(classes)
    return lambda region: classes[region.slices_in(whole)]


def index_of(classes: np.ndarray, side: int) -> CellIndex:
    made = CellIndex(whole_of(classes), side)
    for block in made.blocks():
        made.update(block, reader(classes)(block))
    return made


def rows(cells: Cells) -> list[tuple[int, ...]]:
    """All that is known of each cell, in whole numbers: the centroid as twice the sum of its pixels' centres."""
    sums = np.rint(2 * cells.centroids * cells.areas[:, None]).astype(int)
    table = np.concatenate([cells.class_ids[:, None], cells.boxes, cells.areas[:, None], sums], axis=1)
    return sorted(map(tuple, table.tolist()))


def assert_knows(made: CellIndex, classes: np.ndarray) -> None:
    """The index says what labelling the whole mask does."""
    cells = find_cells(classes)
    assert rows(made.within(whole_of(classes))) == rows(cells)
    for least in (1, 3):
        large = find_cells(classes, least)
        numbers = {n: int(np.count_nonzero(large.class_ids == n)) for n in np.unique(large.class_ids).tolist()}
        assert made.counts(least) == numbers


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 0, 1, 1, 2, 129])),
    st.integers(1, 6),
    st.integers(1, 5),
)
def test_counting_in_blocks_is_exact(classes, min_area, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "BLOCK", block)
        counted = count_in_blocks(reader(classes), classes.shape[::-1], min_area)
    assert counted == len(find_cells(classes, min_area))


def test_a_cell_through_all_blocks_is_one(monkeypatch):
    monkeypatch.setattr(index, "BLOCK", 16)
    classes = np.zeros((100, 100), np.uint8)
    classes[::4] = 1
    classes[:, 50] = 1
    assert count_in_blocks(reader(classes), (100, 100), 2000) == 1
    assert count_in_blocks(reader(classes), (100, 100), int(classes.sum()) + 1) == 0


def test_counting_can_be_stopped():
    assert count_in_blocks(reader(np.ones((9, 9), np.uint8)), (9, 9), cancelled=lambda: True) is None


@given(small, st.integers(1, 5))
def test_an_index_in_blocks_knows_what_one_labelling_does(classes: np.ndarray, side: int) -> None:
    assert_knows(index_of(classes, side), classes)


@st.composite
def edits(draw: st.DrawFn) -> tuple[np.ndarray, list[tuple[Region, int] | None]]:
    """A mask, and rectangles to paint (0: erase); None takes the last one back."""
    classes = draw(small)
    h, w = classes.shape
    rectangles = st.tuples(st.integers(0, w - 1), st.integers(0, h - 1), st.integers(1, w), st.integers(1, h)).map(
        lambda box: Region(*box).intersected(whole_of(classes))
    )
    return classes, draw(st.lists(st.none() | st.tuples(rectangles, values), max_size=12))


@settings(max_examples=60)
@given(edits(), st.integers(1, 6))
def test_after_any_edits_the_index_is_as_if_made_anew(edited, side: int) -> None:
    classes, steps = edited
    made = index_of(classes, side)
    done: list[tuple[Region, np.ndarray]] = []
    for step in steps:
        if step is None:
            if not done:
                continue
            region, before = done.pop()
            reader(classes)(region)[:] = before
        else:
            region, value = step
            pixels = reader(classes)(region)
            done.append((region, pixels.copy()))
            pixels[:] = value
        for block in made.blocks(region):
            made.update(block, reader(classes)(block))
        assert_knows(made, classes)
    assert rows(made.within(made.region)) == rows(index_of(classes, side).within(made.region))


STROKES = st.tuples(
    st.integers(0, 800), st.integers(0, 550), st.integers(1, 300), st.integers(1, 300), st.sampled_from([0, 1, 1, 2])
)


@settings(max_examples=10)
@given(st.lists(st.none() | STROKES, min_size=1, max_size=8))
def test_it_follows_the_edits_of_a_mask(strokes) -> None:
    size = (900, 600)
    with TemporaryDirectory() as folder, Mask.open(Path(folder) / "mask.sqlite", size) as mask:
        made = CellIndex(Region(0, 0, *size))
        for stroke in strokes:
            if stroke is None:
                changed = mask.undo()
            else:
                *box, class_id = stroke
                region = Region(*box)
                edit = mask.begin("brush")
                edit.paint(region, np.ones((region.h, region.w), np.bool_), class_id)
                changed = edit.commit()
            for block in made.blocks(changed):
                made.update(block, mask.read(block))
            assert_knows(made, mask.read(made.region))


@given(small, st.integers(1, 5), st.integers(0, 13), st.integers(0, 13))
def test_the_cell_at_a_point_is_told(classes: np.ndarray, side: int, x: int, y: int) -> None:
    made = index_of(classes, side)
    cell = made.at((x + 0.5, y + 0.5), reader(classes))
    if not (y < classes.shape[0] and x < classes.shape[1] and classes[y, x]):
        assert len(cell) == 0
        return
    only = np.zeros_like(classes)
    from_here = [(y, x)]
    while from_here:
        row, col = from_here.pop()
        if only[row, col]:
            continue
        only[row, col] = classes[y, x] & 127
        for near in ((row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)):
            inside = 0 <= near[0] < classes.shape[0] and 0 <= near[1] < classes.shape[1]
            if inside and classes[near] & 127 == classes[y, x] & 127:
                from_here.append(near)
    assert rows(cell) == rows(find_cells(only))


@given(small, st.integers(1, 5), st.integers(0, 13), st.integers(0, 13), st.integers(1, 9), st.integers(1, 9))
def test_all_cells_that_reach_into_a_region_are_told(
    classes: np.ndarray, side: int, x: int, y: int, w: int, h: int
) -> None:
    made = index_of(classes, side)
    region = Region(x, y, w, h).intersected(made.region)
    told = rows(made.within(region))
    everything = rows(find_cells(classes))
    assert len(told) == len(set(told))
    assert set(told) <= set(everything)
    for _class_id, *box, _area, _x, _y in told:
        assert not Region(*box).intersected(region).is_empty
    if not region.is_empty:
        inside = np.argwhere(reader(classes)(region))
        held = {rows(made.at((region.x + c + 0.5, region.y + r + 0.5), reader(classes)))[0] for r, c in inside}
        assert held <= set(told)


def test_beyond_its_region_there_is_nothing() -> None:
    """So the border of a part of a slide cuts cells."""
    classes = np.zeros((40, 60), np.uint8)
    classes[10:14, 5:50] = 1
    classes[10:14, 20:30] = 0
    classes[2:11, 34:36] = 1
    view = Region(10, 5, 30, 20)
    made = CellIndex(view, 8)
    for block in made.blocks():
        made.update(block, reader(classes)(block))
    assert rows(made.within(view)) == rows(find_cells(reader(classes)(view), origin=(10, 5)))
    assert made.counts() == {1: 2}


def test_a_stroke_touches_its_blocks_only() -> None:
    made = CellIndex(Region(0, 0, 100_000, 100_000), 512)
    assert list(made.blocks(Region(1020, 500, 10, 10))) == [Region(x, 0, 512, 512) for x in (512, 1024)]
    assert list(made.blocks(Region(99_990, 99_990, 50, 50))) == [Region(99_840, 99_840, 160, 160)]
    assert list(made.blocks(Region(5, 5, 0, 0))) == []
    assert len(list(made.blocks(Region(0, 0, 2048, 1024)))) == 8
