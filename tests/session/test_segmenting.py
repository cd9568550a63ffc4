"""Which part of the slide the Segment button takes, going on with what was stopped, and reviewing part by part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from bcseg_gui.compute.protocol import Cancelled, Progress, QuickSegment, Segment, TilePredicted
from bcseg_gui.compute.segmenting.spec import Segmentation
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MaskClass
from bcseg_gui.core.slides.look import Look
from bcseg_gui.session import document as document_module
from bcseg_gui.session import reviewing as reviewing_module
from bcseg_gui.session.segmenting import UnfinishedRunError
from bcseg_gui.session.session import Session

HERE = QPoint(30, 40)
VISIBLE = Region(20, 30, 40, 50)
LEFT = Region(0, 0, 80, 120)
LASSO = ((10, 10), (60, 10), (35, 50))


@pytest.fixture
def opened(session: Session, pictures: list[Path]) -> Session:
    session.open(pictures)
    return session


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small pictures of these tests count as whole slides."""
    for module in (document_module, reviewing_module):
        monkeypatch.setattr(module, "LARGEST_PICTURE", 2500)


def stop_after_the_left_half(client) -> None:
    job = client.last(Segment).job
    client.answer(Progress(job, 1, 2))
    client.answer(TilePredicted(job, LEFT, np.ones((LEFT.h, LEFT.w), np.uint8), LEFT))
    client.answer(Cancelled(job))


def test_a_photograph_is_segmented_whole_wherever_one_looks(opened, client) -> None:
    opened.segmenting.picture(HERE, VISIBLE)
    request = client.last(Segment)
    assert (request.region, request.outline, request.first) == (None, (), (30, 40))


@pytest.mark.usefixtures("large")
def test_of_a_large_slide_what_is_seen_is_segmented(opened, client) -> None:
    opened.segmenting.picture(HERE, VISIBLE)
    assert client.last(Segment).region == VISIBLE


@pytest.mark.usefixtures("large")
def test_the_whole_of_a_large_slide_when_that_is_asked_for(opened, client) -> None:
    opened.segmenting.whole(HERE)
    assert client.last(Segment).region is None


@pytest.mark.usefixtures("large")
def test_the_visible_area_starts_in_its_middle(opened, client) -> None:
    opened.document.select(LASSO)
    opened.segmenting.visible(VISIBLE)
    assert (client.last(Segment).region, client.last(Segment).first) == (VISIBLE, (40, 55))


def test_what_is_selected_comes_before_all_else(opened, client) -> None:
    opened.document.select(LASSO)
    opened.segmenting.picture(HERE, VISIBLE)
    assert (client.last(Segment).region, client.last(Segment).outline) == (Region(10, 10, 50, 40), LASSO)


def test_quick_segmentation_takes_the_same_part(opened, client) -> None:
    opened.document.select(LASSO)
    opened.segmenting.quick(HERE, VISIBLE)
    assert client.last(QuickSegment).outline == LASSO


def test_the_model_sees_the_slides_own_colours_unless_asked_otherwise(opened, client) -> None:
    opened.document.set_look(Look(gamma=2.0), for_model=False)
    opened.segmenting.picture(HERE)
    assert client.last(Segment).look is None
    client.finish_segmenting(client.last(Segment).job)
    opened.document.set_look(Look(gamma=2.0), for_model=True)
    opened.segmenting.picture(HERE)
    assert client.last(Segment).look == Look(gamma=2.0)


@pytest.mark.parametrize("how", ["picture", "resume"])
def test_what_was_stopped_goes_on(opened, client, how: str) -> None:
    said: list[str] = []
    opened.said.connect(said.append)
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    assert said == ["Stopped at 50 %. What is finished is kept; “Go on segmenting” does the rest."]
    assert opened.segmenting.percent_done == 50
    getattr(opened.segmenting, how)(HERE)
    assert client.last(Segment).finished == (LEFT,)
    assert opened.segmenting.percent_done is None, "while it goes on, the progress bar says it"
    client.finish_segmenting(client.last(Segment).job)
    assert opened.segmenting.percent_done is None


def test_another_model_does_not_go_on_with_what_the_first_began(opened, client) -> None:
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    opened.models.choose("other")
    opened.segmenting.picture(HERE, may_discard=True)
    assert client.last(Segment).finished == ()


def test_a_model_that_changed_meanwhile_is_told(opened, client) -> None:
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    path = opened.models.active.folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights_sha256": "0" * 64}))
    with pytest.raises(UserError, match=r"tiny.+has changed"):
        opened.segmenting.resume(HERE)


def test_a_selection_beside_the_slide_is_refused(opened, client) -> None:
    opened.document.select(((500, 500), (600, 500), (600, 600)))
    with pytest.raises(UserError, match="outside"):
        opened.segmenting.selection(HERE)
    assert not [request for request in client.submitted if isinstance(request, Segment)]


@pytest.mark.usefixtures("large")
def test_a_large_slide_is_reviewed_part_by_part(opened, paint) -> None:
    said: list[str] = []
    opened.said.connect(said.append)
    paint(opened)
    opened.document.select(((0, 0), (20, 0), (20, 30), (0, 30)))
    opened.reviewing.mark(VISIBLE)
    opened.document.select(())
    paint(opened, Region(100, 100, 4, 4))
    assert opened.reviewing.regions == (Region(0, 0, 20, 30),)
    with pytest.raises(UserError, match="Zoom in"):
        opened.reviewing.mark(opened.document.whole)
    opened.reviewing.mark(Region(100, 100, 8, 8))
    assert opened.reviewing.regions == (Region(0, 0, 20, 30), Region(100, 100, 8, 8))
    assert opened.document.path.stem == "a", "it stays in front"
    assert said[-1] == "2 parts of this slide are reviewed."
    opened.reviewing.unmark()
    assert opened.reviewing.regions == ()


@pytest.mark.usefixtures("large")
def test_reviewed_parts_that_are_segmented_anew_are_to_be_reviewed_again(opened, client, paint) -> None:
    said: list[str] = []
    opened.said.connect(said.append)
    paint(opened)
    for part in (Region(10, 10, 20, 20), Region(100, 10, 20, 20)):
        opened.reviewing.mark(part)
    opened.segmenting.whole(HERE)
    stop_after_the_left_half(client)
    assert opened.reviewing.regions == (Region(100, 10, 20, 20),)
    assert any("reviewed again" in text for text in said)


def test_a_reviewed_picture_is_not_so_any_more_when_a_part_of_it_was_segmented_anew(opened, client) -> None:
    path = opened.document.path
    opened.document.needed_mask()
    opened.reviewing.mark()
    opened.select(opened.worklist.place(path))
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    assert opened.reviewing.status == "doing"


def test_tiles_that_come_after_a_cancel_are_kept_when_the_end_came_too(opened, client) -> None:
    opened.segmenting.picture(HERE)
    job = client.last(Segment).job
    opened.document.stream.cancel()
    client.tile(job, opened.document.whole)
    client.finish_segmenting(job)
    assert opened.document.mask.read(opened.document.whole).all()


def test_stopping_what_one_has_left_says_so(opened, client) -> None:
    said: list[str] = []
    opened.said.connect(said.append)
    opened.segmenting.picture(HERE)
    job = client.last(Segment).job
    left = opened.document
    opened.step(1)
    client.answer(Progress(job, 1, 2))
    client.answer(TilePredicted(job, LEFT, np.ones((LEFT.h, LEFT.w), np.uint8), LEFT))
    left.stream.cancel()
    client.answer(Cancelled(job))
    assert said[-1].startswith("Stopped at 50 %")


def test_another_cell_size_is_another_segmentation(opened, client) -> None:
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    opened.scale.set_cell_diameter(50.0)
    opened.segmenting.picture(HERE, may_discard=True)
    assert (client.last(Segment).cell_diameter, client.last(Segment).finished) == (50.0, ())


@pytest.mark.usefixtures("large")
def test_elsewhere_segment_takes_what_is_seen_there(opened, client) -> None:
    opened.segmenting.visible(Region(0, 0, 40, 40))
    job = client.last(Segment).job
    corner = Region(0, 0, 20, 20)
    client.answer(TilePredicted(job, corner, np.ones((20, 20), np.uint8), corner))
    client.answer(Cancelled(job))
    opened.segmenting.picture(HERE, Region(100, 60, 40, 40), may_discard=True)
    assert client.last(Segment).region == Region(100, 60, 40, 40)


@pytest.mark.usefixtures("large")
def test_what_would_be_given_up_is_asked_for_first(opened, client) -> None:
    opened.segmenting.whole(HERE)
    stop_after_the_left_half(client)
    whole = client.last(Segment)
    with pytest.raises(UnfinishedRunError) as asked:
        opened.segmenting.visible(VISIBLE)
    assert asked.value.percent == 50
    assert client.last(Segment) is whole
    opened.segmenting.resume(HERE)
    assert client.last(Segment).finished == (LEFT,)


def test_another_threshold_segments_the_photograph_anew_as_an_edit_of_its_own(opened, client) -> None:
    opened.segmenting.adjust(0.4, 0.5)
    assert not any(isinstance(request, Segment) for request in client.submitted), "nothing was segmented yet"
    opened.segmenting.picture(HERE)
    first = client.last(Segment)
    assert first.threshold == 0.4
    client.tile(first.job, LEFT)
    client.finish_segmenting(first.job)
    edits = len(opened.document.edits())
    opened.segmenting.adjust(0.7, 0.5)
    again = client.last(Segment)
    assert (again.threshold, again.region, again.first) == (0.7, first.region, first.first)
    client.tile(again.job, LEFT, class_id=0)
    client.finish_segmenting(again.job)
    assert len(opened.document.edits()) == edits + 1
    opened.segmenting.adjust(0.7, 0.5)
    assert client.last(Segment) is again


def test_a_threshold_set_during_a_segmentation_counts_when_it_is_over(opened, client) -> None:
    opened.segmenting.picture(HERE)
    first = client.last(Segment)
    for threshold in (0.6, 0.7, 0.8):
        opened.segmenting.adjust(threshold, 0.5)
    assert client.last(Segment) is first
    client.finish_segmenting(first.job)
    assert client.last(Segment).threshold == 0.8
    assert sum(isinstance(request, Segment) for request in client.submitted) == 2


def test_a_threshold_changes_neither_another_picture_nor_the_quick_method(opened, client) -> None:
    opened.segmenting.quick(HERE)
    client.finish_segmenting(client.last(QuickSegment).job)
    opened.segmenting.adjust(0.6, 0.5)
    opened.segmenting.picture(HERE)
    client.finish_segmenting(client.last(Segment).job)
    job = client.last(Segment).job
    opened.select(1)
    opened.segmenting.adjust(0.7, 0.5)
    assert client.last(Segment).job == job


def test_another_splitting_segments_the_photograph_anew_too(opened, client) -> None:
    opened.segmenting.adjust(0.5, 0.8)
    opened.segmenting.picture(HERE)
    assert client.last(Segment).splitting == 0.8
    client.finish_segmenting(client.last(Segment).job)
    opened.segmenting.adjust(0.5, 0.0)
    assert (client.last(Segment).threshold, client.last(Segment).splitting) == (0.5, 0.0)


def test_what_a_version_without_splitting_and_classes_began_goes_on(opened, client) -> None:
    opened.segmenting.picture(HERE)
    stop_after_the_left_half(client)
    begun = opened.document.stream.unfinished.settings
    assert not {"splitting", "class_ids"} & json.loads(begun).keys(), "as that version wrote it"
    assert Segmentation.parse(begun).splitting == 0.5
    opened.segmenting.resume(HERE)
    assert client.last(Segment).finished == (LEFT,)
    client.answer(Cancelled(client.last(Segment).job))
    opened.segmenting.adjust(0.5, 0.8)
    opened.segmenting.picture(HERE)
    assert client.last(Segment).finished == ()


@pytest.mark.usefixtures("large")
def test_a_large_slide_is_not_segmented_anew_by_a_touch_of_the_slider(opened, client) -> None:
    opened.segmenting.picture(HERE, VISIBLE)
    client.finish_segmenting(client.last(Segment).job)
    job = client.last(Segment).job
    opened.segmenting.adjust(0.7, 0.5)
    assert client.last(Segment).job == job
    opened.segmenting.picture(HERE, VISIBLE)
    assert client.last(Segment).threshold == 0.7


def test_a_model_of_several_classes_writes_what_the_project_calls_them(
    opened, client, model_writer, tmp_path: Path
) -> None:
    opened.classes.set([*opened.classes.list, MaskClass(4, "White Cell", "#56b4e9")])
    opened.models.import_model(model_writer(tmp_path / "blood", "blood", classes=("cell", "platelet", "white cell")))
    opened.segmenting.picture(HERE)
    request = client.last(Segment)
    assert [(known.id, known.name) for known in opened.classes.list] == [
        (1, "cell"),
        (4, "White Cell"),
        (5, "platelet"),
    ]
    assert request.class_ids == (1, 5, 4)
    opened.classes.rename(1, "erythrocyte")
    client.finish_segmenting(request.job)
    opened.segmenting.picture(HERE)
    assert client.last(Segment).class_ids == (1, 5, 4), "what a model finds first is what Segment finds"
    assert len(opened.classes.list) == 3
