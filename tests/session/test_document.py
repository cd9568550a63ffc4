from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, EditState
from bcseg_gui.session import saving
from bcseg_gui.session.document import Document

WAITS = "What you paint stays on the screen, and is saved by itself once that is possible."
LEFT, RIGHT = Region(0, 0, 80, 120), Region(80, 0, 80, 120)


def pixel(document: Document, x: int, y: int) -> int:
    assert document.mask is not None
    return int(document.mask.read(Region(x, y, 1, 1))[0, 0])


def test_a_finished_stroke_is_on_disk(session, document, pictures, paint, make_session) -> None:
    paint(session)
    session.close()
    again = make_session()
    again.open(pictures)
    assert pixel(again.document, 15, 15) == 1 | MANUAL


def test_an_aborted_stroke_leaves_nothing(document) -> None:
    document.begin_stroke("brush", 1)
    document.paint(Region(0, 0, 5, 5), np.ones((5, 5), np.bool_))
    document.abort_stroke()
    assert pixel(document, 2, 2) == 0
    assert not document.can_undo


def test_undo_and_redo(session, document, paint) -> None:
    changed: list[Region] = []
    paint(session)
    document.maskChanged.connect(changed.append)
    document.undo()
    assert pixel(document, 15, 15) == 0
    assert document.can_redo
    document.redo()
    assert pixel(document, 15, 15) == 1 | MANUAL
    assert len(changed) == 2


def test_no_undo_while_segmenting(session, document, client, segment, paint) -> None:
    paint(session)
    job = segment()
    client.tile(job, RIGHT)
    assert not document.can_undo
    document.undo()
    assert pixel(document, 15, 15) == 1 | MANUAL
    client.finish_segmenting(job)
    assert document.can_undo


def test_the_brush_keeps_within_its_limits(document) -> None:
    document.settings.set_brush_radius(1e9)
    assert document.settings.brush_radius == 1000
    document.settings.set_brush_radius(0)
    assert document.settings.brush_radius == 0.5


def test_saved_is_said_when_all_is_on_disk(session, document, paint, qtbot) -> None:
    assert document.is_saved
    with qtbot.waitSignal(document.saved):
        paint(session)
    assert document.is_saved
    with qtbot.waitSignal(document.saved):
        document.undo()
    assert document.is_saved


def test_what_cannot_be_written_is_told_once_and_written_as_soon_as_it_can_be(
    session, document, paint, full_disk, told, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "RETRY_SECONDS", 0.02)
    session.select(1)
    document = session.document
    document.failed.connect(lambda error: told.append(str(error)))
    saved: list[bool] = []
    paint(session)
    document.save()
    document.saved.connect(lambda: saved.append(document.is_saved))
    with full_disk():
        for number in range(3):
            paint(session, Region(50, 10 * number, 5, 5))
            qtbot.waitUntil(lambda: bool(told))
        assert told == [f"The disk is full. {WAITS}"]
        assert pixel(document, 52, 22) == 1 | MANUAL, "it stays on the screen"
        assert not document.is_saved
        assert len(document.edits()) == 4
        saved.clear()
    with qtbot.waitSignals([document.saved, document.savedAgain]):  # nobody does anything: it is tried again
        pass
    assert saved == [True]
    assert told == [f"The disk is full. {WAITS}"]
    with full_disk():
        paint(session, Region(90, 10, 5, 5))
        qtbot.waitUntil(lambda: len(told) == 2)


def test_undo_changes_nothing_as_long_as_strokes_wait(session, document, paint, full_disk, told) -> None:
    paint(session)
    document.save()
    with full_disk():
        paint(session, Region(50, 50, 5, 5))
        document.undo()
        document.jump(0)
        assert told == ["The disk is full."] * 2, "each time somebody asks"
        assert pixel(document, 52, 52) == pixel(document, 15, 15) == 1 | MANUAL
    document.undo()
    assert (pixel(document, 52, 52), pixel(document, 15, 15)) == (0, 1 | MANUAL)


def test_painting_ends_when_too_much_waits(
    session, document, paint, full_disk, told, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bcseg_gui.core.masks.storage.journal.LARGEST_BACKLOG", 1)
    paint(session)
    document.save()
    with full_disk():
        paint(session)
        paint(session, Region(50, 50, 5, 5))
        qtbot.waitUntil(lambda: bool(told))
        paint(session, Region(80, 80, 5, 5))
    assert any("Too much is waiting" in text for text in told)
    assert (pixel(document, 52, 52), pixel(document, 82, 82)) == (1 | MANUAL, 0)
    document.save()
    paint(session, Region(80, 80, 5, 5))
    assert pixel(document, 82, 82) == 1 | MANUAL


def test_the_history_can_be_gone_through(session, document, paint) -> None:
    assert (list(document.edits()), document.undo_text, document.redo_text) == ([], "", "")
    for number, class_id in enumerate((1, 0, 1)):
        paint(session, Region(20 * number, 10, 10, 10), class_id)
    seqs = [edit.seq for edit in document.edits()]
    document.jump(seqs[0])
    assert [edit.state for edit in document.edits()] == [EditState.DONE, EditState.UNDONE, EditState.UNDONE]
    assert (document.undo_text, document.redo_text) == ("brush", "eraser")
    assert (pixel(document, 5, 15), pixel(document, 45, 15)) == (1 | MANUAL, 0)
    document.jump(seqs[2])
    assert pixel(document, 45, 15) == 1 | MANUAL
    document.jump(0)
    assert not document.can_undo
    assert not document.mask.read(document.whole).any()


def test_cells_that_are_accepted_outlive_another_segmentation(document, client, segment) -> None:
    job = segment()
    client.tile(job, LEFT)
    client.tile(job, RIGHT)
    client.finish_segmenting(job)
    document.select(((LEFT.x, LEFT.y), (LEFT.right, LEFT.y), (LEFT.right, LEFT.bottom), (LEFT.x, LEFT.bottom)))
    document.accept()
    assert (document.undo_text, len(document.edits())) == ("accept", 2)
    document.accept()
    assert len(document.edits()) == 2, "nothing was left to accept"
    document.select(())
    job = segment()
    client.tile(job, document.whole, class_id=2)
    client.finish_segmenting(job)
    assert (pixel(document, 20, 20), pixel(document, 100, 20)) == (1 | MANUAL, 2)


def test_the_history_stays_while_segmenting(session, document, client, segment, paint) -> None:
    paint(session)
    segment()
    document.jump(0)
    assert pixel(document, 15, 15) == 1 | MANUAL
    assert document.undo_text == ""


def test_a_damaged_mask_is_said_and_takes_nothing_with_it(session, pictures, paint, make_session) -> None:
    session.open(pictures)
    paint(session)
    path = session.project.mask_path(session.project.slides[0])
    session.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE tiles SET data = ?", (b"damaged",))
        db.commit()
    again = make_session()
    again.open(pictures)
    told: list[str] = []
    again.failed.connect(lambda error: told.append(str(error)))
    for _stroke in range(2):
        paint(again)
    assert len(told) == 2
    assert "damaged" in told[0]
    again.close()


def test_a_picture_is_left_and_called_reviewed_only_when_its_strokes_are_written(
    session, document, paint, full_disk
) -> None:
    told: list[str] = []
    session.failed.connect(lambda error: told.append(str(error)))
    paint(session)
    with full_disk():
        paint(session, Region(50, 50, 5, 5))
        told.clear()
        session.select(1)
        with pytest.raises(UserError, match="full"):
            session.reviewing.mark()
        with pytest.raises(UserError, match="full"):
            session.open([document.path.with_name("b.png")])
    assert told == ["The disk is full."]
    assert session.document is document
    session.select(1)
    session.select(0)
    assert pixel(session.document, 52, 52) == 1 | MANUAL


def test_closing_gives_up_what_cannot_be_written(
    session, document, pictures, paint, full_disk, make_session, qtbot
) -> None:
    with qtbot.waitSignal(document.saved):
        paint(session)
    with full_disk():
        paint(session, Region(50, 50, 5, 5))
        session.close()
    again = make_session()
    again.open(pictures)
    assert pixel(again.document, 15, 15) == 1 | MANUAL
    assert pixel(again.document, 52, 52) == 0
