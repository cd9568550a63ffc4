from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import EditState, Mask
from bcseg_gui.core.masks.storage.maskfile import MaskFile, pending_of
from bcseg_gui.core.tools.brush import stroke_segment
from tests.waiting import LIMIT

SIZE = (1200, 900)
WHOLE = Region(0, 0, *SIZE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mask.sqlite"


def stroke(mask: Mask, x: int, class_id: int = 1, side: int = 40) -> None:
    edit = mask.begin("brush", class_id=class_id)
    edit.paint(Region(x, 490, side, side), np.ones((side, side), np.bool_), class_id)
    edit.commit()


class Killed:
    """A copy of what lies on disk while the thread of the mask is held before its transaction: what a kill leaves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self._path, self._monkeypatch = path, monkeypatch
        self._may_go = threading.Event()

    def hold(self) -> None:
        begin = MaskFile._begin

        def held(file: MaskFile, *, is_last_try: bool) -> bool:
            assert self._may_go.wait(LIMIT)
            return begin(file, is_last_try=is_last_try)

        self._monkeypatch.setattr(MaskFile, "_begin", held)

    def leave(self, folder: Path) -> Path:
        folder.mkdir()
        for file in self._path.parent.glob("mask.sqlite*"):
            shutil.copy(file, folder)
        self._may_go.set()
        return folder / self._path.name


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch, path: Path) -> Killed:
    return Killed(monkeypatch, path)


def test_a_stroke_on_its_way_outlives_the_program(path: Path, killed: Killed, tmp_path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        stroke(mask, 100)
        mask.flush()
        killed.hold()
        stroke(mask, 500, class_id=2)
        left = killed.leave(tmp_path / "left")
        painted = mask.read(WHOLE)

    with Mask.open(left, SIZE, owns=True) as found:
        np.testing.assert_array_equal(found.read(WHOLE), painted)
        assert [(edit.seq, edit.class_id) for edit in found.edits()] == [(1, 1), (2, 2)]
        assert not pending_of(left).exists()
        found.undo()
        assert not found.read(Region(520, 500, 1, 1)).any()
    with Mask.open(left, SIZE) as found:
        assert [edit.state for edit in found.edits()] == [EditState.DONE, EditState.UNDONE]


def test_an_undo_on_its_way_outlives_the_program(path: Path, killed: Killed, tmp_path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        stroke(mask, 100)
        stroke(mask, 500)
        mask.flush()
        killed.hold()
        mask.undo()
        left = killed.leave(tmp_path / "left")
        painted = mask.read(WHOLE)

    with Mask.open(left, SIZE, owns=True) as found:
        np.testing.assert_array_equal(found.read(WHOLE), painted)
        assert found.can_redo


def test_who_only_reads_takes_nothing_up(path: Path, killed: Killed, tmp_path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        stroke(mask, 100)
        mask.flush()
        killed.hold()
        stroke(mask, 500)
        left = killed.leave(tmp_path / "left")
    before = left.read_bytes()

    with Mask.open(left, SIZE) as reader:
        assert len(reader.edits()) == 1
    assert left.read_bytes() == before
    assert pending_of(left).exists()


def test_nothing_stays_beside_the_mask_when_it_is_closed(path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        for x in range(0, 1000, 50):
            stroke(mask, x)
        mask.undo()
    assert [file.name for file in path.parent.iterdir()] == ["mask.sqlite"]


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_notes_that_are_not_whole_are_passed_over(path: Path, killed: Killed, tmp_path: Path, damage: str) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        stroke(mask, 100)
        mask.flush()
        killed.hold()
        stroke(mask, 500)
        left = killed.leave(tmp_path / "left")
    notes = pending_of(left)
    data = notes.read_bytes()
    notes.write_bytes({"cut": data[:-9], "garbage": data[:40] + bytes(len(data) - 40), "empty": b""}[damage])

    with Mask.open(left, SIZE, owns=True) as found:
        assert len(found.edits()) == 1
        stroke(found, 700)
    assert not notes.exists()


def test_a_note_of_what_is_written_changes_nothing(path: Path, killed: Killed, tmp_path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        stroke(mask, 100)
        mask.flush()
        killed.hold()
        stroke(mask, 500)
        note = pending_of(killed.leave(tmp_path / "left"))
        mask.flush()
        stroke(mask, 520, class_id=2)
        painted = mask.read(WHOLE)
    shutil.copy(note, pending_of(path))

    with Mask.open(path, SIZE, owns=True) as found:
        np.testing.assert_array_equal(found.read(WHOLE), painted)
        assert len(found.edits()) == 3


def test_a_mask_that_is_new_has_no_past(path: Path, killed: Killed, tmp_path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        killed.hold()
        stroke(mask, 100)
        left = killed.leave(tmp_path / "left")
    left.unlink()

    with Mask.open(left, SIZE, owns=True) as found:
        assert not found.read(WHOLE).any()


def test_a_stroke_of_the_widest_brush_outlives_the_program(path: Path, killed: Killed, tmp_path: Path) -> None:
    size = (6000, 5000)
    with Mask.open(path, size, owns=True) as mask:
        stroke(mask, 100)
        mask.flush()
        killed.hold()
        edit = mask.begin("brush", class_id=2)
        for x in (2000, 2600, 3200):
            edit.paint(*stroke_segment((x, 2500), (x + 600, 2600), 1000.0), 2)
        edit.commit()
        left = killed.leave(tmp_path / "left")
        painted = mask.read(Region(0, 0, *size))

    with Mask.open(left, size, owns=True) as found:
        np.testing.assert_array_equal(found.read(Region(0, 0, *size)), painted)
        assert len(found.edits()) == 2


def test_a_very_large_stroke_is_not_noted(path: Path) -> None:
    """It would hold up the one who paints."""
    with Mask.open(path, (8192, 8192), owns=True) as mask:
        edit = mask.begin("brush", class_id=1)
        edit.paint(Region(0, 0, 4608, 4608), np.ones((4608, 4608), np.bool_), 1)
        edit.commit()
        assert not pending_of(path).exists()


def test_strokes_go_on_where_nothing_can_be_noted(path: Path) -> None:
    with Mask.open(path, SIZE, owns=True) as mask:
        pending_of(path).mkdir()
        stroke(mask, 100)
        mask.flush()
        assert len(mask.edits()) == 1
        pending_of(path).rmdir()
