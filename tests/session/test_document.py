from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np
import pytest

from bcseg_gui.compute.protocol import Cancelled, Failed, Segment
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, MaskEdit
from bcseg_gui.core.masks.tilestore import TileStore
from bcseg_gui.session.document import Document
from bcseg_gui.session.session import Session

LEFT, RIGHT = Region(0, 0, 80, 120), Region(80, 0, 80, 120)


@pytest.fixture
def document(session: Session, pictures) -> Document:
    session.open(pictures)
    assert session.document is not None
    return session.document


@pytest.fixture
def segment(session: Session, document, client):
    """Starts to segment the picture in front; returns the job's number."""

    def start() -> int:
        from PySide6.QtCore import QPoint

        session.segment(QPoint(5, 5))
        return client.last(Segment).job

    return start


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


def test_a_segmentation_is_one_undoable_edit(document, client, segment) -> None:
    job = segment()
    client.tile(job, LEFT)
    assert pixel(document, 20, 20) == 1, "a tile is seen as soon as it is there"
    client.tile(job, RIGHT)
    client.finish_segmenting(job)
    assert [(edit.tool, edit.model) for edit in document.mask.edits()] == [("segment", "tiny")]
    document.undo()
    assert pixel(document, 20, 20) == pixel(document, 100, 20) == 0


def test_segmenting_again_keeps_what_was_painted(session, document, client, segment, paint) -> None:
    paint(session, class_id=0)
    job = segment()
    client.tile(job, LEFT)
    client.finish_segmenting(job)
    assert pixel(document, 15, 15) == MANUAL
    assert pixel(document, 50, 50) == 1


def test_painting_goes_on_while_tiles_come(session, document, client, segment, paint) -> None:
    job = segment()
    client.tile(job, LEFT)
    document.begin_stroke("eraser", 0)
    client.tile(job, RIGHT)
    assert pixel(document, 100, 20) == 0, "tiles wait for the end of a stroke"
    document.paint(Region(10, 10, 20, 20), np.ones((20, 20), np.bool_))
    client.finish_segmenting(job)
    document.end_stroke()
    assert pixel(document, 15, 15) == MANUAL
    assert pixel(document, 100, 20) == 1
    assert [edit.tool for edit in document.mask.edits()] == ["segment", "eraser", "segment"]
    assert not document.segmenting


def test_no_undo_while_segmenting(session, document, client, segment, paint) -> None:
    paint(session)
    job = segment()
    client.tile(job, RIGHT)
    assert not document.can_undo
    document.undo()
    assert pixel(document, 15, 15) == 1 | MANUAL
    client.finish_segmenting(job)
    assert document.can_undo


@pytest.mark.parametrize("ending", [Cancelled(1), Failed(1, "It failed.")])
def test_cancel_and_failure_leave_the_picture_as_it_was(document, client, segment, ending) -> None:
    job = segment()
    client.tile(job, LEFT)
    document.cancel_segmentation()
    client.answer(type(ending)(job) if isinstance(ending, Cancelled) else Failed(job, "It failed."))
    assert pixel(document, 20, 20) == 0
    assert not document.can_undo
    assert not document.segmenting


def test_a_stroke_that_cannot_be_written_is_told_and_tried_again(
    session, document, paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    told: list[BaseException] = []
    document.failed.connect(told.append)

    def full(edit: MaskEdit) -> Region:
        if edit.is_open:
            raise UserError("The disk is full.")
        return Region(0, 0, 0, 0)

    with monkeypatch.context() as patch:
        patch.setattr(MaskEdit, "commit", full)
        paint(session, Region(50, 50, 5, 5))
    assert [str(error) for error in told] == ["The disk is full."]
    assert pixel(document, 52, 52) == 1 | MANUAL, "it stays on the screen"
    paint(session, Region(80, 80, 5, 5))
    assert len(document.mask.edits()) == 3, "the next stroke wrote it too"


def test_the_brush_keeps_within_its_limits(document) -> None:
    document.brush_radius = 1e9
    assert document.brush_radius == 500
    document.brush_radius = 0
    assert document.brush_radius == 0.5


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch):
    """`with full_disk():` no edit can be written."""

    def full(*_args: object) -> None:
        raise UserError("The disk is full.")

    @contextmanager
    def while_full() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(TileStore, "write_edit", full)
            yield

    return while_full


def test_a_segmentation_that_cannot_be_written_ends_and_can_be_started_again(
    session, document, client, segment, paint, full_disk
) -> None:
    told: list[UserError] = []
    document.failed.connect(told.append)
    job = segment()
    client.tile(job, LEFT)
    document.begin_stroke("brush", 1)
    document.paint(Region(0, 0, 5, 5), np.ones((5, 5), np.bool_))
    client.tile(job, RIGHT)
    client.finish_segmenting(job)
    with full_disk():
        document.end_stroke()
    assert told
    assert not document.segmenting
    assert pixel(document, 2, 2) == 1 | MANUAL, "the stroke is still there"
    job = segment()
    client.tile(job, RIGHT)
    client.finish_segmenting(job)
    assert [edit.tool for edit in document.mask.edits()] == ["segment", "brush", "segment"]


def test_no_tile_is_left_out_when_the_disk_is_full_for_a_while(document, client, segment, session, paint, full_disk):
    with full_disk():
        paint(session)
        job = segment()
        client.tile(job, LEFT)
    assert client.cancelled == [job]
    assert not document.segmenting
    client.tile(job, RIGHT)
    client.finish_segmenting(job)
    assert pixel(document, 100, 20) == 0, "a segmentation with a hole in it would be taken for a whole one"


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
            session.mark_reviewed()
        with pytest.raises(UserError, match="full"):
            session.open([document.path.with_name("b.png")])
    assert told == ["The disk is full."]
    assert session.document is document
    session.select(1)
    session.select(0)
    assert pixel(session.document, 52, 52) == 1 | MANUAL


def test_closing_gives_up_what_cannot_be_written(session, document, pictures, paint, full_disk, make_session) -> None:
    paint(session)
    with full_disk():
        paint(session, Region(50, 50, 5, 5))
        session.close()
    again = make_session()
    again.open(pictures)
    assert pixel(again.document, 15, 15) == 1 | MANUAL
    assert pixel(again.document, 52, 52) == 0
