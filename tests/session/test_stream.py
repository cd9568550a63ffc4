"""What streams into the mask, and segmentations that go on another day."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.compute.protocol import (
    Cancelled,
    Failed,
    Finished,
    Progress,
    QuickSegment,
    Segment,
    SegmentResult,
    TilePredicted,
)
from bcseg_gui.compute.segmenting.spec import Segmentation, inside
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.core.slides.look import Look
from bcseg_gui.session.document import Document
from bcseg_gui.session.session import Session

LEFT, RIGHT = Region(0, 0, 80, 120), Region(80, 0, 80, 120)


def pixel(document: Document, x: int, y: int) -> int:
    assert document.mask is not None
    return int(document.mask.read(Region(x, y, 1, 1))[0, 0])


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


@pytest.mark.parametrize("ending", [Cancelled(1), Failed(1, "It failed.")])
def test_cancel_and_failure_leave_the_picture_as_it_was(document, client, segment, ending) -> None:
    job = segment()
    client.tile(job, LEFT)
    document.stream.cancel()
    client.answer(type(ending)(job) if isinstance(ending, Cancelled) else Failed(job, "It failed."))
    assert pixel(document, 20, 20) == 0
    assert not document.can_undo
    assert not document.segmenting


def test_a_segmentation_goes_on_while_the_disk_is_full(document, client, segment, paint, session, full_disk, told):
    with full_disk():
        paint(session)
        job = segment()
        client.tile(job, LEFT)
        paint(session, Region(90, 10, 20, 20))
        client.tile(job, RIGHT)
        client.finish_segmenting(job)
        assert not document.segmenting
        with pytest.raises(UserError, match="full"):
            document.save()
    document.save()
    assert [edit.tool for edit in document.mask.edits()] == ["brush", "segment", "brush", "segment"]
    assert (pixel(document, 15, 15), pixel(document, 95, 15)) == (1 | MANUAL, 1 | MANUAL)
    assert (pixel(document, 50, 50), pixel(document, 150, 50)) == (1, 1)


@pytest.fixture
def start(session: Session, document: Document, jobs) -> Callable[..., int]:
    """Segments the picture in front, as the session does, going on with what is unfinished; returns the job."""

    def begin(diameter: float | None = 20.0, given: bool = False, **scope) -> int:
        document.needed_mask()
        model, run = session.models.needed(), document.stream.unfinished
        wanted = Segmentation.of(document.slide, model, diameter, **scope).or_unfinished(run, given=given)
        job = jobs.start(lambda number: wanted.request(number, document.path, model.folder, (0, 0), run), "Segmenting")
        document.stream.follow(job, model.name, wanted)
        return job.number

    return begin


def whole_block(client, job: int, region: Region, class_id: int = 1) -> None:
    client.answer(TilePredicted(job, region, np.full((region.h, region.w), 2, np.uint8)))
    client.answer(TilePredicted(job, region, np.full((region.h, region.w), class_id, np.uint8), region))


def test_finished_blocks_are_kept_when_it_is_cancelled(document, client, start) -> None:
    shares: list[float] = []
    document.stream.paused.connect(shares.append)
    job = start()
    client.answer(Progress(job, 0, 4))
    client.answer(Progress(job, 1, 4))
    whole_block(client, job, LEFT)
    client.answer(Progress(job, 2, 4))
    client.tile(job, RIGHT)
    document.stream.cancel()
    client.answer(Cancelled(job))
    assert shares == [0.25]
    assert (pixel(document, 20, 20), pixel(document, 100, 20)) == (1, 0)
    assert document.stream.unfinished.finished == (LEFT,)
    assert document.can_undo


def test_a_photograph_that_is_one_block_is_as_before_when_it_is_cancelled(document, client, start) -> None:
    told: list[bool] = []
    document.stream.stopped.connect(told.append)
    document.stream.paused.connect(told.append)
    job = start()
    client.answer(Progress(job, 0, 4))
    client.tile(job, LEFT)
    document.stream.cancel()
    client.answer(Cancelled(job))
    assert told == [True]
    assert document.stream.unfinished is None
    assert not document.can_undo


@pytest.mark.parametrize("ending", ["cancel", "failure", "restart"])
def test_segment_goes_on_where_it_was_interrupted(
    session, document, pictures, client, jobs, start, make_session, ending: str
) -> None:
    job = start(diameter=20.0)
    whole_block(client, job, LEFT)
    client.tile(job, RIGHT)
    if ending == "cancel":
        document.stream.cancel()
        client.answer(Cancelled(job))
    elif ending == "failure":
        client.answer(Failed(job, "It failed."))
    else:
        session.close()
        session = make_session()
        session.open(pictures)
        document = session.document
    run = document.stream.unfinished
    model = session.models.needed()
    wanted = Segmentation.of(document.slide, model, 21.5).or_unfinished(run, given=False)
    assert wanted.cell_diameter == 20.0, "the blocks have to fit each other, whatever is estimated now"
    job = jobs.start(lambda number: wanted.request(number, document.path, model.folder, (0, 0), run), "Segmenting")
    document.stream.follow(job, model.name, wanted)
    assert client.last(Segment).finished == (LEFT,)
    whole_block(client, job.number, RIGHT)
    client.finish_segmenting(job.number)
    assert (pixel(document, 20, 20), pixel(document, 100, 20)) == (1, 1)
    assert document.stream.unfinished is None


def test_another_segmentation_starts_anew(session, document, client, start) -> None:
    job = start()
    whole_block(client, job, LEFT)
    document.stream.cancel()
    client.answer(Cancelled(job))
    run, model = document.stream.unfinished, session.models.needed()
    assert Segmentation.of(document.slide, model, 20.0).or_unfinished(run, given=True).text == run.settings
    others = [
        Segmentation.of(document.slide, model, 25.0).or_unfinished(run, given=True),
        Segmentation.of(document.slide, model, 20.0, region=LEFT).or_unfinished(run, given=False),
        Segmentation.of(document.slide, model, 20.0, look=Look(gamma=2)).or_unfinished(run, given=False),
        Segmentation.of(document.slide, None, 20.0).or_unfinished(run, given=False),
    ]
    for other in others:
        assert other.text != run.settings
        assert other.request(1, document.path, model.folder, (0, 0), run).finished == ()


def test_a_whole_slide_is_the_same_however_it_is_asked_for(session, document) -> None:
    model = session.models.needed()
    whole = Segmentation.of(document.slide, model, None)
    assert Segmentation.of(document.slide, model, None, region=Region(-5, 0, 900, 900), look=Look()) == whole
    assert Segmentation.parse(whole.text) == whole
    for text in ("", "{", "[]", whole.text.replace('"grid":', '"grid":9')):
        assert Segmentation.parse(text) is None
    request = whole.request(3, document.path, None, (1, 2), None)
    assert isinstance(request, QuickSegment)


def test_undo_makes_it_start_anew(document, client, start) -> None:
    job = start()
    whole_block(client, job, LEFT)
    document.stream.cancel()
    client.answer(Cancelled(job))
    document.undo()
    assert pixel(document, 20, 20) == 0
    assert document.stream.unfinished is None


def test_a_stroke_in_between_does_not_end_the_run(document, client, start, session, paint) -> None:
    job = start()
    whole_block(client, job, LEFT)
    paint(session, Region(90, 10, 20, 20), 0)
    document.stream.cancel()
    client.answer(Cancelled(job))
    job = start()
    assert client.last(Segment).finished == (LEFT,)
    whole_block(client, job, RIGHT)
    client.answer(Finished(job, SegmentResult(20.0, 1.0, "tiny")))
    assert pixel(document, 95, 15) == MANUAL
    assert pixel(document, 120, 20) == 1


def test_only_what_lies_in_the_outline_is_written(document, client, start) -> None:
    outline = ((20, 10), (70, 15), (60, 100), (15, 90))
    job = start(outline=outline)
    asked = client.last(Segment)
    assert (asked.outline, asked.region) == (outline, Region(15, 10, 55, 90))
    whole_block(client, job, LEFT)
    client.finish_segmenting(job)
    contour = np.array(outline, np.float32)
    expected = [[cv2.pointPolygonTest(contour, (x + 0.5, y + 0.5), False) > 0 for x in range(160)] for y in range(120)]
    np.testing.assert_array_equal(document.mask.read(document.whole), np.array(expected, np.uint8))


@given(
    st.lists(st.tuples(st.integers(-50, 250), st.integers(-50, 250)), min_size=3, max_size=8),
    st.integers(1, 199),
    st.integers(1, 199),
)
def test_an_outline_is_the_same_in_one_piece_and_in_four(outline: list[tuple[int, int]], x: int, y: int) -> None:
    everything = Region(0, 0, 200, 200)
    whole, pieces = inside(tuple(outline), everything), np.zeros((200, 200), np.bool_)
    for left, right in ((0, x), (x, 200)):
        for top, bottom in ((0, y), (y, 200)):
            piece = Region(left, top, right - left, bottom - top)
            pieces[piece.slices_in(everything)] = inside(tuple(outline), piece)
    np.testing.assert_array_equal(pieces, whole)


def test_what_is_empty_is_told_and_what_was_found_there_before_goes(document, client, start, session, paint) -> None:
    told: list[tuple[Region, ...]] = []
    document.stream.emptyFound.connect(told.append)
    job = start()
    whole_block(client, job, LEFT)
    whole_block(client, job, RIGHT)
    client.finish_segmenting(job)
    paint(session, Region(90, 10, 20, 20))
    job = start()
    client.answer(Progress(job, 0, 1, empty=(RIGHT,)))
    assert told == [(RIGHT,)]
    assert document.stream.empty_regions == (RIGHT,)
    whole_block(client, job, LEFT)
    client.finish_segmenting(job)
    assert (pixel(document, 20, 20), pixel(document, 130, 20)) == (1, 0)
    assert pixel(document, 95, 15) == 1 | MANUAL
    start()
    assert document.stream.empty_regions == ()


def test_where_all_is_empty_now_nothing_is_left_and_another_run_can_still_be_taken_up(
    document, client, start, session, paint
) -> None:
    job = start(region=RIGHT)
    whole_block(client, job, RIGHT)
    client.finish_segmenting(job)
    job = start(region=LEFT)
    client.answer(Progress(job, 0, 0))
    client.finish_segmenting(job)
    assert pixel(document, 100, 20) == 1
    job = start()
    client.answer(Progress(job, 0, 0, empty=(LEFT, RIGHT)))
    client.finish_segmenting(job)
    assert pixel(document, 100, 20) == 0


def test_how_much_is_finished_is_known_after_a_restart(
    document, client, start, session, make_session, pictures
) -> None:
    job = start()
    whole_block(client, job, LEFT)
    assert document.stream.unfinished_share == 0, "it is still under way"
    session.close()
    again = make_session()
    again.open(pictures)
    assert again.document.stream.unfinished_share == 0.5


def test_a_full_disk_loses_no_finished_block(document, client, start, full_disk, told, session, make_session, pictures):
    job = start()
    whole_block(client, job, LEFT)
    with full_disk():
        whole_block(client, job, RIGHT)
        document.stream.cancel()
        client.answer(Cancelled(job))
    assert (pixel(document, 20, 20), pixel(document, 100, 20)) == (1, 1)
    session.close()
    again = make_session()
    again.open(pictures)
    assert set(again.document.stream.unfinished.finished) == {LEFT, RIGHT}
    assert (pixel(again.document, 20, 20), pixel(again.document, 100, 20)) == (1, 1)


def test_a_segmentation_ends_when_too_much_waits(
    document, client, start, full_disk, told, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bcseg_gui.core.masks.storage.journal.LARGEST_BACKLOG", 1)
    job = start()
    with full_disk():
        whole_block(client, job, LEFT)
        qtbot.waitUntil(lambda: bool(told))
        whole_block(client, job, RIGHT)
    assert client.cancelled == [job]
    assert not document.segmenting
    assert pixel(document, 100, 20) == 0, "a segmentation with a hole in it would be taken for a whole one"
    document.save()
    assert document.stream.unfinished.finished == (LEFT,)
