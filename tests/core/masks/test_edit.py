from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, Mask
from bcseg_gui.core.tools.brush import stroke_segment

WHOLE = Region(0, 0, 1300, 700)


@pytest.fixture
def mask(tmp_path):
    with Mask.open(tmp_path / "mask.sqlite", (WHOLE.w, WHOLE.h)) as mask:
        yield mask


def filled(region: Region, value: int) -> np.ndarray:
    return np.full((region.h, region.w), value, np.uint8)


def everywhere(region: Region) -> np.ndarray:
    return np.ones((region.h, region.w), bool)


def test_a_prediction_never_overwrites_what_a_person_set(mask):
    mask.begin("segment").predict(WHOLE, filled(WHOLE, 1))
    cell, erased = Region(500, 500, 40, 40), Region(600, 100, 10, 10)
    edit = mask.begin("brush")
    edit.paint(cell, everywhere(cell), 2)
    edit.paint(erased, everywhere(erased), 0)
    mask.begin("segment").predict(WHOLE, filled(WHOLE, 3))
    assert (mask.read(cell) == 2 | MANUAL).all()
    assert (mask.read(erased) == MANUAL).all()
    assert np.count_nonzero(mask.read(WHOLE) == 3) == WHOLE.area - cell.area - erased.area


strokes = st.lists(
    st.tuples(
        st.tuples(st.integers(-20, 1320), st.integers(-20, 720)),
        st.tuples(st.integers(-20, 1320), st.integers(-20, 720)),
        st.floats(0.5, 60),
        st.integers(0, CLASS_BITS),
    ),
    max_size=5,
)


@settings(max_examples=30, deadline=None)
@given(strokes, strokes, st.integers(0, 2**32), st.integers(1, CLASS_BITS))
def test_segmenting_anew_keeps_every_pixel_that_a_person_set(before, after, seed, classes):
    random = np.random.default_rng(seed)
    with TemporaryDirectory() as folder, Mask.open(Path(folder) / "mask.sqlite", (WHOLE.w, WHOLE.h)) as mask:
        for drawn in (before, after):
            edit = mask.begin("brush")
            for p0, p1, radius, class_id in drawn:
                edit.paint(*stroke_segment(p0, p1, radius), class_id)
            edit.commit()
            by_person = mask.read(WHOLE)
            found = random.integers(0, classes + 1, by_person.shape, np.uint8)
            mask.begin("segment").predict(WHOLE, found)
            assert np.array_equal(mask.read(WHOLE), np.where(by_person < MANUAL, found, by_person))


def test_what_was_found_can_be_accepted_and_stays_then(mask):
    cell, other = Region(500, 500, 40, 40), Region(700, 500, 40, 40)
    edit = mask.begin("segment")
    edit.predict(cell, filled(cell, 3))
    edit.predict(other, filled(other, 2))
    edit = mask.begin("accept")
    where = everywhere(WHOLE)
    where[other.slices_in(WHOLE)] = False
    assert cell.intersected(edit.accept(WHOLE, where)) == cell
    assert edit.accept(WHOLE, where).is_empty
    edit.commit()
    mask.begin("segment").predict(WHOLE, filled(WHOLE, 1))
    assert (mask.read(cell) == 3 | MANUAL).all()
    assert (mask.read(other) == 1).all()
    assert (mask.read(Region(0, 0, 400, 400)) == 1).all(), "background is not accepted"
    mask.undo()
    mask.undo()
    assert (mask.read(cell) == 3).all()


def test_accepting_nothing_is_no_edit(mask):
    edit = mask.begin("accept")
    assert edit.accept(WHOLE.grown(5)).is_empty
    assert edit.commit().is_empty
    assert not mask.can_undo
    with pytest.raises(ValueError, match="region"):
        mask.begin("accept").accept(WHOLE, np.ones((3, 3), bool))


def test_changes_show_before_they_are_written(mask, tmp_path):
    region = Region(0, 0, 4, 4)
    edit = mask.begin("brush")
    edit.paint(region, everywhere(region), 1)
    with Mask.open(tmp_path / "mask.sqlite", mask.dimensions) as reader:
        assert mask.read(region).all()
        assert not reader.read(region).any()
    edit.commit()
    mask.flush()
    with Mask.open(tmp_path / "mask.sqlite", mask.dimensions) as reader:
        assert reader.read(region).all()


def test_paint_and_predict_are_clipped_to_the_mask(mask):
    edit = mask.begin("brush")
    corner = Region(1290, 690, 50, 50)
    assert edit.paint(corner, everywhere(corner), 1) == Region(1290, 690, 10, 10)
    assert edit.predict(Region(-5, -5, 10, 10), filled(Region(0, 0, 10, 10), 1)) == Region(0, 0, 5, 5)
    outside = Region(5000, 5000, 3, 3)
    assert edit.paint(outside, everywhere(outside), 1).is_empty
    assert np.count_nonzero(mask.read(WHOLE)) == 100 + 25
    assert np.count_nonzero(mask.read(WHOLE.grown(100))) == 100 + 25


def test_an_edit_that_changes_nothing_writes_nothing(mask):
    region = Region(10, 10, 5, 5)
    mask.begin("brush").paint(region, everywhere(region), 1)
    mask.undo()
    edit = mask.begin("brush")
    edit.predict(region, filled(region, 0))
    edit.paint(region, ~everywhere(region), 1)
    assert edit.commit().is_empty
    assert len(mask.edits()) == 1
    assert mask.can_redo

    mask.redo()
    edit = mask.begin("brush")
    edit.paint(region, everywhere(region), 1)
    assert edit.commit().is_empty
    assert len(mask.edits()) == 1


def test_beginning_an_edit_commits_the_one_before(mask):
    segment = mask.begin("segment")
    segment.predict(WHOLE, filled(WHOLE, 1))
    mask.begin("brush")
    assert not segment.is_open
    assert [edit.tool for edit in mask.edits()] == ["segment"]
    with pytest.raises(RuntimeError):
        segment.predict(WHOLE, filled(WHOLE, 2))
    assert segment.commit().is_empty
    assert segment.rollback().is_empty


def test_the_record_says_who_did_what(mask):
    region = Region(0, 0, 2, 2)
    mask.begin("segment", model="ternausnet16-a", author="Ada", class_id=3).predict(region, filled(region, 3))
    mask.begin("brush")
    (record,) = mask.edits()
    assert (record.seq, record.tool, record.model, record.author, record.class_id) == (
        1,
        "segment",
        "ternausnet16-a",
        "Ada",
        3,
    )
    assert record.at.endswith("+00:00")
    assert record.seconds >= 0


@pytest.mark.parametrize("class_id", [-1, CLASS_BITS + 1])
def test_a_class_id_that_does_not_fit_is_refused(mask, class_id):
    with pytest.raises(ValueError, match="class id"):
        mask.begin("brush").paint(WHOLE, everywhere(WHOLE), class_id)


def test_arrays_of_another_size_than_the_region_are_refused(mask):
    edit = mask.begin("brush")
    with pytest.raises(ValueError, match="region"):
        edit.paint(Region(0, 0, 4, 5), np.ones((4, 5), bool), 1)
    with pytest.raises(ValueError, match="region"):
        edit.predict(Region(0, 0, 4, 5), np.ones((4, 5), np.uint8))
    with pytest.raises(ValueError, match="above"):
        edit.predict(Region(0, 0, 1, 1), np.full((1, 1), MANUAL, np.uint8))
