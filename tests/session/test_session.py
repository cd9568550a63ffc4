from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import QPoint

from bcseg_gui.compute.protocol import Finished, QuickSegment, Segment, TilePredicted, WarmUp, WarmUpResult, Warned
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.core.project import Project, project
from bcseg_gui.session.models import EngineInfo
from bcseg_gui.session.session import Session


def statuses(session: Session) -> list[str]:
    return [item.status for item in session.worklist]


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write_pages(path: Path, *greys: int) -> Path:
    pages = [Image.new("RGB", (160, 120), (grey,) * 3) for grey in greys]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def told(session: Session) -> list[str]:
    """What is said from now on."""
    texts: list[str] = []
    session.said.connect(texts.append)
    session.failed.connect(lambda error: texts.append(str(error)))
    return texts


def test_looking_at_pictures_leaves_no_file_behind(session, pictures) -> None:
    before = files(pictures[0].parent), files(pictures[0].parent.parent)
    session.open([pictures[0].parent])
    session.step(1)
    session.open([pictures[2]])
    session.close()
    assert (files(pictures[0].parent), files(pictures[0].parent.parent)) == before


def test_the_first_stroke_makes_a_project_beside_the_pictures(session, pictures, paint) -> None:
    session.open([pictures[0].parent])
    paint(session)
    assert session.project is not None
    assert session.project.folder == pictures[0].with_name("ward.bcseg")
    assert session.project.folders == [pictures[0].parent]
    assert [entry.path for entry in session.project.slides] == pictures[:1], "the others wait until they are worked on"
    assert statuses(session) == ["doing", "todo", "todo"]


def test_a_folder_is_continued_where_it_was_left(session, pictures, paint, make_session) -> None:
    session.open([pictures[0].parent])
    paint(session)
    session.reviewing.mark()
    session.close()
    again = make_session()
    again.open([pictures[0].parent])
    assert statuses(again) == ["reviewed", "todo", "todo"]
    assert again.document.path == pictures[1], "the first that is still to do"
    again.open([pictures[0].with_name("ward.bcseg")])
    assert len(again.worklist) == 3


def test_what_was_done_to_a_picture_alone_is_seen_in_its_folder(session, pictures, paint) -> None:
    session.open([pictures[1]])
    paint(session)
    session.open([pictures[0].parent])
    assert statuses(session) == ["todo", "doing", "todo"]
    session.select(1)
    assert session.document.mask is not None
    assert session.document.mask.read(Region(10, 10, 20, 20)).all()


def test_a_broken_picture_is_marked_and_the_others_open(session, pictures) -> None:
    pictures[0].write_bytes(b"no picture")
    told: list[BaseException] = []
    session.failed.connect(told.append)
    session.open([pictures[0].parent])
    assert session.document.path == pictures[1]
    assert statuses(session) == ["problem", "todo", "todo"]
    assert "a.png" in str(told[0])
    session.select(0)
    assert session.document.path == pictures[1]
    assert len(told) == 2


def test_what_cannot_be_opened_leaves_what_is_open(session, pictures, paint, tmp_path) -> None:
    session.open(pictures)
    paint(session)
    for wrong in (tmp_path / "absent.png", tmp_path / "weights"):
        with pytest.raises(UserError):
            session.open([wrong])
    assert session.document.path == pictures[0]
    paint(session, Region(60, 60, 5, 5))
    assert session.document.can_undo


def test_a_project_is_open_once(session, pictures, paint, make_session) -> None:
    session.open([pictures[0].parent])
    paint(session)
    with pytest.raises(UserError, match="already open"):
        make_session().open([pictures[0].parent])
    # Opened again in the same window it is simply there.
    session.open([pictures[0].parent])
    paint(session, Region(60, 60, 5, 5))


def test_a_project_of_a_newer_program_is_not_touched(session, pictures, paint, make_session) -> None:
    session.open([pictures[0].parent])
    paint(session)
    session.close()
    file = pictures[0].with_name("ward.bcseg") / "project.json"
    newer = file.read_text().replace('"schema": 2', '"schema": 99')
    assert "99" in newer
    file.write_text(newer)
    for path in (pictures[0].parent, file.parent):
        with pytest.raises(UserError, match="newer"):
            make_session().open([path])
    assert file.read_text() == newer


def test_an_empty_project_says_so(session, tmp_path) -> None:
    Project.create(tmp_path / "empty.bcseg").close()
    with pytest.raises(UserError, match="holds no picture"):
        session.open([tmp_path / "empty.bcseg"])
    Project.open(tmp_path / "empty.bcseg").close()


def test_a_changed_picture_is_said_and_never_opened_with_its_old_mask(session, pictures, paint, make_session) -> None:
    session.open([pictures[0]])
    paint(session)
    session.close()
    pictures[0].write_bytes(pictures[1].read_bytes())
    again = make_session()
    with pytest.raises(UserError, match="has changed"):
        again.open([pictures[0]])
    assert again.document is None
    again.open([pictures[1]])


def test_a_vanished_picture_stays_on_the_list(session, pictures, paint, make_session) -> None:
    session.open([pictures[0].parent])
    paint(session)
    session.close()
    pictures[0].unlink()
    again = make_session()
    again.open([pictures[0].parent])
    told: list[BaseException] = []
    again.failed.connect(told.append)
    gone = next(index for index, item in enumerate(again.worklist) if item.path == pictures[0])
    again.select(gone)
    assert "is gone" in str(told[0])
    assert again.worklist[gone].status == "problem"


def test_reviewing_goes_round_to_the_next_to_do(session, pictures) -> None:
    session.open(pictures)
    session.select(1)
    said: list[str] = []
    session.said.connect(said.append)
    seen = []
    for _ in pictures:
        seen.append(session.document.path.stem)
        session.reviewing.mark()
    assert seen == ["b", "c", "a"]
    assert statuses(session) == ["reviewed"] * 3
    assert said == ["All pictures are reviewed."]
    assert session.reviewing.is_enough
    session.reviewing.unmark()
    assert session.reviewing.count == 2


def test_a_reviewed_picture_that_is_segmented_anew_is_to_be_reviewed_again(session, pictures, client) -> None:
    session.open([pictures[0]])
    session.reviewing.mark()
    session.segmenting.picture(QPoint(0, 0))
    job = client.last(Segment).job
    whole = session.document.whole
    client.answer(TilePredicted(job, whole, np.ones((whole.h, whole.w), np.uint8), whole))
    client.finish_segmenting(job)
    assert session.reviewing.status == "doing"


def test_a_picture_without_any_cell_can_be_reviewed(session, pictures, client) -> None:
    session.open([pictures[0]])
    session.segmenting.picture(QPoint(0, 0))
    job = client.last(Segment).job
    whole = session.document.whole
    client.answer(TilePredicted(job, whole, np.zeros((whole.h, whole.w), np.uint8), whole))
    client.finish_segmenting(job)
    assert session.reviewing.status == "doing"
    session.reviewing.mark()
    assert session.reviewing.count == 1


def test_what_is_left_of_a_mask_whose_history_is_lost_is_still_to_be_reviewed(session, pictures, paint) -> None:
    session.open([pictures[0]])
    paint(session)
    session.save()
    path = session.project.mask_path(session.opened.front_entry())
    session.open([pictures[1]])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM edit_tiles")
        db.execute("DELETE FROM edits")
    session.open([pictures[0]])
    paint(session, Region(60, 60, 30, 30))
    session.document.undo()
    assert session.reviewing.status == "doing"


def test_a_reviewed_picture_of_which_nothing_is_left_is_to_do_and_that_is_said(session, pictures, paint) -> None:
    session.open([pictures[0]])
    paint(session)
    session.reviewing.mark()
    said: list[str] = []
    session.said.connect(said.append)
    session.document.undo()
    assert session.reviewing.status == "todo"
    assert said == ["Nothing is left of what was reviewed in “a”, so it is to do again."]


def test_a_status_that_could_not_be_written_is_written_with_the_next_stroke_or_save(
    session, pictures, paint, monkeypatch, qtbot
) -> None:
    session.open([pictures[0]])
    told: list[UserError] = []
    session.failed.connect(told.append)

    def refused(project: Project, entry: object) -> None:
        raise UserError("The share is gone.")

    with monkeypatch.context() as patch:
        session.home.needed_project().add(pictures[0])
        session.scale.set_cell_diameter(50)
        paint(session, Region(0, 0, 1, 1))  # the mask is opened
        session.document.undo()
        assert session.reviewing.status == "todo"
        patch.setattr(Project, "update", refused)
        paint(session)
        assert [str(error) for error in told] == ["The share is gone."]
        assert session.reviewing.status == "todo"
    paint(session, Region(60, 60, 30, 30))
    with qtbot.waitSignal(session.document.saved):
        pass
    assert session.reviewing.status == "doing"
    assert len(told) == 1


def test_a_status_that_could_not_be_written_is_forgotten_once_it_is_out_of_date(
    session, pictures, paint, monkeypatch, qtbot
) -> None:
    session.open([pictures[0]])
    paint(session)
    assert session.reviewing.status == "doing"

    def refused(project: Project, entry: object) -> None:
        raise UserError("The share is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(Project, "update", refused)
        session.document.undo()
    session.document.redo()
    with qtbot.waitSignal(session.document.saved):
        pass
    assert session.reviewing.status == "doing"


def test_a_picture_that_is_left_is_segmented_to_the_end(session, pictures, client) -> None:
    session.open(pictures)
    session.segmenting.picture(QPoint(0, 0))
    job = client.last(Segment).job
    session.step(1)
    client.tile(job, Region(0, 0, 160, 120))
    client.finish_segmenting(job)
    assert statuses(session) == ["doing", "todo", "todo"]
    session.step(-1)
    assert session.document.mask.read(Region(5, 5, 1, 1))[0, 0] == 1


def test_the_chosen_model_is_used_and_remembered(session, pictures, client, paint, make_session) -> None:
    session.open([pictures[0]])
    assert session.models.active.name == "tiny"
    session.models.choose("other")
    session.warm_up()
    assert client.last(WarmUp).model_folder.name == "other"
    paint(session)
    session.segmenting.picture(QPoint(0, 0))
    assert client.last(Segment).model_folder.name == "other"
    session.close()
    with Project.open(pictures[0].with_name("ward.bcseg")) as project:
        assert project.active_model == "other"


def test_what_ran_the_model_is_known_after_warming_up_and_segmenting(session, client, pictures) -> None:
    session.open(pictures)
    refreshed: list[object] = []
    session.warm_up()
    session.stateChanged.connect(lambda: refreshed.append(session.models.engine("tiny")))
    client.answer(Finished(client.last(WarmUp).job, WarmUpResult("openvino-int8")))
    assert refreshed == [EngineInfo("openvino-int8")]
    session.segmenting.picture(QPoint(0, 0))
    client.finish_segmenting(client.last(Segment).job)
    assert refreshed[-1] == EngineInfo("torch", 1.0)


def test_what_computes_otherwise_than_expected_is_told(session, client, pictures) -> None:
    told: list[object] = []
    session.failed.connect(lambda error: told.append(str(error)))
    session.open(pictures)
    session.warm_up()
    client.answer(Warned(client.last(WarmUp).job, "The processor computes instead."))
    assert told == ["The processor computes instead."]


def test_a_model_that_is_not_ours_is_refused(session, tmp_path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "model.pt").write_bytes(b"\x80\x02")
    with pytest.raises(UserError, match="not a model"):
        session.models.import_model(tmp_path / "foreign")
    assert session.models.active.name == "tiny"


def test_without_any_model_segment_says_so(jobs, pictures, tmp_path) -> None:
    session = Session(jobs, tmp_path / "nothing", tmp_path / "library")
    session.open([pictures[0]])
    with pytest.raises(UserError, match="No model"):
        session.segmenting.picture(QPoint(0, 0))
    session.close()


def test_quick_segmentation_needs_no_model_and_is_one_edit_that_leaves_what_a_person_painted(
    jobs, pictures, paint, client, tmp_path
) -> None:
    session = Session(jobs, tmp_path / "nothing", tmp_path / "library")
    session.open([pictures[0]])
    paint(session, Region(10, 10, 20, 20), class_id=0)
    session.segmenting.quick(QPoint(7, 8))
    request = client.last(QuickSegment)
    assert (request.slide_path, request.first, request.region) == (pictures[0], (7, 8), None)
    session.segmenting.quick(QPoint(0, 0))
    assert client.last(QuickSegment) is request, "one at a time"
    for half in (Region(0, 0, 80, 120), Region(80, 0, 80, 120)):
        client.tile(request.job, half)
    client.finish_segmenting(request.job)
    mask = session.document.mask
    assert (mask.read(Region(10, 10, 20, 20)) == MANUAL).all()
    assert int((mask.read(session.document.whole) == 1).sum()) == 160 * 120 - 400
    assert [(edit.tool, edit.model) for edit in mask.edits()] == [("eraser", ""), ("segment", "watershed")]
    assert session.reviewing.status == "doing"
    session.document.undo()
    assert not (mask.read(session.document.whole) == 1).any()
    session.close()


def test_quick_segmentation_takes_the_diameter_of_the_person_but_not_that_of_a_model(session, pictures, client) -> None:
    session.open([pictures[0]])
    session.segmenting.quick(QPoint(0, 0))
    assert client.last(QuickSegment).cell_diameter is None
    session.document.stream.cancel()
    session.step(1)
    session.open([pictures[1]])
    session.scale.set_cell_diameter(50.0)
    session.segmenting.quick(QPoint(0, 0))
    assert client.last(QuickSegment).cell_diameter == 50.0


def test_a_model_of_the_users_library_stays_in_use_when_the_project_is_made(
    make_session, model_writer, pictures, paint, tmp_path
) -> None:
    model_writer(tmp_path / "library" / "mine", "mine")
    session = make_session()
    session.models.choose("mine")
    session.open([pictures[0]])
    paint(session)
    assert session.models.active.name == "mine"
    assert session.models.active.folder.is_relative_to(session.project.folder)


def test_a_folder_opened_after_one_of_its_pictures_shows_that_picture(session, pictures, paint) -> None:
    session.open(pictures[:1])
    paint(session)
    session.open([pictures[0].parent])
    assert session.document.path == pictures[0]
    assert session.document.slide.read_region((0, 0), 0, (2, 2)).shape == (2, 2, 3)
    paint(session)
    assert session.reviewing.status == "doing"


def test_a_project_made_by_another_window_is_taken_up(session, make_session, pictures, paint) -> None:
    session.open(pictures)
    other = make_session()
    other.open(pictures)
    paint(other)
    other.close()
    session.open(pictures)
    paint(session, Region(50, 50, 5, 5))
    assert len(session.document.mask.edits()) == 2


def test_a_project_is_made_once_the_disk_has_room_again(session, pictures, paint, monkeypatch, make_session) -> None:
    def full(*_args: object) -> None:
        raise UserError("The disk is full.")

    told: list[str] = []
    session.failed.connect(lambda error: told.append(str(error)))
    session.open(pictures)
    with monkeypatch.context() as patch:
        patch.setattr(project, "write_json", full)
        paint(session)
    again = make_session()
    again.open(pictures)
    paint(again)
    assert told == ["The disk is full."]
    assert again.reviewing.status == "doing"


def test_a_picture_that_changed_after_it_was_opened_is_not_painted_on(session, pictures, paint) -> None:
    told: list[str] = []
    session.failed.connect(lambda error: told.append(str(error)))
    session.open(pictures[:1])
    cv2.imwrite(str(pictures[0]), np.full((120, 160, 3), 200, np.uint8))
    paint(session)
    assert len(told) == 1
    assert "changed since it was opened" in told[0]
    session.open(pictures[:1])
    paint(session)
    assert session.reviewing.status == "doing"


def test_a_picture_that_changed_is_not_segmented(session, pictures, paint, client) -> None:
    session.open(pictures[:1])
    paint(session)
    cv2.imwrite(str(pictures[0]), np.full((120, 160, 3), 200, np.uint8))
    with pytest.raises(UserError, match="has changed"):
        session.segmenting.picture(QPoint(0, 0))
    assert not session.document.segmenting


def test_a_folder_project_opened_alone_lists_the_whole_folder(session, pictures, paint, make_session) -> None:
    session.open([pictures[0].parent])
    session.select(1)
    paint(session)
    session.close()
    again = make_session()
    again.open([pictures[0].with_name("ward.bcseg")])
    assert [item.path for item in again.worklist] == pictures
    assert statuses(again) == ["todo", "doing", "todo"]


def test_single_pictures_stay_on_the_list_of_their_project(session, pictures, paint, make_session) -> None:
    session.open([pictures[2], pictures[0]])
    paint(session)
    session.close()
    again = make_session()
    again.open([pictures[0].with_name("ward.bcseg")])
    assert [item.path.stem for item in again.worklist] == ["c", "a"]
    assert statuses(again) == ["doing", "todo"]


def test_a_project_whose_folder_is_gone_says_so_and_opens_the_rest(
    session, pictures, paint, make_session, tmp_path
) -> None:
    other = tmp_path / "drive"
    other.mkdir()
    (other / "x.png").write_bytes(pictures[0].read_bytes())
    session.open([pictures[0].parent, other])
    paint(session)
    session.close()
    other.rename(tmp_path / "unplugged")
    again = make_session()
    texts = told(again)
    again.open([pictures[0].with_name("ward.bcseg")])
    assert [item.path for item in again.worklist] == pictures
    assert len(texts) == 1
    assert "drive" in texts[0]


def test_a_project_of_an_earlier_version_learns_its_folder_with_the_next_change(
    session, pictures, paint, make_session
) -> None:
    with Project.create(pictures[0].with_name("ward.bcseg")) as old:
        old.add(pictures[1])
    session.open([pictures[0].parent])
    assert session.project.folders == [], "looking changes nothing"
    paint(session)
    session.close()
    again = make_session()
    again.open([pictures[0].with_name("ward.bcseg")])
    assert len(again.worklist) == 3


def test_a_first_stroke_reads_no_other_picture(session, pictures, paint) -> None:
    session.open([pictures[0].parent])
    for path in pictures[1:]:
        path.unlink()
    paint(session)
    assert statuses(session) == ["doing", "todo", "todo"]
    assert [entry.path for entry in session.project.slides] == pictures[:1]


def test_a_change_of_one_picture_keeps_the_other_items(session, pictures, paint) -> None:
    session.open([pictures[0].parent])
    before = session.worklist
    paint(session)
    assert [old is new for old, new in zip(before, session.worklist, strict=True)] == [False, True, True]


def test_a_page_has_a_mask_of_its_own(session, paint, tmp_path, make_session) -> None:
    path = write_pages(tmp_path / "stack.tif", 40, 200)
    session.open([path])
    paint(session)
    session.set_page(1)
    assert session.document.slide.read_region((0, 0), 0, (1, 1))[0, 0, 0] == 200
    assert session.document.mask is None
    assert statuses(session) == ["todo"]
    paint(session, Region(50, 50, 5, 5))
    session.close()
    again = make_session()
    again.open([path])
    assert again.document.slide.page == 1
    assert not again.document.mask.read(Region(10, 10, 20, 20)).any()
    again.set_page(0)
    assert again.document.mask.read(Region(10, 10, 20, 20)).all()
    assert statuses(again) == ["doing"]


def test_looking_at_pages_leaves_no_file(session, tmp_path) -> None:
    session.open([write_pages(tmp_path / "stack.tif", 40, 200)])
    before = files(tmp_path)
    session.set_page(1)
    session.set_page(0)
    assert files(tmp_path) == before


def test_each_page_has_a_review_of_its_own(session, tmp_path) -> None:
    session.open([write_pages(tmp_path / "stack.tif", 40, 200)])
    session.reviewing.mark()
    texts = told(session)
    session.set_page(1)
    assert "review of its own" in texts[0]
    assert (session.reviewing.status, session.reviewing.count, statuses(session)) == ("todo", 0, ["todo"])
    session.set_page(0)
    assert (session.reviewing.status, session.reviewing.count) == ("reviewed", 1)


def test_no_other_page_while_the_cells_of_one_are_found(session, tmp_path, client) -> None:
    session.open([write_pages(tmp_path / "stack.tif", 40, 200)])
    session.segmenting.quick(QPoint(0, 0))
    texts = told(session)
    session.set_page(1)
    assert session.document.slide.page == 0
    assert len(texts) == 1


def test_a_page_that_does_not_exist_changes_nothing(session, paint, tmp_path) -> None:
    session.open([write_pages(tmp_path / "stack.tif", 40, 200)])
    session.reviewing.mark()
    with pytest.raises(UserError):
        session.set_page(5)
    assert (session.document.slide.page, session.reviewing.status) == (0, "reviewed")
    paint(session)
    assert session.document.can_undo


def test_a_slide_that_is_cut_short_says_so(session, tmp_path) -> None:
    path = tmp_path / "cut.tif"
    noise = np.random.default_rng(0).integers(0, 255, (2000, 2000, 3), np.uint8)
    tifffile.imwrite(path, noise, tile=(256, 256), photometric="rgb")
    path.write_bytes(path.read_bytes()[:6_000_000])
    texts = told(session)
    session.open([path])
    assert "cut short" in texts[0]
