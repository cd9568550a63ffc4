from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import CLASS_BITS, MANUAL
from bcseg_gui.session.document import Document
from bcseg_gui.session.importing import import_mask

WHOLE = Region(0, 0, 160, 120)


@pytest.fixture
def document(session, pictures) -> Document:
    session.open(pictures)
    assert session.document is not None
    return session.document


@pytest.fixture
def other_mask(tmp_path: Path) -> Path:
    pixels = np.zeros((120, 160), np.uint8)
    pixels[20:60, 20:60] = 255
    cv2.imwrite(str(tmp_path / "other.png"), pixels)
    return tmp_path / "other.png"


def test_an_imported_mask_replaces_what_is_there_and_one_undo_brings_it_back(
    session, document, other_mask, paint
) -> None:
    paint(session, Region(50, 50, 40, 40))
    before = document.read_mask(WHOLE)
    assert import_mask(document, other_mask, {1})
    now = document.read_mask(WHOLE)
    expected = np.zeros((120, 160), np.uint8)
    expected[20:60, 20:60] = 1
    assert np.array_equal(now & CLASS_BITS, expected)
    assert (now[20:60, 20:60] & MANUAL).all()
    assert now[80, 80] == MANUAL, "a cell that the import took away stays away"
    assert now[0, 0] == 0, "elsewhere cells may still be found"
    assert document.undo_text == "import"
    document.undo()
    assert np.array_equal(document.read_mask(WHOLE), before)
    document.redo()
    assert np.array_equal(document.read_mask(WHOLE), now)


def test_the_same_mask_again_is_no_change(document, other_mask) -> None:
    assert import_mask(document, other_mask, {1})
    assert not import_mask(document, other_mask, {1})
    assert len(document.edits()) == 1


def test_several_classes_are_one_edit(document, tmp_path) -> None:
    pixels = np.zeros((120, 160), np.uint8)
    pixels[:, :40], pixels[:, 80:] = 1, 2
    cv2.imwrite(str(tmp_path / "ids.png"), pixels)
    with pytest.raises(UserError, match="class 2, which this project does not have"):
        import_mask(document, tmp_path / "ids.png", {1})
    assert not document.edits()
    assert import_mask(document, tmp_path / "ids.png", {1, 2})
    assert np.array_equal(document.read_mask(WHOLE) & CLASS_BITS, pixels)
    assert len(document.edits()) == 1


def test_a_mask_of_another_picture_changes_nothing(document, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((10, 10), np.uint8))
    with pytest.raises(UserError, match="no mask of this picture"):
        import_mask(document, tmp_path / "large.png", {1})
    assert document.mask is None
